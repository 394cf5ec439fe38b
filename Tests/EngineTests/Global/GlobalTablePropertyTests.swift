// Regions that are cut off, join, leave, crash and are throttled agree in the end.
//
// Why: replication is where an item can be lost or come back with nobody noticing; only random
// orders of events find the one that does it. The slow reference knows one thing: which write of an
// item was acknowledged last. Streams are replayed, since consumers in every region rely on them.

import Capacity
import ServiceAPI
import Storage
import TestSupport
import Testing
import Units

@testable import Engine

@Suite struct GlobalTablePropertyTests {
  private static let regions = ["us-east-1", "eu-west-1", "ap-south-1"]

  /// The last write of each item that was acknowledged anywhere.
  private struct Last {
    var values: [String: String?] = [:]
    var items: [String] {
      values.compactMap { key, value in value.map { "\(key) \($0)" } }.sorted()
    }
  }

  /// Writes at a region, and notes what was acknowledged.
  private func write(
    _ bench: RegionBench, _ region: String, _ number: Int, _ last: inout Last,
    _ generator: inout TestGenerator
  ) {
    let key = "k\(generator.integer(in: 0...5))"
    if generator.integer(in: 0...3) > 0 {
      if bench.put(region, key, "\(number)") == "{}" { last.values[key] = .some("\(number)") }
    } else if bench.get(region, key) != "-" {
      // What a region does not know it cannot delete.
      if bench.delete(region, key) == "{}" { last.values[key] = .some(nil) }
    }
  }

  private func heal(_ bench: RegionBench) {
    for region in Self.regions { bench.cut(region, false) }
    bench.now += .hours(1)
    bench.replicate()
  }

  private func expectAgreement(_ bench: RegionBench, _ last: Last, _ seed: Seed) {
    for region in Self.regions {
      #expect(bench.items(region) == last.items, "\(region), \(seed.testDescription)")
      #expect(bench.replayed(region) == last.items, "stream of \(region), \(seed.testDescription)")
    }
  }

  @Test(arguments: Seed.some(20)) func `regions that were cut off converge`(_ seed: Seed) throws {
    var generator = seed.generator
    let bench = try RegionBench(
      Self.regions, lag: DelayDistribution(median: .milliseconds(300), p99: .seconds(2)))
    bench.createTable(Self.regions[0])
    bench.addReplica(Self.regions[1])
    bench.addReplica(Self.regions[2])
    bench.replicate()
    var last = Last()
    for number in 0..<120 {
      bench.now += .milliseconds(Int64(generator.integer(in: 1...400)))
      let region = generator.pick(Self.regions)
      switch generator.integer(in: 0...9) {
      case 0...6: write(bench, region, number, &last, &generator)
      case 7: bench.cut(region)
      case 8: for region in Self.regions { bench.cut(region, false) }
      default: bench.replicate()
      }
    }
    heal(bench)
    expectAgreement(bench, last, seed)
  }

  /// The third region comes and goes, at either of the others, while changes are on their way.
  @Test(arguments: Seed.some(20)) func `regions that come and go lose nothing`(_ seed: Seed) throws
  {
    var generator = seed.generator
    let bench = try RegionBench(
      Self.regions, lag: DelayDistribution(median: .seconds(1), p99: .seconds(5)))
    bench.createTable(Self.regions[0])
    bench.addReplica(Self.regions[1])
    var last = Last()
    var hasThird = false
    for number in 0..<120 {
      bench.now += .milliseconds(Int64(generator.integer(in: 1...400)))
      let members = Array(Self.regions.prefix(hasThird ? 3 : 2))
      switch generator.integer(in: 0...11) {
      case 0...7: write(bench, generator.pick(members), number, &last, &generator)
      case 8: bench.cut(generator.pick(Self.regions))
      case 9: for region in Self.regions { bench.cut(region, false) }
      case 10: bench.replicate()
      default:
        let other = generator.pick(Array(Self.regions.prefix(2)))
        let answer =
          hasThird
          ? bench.removeReplica(Self.regions[2], at: other)
          : bench.addReplica(Self.regions[2], at: other)
        if answer.contains("TableDescription") { hasThird.toggle() }
      }
    }
    heal(bench)
    if !hasThird { bench.addReplica(Self.regions[2]) }
    bench.replicate()
    // What a new replica starts with is an insertion to its stream's readers.
    expectAgreement(bench, last, seed)
  }

  /// Tables of few units: replication waits for capacity and takes it, and nothing is lost.
  @Test(arguments: Seed.some(6)) func `throttled replicas catch up`(_ seed: Seed) throws {
    var generator = seed.generator
    let bench = try RegionBench(Self.regions)
    bench.createTable(Self.regions[0], units: 1)
    bench.addReplica(Self.regions[1])
    bench.addReplica(Self.regions[2])
    var last = Last()
    var acknowledged = 0
    for number in 0..<900 {
      bench.now += .milliseconds(2)
      let key = "k\(number)"
      if bench.put(generator.pick(Self.regions), key, "v") == "{}" {
        last.values[key] = .some("v")
        acknowledged += 1
      }
    }
    // Each region had its burst of 300 units for its own writes.
    #expect((800...900).contains(acknowledged))
    bench.replicate()
    #expect(Self.regions.contains { bench.items($0) != last.items })
    for _ in 0..<30 {
      bench.now += .minutes(10)
      bench.replicate()
    }
    expectAgreement(bench, last, seed)
    for region in Self.regions {
      let units = bench.group.database(region)?.withState { state in
        state.tables["orders"]?.replicatedUnits.inUnits
      }
      #expect(units == Double(acknowledged), "a replicated unit for each write in every region")
    }
  }

  /// A strong read, wherever it is answered, sees the last acknowledged write, whichever regions
  /// are cut off and whichever write was refused.
  @Test(arguments: Seed.some(30)) func `strong reads see the last write`(_ seed: Seed) throws {
    var generator = seed.generator
    let regions = ["us-east-1", "us-east-2", "us-west-2"]
    let hasWitness = generator.pick([true, false])
    let served = Array(regions.prefix(hasWitness ? 2 : 3))
    let lag = generator.pick([.none, DelayDistribution(median: .milliseconds(50))])
    let bench = try RegionBench(served, lag: lag)
    #expect(bench.makeStrong(witness: hasWitness).contains("STRONG"))
    var last: [String: String] = [:]
    var reads = 0
    for number in 0..<200 {
      bench.now += .milliseconds(Int64(generator.integer(in: 1...60)))
      let key = "k\(generator.integer(in: 0...2))"
      switch generator.integer(in: 0...9) {
      case 0...3:
        if bench.put(generator.pick(served), key, "\(number)") == "{}" { last[key] = "\(number)" }
      case 4...7:
        let found = bench.get(generator.pick(served), key)
        if found.hasPrefix("InternalServerError") { continue }
        reads += 1
        #expect(found == last[key] ?? "-", "\(key) at step \(number), \(seed.testDescription)")
      case 8: bench.cut(generator.pick(regions))
      default: for region in regions { bench.cut(region, false) }
      }
    }
    #expect(reads > 20)
    for region in regions { bench.cut(region, false) }
    bench.replicate()
    for region in served {
      #expect(bench.items(region) == last.map { "\($0) \($1)" }.sorted())
      #expect(bench.replayed(region) == bench.items(region))
    }
  }
}
