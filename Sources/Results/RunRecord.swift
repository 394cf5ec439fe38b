// What one run of a scenario produced, whichever driver ran it.
//
// The simulator fills it in virtual time, the load generator in real time; reports, bills and
// validation read it and do not know which. All series are per minute of the run and start at
// minute 0; a run that is not a whole number of minutes ends in a partial one.

public import Caching
public import Capacity
public import Statistics
public import Units

/// One run: one seed, one pass over the scenario.
public struct RunRecord: Sendable {
  public var seed: UInt64
  /// Time the run covered (shorter than asked when interrupted).
  public var duration: Nanoseconds
  /// Start of the measured part: latency and request counts of `operations` begin here.
  public var warmUp: Nanoseconds
  public var interrupted: Bool
  /// One per operation of each traffic, in scenario order.
  public var operations: [OperationRecord]
  /// Tables and global secondary indexes, tables first in scenario order, each followed by its
  /// indexes; replicas after all of the home region's.
  public var resources: [ResourceRecord]
  public var cache: CacheRecord?
  /// What happened to capacity, in time order: scaling actions, splits, first throttles.
  public var events: [CapacityEvent]
  /// Response latency in ns of every minute: percentiles over all operations.
  public var latencyPerMinute: [LatencyMinute]
  /// What each operation did in each interval of the measured part.
  public var intervals = IntervalSeries()
  /// Calendar events the driver processed, for speed figures.
  public var processedEvents: Int64
  public var method = RunMethod.exact
  /// Requests of an aggregate run that were simulated one by one.
  public var singleRequests: Int64 = 0
  /// How far an aggregate run is from an exact one, measured on a stretch of it.
  public var methodCheck: MethodCheck?

  public init(seed: UInt64, duration: Nanoseconds, warmUp: Nanoseconds) {
    self.seed = seed
    self.duration = duration
    self.warmUp = warmUp
    self.interrupted = false
    self.operations = []
    self.resources = []
    self.cache = nil
    self.events = []
    self.latencyPerMinute = []
    self.processedEvents = 0
  }
}

/// Counts and latencies of one operation after warm-up.
public struct OperationRecord: Sendable {
  public var traffic: String
  public var name: String
  /// API name such as `PutItem`.
  public var kind: String
  /// Logical requests that arrived, ended well, ended in an error, met a throttle, met a timeout.
  public var requests: Int64 = 0
  public var succeeded: Int64 = 0
  public var failed: Int64 = 0
  public var throttled: Int64 = 0
  public var timedOut: Int64 = 0
  /// Writes whose condition failed (they count as succeeded: the service answered).
  public var conditionFailed: Int64 = 0
  /// Requests that met an item of a transaction under way.
  public var conflicts: Int64 = 0
  /// Sends, retries included; the pages of one Query or Scan count once.
  public var attempts: Int64 = 0
  /// Still in progress when the run ended; requests = succeeded + failed + unfinished.
  public var unfinished: Int64 = 0
  /// Intended start to end, in ns, of all that ended.
  public var response = Histogram()
  /// Sent to received, in ns, of single attempts that succeeded.
  public var attempt = Histogram()

  public init(traffic: String, name: String, kind: String) {
    self.traffic = traffic
    self.name = name
    self.kind = kind
  }

  /// Takes over the counts of a later state of the same operation, its latencies into memory of
  /// their own.
  public mutating func become(_ later: OperationRecord) {
    requests = later.requests
    succeeded = later.succeeded
    failed = later.failed
    throttled = later.throttled
    timedOut = later.timedOut
    conditionFailed = later.conditionFailed
    conflicts = later.conflicts
    attempts = later.attempts
    unfinished = later.unfinished
    response.become(later.response)
    attempt.become(later.attempt)
  }
}

