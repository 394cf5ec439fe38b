// Service-like response times, for clients that should meet them.
//
// A local answer takes microseconds, the service's takes milliseconds; timeouts, retries and
// connection pools behave otherwise. Given distributions, every answer to an operation on items is
// held back by network and service time, as the simulator adds them up, without holding a thread.
// Bytes moved are those of the bodies, not of the items; table operations are not held back.

public import Engine
import Randomness
import ServiceAPI
import Synchronization
public import Units

/// Distributions of what an answer waits for.
public struct InjectedLatency: Sendable {
  /// GetItem and BatchGetItem, by consistency.
  public var eventualRead = DelayDistribution.none
  public var strongRead = DelayDistribution.none
  /// Writes, batches of them included.
  public var write = DelayDistribution.none
  /// Query and Scan.
  public var query = DelayDistribution.none
  /// Each of a transaction's two phases.
  public var transactionPhase = DelayDistribution.none
  /// Client to endpoint and back, added to every answer.
  public var network = DelayDistribution.none
  /// Answers of refused requests, instead of the operation's own.
  public var throttled = DelayDistribution.none
  /// Added per KB of bodies.
  public var perKilobyte = Nanoseconds.zero

  public init() {}
}

/// Draws the delay of every answer; callable from any thread.
final class LatencyInjector: Sendable {
  private let latency: InjectedLatency
  private let stream: StreamKey
  private let answers = Atomic<UInt64>(0)

  init(_ latency: InjectedLatency, seed: UInt64) {
    self.latency = latency
    stream = StreamKey(seed: seed).child("latency")
  }

  /// How long to hold an answer back.
  func delay(_ operation: String, _ body: [UInt8], _ reply: Reply) -> Nanoseconds {
    let number = answers.wrappingAdd(1, ordering: .relaxed).oldValue
    var generator = stream.generator(at: number)
    let service: Nanoseconds
    switch operation {
    case _ where reply.error != nil: service = latency.throttled.draw(&generator)
    case _ where reply.serviceTime != nil: service = reply.serviceTime ?? .zero
    case "GetItem", "BatchGetItem":
      service = (Self.isStrong(body) ? latency.strongRead : latency.eventualRead).draw(&generator)
    case "Query", "Scan": service = latency.query.draw(&generator)
    case "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem":
      service = latency.write.draw(&generator)
    case "TransactGetItems", "TransactWriteItems":
      let prepare = latency.transactionPhase.draw(&generator)
      service = prepare + latency.transactionPhase.draw(&generator)
    default: return .zero
    }
    let network = latency.network.draw(&generator)
    if reply.error != nil { return network + service }
    let bytes = Int64(body.count + reply.body.count)
    return network + service + Nanoseconds(latency.perKilobyte.count * bytes / 1_024)
  }

  /// Whether a read, or a part of a batch of reads, is strongly consistent.
  private static func isStrong(_ body: [UInt8]) -> Bool {
    guard let request = WireValue(body: body) else { return false }
    if request["ConsistentRead"]?.flag == true { return true }
    let tables = request["RequestItems"]?.members ?? []
    return tables.contains { $0.value["ConsistentRead"]?.flag == true }
  }
}
