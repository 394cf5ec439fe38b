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
  /// Of the latencies of the requests' first attempts.
  let firstLatencies: StreamKey
  /// Position of the first operation among all traffic's.
  let firstOperation: Int
  let policy: RetryPolicy
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
  var records: [OperationRecord]

  init(spec: TrafficSpec, firstOperation: Int, seed: UInt64) {
    self.spec = spec
    self.firstOperation = firstOperation
    stream = TrafficStream(spec, seed: seed)
    firstLatencies = StreamKey(seed: seed).child(1)
    policy = RetryPolicy(spec.client.retries)
    redrive = BatchRedrive(spec.client.batchBackoff ? .backOff : .atOnce)
    let state = ClientRetryState(policy)
    retryStates = Array(repeating: state, count: max(1, spec.client.instances))
    timeout = spec.client.timeout.count
    concurrency = spec.client.concurrency ?? .max
    connections = spec.client.connections ?? .max
    var isClosed = false
    if case .closed = spec.demand { isClosed = true }
    // The rate limiter of adaptive mode learns from answers, so it must see them in time order. A
    // retry quota sees them in the order of sending instead: attempts a few milliseconds apart may
    // pay for their retries the other way round, which moves no total but when tokens run out.
    foldsCompletions =
      !isClosed && spec.client.concurrency == nil && spec.client.connections == nil
      && !policy.limitsRate
    records = spec.operations.map {
      OperationRecord(traffic: spec.name, name: $0.name, kind: $0.kind.rawValue)
    }
  }

  /// Key of every generator of this fleet.
  var seed: UInt64 { stream.seed }
}