/// Capacity of one table or global secondary index in one region.
public struct ResourceRecord: Sendable {
  public var table: String
  /// nil for the table itself.
  public var index: String?
  public var region: String
  public var isOnDemand: Bool
  /// Per minute and axis.
  public var read = AxisSeries()
  public var write = AxisSeries()
  public var partitions: [PartitionRecord] = []
  /// Items and bytes (without storage overhead) at start and end.
  public var itemsAtStart: Int64 = 0
  public var itemsAtEnd: Int64 = 0
  public var bytesAtStart: ByteCount = .zero
  public var bytesAtEnd: ByteCount = .zero
  /// Keys with the most throttled and consumed units, most first (top-k sketch).
  public var hotKeys: [HotKey] = []
  /// Items deleted by time to live.
  public var timeToLiveDeletes: Int64 = 0
  /// Stream records written and GetRecords calls that are billed.
  public var streamRecords: Int64 = 0
  public var streamReads: Int64 = 0
  /// Change-data-capture units to Kinesis.
  public var captureUnits: Int64 = 0
  /// Write units consumed for replication, part of `write.consumed` (global tables).
  public var replicatedWrites: CapacityUnits = .zero
  /// Of these, what this region's own clients wrote: it leaves for each of the other regions.
  public var sentWrites: CapacityUnits = .zero

  public init(table: String, index: String?, region: String, isOnDemand: Bool) {
    self.table = table
    self.index = index
    self.region = region
    self.isOnDemand = isOnDemand
  }

  /// "orders" or "orders/byStatus".
  public var name: String { index.map { "\(table)/\($0)" } ?? table }
}

/// One axis of a table or index over time.
public struct AxisSeries: Sendable {
  /// Half-units consumed in each minute (ConsumedRead/WriteCapacityUnits, Sum).
  public var consumed: [Int64] = []
  /// Half-units that requests asked for in each minute; each request counts once, in the minute it
  /// was first sent, however often it is refused and sent again.
  public var demanded: [Int64] = []
  /// Units/s provisioned, or the on-demand limit, at the end of each minute.
  public var limit: [Int64] = []
  /// Throttle events of each minute by `ThrottleCause.rawValue`.
  public var throttles: [[Int64]] = [[], [], [], []]
  /// Half-units the refused attempts asked for, in all.
  public var refused: Int64 = 0
  /// Throttled seconds: seconds of the run with at least one throttle event.
  public var throttledSeconds: Int64 = 0
  /// Consecutive throttled seconds at most.
  public var longestThrottledStretch: Int64 = 0
  public var firstThrottle: Instant?
  /// Highest consumption of a single second, half-units.
  public var peakSecond: Int64 = 0

  public init() {}

  /// When a cause refused first: to the second if that was the first refusal of all, else to the
  /// minute; nil: never.
  public func firstThrottle(by cause: ThrottleCause) -> Instant? {
    guard let minute = throttles[cause.rawValue].firstIndex(where: { $0 > 0 }) else { return nil }
    let start = Instant.start + .minutes(Int64(minute))
    guard let first = firstThrottle, first >= start, first < start + .minutes(1) else {
      return start
    }
    return first
  }

  public func total(_ cause: ThrottleCause) -> Int64 { throttles[cause.rawValue].reduce(0, +) }
  public var totalThrottles: Int64 { throttles.reduce(0) { $0 + $1.reduce(0, +) } }
  public var totalConsumed: CapacityUnits { CapacityUnits(halves: consumed.reduce(0, +)) }
}

/// One partition at the end of the run.
public struct PartitionRecord: Sendable {
  /// Share of the hash range it owns: [start, end) in 0...1.
  public var rangeStart: Double
  public var rangeEnd: Double
  public var consumedRead: CapacityUnits
  public var consumedWrite: CapacityUnits
  public var throttles: Int64
  /// Highest consumption of a single second, half-units.
  public var peakReadSecond: Int64
  public var peakWriteSecond: Int64
  /// When it was made by a split; nil for the ones the run started with.
  public var createdAt: Instant?

  public init(
    rangeStart: Double, rangeEnd: Double, consumedRead: CapacityUnits, consumedWrite: CapacityUnits,
    throttles: Int64, peakReadSecond: Int64, peakWriteSecond: Int64, createdAt: Instant?
  ) {
    self.rangeStart = rangeStart
    self.rangeEnd = rangeEnd
    self.consumedRead = consumedRead
    self.consumedWrite = consumedWrite
    self.throttles = throttles
    self.peakReadSecond = peakReadSecond
    self.peakWriteSecond = peakWriteSecond
    self.createdAt = createdAt
  }
}

