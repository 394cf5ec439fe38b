// One traffic stream with its clients: what it asks for and how it behaves when refused.

import Clients
import DataModel
import Randomness
import RequestStreams
import Results
import Scenarios
import Statistics
import Units

/// Requests and clients of one traffic.
struct SimulatedFleet {
  let spec: TrafficSpec
  var stream: TrafficStream
  /// Arrival of the next request, in ns.
  var nextArrival = Int64.max
  /// Number of the first request drawn ahead; far from all numbers while none is.
  var firstAhead = UInt64(1) << 63
  /// Place in `ahead` behind the last read whose units are known and counted as demand.
  var prepared = 0
  /// Of the block drawn ahead: plain reads that were refused; how long the service takes to serve
  /// the others is drawn when they have been admitted.
  var refusedOfBlock = 0
  var drawsServedLate = false
  /// Client process of the next request; they take turns.
  var nextInstance: Int32 = 0
  /// Of all numbered draws beside those of the requests themselves.
  let key: StreamKey
  /// Of the latencies of the requests' first attempts.
  let firstLatencies: StreamKey
  /// By attempt from 1 on, as far as requests often get: of its latencies, and of the back-off
  /// after it.
  private let latencyKeys: [StreamKey]
  private let backOffKeys: [StreamKey]
  private static let oftenAttempts: Int32 = 12
  /// By attempt as the keys: waits after throttling, in ns; none where one depends on the other.
  private let waits: [(least: Int64, spread: Int64)]
  /// Position of the first operation among all traffic's.
  let firstOperation: Int
  /// Region that it asks; 0 is the home region.
  let site: Int
  let policy: RetryPolicy
  /// Clients limit their own rate.
  let limitsRate: Bool
  let redrive: BatchRedrive
  /// One per client process.
  var retryStates: [ClientRetryState]
  let timeout: Int64
  let concurrency: Int
  let connections: Int
  var inProgress = 0
  var onWire = 0
  var waiting = SlotQueue()
  var waitingForConnection = SlotQueue()
  /// Nothing has to wait for the end of an attempt, so the end needs no calendar event.
  let foldsCompletions: Bool
  /// Mean think time of a closed loop's users; nil in an open one.
  let think: Nanoseconds?

  init(spec: TrafficSpec, firstOperation: Int, site: Int = 0, seed: UInt64) {
    self.spec = spec
    self.firstOperation = firstOperation
    self.site = site
    stream = TrafficStream(spec, seed: seed)
    key = StreamKey(seed: seed)
    firstLatencies = key.child(1)
    let key = key
    latencyKeys = (0...Self.oftenAttempts).map { key.child(UInt64($0)) }
    backOffKeys = (0...Self.oftenAttempts).map { key.child(Self.backOffLabel(of: $0)) }
    policy = RetryPolicy(spec.client.retries)
    let backoff = policy.throttleBackoff
    waits = (0...Self.oftenAttempts).compactMap { attempt in
      backoff.range(retry: Int(max(1, attempt)) - 1).map { ($0.least.count, $0.spread.count) }
    }
    limitsRate = policy.limitsRate
    redrive = BatchRedrive(spec.client.batchBackoff ? .backOff : .atOnce)
    let state = ClientRetryState(policy)
    retryStates = Array(repeating: state, count: max(1, spec.client.instances))
    timeout = spec.client.timeout.count
    concurrency = spec.client.concurrency ?? .max
    connections = spec.client.connections ?? .max
    if case .closed(_, let mean, _) = spec.demand { think = mean } else { think = nil }
    // The rate limiter of adaptive mode learns from answers, so it must see them in time order. A
    // retry quota sees them in the order of sending instead: attempts a few milliseconds apart may
    // pay for their retries the other way round, which moves no total but when tokens run out.
    foldsCompletions =
      think == nil && spec.client.concurrency == nil && spec.client.connections == nil
      && !policy.limitsRate
  }

  /// The client process of the next request.
  mutating func takeTurn() -> Int32 {
    let instance = nextInstance
    nextInstance += 1
    if nextInstance == Int32(retryStates.count) { nextInstance = 0 }
    return instance
  }

  /// The generator of the latencies of a request's attempt, counted from 1. Mutating only to be
  /// passed by address.
  @inline(__always)
  mutating func latencies(of attempt: Int32, _ sequence: UInt64) -> Generator {
    let isOften = attempt <= Self.oftenAttempts
    return (isOften ? latencyKeys[Int(attempt)] : key.child(UInt64(attempt)))
      .generator(at: sequence)
  }

  private static func backOffLabel(of attempt: Int32) -> UInt64 {
    0x4A49 &+ UInt64(attempt) << 16
  }

  /// The generator of the back-off after a request's attempt, counted from 1.
  @inline(__always)
  mutating func backOff(after attempt: Int32, _ sequence: UInt64) -> Generator {
    let isOften = attempt <= Self.oftenAttempts
    return (isOften ? backOffKeys[Int(attempt)] : key.child(Self.backOffLabel(of: attempt)))
      .generator(at: sequence)
  }

  /// The wait after a request's throttled attempt, counted from 1, in ns: what the policy says.
  @inline(__always)
  mutating func wait(after attempt: Int32, _ sequence: UInt64, previous: Nanoseconds) -> Int64 {
    var generator = backOff(after: attempt, sequence)
    if Int(attempt) < waits.count {
      let (least, spread) = waits[Int(attempt)]
      return least + Int64(Double(spread) * generator.nextUnit())
    }
    return policy.delay(
      after: .throttled, attempt: Int(attempt), previousDelay: previous, using: &generator
    ).count
  }

  /// Key of every generator of this fleet.
  var seed: UInt64 { stream.seed }
}
