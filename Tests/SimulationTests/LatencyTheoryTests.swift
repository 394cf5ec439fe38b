// Why: a calibrated latency is given by three percentiles, and a run that is simulated with it must
// show those three, whatever lies between.

import Randomness
import Scenarios
import Statistics
import Testing
import Units

@testable import Simulation

@Suite struct LatencyTheoryTests {
  @Test(arguments: [
    // A log-normal law has its 90th percentile where the middle of the normal's puts it: sigma is
    // ln(8) / 2.3263, and 1 ms x e^(1.2816 sigma) = 3.144 ms.
    LatencySpec(median: .milliseconds(1), p99: .milliseconds(8)),
    LatencySpec(median: .milliseconds(1), p90: .milliseconds(2), p99: .milliseconds(40)),
    LatencySpec(median: .milliseconds(1), p90: .milliseconds(9), p99: .milliseconds(10)),
  ])
  func `draws have the percentiles that are given`(_ law: LatencySpec) {
    let sampler = LatencySampler(law)
    var seen = Histogram()
    for index in 0..<200_000 as Range<UInt64> {
      var generator = Generator(seed: 5, stream: 1, index: index)
      seen.record(sampler.draw(&generator))
    }
    let p90 = law.p90 ?? Nanoseconds(3_144_000)
    for (percentile, expected) in [(50.0, law.median), (90, p90), (99, law.p99)] {
      let found = Double(seen.value(atPercentile: percentile))
      // Four standard errors of the rank of the 99th percentile of 200,000 draws are 0.00089, which
      // the steepest of these laws turns into 10 %.
      #expect(abs(found / Double(expected.count) - 1) < 0.1, "p\(percentile): \(found)")
    }
  }

  /// Two independent phases would spread less than the law of the whole: the 99th percentile of the
  /// sum is below the sum of the 99th percentiles.
  @Test func `a transaction's own law is of both phases together`() {
    var settings = LatencySettings()
    settings.operations["pay"] = LatencySpec(median: .milliseconds(4), p99: .milliseconds(16))
    let pay = OperationSpec(name: "pay", kind: .transactWrite, weight: 1, parts: [])
    var service = ServiceTime(settings.of(pay))
    var other = ServiceTime(settings)
    var (own, phases) = (Histogram(), Histogram())
    for index in 0..<50_000 as Range<UInt64> {
      var generator = Generator(seed: 6, stream: 1, index: index)
      own.record(service.phases(using: &generator))
      phases.record(other.phases(using: &generator))
    }
    #expect(abs(Double(own.value(atPercentile: 50)) / 4e6 - 1) < 0.05)
    #expect(abs(Double(own.value(atPercentile: 99)) / 16e6 - 1) < 0.1)
    #expect(settings.transactionMedian == .milliseconds(8))
    #expect(settings.of(pay).transactionMedian == .milliseconds(4))
    #expect(phases.value(atPercentile: 99) < 30_000_000)
  }
}
