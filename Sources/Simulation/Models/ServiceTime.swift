// How long the service takes, as settings (the service publishes no percentiles; capacity.md 7).
//
// Every latency is log-normal, given by its median and p99: ln X = ln median + sigma * Z with
// sigma = ln(p99 / median) / 2.3263478740408408 (the 99th percentile of the standard normal). With
// a p90 as well, sigma is one number up to there (Z = 1.2815515655446004) and another beyond it:
// what machines really do has more tail than its middle says.

import Capacity
import Randomness
import RequestStreams
import Scenarios
import Units

/// Draws log-normal spans of time.
struct LatencySampler {
  private let median: Double
  private let sigma: Double
  /// What sigma grows by beyond the 90th percentile.
  private let bend: Double
  private let normals = Ziggurat.normal
  private let exp = Portable.Exponential()

  private static let normalP90 = 1.2815515655446004
  private static let normalP99 = 2.3263478740408408

  init(_ spec: LatencySpec) {
    median = max(1, Double(spec.median.count))
    guard let p90 = spec.p90 else {
      sigma = max(0, Portable.log(max(1, Double(spec.p99.count) / median))) / Self.normalP99
      bend = 0
      return
    }
    let middle = max(median, Double(p90.count))
    sigma = Portable.log(middle / median) / Self.normalP90
    let beyond = max(0, Portable.log(Double(spec.p99.count) / middle))
    bend = beyond / (Self.normalP99 - Self.normalP90) - sigma
  }

  /// Mean in nanoseconds: median times e^(sigma^2 / 2).
  var mean: Double { median * exp(sigma * sigma / 2) }

  /// A span in nanoseconds.
  @inline(__always)
  func draw(_ generator: inout Generator) -> Int64 { span(normal(&generator)) }

  /// What a span is drawn from.
  @inline(__always)
  func normal(_ generator: inout Generator) -> Double { generator.normal(normals) }

  /// The span of a normal variate, in nanoseconds.
  @inline(__always)
  func span(_ normal: Double) -> Int64 { Self.whole(median * exp(power(sigma * normal, normal))) }

  /// The spans of two normal variates, the second one's of another sampler, together.
  @inline(__always)
  func span(_ normal: Double, _ other: LatencySampler, _ otherNormal: Double) -> Int64 {
    let straight = SIMD2(sigma, other.sigma) * SIMD2(normal, otherNormal)
    let powers = SIMD2(power(straight[0], normal), other.power(straight[1], otherNormal))
    let values = SIMD2(median, other.median) * exp.ofBoth(powers)
    return Self.whole(values[0]) + Self.whole(values[1])
  }

  /// The logarithm of a span over the median, from what it is without a bend.
  @inline(__always)
  private func power(_ straight: Double, _ normal: Double) -> Double {
    if bend == 0 || normal <= Self.normalP90 { return straight }
    return straight + bend * (normal - Self.normalP90)
  }

  @inline(__always)
  private static func whole(_ value: Double) -> Int64 {
    value < 9e17 ? Int64(value) : 900_000_000_000_000_000
  }
}

/// Samplers for everything a request of one operation waits for.
///
/// What draws is declared mutating although it only reads: a plain method called on an element of a
/// buffer copies it.
struct ServiceTime {
  let eventualRead: LatencySampler
  let strongRead: LatencySampler
  let write: LatencySampler
  let query: LatencySampler
  let transactionPhase: LatencySampler
  /// Both phases together; nil: each draws its own.
  let transaction: LatencySampler?
  let cacheHit: LatencySampler
  let network: LatencySampler
  let throttled: LatencySampler
  /// Nanoseconds per KB of item data.
  let perKilobyte: Int64

  /// - Parameters:
  ///   - settings: Those of the operation.
  ///   - network: between its fleet and the endpoint; nil: the settings'.
  init(_ settings: LatencySettings, network fleet: LatencySpec? = nil) {
    eventualRead = LatencySampler(settings.eventualRead)
    strongRead = LatencySampler(settings.strongRead)
    write = LatencySampler(settings.write)
    query = LatencySampler(settings.query)
    transactionPhase = LatencySampler(settings.transactionPhase)
    transaction = settings.transaction.map { LatencySampler($0) }
    cacheHit = LatencySampler(settings.cacheHit)
    network = LatencySampler(fleet ?? settings.network)
    throttled = LatencySampler(settings.throttled)
    perKilobyte = settings.perKilobyte.count
  }

  /// What no answer of the table to an operation that reads one item exceeds, but once in 10^15.
  func longest(_ operation: OperationPlan) -> Int64 {
    let read = operation.consistency == .eventual ? eventualRead : strongRead
    let served = read.span(8) + transfer(bytes: ServiceConstants.itemBytes)
    return network.span(8) + max(served, throttled.span(8))
  }

  /// What `bytes` of item data add to an attempt that the table answered.
  func transfer(bytes: Int) -> Int64 { perKilobyte * Int64(bytes) / 1_024 }

  /// Network and service time of an attempt that the table answered, whatever its size.
  @inline(__always)
  mutating func served(_ operation: OperationPlan, using generator: inout Generator) -> Int64 {
    let service: Int64
    switch operation.kind {
    case .get, .batchGet:
      service = (operation.consistency == .eventual ? eventualRead : strongRead).draw(&generator)
    case .query, .scan: service = query.draw(&generator)
    case .put, .update, .delete, .batchWrite: service = write.draw(&generator)
    case .transactGet, .transactWrite: service = phases(using: &generator)
    }
    return network.draw(&generator) + service
  }

  /// `served` for the first attempts of some requests of a block, whose latencies stand at their
  /// positions in it; `first` is the number of the block's first request, `key` the latencies'.
  mutating func served(
    _ operation: OperationPlan, of positions: UnsafeBufferPointer<Int32>, first: UInt64,
    key: StreamKey, into latencies: UnsafeMutablePointer<Int64>
  ) {
    let service: LatencySampler
    switch operation.kind {
    case .get, .batchGet: service = operation.consistency == .eventual ? eventualRead : strongRead
    case .query, .scan: service = query
    case .put, .update, .delete, .batchWrite: service = write
    case .transactGet, .transactWrite:
      for position in positions {
        var generator = key.generator(at: first &+ UInt64(position))
        latencies[Int(position)] = served(operation, using: &generator)
      }
      return
    }
    // First all normal variates, then the spans: see `ArrivalSequence.fill`.
    let network = network
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * positions.count) { normals in
      for (place, position) in positions.enumerated() {
        var generator = key.generator(at: first &+ UInt64(truncatingIfNeeded: position))
        normals[2 * place] = service.normal(&generator)
        normals[2 * place + 1] = network.normal(&generator)
      }
      for (place, position) in positions.enumerated() {
        latencies[Int(position)] = network.span(
          normals[2 * place + 1], service, normals[2 * place])
      }
    }
  }

  /// Both phases of a transaction; they are drawn before the network.
  mutating func phases(using generator: inout Generator) -> Int64 {
    if let transaction { return transaction.draw(&generator) }
    return transactionPhase.draw(&generator) + transactionPhase.draw(&generator)
  }

  /// Network and answer of an attempt that was refused.
  mutating func refused(using generator: inout Generator) -> Int64 {
    network.draw(&generator) + throttled.draw(&generator)
  }

  /// Network and answer of an attempt that the cache served whole.
  mutating func cached(bytes: Int, using generator: inout Generator) -> Int64 {
    network.draw(&generator) + cacheHit.draw(&generator) + perKilobyte * Int64(bytes) / 10_240
  }
}
