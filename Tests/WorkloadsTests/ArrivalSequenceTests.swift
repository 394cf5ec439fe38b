// Arrival instants against the processes they stand for.

import Glibc
import Randomness
import Testing
import Units
import Workloads

/// Burst capacity is about what happens within a minute: gaps matter as much as the rate.
@Suite struct ArrivalSequenceTests {
  private func all(
    _ process: ArrivalProcess, _ segments: [RateSegment], seed: UInt64 = 1, stream: UInt64 = 1
  ) -> [Instant] {
    var sequence = ArrivalSequence(
      process, profile: RateProfile(segments), seed: seed, stream: stream)
    var instants: [Instant] = []
    while let instant = sequence.next() { instants.append(instant) }
    #expect(sequence.index == UInt64(instants.count))
    #expect(sequence.next() == nil)
    return instants
  }

  @Test func constantArrivalsAreExact() {
    let instants = all(.constant, RateSegment.hold(1_000, for: .seconds(2)))
    #expect(instants == (0..<2_000).map { Instant(nanoseconds: $0 * 1_000_000) })
    let profile = RateProfile(RateSegment.hold(10, for: .seconds(1)))
    var shifted = ArrivalSequence(
      .constant, profile: profile, key: StreamKey(seed: 1), phase: 0.5)
    #expect(shifted.next() == Instant(nanoseconds: 50_000_000))
    // A ramp to 100/s in 2 s holds 100: request k comes at sqrt(k / 25) s.
    let ramp = all(.constant, RateSegment.ramp(from: 0, to: 100, for: .seconds(2)))
    #expect(ramp.count == 100)
    #expect(ramp[25] == Instant(nanoseconds: 1_000_000_000))
    #expect(ramp[36] == Instant(nanoseconds: 1_200_000_000))
  }

  /// Ramp and plateau: 450 are due in 30 s, 1,800 behind them.
  static let ramp = RateProfile(
    RateSegment.ramp(from: 0, to: 30, for: .seconds(30))
      + RateSegment.hold(30, for: .seconds(60)))

  @Test("a skip leads to the request that is due, forwards and back", arguments: [50.0, 40, 90, 3])
  func skipsConstantArrivals(to seconds: Double) {
    var walked = ArrivalSequence(.constant, profile: Self.ramp, seed: 1, stream: 1)
    var skipped = ArrivalSequence(.constant, profile: Self.ramp, seed: 1, stream: 1)
    _ = skipped.skip(to: Instant(nanoseconds: 60_000_000_000))
    for _ in 0..<200 { _ = skipped.next() }
    let number = skipped.skip(to: Instant(nanoseconds: Int64(seconds * 1e9)))
    var next = walked.next()
    while let instant = next, instant.nanoseconds < Int64(seconds * 1e9) { next = walked.next() }
    #expect(skipped.next() == next)
    #expect(number + 1 == walked.index || next == nil)
  }

  @Test("a skipped Poisson process has its rate from there on", arguments: [1, 2, 3])
  func skipsPoissonArrivals(seed: UInt64) throws {
    var sequence = ArrivalSequence(.poisson, profile: Self.ramp, seed: seed, stream: 1)
    for _ in 0..<2_000 { _ = sequence.next() }
    let number = sequence.skip(to: Instant(nanoseconds: 30_000_000_000))
    #expect(number == 450)
    var count = 0
    while let instant = sequence.next() {
      #expect(instant.nanoseconds >= 30_000_000_000)
      count += 1
    }
    // 1,800 expected, standard deviation 42.
    #expect(abs(count - 1_800) < 215)
  }

