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
  /// Laws of single operations, instead of those of their kinds. That of a transaction is of both
  /// phases together.
  public var operations = OperationLaws()
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
    if reply.error != nil {
      service = latency.throttled.draw(&generator)
    } else if let taken = reply.serviceTime {
      service = taken
    } else if let drawn = served(operation, body, &generator) {
      service = drawn
    } else {
      return .zero
    }
    let network = latency.network.draw(&generator)
    if reply.error != nil { return network + service }
    let bytes = Int64(body.count + reply.body.count)
    return network + service + Nanoseconds(latency.perKilobyte.count * bytes / 1_024)
  }

  /// Service time of an operation on items; nil for any other.
  private func served(
    _ operation: String, _ body: [UInt8], _ generator: inout Generator
  ) -> Nanoseconds? {
    func shape() -> RequestShape {
      RequestShape(operation, WireValue(body: body) ?? .object([]))
    }
    if !latency.operations.isEmpty, let own = latency.operations.law(of: shape(), &generator) {
      return own.draw(&generator)
    }
    switch operation {
    case "GetItem", "BatchGetItem":
      return (shape().isStrong ? latency.strongRead : latency.eventualRead).draw(&generator)
    case "Query", "Scan": return latency.query.draw(&generator)
    case "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem":
      return latency.write.draw(&generator)
    case "TransactGetItems", "TransactWriteItems":
      let prepare = latency.transactionPhase.draw(&generator)
      return prepare + latency.transactionPhase.draw(&generator)
    default: return nil
    }
  }
}
