// What a measured run knows beside its `RunRecord`: how well the client kept its own schedule, what
// the service said about capacity against what the model says, and whether the figures are valid.
//
// Five clocks per request (load-generators.md 4.5): due, dispatched, sent, received, done. Response
// = done - due, logical = done - dispatched, attempt = received - sent, lag = dispatched - due.

public import Capacity
public import Statistics
public import Units

/// How a run was driven and measured.
public struct Measurement: Sendable {
  /// Where requests went.
  public var endpoint = ""
  /// nil: open loop. Otherwise the number of users, each waiting for its answer.
  public var closedUsers: Int?
  public var threads = 1
  public var connections = 0
  public var inFlightLimit = 0
  public var timeout = Nanoseconds.zero
  public var deadline: Nanoseconds?
  public var isSigned = false
  /// Requests that fell due after warm-up; those dispatched, and those given up unsent because
  /// their deadline passed or the run ended first.
  public var due: Int64 = 0
  public var dispatched: Int64 = 0
  public var shed: Int64 = 0
  /// Dispatched late because all permitted requests were in flight.
  public var held: Int64 = 0
  /// Not dispatched by the end because their traffics' `concurrency` was in use.
  public var waiting: Int64 = 0
  /// Seconds from warm-up to the end.
  public var measuredSeconds = 0.0
  public var peakInFlight = 0
  /// Dispatched - due, in ns.
  public var lag = Histogram()
  /// CPU time of the busiest client thread as a share of the measured time, idle waiting excluded.
  public var busiestThread = 0.0
  /// CPU time of all client threads, idle waiting excluded, per attempt.
  public var cpuPerAttempt = Nanoseconds.zero
  public var connectionsOpened: Int64 = 0
  public var operations: [OperationMeasurement] = []
  public var exceptions: [ExceptionCount] = []
  /// In the order of `RunRecord.resources`, home region only.
  public var capacity: [CapacityComparison] = []
  /// The first requests whose consumed capacity differs from the prediction.
  public var mismatches: [CapacityMismatch] = []
  public var verification = Verification()
  /// Estimated price of the consumed units, in dollars.
  public var spent = 0.0
  /// Why the figures are not the server's; empty: valid.
  public var faults: [ValidityFault] = []
  /// Things to know that do not make the run invalid.
  public var notes: [String] = []

  public init() {}

  public var isValid: Bool { faults.isEmpty }
  /// Requests per second that fell due, and that were dispatched.
  public var targetRate: Double { measuredSeconds > 0 ? Double(due) / measuredSeconds : 0 }
  public var achievedRate: Double {
    measuredSeconds > 0 ? Double(dispatched) / measuredSeconds : 0
  }
  /// Dispatched / due; 1 when nothing was due.
  public var rateRatio: Double { due == 0 ? 1 : Double(dispatched) / Double(due) }
  public var mismatchCount: Int64 { capacity.reduce(0) { $0 + $1.mismatches } }

  /// Such as `open loop` or `CLOSED LOOP of 64 users`.
  public var loop: String { closedUsers.map { "CLOSED LOOP of \($0) users" } ?? "open loop" }
}

/// What one operation's clocks and retries add to its `OperationRecord`; same order.
public struct OperationMeasurement: Sendable {
  public var name: String
  /// Dispatched to done, in ns.
  public var logical = Histogram()
  /// Sum of the waits before retries.
  public var backoff = Nanoseconds.zero
  /// Parts of batches that came back unprocessed.
  public var unprocessed: Int64 = 0
  /// Parts of batches and transactions left out because the request named their item twice.
  public var duplicates: Int64 = 0

  public init(name: String) { self.name = name }
}

/// How often an attempt ended in one way other than success.
public struct ExceptionCount: Hashable, Sendable {
  /// The service's exception, or a word for what the network did.
  public var exception: String
  /// ThrottlingReason or cancellation code; empty when there is none.
  public var reason: String
  /// "orders" or "orders/byStatus"; empty when it is not said.
  public var resource: String
  public var operation: String
  public var count: Int64

  public init(
    exception: String, reason: String, resource: String, operation: String, count: Int64
  ) {
    self.exception = exception
    self.reason = reason
    self.resource = resource
    self.operation = operation
    self.count = count
  }
}

/// Reported against predicted units of one table or global index.
public struct CapacityComparison: Sendable {
  public var resource: String
  public var reportedRead = CapacityUnits.zero
  public var reportedWrite = CapacityUnits.zero
  public var predictedRead = CapacityUnits.zero
  public var predictedWrite = CapacityUnits.zero
  /// Answers compared one by one, and those that differ.
  public var compared: Int64 = 0
  public var mismatches: Int64 = 0
  /// Answers that no prediction is possible for: a scan's partitions are not known, and of writes
  /// that overlap on one item of changing size nobody knows which came first.
  public var uncompared: Int64 = 0

  public init(resource: String) { self.resource = resource }
}

/// One answer whose consumed capacity is not what the model says.
public struct CapacityMismatch: Hashable, Sendable {
  public var at: Instant
  public var operation: String
  public var resource: String
  public var predicted: CapacityUnits
  public var reported: CapacityUnits
  /// What was sent, shortened.
  public var request: String

  public init(
    at: Instant, operation: String, resource: String, predicted: CapacityUnits,
    reported: CapacityUnits, request: String
  ) {
    self.at = at
    self.operation = operation
    self.resource = resource
    self.predicted = predicted
    self.reported = reported
    self.request = request
  }
}

/// Items that were read and looked at.
public struct Verification: Hashable, Sendable {
  public var checked: Int64 = 0
  public var wrong: Int64 = 0
  /// Asked for and not there although they exist.
  public var missing: Int64 = 0
  /// The first faults in words.
  public var examples: [String] = []

  public init() {}
}

/// Why a run does not measure the server.
public enum ValidityFault: Hashable, Sendable {
  /// The busiest thread used this share of a core.
  case clientBusy(Double)
  /// This share of the requests waited because all permitted ones were in flight.
  case inFlightLimit(Double)
  /// This share of the requests was given up unsent.
  case shed(Double)
  /// The 99th percentile of the lag, while the client was neither busy nor full: something else ran
  /// on its core.
  case lag(Nanoseconds)

  /// A sentence with its numbers.
  public var text: String {
    switch self {
    case .clientBusy(let share):
      "the client was busy: a thread used \(percentage(share)) of its core; use more --threads or"
        + " a faster machine"
    case .inFlightLimit(let share):
      "the limit of requests in flight was reached: \(percentage(share)) of the requests waited"
        + " for a place; raise --max-in-flight, or the server is slower than the rate"
    case .shed(let share):
      "\(percentage(share)) of the requests were given up unsent: --deadline or the run was over"
    case .lag(let lag):
      "requests were sent late (99th percentile \(lag)) although the client was not busy: its core"
        + " did other work"
    }
  }

  /// One word for machines.
  public var name: String {
    switch self {
    case .clientBusy: "client-cpu"
    case .inFlightLimit: "in-flight-limit"
    case .shed: "shed"
    case .lag: "lag"
    }
  }
}
