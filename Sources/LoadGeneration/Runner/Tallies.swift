// What one thread counts: totals of the run, and the second in hand, which is handed on at its end.

public import Capacity
import RequestStreams
import Results
import Scenarios
public import Statistics
public import Units

/// Counts of one second of one thread; sums of seconds are counts of longer times.
public struct LoadSecond: Sendable {
  /// Logical requests dispatched, ended well, ended in an error, met a throttle for the first time.
  public var requests: Int64 = 0
  public var succeeded: Int64 = 0
  public var failed: Int64 = 0
  public var throttled: Int64 = 0
  public var attempts: Int64 = 0
  public var shed: Int64 = 0
  /// At the end of the second.
  public var inFlight = 0
  public var peakInFlight = 0
  /// CPU time used, idle waiting excluded.
  public var busy = Nanoseconds.zero
  /// In ns.
  public var response = Histogram()
  public var lag = Histogram()
  /// By resource: half-units and throttle events.
  public var resources: [ResourceSecond]

  init(resources count: Int) {
    resources = Array(repeating: ResourceSecond(), count: count)
  }

  mutating func merge(_ other: LoadSecond) {
    requests += other.requests
    succeeded += other.succeeded
    failed += other.failed
    throttled += other.throttled
    attempts += other.attempts
    shed += other.shed
    inFlight += other.inFlight
    peakInFlight += other.peakInFlight
    busy = max(busy, other.busy)
    response.merge(other.response)
    lag.merge(other.lag)
    for place in resources.indices { resources[place].merge(other.resources[place]) }
  }

  /// Latencies above this are rare enough to take their memory when they come.
  fileprivate static let usual: Int64 = 1_000_000_000

  /// Takes the memory for latencies up to a second.
  mutating func reserve() {
    response.reserve(upTo: Self.usual)
    lag.reserve(upTo: Self.usual)
  }

  /// Forgets the counts and keeps the memory.
  mutating func reset() {
    (requests, succeeded, failed, throttled, attempts, shed) = (0, 0, 0, 0, 0, 0)
    peakInFlight = inFlight
    response.reset()
    lag.reset()
    for place in resources.indices { resources[place] = ResourceSecond() }
  }
}

/// One axis in one second, in half-units and events.
public struct AxisSecond: Sendable {
  public var consumed: Int64 = 0
  public var demanded: Int64 = 0
  public var refused: Int64 = 0
  /// Throttle events by `ThrottleCause`.
  public var provisioned: Int64 = 0
  public var keyRange: Int64 = 0
  public var account: Int64 = 0
  public var onDemand: Int64 = 0

  public init() {}

  public var throttles: Int64 { provisioned + keyRange + account + onDemand }

  public subscript(cause: ThrottleCause) -> Int64 {
    get {
      switch cause {
      case .provisionedThroughputExceeded: provisioned
      case .keyRangeThroughputExceeded: keyRange
      case .accountLimitExceeded: account
      case .maxOnDemandThroughputExceeded: onDemand
      }
    }
    set {
      switch cause {
      case .provisionedThroughputExceeded: provisioned = newValue
      case .keyRangeThroughputExceeded: keyRange = newValue
      case .accountLimitExceeded: account = newValue
      case .maxOnDemandThroughputExceeded: onDemand = newValue
      }
    }
  }

  mutating func merge(_ other: AxisSecond) {
    consumed += other.consumed
    demanded += other.demanded
    refused += other.refused
    provisioned += other.provisioned
    keyRange += other.keyRange
    account += other.account
    onDemand += other.onDemand
  }
}

/// Both axes of a table or index in one second.
public struct ResourceSecond: Sendable {
  public var read = AxisSecond()
  public var write = AxisSecond()

  public init() {}

  mutating func merge(_ other: ResourceSecond) {
    read.merge(other.read)
    write.merge(other.write)
  }

  subscript(axis: CapacityAxis) -> AxisSecond {
    _read { if axis == .read { yield read } else { yield write } }
    _modify { if axis == .read { yield &read } else { yield &write } }
  }
}

