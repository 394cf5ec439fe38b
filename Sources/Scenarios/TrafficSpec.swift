// What clients ask for: one stream of requests with its rate, operations and client behaviour.
// A request is made by one of the operations, drawn by weight; an operation has one part per action
// on a table. Positions into the scenario's lists stand here instead of names, since the names were
// checked when the file was read. Samplers for keys, sizes and arrivals are built by Workloads.

public import Capacity
public import Clients
public import Units
public import Workloads

/// A stream of requests from one fleet of clients.
public struct TrafficSpec: Sendable {
  public var name: String
  public var demand: Demand
  public var operations: [OperationSpec]
  public var client: ClientSpec
  /// Region whose endpoint it asks; nil: the home region.
  public var region: String?
  /// Between its clients and that endpoint, there and back; nil: as the model says.
  public var network: LatencySpec?

  public init(name: String, demand: Demand, operations: [OperationSpec], client: ClientSpec) {
    self.name = name
    self.demand = demand
    self.operations = operations
    self.client = client
  }
}

/// How many requests are asked for.
public enum Demand: Sendable {
  /// Open loop: requests come whether or not earlier ones were answered.
  case open(arrivals: ArrivalProcess, rate: [RateSegment])
  /// Closed loop: each of `users` waits for its answer, thinks (exponential with this mean), asks
  /// again.
  case closed(users: Int, thinkTime: Nanoseconds, duration: Nanoseconds)
}

/// What a client does around a request.
public struct ClientSpec: Hashable, Sendable {
  public var retries: RetrySettings
  /// Per attempt, from the moment it is sent.
  public var timeout: Nanoseconds
  /// Logical requests in progress at once (back-off included); more wait in a queue. nil:
  /// unlimited.
  public var concurrency: Int?
  /// Attempts on the wire at once. nil: unlimited.
  public var connections: Int?
  /// Client processes, each with its own retry quota; requests are spread evenly over them.
  public var instances: Int
  /// Unprocessed parts of a batch are sent again with the policy's back-off (true) or at once
  /// (false, as boto3's batch_writer does).
  public var batchBackoff: Bool

  public init(
    retries: RetrySettings = RetrySettings(mode: .standard2026),
    timeout: Nanoseconds = .seconds(60),
    concurrency: Int? = nil, connections: Int? = nil, instances: Int = 1, batchBackoff: Bool = true
  ) {
    self.retries = retries
    self.timeout = timeout
    self.concurrency = concurrency
    self.connections = connections
    self.instances = instances
    self.batchBackoff = batchBackoff
  }
}

/// The API's data operations.
public enum OperationKind: String, Hashable, Sendable, CaseIterable {
  case get = "GetItem"
  case put = "PutItem"
  case update = "UpdateItem"
  case delete = "DeleteItem"
  case query = "Query"
  case scan = "Scan"
  case batchGet = "BatchGetItem"
  case batchWrite = "BatchWriteItem"
  case transactGet = "TransactGetItems"
  case transactWrite = "TransactWriteItems"

  /// Whether the operation consumes write capacity.
  public var isWrite: Bool {
    switch self {
    case .put, .update, .delete, .batchWrite, .transactWrite: true
    case .get, .query, .scan, .batchGet, .transactGet: false
    }
  }
}

/// One operation of the mix.
public struct OperationSpec: Sendable {
  /// Unique in its traffic; the report's row.
  public var name: String
  public var kind: OperationKind
  /// Relative frequency, > 0.
  public var weight: Double
  /// One part for single-item operations; one per table or action for batches and transactions.
  public var parts: [OperationPart]
  public var consistency: ReadConsistency
  /// Pages that a request reads, one after the other; nil: until there are no more. Query and Scan
  /// only.
  public var pages: Int? = 1
  /// Segments of a parallel Scan; request k reads segment k mod this.
  public var segments = 1

  public init(
    name: String, kind: OperationKind, weight: Double, parts: [OperationPart],
    consistency: ReadConsistency = .eventual
  ) {
    self.name = name
    self.kind = kind
    self.weight = weight
    self.parts = parts
    self.consistency = consistency
  }
}

/// What is done to items of one table.
public enum ItemAction: Hashable, Sendable {
  case get, put, update, delete, conditionCheck, query, scan
}

/// An index of a table, by position in its list.
public enum IndexReference: Hashable, Sendable {
  case global(Int)
  case local(Int)
}

/// What a write does to the item's entry in one index.
public enum IndexEffect: Hashable, Sendable {
  /// No projected attribute changes: no index write.
  case unchanged
  /// Projected attributes change under the same index key: one index write.
  case projectedChange
  /// The index key changes: a delete and a put.
  case keyMove
}

/// One action on one table inside an operation.
public struct OperationPart: Sendable {
  public var action: ItemAction
  /// Index into `Scenario.tables`.
  public var table: Int
  /// Query and Scan only.
  public var index: IndexReference?
  /// Items with keys of their own (batches, transactions); for Query and Scan the items evaluated
  /// per page.
  public var count: Int
  public var keys: KeyDistribution
  /// Share of the writes whose condition fails, 0...1 (charged, but nothing is written).
  public var conditionFailure: Double
  /// Share of the puts that create a new item instead of overwriting one, 0...1.
  public var newItems: Double
  /// Size of what is written; nil: the table's item-size distribution.
  public var size: SizeDistribution?
  /// Effect on each GSI, then each LSI, when an existing item is overwritten or updated; same order
  /// as the table's lists.
  public var globalEffects: [IndexEffect]
  public var localEffects: [IndexEffect]

  public init(action: ItemAction, table: Int, keys: KeyDistribution) {
    self.action = action
    self.table = table
    self.index = nil
    self.count = 1
    self.keys = keys
    self.conditionFailure = 0
    self.newItems = 0
    self.size = nil
    self.globalEffects = []
    self.localEffects = []
  }
}
