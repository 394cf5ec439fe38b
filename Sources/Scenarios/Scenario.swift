// One scenario: tables, traffic, clients, cache and money, fully resolved.
//
// This is what the YAML file means after defaults are filled in and names are looked up; every
// consumer (explain, simulate, cost, plan) reads these values and never the file. The file format,
// key by key, is scenarios/README.md; the decoders stand in Decoding/.

public import Caching
public import Capacity
public import Units

/// A complete, validated scenario.
public struct Scenario: Sendable {
  /// Short identifier (file-name safe); the report folder is named after it.
  public var name: String
  public var title: String
  /// Free text for the report's head.
  public var summary: String
  public var seed: UInt64
  public var tables: [TableSpec]
  public var traffic: [TrafficSpec]
  public var cache: CacheSpec?
  public var model: ModelSpec
  public var run: RunSpec
  public var cost: CostSpec
  public var objectives: [Objective]
  /// What is known only within bounds; nil when everything is certain. The scenario itself has the
  /// middles.
  public var uncertainty: UncertaintySpec?
  /// The file it was read from, for messages.
  public var path: String

  public init(
    name: String, title: String, summary: String, seed: UInt64, tables: [TableSpec],
    traffic: [TrafficSpec], cache: CacheSpec?, model: ModelSpec, run: RunSpec, cost: CostSpec,
    objectives: [Objective], path: String
  ) {
    self.name = name
    self.title = title
    self.summary = summary
    self.seed = seed
    self.tables = tables
    self.traffic = traffic
    self.cache = cache
    self.model = model
    self.run = run
    self.cost = cost
    self.objectives = objectives
    self.path = path
  }
}

/// How long and how often the simulation runs.
public struct RunSpec: Hashable, Sendable {
  /// Simulated time; the longest traffic profile unless the file says otherwise.
  public var duration: Nanoseconds
  /// Cut from the start of every latency statistic and ratio (capacity and money count from the
  /// start, since the bill does too).
  public var warmUp: Nanoseconds
  /// Independent runs with different seeds; at least 2 give confidence intervals.
  public var replications: Int
  /// Confidence of the intervals, for example 0.95.
  public var confidence: Double
  /// Half-width, as a share of the value, at which every objective's estimate is precise enough;
  /// nil runs `replications` and no more.
  public var precision: Double?
  /// Where further replications end.
  public var maximumReplications = 64
  /// Seconds since Monday 00:00 at which the run starts, for diurnal and weekly shapes.
  public var startOfWeekSeconds: Int64
  /// Calendar date of the first day, ISO "2026-11-02"; decides the length of a `calendar` month.
  public var startDate: String

  public init(
    duration: Nanoseconds, warmUp: Nanoseconds = .zero, replications: Int = 4,
    confidence: Double = 0.95, startOfWeekSeconds: Int64 = 0, startDate: String = "2026-11-02"
  ) {
    self.duration = duration
    self.warmUp = warmUp
    self.replications = replications
    self.confidence = confidence
    self.startOfWeekSeconds = startOfWeekSeconds
    self.startDate = startDate
  }
}

/// DAX in front of some tables.
public struct CacheSpec: Hashable, Sendable {
  public var settings: CacheSettings
  /// Indexes into `Scenario.tables` whose requests go through the cluster.
  public var tables: [Int]
  /// In the order of the file.
  public var losses: [NodeLoss]

  public init(settings: CacheSettings, tables: [Int], losses: [NodeLoss] = []) {
    self.settings = settings
    self.tables = tables
    self.losses = losses
  }
}

/// Assumptions of the model; every field has a default and can be set in the file.
public struct ModelSpec: Hashable, Sendable {
  public var capacity = CapacitySettings()
  public var latency = LatencySettings()
  /// Units/s per table (and per index, each) per axis: quotas (Q).
  public var tableQuota = 40_000
  /// Units/s over all provisioned tables and indexes of the account, per axis.
  public var accountQuota = 80_000
  /// Whether a transaction under way turns away other writes of its items.
  public var transactionConflicts = true

  public init() {}
}

/// A log-normal latency by two numbers people know; with a third, log-normal below and above it.
public struct LatencySpec: Hashable, Sendable {
  public var median: Nanoseconds
  /// nil: where the log-normal law through the others has it.
  public var p90: Nanoseconds?
  public var p99: Nanoseconds

  public init(median: Nanoseconds, p90: Nanoseconds? = nil, p99: Nanoseconds) {
    self.median = median
    self.p90 = p90
    self.p99 = p99
  }
}

/// Latency assumptions. The service publishes no percentiles (capacity.md 7): these are settings,
/// bounded by what it does say (single-digit ms on average, small reads around 2 ms, writes >=
/// reads, strong >= eventual), to be calibrated against a measured endpoint.
public struct LatencySettings: Hashable, Sendable {
  public var eventualRead = LatencySpec(median: .microseconds(1_600), p99: .microseconds(6_000))
  public var strongRead = LatencySpec(median: .microseconds(2_000), p99: .microseconds(8_000))
  public var write = LatencySpec(median: .microseconds(3_000), p99: .microseconds(12_000))
  /// Query and Scan, before the size slope.
  public var query = LatencySpec(median: .microseconds(2_400), p99: .microseconds(10_000))
  /// Each of the two phases (prepare, commit) of a transaction.
  public var transactionPhase = LatencySpec(
    median: .microseconds(4_000), p99: .microseconds(16_000))
  /// A cache hit inside the DAX node.
  public var cacheHit = LatencySpec(median: .microseconds(250), p99: .microseconds(900))
  /// Client to endpoint and back.
  public var network = LatencySpec(median: .microseconds(500), p99: .microseconds(2_000))
  /// Answer of a refused request, after the network.
  public var throttled = LatencySpec(median: .microseconds(1_000), p99: .microseconds(4_000))
  /// Added per KB of item data moved (capacity.md 7: about 0.05 ms per KB).
  public var perKilobyte = Nanoseconds.microseconds(50)
  /// Laws of single operations, by their names, instead of those of their kinds. That of a
  /// transaction is of both phases together.
  public var operations: [String: LatencySpec] = [:]
  /// Of both phases of a transaction, half of it each; nil: each has its own.
  public private(set) var transaction: LatencySpec?

  public init() {}

  /// What holds for one operation: its own law stands where that of its kind did.
  public func of(_ operation: OperationSpec) -> LatencySettings {
    guard let own = operations[operation.name] else { return self }
    var settings = self
    switch operation.kind {
    case .get, .batchGet:
      settings.eventualRead = own
      settings.strongRead = own
    case .put, .update, .delete, .batchWrite: settings.write = own
    case .query, .scan: settings.query = own
    case .transactGet, .transactWrite: settings.transaction = own
    }
    return settings
  }

  /// Median of both phases of a transaction.
  public var transactionMedian: Nanoseconds {
    transaction?.median ?? transactionPhase.median + transactionPhase.median
  }
}