/// The totals of one thread.
struct LoadTotals: Sendable {
  var operations: [OperationRecord]
  var measurements: [OperationMeasurement]
  var lag = Histogram()
  var due: Int64 = 0
  var dispatched: Int64 = 0
  var shed: Int64 = 0
  var held: Int64 = 0
  var waiting: Int64 = 0
  var attempts: Int64 = 0
  var peakInFlight = 0
  var busy = Nanoseconds.zero
  var connectionsOpened: Int64 = 0
  var exceptions: [ExceptionKey: Int64] = [:]
  var capacity: [CapacityComparison]
  var mismatches: [CapacityMismatch] = []
  var verification = Verification()
  var units: [TopK]
  var throttles: [TopK]
  /// Items that changed a table's count, and bytes.
  var itemsAdded: [Int64]
  var bytesAdded: [Int64]
  var cache: CacheRecord?
  var fault: String?

  struct ExceptionKey: Hashable {
    var exception: String
    var reason: String
    var resource: String
    var operation: Int
  }

  static let mismatchesKept = 20

  /// Takes the memory for latencies up to a second.
  mutating func reserve() {
    lag.reserve(upTo: LoadSecond.usual)
    for place in operations.indices {
      operations[place].reserve()
      measurements[place].logical.reserve(upTo: LoadSecond.usual)
    }
  }

  init(_ scenario: Scenario, resources names: [String]) {
    operations = scenario.traffic.flatMap { traffic in
      traffic.operations.map {
        OperationRecord(traffic: traffic.name, name: $0.name, kind: $0.kind.rawValue)
      }
    }
    measurements = operations.map { OperationMeasurement(name: $0.name) }
    capacity = names.map { CapacityComparison(resource: $0) }
    units = names.map { _ in TopK(capacity: 768) }
    throttles = names.map { _ in TopK(capacity: 768) }
    itemsAdded = scenario.tables.map { _ in 0 }
    bytesAdded = scenario.tables.map { _ in 0 }
  }

  mutating func merge(_ other: LoadTotals) {
    for place in operations.indices {
      operations[place].merge(other.operations[place])
      measurements[place].merge(other.measurements[place])
    }
    lag.merge(other.lag)
    due += other.due
    dispatched += other.dispatched
    shed += other.shed
    held += other.held
    waiting += other.waiting
    attempts += other.attempts
    peakInFlight += other.peakInFlight
    connectionsOpened += other.connectionsOpened
    for (key, count) in other.exceptions { exceptions[key, default: 0] += count }
    for place in capacity.indices {
      capacity[place].merge(other.capacity[place])
      units[place].merge(other.units[place])
      throttles[place].merge(other.throttles[place])
    }
    mismatches = Array((mismatches + other.mismatches).prefix(Self.mismatchesKept))
    verification.merge(other.verification)
    for table in itemsAdded.indices {
      itemsAdded[table] += other.itemsAdded[table]
      bytesAdded[table] += other.bytesAdded[table]
    }
    cache = cache ?? other.cache
    fault = fault ?? other.fault
  }
}

extension OperationRecord {
  /// Takes the memory for latencies up to a second.
  mutating func reserve() {
    response.reserve(upTo: LoadSecond.usual)
    attempt.reserve(upTo: LoadSecond.usual)
  }

  /// The same operation, nothing of it counted.
  var withoutCounts: OperationRecord { OperationRecord(traffic: traffic, name: name, kind: kind) }

  mutating func merge(_ other: OperationRecord) {
    requests += other.requests
    succeeded += other.succeeded
    failed += other.failed
    throttled += other.throttled
    timedOut += other.timedOut
    conditionFailed += other.conditionFailed
    attempts += other.attempts
    unfinished += other.unfinished
    response.merge(other.response)
    attempt.merge(other.attempt)
  }
}

extension OperationMeasurement {
  fileprivate mutating func merge(_ other: OperationMeasurement) {
    logical.merge(other.logical)
    backoff = backoff + other.backoff
    unprocessed += other.unprocessed
    duplicates += other.duplicates
  }
}

extension CapacityComparison {
  fileprivate mutating func merge(_ other: CapacityComparison) {
    reportedRead += other.reportedRead
    reportedWrite += other.reportedWrite
    predictedRead += other.predictedRead
    predictedWrite += other.predictedWrite
    compared += other.compared
    mismatches += other.mismatches
    uncompared += other.uncompared
  }
}

extension Verification {
  static let examplesKept = 10

  fileprivate mutating func merge(_ other: Verification) {
    checked += other.checked
    wrong += other.wrong
    missing += other.missing
    examples = Array((examples + other.examples).prefix(Self.examplesKept))
  }
}
