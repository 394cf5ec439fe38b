// The capacity search against queues whose capacity is known in closed form.

import Foundation
import Statistics
import TestSupport
import Testing

@testable import Results

/// A search that is off by more than its resolution sells capacity that is not there.
@Suite struct CapacitySearchTests {
  private func run(
    _ search: CapacitySearch, _ probe: (Double) -> ThresholdVerdict
  ) -> CapacitySearch {
    var search = search
    while let rate = search.next {
      search.record(SearchProbe(rate: rate, verdict: probe(rate), limit: "at \(rate)", runs: 1))
    }
    return search
  }

  /// The response time of M/M/1 is exponential: its 99th percentile is ln 100 / (mu - lambda), so
  /// p99 < x holds up to lambda = mu - ln 100 / x.
  @Test(arguments: [
    (1_000.0, 0.020, 10.0, 0.02), (1_000, 0.020, 700, 0.01), (50, 1, 200, 0.02),
    (1_000, 0.020, 5_000, 0.02), (10_000, 0.001, 1, 0.001),
  ])
  func findsTheCapacityOfAQueue(mu: Double, x: Double, first: Double, resolution: Double) throws {
    let capacity = mu - log(100) / x
    let search = run(CapacitySearch(from: first, to: 1e6, resolution: resolution)) { rate in
      rate < mu && log(100) / (mu - rate) < x ? .met : .missed
    }
    let held = try #require(search.held)
    let missed = try #require(search.missed)
    #expect(held <= capacity && capacity <= missed)
    #expect(missed / held <= 1 + resolution)
    #expect(search.limit == "at \(missed)")
    #expect(search.probes.count < 40)
  }

  /// Waiting times by Lindley's recursion, judged by the binomial rule with effective samples: the
  /// answer lies where theory puts it.
  @Test func findsTheCapacityOfASampledQueue() throws {
    let (mu, x) = (1_000.0, 0.020)
    let capacity = mu - log(100) / x
    let search = run(CapacitySearch(from: 50, to: 2_000, resolution: 0.05)) { rate in
      var numbers = Seed(UInt64(rate * 1_000)).generator
      var wait = 0.0
      var batches: [Double] = []
      var slow: Int64 = 0
      let (size, count) = (1_000, 120)
      for _ in 0..<count {
        var sum = 0.0
        for _ in 0..<size {
          let service = -log(1 - numbers.number(in: 0...0.999_999_999)) / mu
          let response = wait + service
          sum += response
          if response > x { slow += 1 }
          wait = max(0, response + log(1 - numbers.number(in: 0...0.999_999_999)) / rate)
        }
        batches.append(sum / Double(size))
      }
      let samples = Int64(size * count)
      let deviation = rate < mu ? 1 / (mu - rate) : 1
      let effective = EffectiveSamples.count(
        of: samples, deviation: deviation, partMeans: batches)
      let scaled = Double(slow) * Double(effective) / Double(samples)
      return PercentileBounds.verdict(
        samples: effective, violations: Int64(scaled.rounded(.up)), p: 0.99, confidence: 0.99)
    }
    let held = try #require(search.held)
    #expect(held > 0.88 * capacity && held < 1.01 * capacity, "\(held) of \(capacity)")
  }

  @Test func undecidedCountsAsMissed() throws {
    let search = run(CapacitySearch(from: 100, to: 1e6, resolution: 0.02)) { rate in
      rate < 500 ? .met : rate < 600 ? .undecided : .missed
    }
    let held = try #require(search.held)
    #expect(held < 500 && held > 490)
  }

  /// Below 100/s no probe has the requests it needs.
  @Test func goesUpWhereProbesAreTooShort() throws {
    func probed(_ capacity: Double, to last: Double) -> CapacitySearch {
      var search = CapacitySearch(from: 10, to: last, resolution: 0.05)
      while let rate = search.next {
        let isShort = rate < 100
        var probe = SearchProbe(
          rate: rate, verdict: isShort ? .undecided : rate <= capacity ? .met : .missed,
          limit: "", runs: 1)
        probe.isTooShort = isShort
        search.record(probe)
      }
      return search
    }
    let search = probed(400, to: 1e6)
    let held = try #require(search.held)
    #expect(held <= 400 && held > 380)
    #expect(search.probes.prefix(5).map(\.rate) == [10, 20, 40, 80, 160])
    let none = probed(50, to: 1e6)
    #expect(none.held == nil && none.missed == 160 && none.hasFailure)
    let unknown = probed(400, to: 60)
    #expect(unknown.held == nil && unknown.missed == nil && !unknown.hasFailure)
    #expect(unknown.probes.map(\.rate) == [10, 20, 40, 60])
  }

  @Test func endsAtItsBounds() {
    let all = run(CapacitySearch(from: 100, to: 1_000, resolution: 0.02)) { _ in .met }
    #expect(all.held == 1_000 && all.isUnbounded && all.limit == nil)
    let none = run(CapacitySearch(from: 100, to: 1_000, resolution: 0.02)) { _ in .missed }
    #expect(none.held == nil && none.probes.count <= 12)
  }
}