/// A partition-key value with much traffic.
public struct HotKey: Sendable {
  /// Readable name such as `customerId-000123`.
  public var key: String
  /// Half-units that requests asked for, and throttle events: at least this many (the lower bounds
  /// of a sketch of fixed memory).
  public var units: Int64
  public var throttles: Int64
  /// Share of the resource's units, 0...1.
  public var share: Double

  public init(key: String, units: Int64, throttles: Int64, share: Double) {
    self.key = key
    self.units = units
    self.throttles = throttles
    self.share = share
  }
}

/// DAX cluster counters, by CloudWatch's names where it has one.
public struct CacheRecord: Sendable {
  public var nodes: Int
  public var nodeType: String
  public var itemCacheHits: Int64 = 0
  public var itemCacheMisses: Int64 = 0
  public var queryCacheHits: Int64 = 0
  public var queryCacheMisses: Int64 = 0
  public var evictedItems: Int64 = 0
  public var expiredItems: Int64 = 0
  public var throttledRequests: Int64 = 0
  public var bytesAtEnd: ByteCount = .zero
  /// Hits and misses of each minute.
  public var hitsPerMinute: [Int64] = []
  public var missesPerMinute: [Int64] = []
  /// Normalized requests of each minute: reads on all nodes together, writes on each of them.
  public var readLoadPerMinute: [Int64] = []
  public var writeLoadPerMinute: [Int64] = []

  public init(nodes: Int, nodeType: String) {
    self.nodes = nodes
    self.nodeType = nodeType
  }

  /// What a driven cluster has done.
  public init(_ front: CacheFront) {
    self.init(nodes: front.cluster.nodes.count, nodeType: front.nodeType)
    for node in front.cluster.nodes {
      itemCacheHits += Int64(node.items.counts.hits)
      itemCacheMisses += Int64(node.items.counts.misses)
      queryCacheHits += Int64(node.queries.counts.hits)
      queryCacheMisses += Int64(node.queries.counts.misses)
      expiredItems += Int64(node.items.counts.expirations)
      throttledRequests += Int64(node.throttled)
      evictedItems += Int64(node.items.counts.evictions)
    }
    if let primary = front.cluster.membership.primary {
      let node = front.cluster.nodes[primary]
      bytesAtEnd = node.items.bytes + node.queries.bytes
    }
    hitsPerMinute = front.hitsPerMinute
    missesPerMinute = front.missesPerMinute
    readLoadPerMinute = front.readLoadPerMinute
    writeLoadPerMinute = front.writeLoadPerMinute
  }

  /// Hits / (hits + misses) over both caches; 0 without requests.
  public var hitRatio: Double {
    Self.ratio(itemCacheHits + queryCacheHits, itemCacheMisses + queryCacheMisses)
  }

  public var itemHitRatio: Double { Self.ratio(itemCacheHits, itemCacheMisses) }
  public var queryHitRatio: Double { Self.ratio(queryCacheHits, queryCacheMisses) }

  private static func ratio(_ hits: Int64, _ misses: Int64) -> Double {
    hits + misses == 0 ? 0 : Double(hits) / Double(hits + misses)
  }
}

/// Something that changed or hit capacity.
public struct CapacityEvent: Sendable {
  public enum Kind: String, Sendable {
    case scaledOut, scaledIn, scaleInRefused, split, splitRefused, onDemandGrew, firstThrottle
    case burstExhausted
  }

  public var at: Instant
  public var kind: Kind
  /// "orders" or "orders/byStatus".
  public var resource: String
  /// One sentence with the numbers, ready to print.
  public var text: String

  public init(at: Instant, kind: Kind, resource: String, text: String) {
    self.at = at
    self.kind = kind
    self.resource = resource
    self.text = text
  }
}

/// Response-latency percentiles of one minute, in ns; zeros when nothing ended in it.
public struct LatencyMinute: Sendable {
  public var p50: Int64
  public var p90: Int64
  public var p99: Int64
  public var p999: Int64
  public var ended: Int64

  public init(p50: Int64, p90: Int64, p99: Int64, p999: Int64, ended: Int64) {
    self.p50 = p50
    self.p90 = p90
    self.p99 = p99
    self.p999 = p999
    self.ended = ended
  }
}
