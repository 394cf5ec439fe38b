// What a plan concludes: numbers with uncertainty, verdicts, and why.
//
// Planning fills it from the replications' records; Reports renders it. It holds values only, so a
// report never needs the simulator.

public import Statistics
public import Units

/// Outcome of one objective, or of all.
public enum Verdict: String, Hashable, Sendable {
  case pass
  case fail
  /// The interval contains the bound, or there were too few samples.
  case undecided
}

/// The result of a plan without its bills.
public struct CapacityPlan: Sendable {
  public var scenario: ScenarioFacts
  public var verdict: Verdict
  public var objectives: [ObjectiveOutcome]
  public var operations: [OperationSummary]
  public var resources: [ResourceSummary]
  public var cache: CacheSummary?
  /// Most serious first.
  public var findings: [Finding]
  /// Changes that were simulated, the best first; empty when nothing was to be mended or tried.
  public var remedies: [RemedyOutcome]
  /// The spread over draws of uncertain inputs; nil when everything is certain.
  public var uncertainty: UncertaintySummary?
  /// Record of the first replication: time series, partitions, events, charts.
  public var record: RunRecord

  public init(
    scenario: ScenarioFacts, verdict: Verdict, objectives: [ObjectiveOutcome],
    operations: [OperationSummary], resources: [ResourceSummary], cache: CacheSummary?,
    findings: [Finding], remedies: [RemedyOutcome] = [], record: RunRecord
  ) {
    self.scenario = scenario
    self.verdict = verdict
    self.objectives = objectives
    self.operations = operations
    self.resources = resources
    self.cache = cache
    self.findings = findings
    self.remedies = remedies
    self.record = record
  }
}

/// What the report says about its input.
public struct ScenarioFacts: Sendable {
  public var name: String
  public var title: String
  public var summary: String
  public var region: String
  public var seed: UInt64
  public var replications: Int
  public var confidence: Double
  public var duration: Nanoseconds
  public var warmUp: Nanoseconds
  public var interrupted: Bool
  /// Label and value rows: tables, traffic, client, cache, assumptions that differ from defaults.
  public var rows: [FactRow]
  /// The assumptions that are inferred rather than published, with their values.
  public var assumptions: [FactRow]

  public init(
    name: String, title: String, summary: String, region: String, seed: UInt64, replications: Int,
    confidence: Double, duration: Nanoseconds, warmUp: Nanoseconds, interrupted: Bool,
    rows: [FactRow], assumptions: [FactRow]
  ) {
    self.name = name
    self.title = title
    self.summary = summary
    self.region = region
    self.seed = seed
    self.replications = replications
    self.confidence = confidence
    self.duration = duration
    self.warmUp = warmUp
    self.interrupted = interrupted
    self.rows = rows
    self.assumptions = assumptions
  }
}

public struct FactRow: Hashable, Sendable {
  public var label: String
  public var value: String
  public init(_ label: String, _ value: String) {
    self.label = label
    self.value = value
  }
}

/// One objective against what was simulated.
public struct ObjectiveOutcome: Sendable {
  public var text: String
  public var measured: Estimate
  public var bound: Double
  public var unit: ValueUnit
  public var verdict: Verdict
  /// Independent values that a single run's verdict rests on; nil when replications decided.
  public var effectiveSamples: Int64?

  public init(
    text: String, measured: Estimate, bound: Double, unit: ValueUnit, verdict: Verdict,
    effectiveSamples: Int64? = nil
  ) {
    self.text = text
    self.measured = measured
    self.bound = bound
    self.unit = unit
    self.verdict = verdict
    self.effectiveSamples = effectiveSamples
  }
}

/// How a value of an estimate is written.
public enum ValueUnit: Hashable, Sendable {
  case seconds, share, count, dollars, perSecond
}

/// One operation over all replications.
public struct OperationSummary: Sendable {
  public var traffic: String
  public var name: String
  public var kind: String
  public var requestsPerSecond: Estimate
  /// Shares of the requests, 0...1.
  public var succeeded: Estimate
  public var throttled: Estimate
  public var failed: Estimate
  public var attemptsPerRequest: Estimate
  /// Requests of a run that met an item of a transaction under way; nil where nobody counted.
  public var conflicts: Estimate?
  /// Response latency in seconds.
  public var mean: Estimate
  public var p50: Estimate
  public var p90: Estimate
  public var p99: Estimate
  public var p999: Estimate
  /// Nil where many requests were simulated at a time: then no single one is the slowest.
  public var max: Estimate?

