// Why: which partition throttles first is decided by how hashing deals popular keys out. Each key
// falls on each partition equally likely and independently of the others, which has exact
// consequences: the mean of every order statistic of the partitions' shares for few keys, and their
// sum of squares for many. A hash that clusters, or a map that favours a range, would move both.

import Capacity
import Results
import Scenarios
import Statistics
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct PartitionShareTheoryTests {
  /// Popularity of `count` keys under Zipf's law with exponent 1.
  private func popularity(_ count: Int) -> [Double] {
    let weights = (1...count).map { 1 / Double($0) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// Each partition's share of the reads, one run for each of as many seeds.
  private func shares(keys: Int, partitions: Int, reads: Int, seeds: Int) -> [[Double]] {
    (0..<seeds).map { seed in
      var bench = Bench(
        seconds: Double(reads) / 2_000,
        [.plain("t", .plentiful, items: keys).with { $0.partitions = partitions }])
      bench.seed = UInt64(seed)
      bench.model.capacity.splitForHeat = false
      bench.open(
        2_000, [.one(.get, [OperationPart.part(.get).with { $0.keys = .zipf(exponent: 1) }])])
      let consumed = bench.run().resources[0].partitions.map(\.consumedRead.inUnits)
      let sum = consumed.reduce(0, +)
      return consumed.map { $0 / sum }
    }
  }

  /// Six keys fall on four partitions in 4^6 ways, all as likely.
  @Test func `the shares of the hottest to the coolest partition have the exact means`() {
    let (keys, partitions) = (popularity(6), 4)
    var expected = Array(repeating: Moments(), count: partitions)
    for way in 0..<4_096 {
      var loads = Array(repeating: 0.0, count: partitions)
      for (key, share) in keys.enumerated() { loads[way >> (2 * key) & 3] += share }
      for (rank, load) in loads.sorted(by: >).enumerated() { expected[rank].add(load) }
    }
    let runs = 1_000
    var seen = Array(repeating: Moments(), count: partitions)
    for loads in shares(keys: 6, partitions: partitions, reads: 4_000, seeds: runs) {
      for (rank, load) in loads.sorted(by: >).enumerated() { seen[rank].add(load) }
    }
    for rank in 0..<partitions {
      // Four standard errors, and what 4,000 reads leave of a share.
      let error = 4 * expected[rank].standardDeviation / Double(runs).squareRoot() + 0.002
      #expect(
        abs(seen[rank].mean - expected[rank].mean) < error,
        "rank \(rank): \(seen[rank].mean), expected \(expected[rank].mean) within \(error)")
    }
  }

  /// The sum of squared shares has the mean q + (1 - q) / P, with q the keys' own sum of squares:
  /// two reads meet in a partition if they name one key, or two that hash together. Of n reads, 1/n
  /// of the rest on top.
  @Test(arguments: [(1_000, 8), (10_000, 32)])
  func `many keys leave the partitions as unequal as chance`(keys: Int, partitions: Int) {
    let own = popularity(keys).reduce(0) { $0 + $1 * $1 }
    let (runs, reads) = (200, 10_000)
    let squares = own + (1 - own) / Double(partitions)
    let expected = squares + (1 - squares) / Double(reads)
    var seen = Moments()
    for loads in shares(keys: keys, partitions: partitions, reads: reads, seeds: runs) {
      seen.add(loads.reduce(0) { $0 + $1 * $1 })
    }
    let error = 4 * seen.standardDeviation / Double(runs).squareRoot()
    #expect(abs(seen.mean - expected) < error, "\(seen.mean), expected \(expected) ± \(error)")
  }
}
