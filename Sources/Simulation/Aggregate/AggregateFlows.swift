// Requests as flows: what each operation sends, how it retries and how its requests end.

import Clients
import Randomness
import Results
import Scenarios
import Statistics
import Units
import Workloads

/// How the requests of an operation ended, by the attempt that ended them.
struct FlowCounts {
  var requests = 0.0
  var attempts = 0.0
  /// Refused at their first attempt.
  var throttled = 0.0
  var succeeded: [Double]
  var failed: [Double]

  init(attempts: Int) {
    succeeded = Array(repeating: 0, count: attempts)
    failed = succeeded
  }

  /// How requests ended after `former`.
  func since(_ former: FlowCounts) -> FlowCounts {
    var part = self
    for attempt in succeeded.indices {
      part.succeeded[attempt] -= former.succeeded[attempt]
      part.failed[attempt] -= former.failed[attempt]
    }
    return part
  }

  var ended: Double { succeeded.reduce(0, +) + failed.reduce(0, +) }
}

/// Whole counts of a flow, as the records have them.
struct BookedCounts {
  var requests: Int64 = 0
  var attempts: Int64 = 0
  var throttled: Int64 = 0
  var succeeded: Int64 = 0
  var failed: Int64 = 0
  var conditionFailed: Int64 = 0

  /// Goes on to `counts`; nothing that has ended is taken back.
  mutating func update(_ counts: FlowCounts, conditionFailed share: Double) {
    requests = Int64(counts.requests.rounded())
    failed = max(failed, Int64(counts.failed.reduce(0, +).rounded()))
    let whole = Int64(counts.succeeded.reduce(0, +).rounded())
    succeeded = max(succeeded, min(whole, requests - failed))
    attempts = max(requests, Int64(counts.attempts.rounded()))
    throttled = Int64(counts.throttled.rounded())
    conditionFailed = Int64((Double(succeeded) * share).rounded())
  }
}

/// One operation's requests.
struct OperationFlow {
  let fleet: Int
  /// Position among its fleet's operations.
  let local: Int
  /// Share of the fleet's requests.
  let share: Double
  let isTransaction: Bool
  /// Attempts of a request; a cancelled transaction has one.
  let attempts: Int
  let latency: OperationLatency
  let conditionFailed: Double
  let drifts: [TableDrift]
  /// Since warm-up, in the current minute, and over the whole run.
  var measured: FlowCounts
  var minute: FlowCounts
  var all = 0.0
  /// What of `measured` the records have, and as which whole numbers.
  var recorded: FlowCounts
  var booked = BookedCounts()

  /// A ring for each retry, with the waits of the fleet's policy in ticks of `tick` seconds.
  static func rings(_ policy: RetryPolicy, attempts: Int, tick: Double) -> [BackoffRing] {
    (1..<max(1, attempts)).map { attempt in
      let bound = policy.throttleBackoff.bound(retry: attempt - 1).inSeconds / tick
      switch policy.throttleBackoff.jitter {
      case .none: return BackoffRing(low: bound, high: bound)
      case .equal: return BackoffRing(low: bound / 2, high: bound)
      case .full, .decorrelated: return BackoffRing(low: 0, high: bound)
      }
    }
  }
}

/// One traffic's clients.
struct FleetFlow {
  let profile: RateProfile
  /// Constant arrivals have no variance of their own.
  let isPoisson: Bool
  let policy: RetryPolicy
  let firstOperation: Int
  let operationCount: Int
  /// Tokens of all instances' retry quotas together; instances are alike.
  var tokens: Double
  let tokensMax: Double
  /// Retries of the tick in hand that its refusals ask for, and the share of them that is paid.
  private var wanted = 0.0
  private(set) var granted = 1.0

  init(_ fleet: SimulatedFleet) {
    guard case .open(let process, let rate) = fleet.spec.demand else {
      preconditionFailure("closed loops are not aggregated")
    }
    profile = RateProfile(rate)
    isPoisson = process != .constant
    policy = fleet.policy
    firstOperation = fleet.firstOperation
    operationCount = fleet.spec.operations.count
    tokensMax = Double(fleet.policy.quota.capacity * fleet.retryStates.count)
    tokens = tokensMax
  }

  /// Asks for retries after a throttle in the tick in hand.
  mutating func want(_ retries: Double) { wanted += retries }

  /// Grants all of a tick's retries the same share of what the quota holds, and pays for them.
  /// One after the other, each operation would take what the one before has just returned.
  mutating func pay() {
    let price = wanted * Double(policy.quota.throttleCost)
    granted = price > tokens ? tokens / price : 1
    tokens -= granted * price
    wanted = 0
  }

  /// Returns tokens: for calls without a retry their gain, for others their last retry's cost.
  mutating func refund(first: Double, retried: Double) {
    let gain = first * Double(policy.quota.gain) + retried * Double(policy.quota.throttleCost)
    tokens = min(tokensMax, tokens + gain)
  }
}

extension Generator {
  /// A Poisson count of this mean, as a Double.
  ///
  /// By inversion below a mean of 32, above by the normal quantile with its skewness (third
  /// Cornish-Fisher term), whose distribution function is then off by less than 0.001.
  mutating func poisson(_ mean: Double) -> Double {
    guard mean > 0 else { return 0 }
    if mean < 32 {
      var left = Portable.exp(-mean)
      var unit = nextUnit()
      var count = 0.0
      while unit > left, count < 200 {
        unit -= left
        count += 1
        left *= mean / count
      }
      return count
    }
    let z = normal()
    return max(0, (mean + mean.squareRoot() * z + (z * z - 1) / 6).rounded())
  }
}