  public init(
    traffic: String, name: String, kind: String, requestsPerSecond: Estimate, succeeded: Estimate,
    throttled: Estimate, failed: Estimate, attemptsPerRequest: Estimate, mean: Estimate,
    p50: Estimate, p90: Estimate, p99: Estimate, p999: Estimate, max: Estimate?
  ) {
    self.traffic = traffic
    self.name = name
    self.kind = kind
    self.requestsPerSecond = requestsPerSecond
    self.succeeded = succeeded
    self.throttled = throttled
    self.failed = failed
    self.attemptsPerRequest = attemptsPerRequest
    self.mean = mean
    self.p50 = p50
    self.p90 = p90
    self.p99 = p99
    self.p999 = p999
    self.max = max
  }
}

/// One table or index over all replications.
public struct ResourceSummary: Sendable {
  /// "orders" or "orders/byStatus"; with the region behind "@" for a replica.
  public var name: String
  public var isIndex: Bool
  public var isOnDemand: Bool
  public var read: AxisSummary
  public var write: AxisSummary
  public var partitionsAtEnd: Estimate

  public init(
    name: String, isIndex: Bool, isOnDemand: Bool, read: AxisSummary, write: AxisSummary,
    partitionsAtEnd: Estimate
  ) {
    self.name = name
    self.isIndex = isIndex
    self.isOnDemand = isOnDemand
    self.read = read
    self.write = write
    self.partitionsAtEnd = partitionsAtEnd
  }
}

/// One axis of a table or index over all replications; units/s unless said otherwise.
public struct AxisSummary: Sendable {
  public var consumed: Estimate
  /// Highest minute and highest second.
  public var peakMinute: Estimate
  public var peakSecond: Estimate
  /// Limit at the start and the end of the run, and its mean.
  public var limitAtStart: Double
  public var limitAtEnd: Estimate
  public var limitMean: Estimate
  /// Mean consumed over mean limit, 0...1.
  public var utilisation: Estimate
  /// Throttle events in the run, by cause and in all.
  public var throttlesByCause: [Estimate]
  public var throttles: Estimate
  /// Seconds with at least one throttle.
  public var throttledSeconds: Estimate

  public init(
    consumed: Estimate, peakMinute: Estimate, peakSecond: Estimate, limitAtStart: Double,
    limitAtEnd: Estimate, limitMean: Estimate, utilisation: Estimate, throttlesByCause: [Estimate],
    throttles: Estimate, throttledSeconds: Estimate
  ) {
    self.consumed = consumed
    self.peakMinute = peakMinute
    self.peakSecond = peakSecond
    self.limitAtStart = limitAtStart
    self.limitAtEnd = limitAtEnd
    self.limitMean = limitMean
    self.utilisation = utilisation
    self.throttlesByCause = throttlesByCause
    self.throttles = throttles
    self.throttledSeconds = throttledSeconds
  }
}

/// The DAX cluster over all replications.
public struct CacheSummary: Sendable {
  public var nodes: Int
  public var nodeType: String
  public var itemHitRatio: Estimate
  public var queryHitRatio: Estimate
  public var throttled: Estimate
  public var evicted: Estimate
  public var memoryUsed: Estimate

  public init(
    nodes: Int, nodeType: String, itemHitRatio: Estimate, queryHitRatio: Estimate,
    throttled: Estimate, evicted: Estimate, memoryUsed: Estimate
  ) {
    self.nodes = nodes
    self.nodeType = nodeType
    self.itemHitRatio = itemHitRatio
    self.queryHitRatio = queryHitRatio
    self.throttled = throttled
    self.evicted = evicted
    self.memoryUsed = memoryUsed
  }
}

/// Something a reader should know: which limit, where, how short, what to do.
public struct Finding: Sendable {
  public enum Severity: Int, Sendable, Comparable {
    case note = 0
    case warning = 1
    case problem = 2
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  }

  public var severity: Severity
  /// One line: "orders throttles writes, first at 0:05:00: 80 write units/s asked for, 50
  /// provisioned, burst spent".
  public var title: String
  /// The mechanism in one or two sentences with its numbers.
  public var explanation: String
  public var remedies: [String]
  /// Whether requests are refused here, rather than suffer from what is refused elsewhere.
  public var isCause: Bool

  public init(
    severity: Severity, title: String, explanation: String, remedies: [String],
    isCause: Bool = false
  ) {
    self.isCause = isCause
    self.severity = severity
    self.title = title
    self.explanation = explanation
    self.remedies = remedies
  }
}
