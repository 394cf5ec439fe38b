// Why: reads of one item take a short way, in rows with their retries, and nobody may notice.
//
// Rows are not admitted where replicas share a partition's reads; where all reads are strongly
// consistent, replicas change nothing else. So every run is made twice, once each way, and the
// records must be the same. Settings meet in every pair, though not in every combination.

import Capacity
import Clients
import Results
import Scenarios
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct ShortWayTests {
  /// One level per factor.
  struct Levels: Hashable, CustomTestStringConvertible {
    var of: [Int]
    var testDescription: String {
      zip(Self.factors, of).map { "\($0.name) \($1)" }.joined(separator: ", ")
    }

    static let factors: [(name: String, levels: Int)] = [
      ("retries", 4), ("instances", 3), ("sizes", 2), ("warm-up", 2), ("writes", 2),
      ("traffics", 3), ("timeout", 2), ("hot table", 3), ("seed", 3),
    ]

    /// All pairs of levels of two factors in it.
    var pairs: Set<Int> {
      var all: Set<Int> = []
      for first in of.indices {
        for second in of.indices where second > first {
          all.insert((first * 10 + of[first]) * 100 + second * 10 + of[second])
        }
      }
      return all
    }

    /// Every combination, in order.
    static var combinations: [Levels] {
      factors.reduce([Levels(of: [])]) { rows, factor in
        rows.flatMap { row in (0..<factor.levels).map { Levels(of: row.of + [$0]) } }
      }
    }

    /// Few combinations with all pairs among them: the one with most new pairs, again and again.
    static let covering: [Levels] = {
      // One in seven is enough to choose from, and every pair is among them.
      let choice = combinations.enumerated().filter { $0.offset % 7 == 0 }
        .map { (row: $0.element, pairs: $0.element.pairs) }
      var open = choice.reduce(into: Set<Int>()) { $0.formUnion($1.pairs) }
      var chosen: [Levels] = []
      while !open.isEmpty {
        var best = (row: choice[0], new: 0)
        for candidate in choice {
          let new = candidate.pairs.intersection(open).count
          if new > best.new { best = (candidate, new) }
        }
        chosen.append(best.row.row)
        open.subtract(best.row.pairs)
      }
      return chosen
    }()
  }

  @Test func everyPairIsCovered() {
    let covered = Levels.covering.reduce(into: Set<Int>()) { $0.formUnion($1.pairs) }
    var expected = 0
    for (first, factor) in Levels.factors.enumerated() {
      for other in Levels.factors[(first + 1)...] { expected += factor.levels * other.levels }
    }
    #expect(covered.count == expected)
    #expect(Levels.covering.count < 40)
  }

  @Test(arguments: Levels.covering)
  func theShortWayIsTheLongWay(_ levels: Levels) {
    let (short, long) = (run(levels, inRows: true), run(levels, inRows: false))
    #expect(short.resources[0].read.totalThrottles > 100)
    #expect(ReproducibilityTests.text(short) == ReproducibilityTests.text(long))
  }

  private func run(_ levels: Levels, inRows: Bool) -> RunRecord {
    let of = levels.of
    let modes: [RetryMode] = [.standard2026, .fullJitter, .decorrelatedJitter, .none]
    let hot = TableSpec.plain("t", .provisioned([75, 40, 12_000][of[7]], 30), bytes: 5_000).with {
      if of[2] == 1 { $0.itemSize = .uniform(low: 100, high: 20_000) }
      // One partition's ceiling binds where the table's limit does not.
      $0.partitions = of[7] == 2 ? 1 : 7
    }
    var bench = Bench(seconds: 64, [hot, .plain("u", .provisioned(20, 20))])
    bench.seed = UInt64(of[8]) + 2
    bench.warmUpSeconds = of[3] == 1 ? 17.3 : 0
    bench.model.capacity.initialBurst = 0.02
    bench.model.capacity.replicaReadUnits = inRows ? nil : 1_500
    bench.model.latency = LatencySettings()
    let rate = of[7] == 2 ? 2_000.0 : 45
    func client(_ timeout: Nanoseconds) -> ClientSpec {
      ClientSpec(
        retries: RetrySettings(mode: modes[of[0]]), timeout: timeout, instances: of[1] + 1)
    }
    bench.open(
      rate, [read(.zipf(exponent: 0.99)), read(.uniform)], arrivals: .poisson,
      client: client(.seconds(1)))
    if of[5] > 0 {
      bench.open(
        20, [read(.zipf(exponent: 0.8)), read(.uniform, table: 1)] + (of[4] == 1 ? [.put] : []),
        arrivals: .poisson, client: client(of[6] == 1 ? .milliseconds(9) : .seconds(2)))
    } else if of[4] == 1 {
      bench.open(5, [.put], arrivals: .poisson, client: client(.seconds(1)))
    }
    if of[5] == 2 { bench.open(30, [read(.uniform)], client: client(.seconds(60))) }
    return bench.run()
  }

  private func read(_ keys: KeyDistribution, table: Int = 0) -> OperationSpec {
    .one(.get, [OperationPart.part(.get, table: table).with { $0.keys = keys }], .strong)
  }
}