  @Test(arguments: [1, 2, 3]) func poissonGapsAreExponential(seed: UInt64) {
    let instants = all(.poisson, RateSegment.hold(1_000, for: .seconds(20)), seed: seed)
    // 20,000 expected, standard deviation 141.
    #expect(abs(instants.count - 20_000) < 710)
    let gaps = zip(instants, [.start] + instants).map { ($0 - $1).inSeconds * 1_000 }
    #expect(kolmogorovSmirnov(gaps) { -expm1(-$0) } > 1e-6, "seed \(seed)")
    var counts = [Int](repeating: 0, count: 9)
    var perSlot = [Int](repeating: 0, count: 4_000)
    for instant in instants { perSlot[Int(instant.nanoseconds / 5_000_000)] += 1 }
    for count in perSlot { counts[min(count, 8) < 1 ? 0 : min(count, 8)] += 1 }
    // Poisson of mean 5 in slots of 5 ms: 0, 1, … 7, 8 and more.
    var probabilities = [exp(-5.0)]
    for k in 1..<8 { probabilities.append(probabilities[k - 1] * 5 / Double(k)) }
    probabilities.append(1 - probabilities.reduce(0, +))
    #expect(chiSquareDistance(counts, probabilities) < 5, "seed \(seed)")
  }

  /// Under a changing rate the cumulative counts of the arrivals are a unit-rate Poisson path.
  @Test(arguments: [1, 2, 3]) func poissonFollowsAChangingRate(seed: UInt64) {
    let segments =
      RateSegment.ramp(from: 0, to: 2_000, for: .seconds(10))
      + RateSegment.hold(0, for: .seconds(3))
      + RateSegment.ramp(from: 1_500, to: 100, for: .seconds(10))
    let profile = RateProfile(segments)
    let instants = all(.poisson, segments, seed: seed)
    let counts = instants.map { profile.integral(to: $0) }
    let gaps = zip(counts, [0] + counts).map { $0 - $1 }
    #expect(kolmogorovSmirnov(gaps) { -expm1(-$0) } > 1e-6, "seed \(seed)")
    #expect(
      !instants.contains {
        $0.nanoseconds > 10_000_000_000 && $0.nanoseconds < 13_000_000_000
      })
  }

  /// Gap k is a function of (seed, stream, k): other rates stretch the same path.
  @Test func gapsDoNotDependOnTheRate() {
    let slow = all(.poisson, RateSegment.hold(100, for: .seconds(40)))
    let fast = all(.poisson, RateSegment.hold(400, for: .seconds(10)))
    #expect(slow.count == fast.count)
    for (a, b) in zip(slow, fast) { #expect(abs(a.nanoseconds - 4 * b.nanoseconds) <= 4) }
    var total = 0.0
    for k in 0..<50 {
      var generator = Generator(seed: 1, stream: 1, index: UInt64(k))
      total += generator.exponential()
      #expect(abs(slow[k].inSeconds - total / 100) < 1e-8, "arrival \(k)")
    }
    #expect(slow != all(.poisson, RateSegment.hold(100, for: .seconds(40)), stream: 2))
    #expect(slow != all(.poisson, RateSegment.hold(100, for: .seconds(40)), seed: 2))
  }

  @Test func burstsKeepTheMeanAndTheirPhases() {
    let on = Nanoseconds.milliseconds(200)
    let off = Nanoseconds.milliseconds(800)
    let segments = RateSegment.ramp(from: 500, to: 1_500, for: .seconds(20))
    let bursts = all(.onOff(on: on, off: off), segments)
    let even = all(.poisson, segments)
    // Every cycle has exactly the requests that the even path has in it, in its on-phase.
    #expect(bursts.count == even.count)
    func perCycle(_ instants: [Instant]) -> [Int] {
      var counts = [Int](repeating: 0, count: 20)
      for instant in instants { counts[Int(instant.nanoseconds / 1_000_000_000)] += 1 }
      return counts
    }
    #expect(perCycle(bursts) == perCycle(even))
    #expect(bursts.allSatisfy { $0.nanoseconds % 1_000_000_000 < on.count })
    #expect(zip(bursts, bursts.dropFirst()).allSatisfy { $0 <= $1 })
    // Expected 20,000 with standard deviation 141.
    #expect(abs(bursts.count - 20_000) < 710)
  }
}
