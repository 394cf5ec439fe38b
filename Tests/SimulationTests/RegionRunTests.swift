// Fleets in several regions: who pays where, and how far away the endpoint is. Units are those of
// the global table's worked example (capacity.md 1.8): a write costs a replicated unit in every
// region, its index entry an ordinary one, a read only where it is asked.

import Capacity
import Clients
import Results
import Scenarios
import Statistics
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct RegionRunTests {
  private func bench(_ regions: [String?], _ operations: [OperationSpec]) -> Bench {
    var table = TableSpec.plain("t", .provisioned(1_000, 1_000), bytes: 1_024)
    table.globalIndexes = [.plain(entry: nil, .provisioned(1_000, 1_000))]
    table.replicas = ["eu-west-1", "ap-south-1"]
    var bench = Bench(seconds: 20, [table])
    for region in regions {
      bench.open(10, operations)
      bench.traffic[bench.traffic.count - 1].region = region
    }
    return bench
  }

  private func units(_ record: RunRecord, _ axis: (ResourceRecord) -> AxisSeries) -> [Double] {
    record.resources.map { axis($0).totalConsumed.inUnits }
  }

  @Test(
    "200 writes from each of three fleets count in every region",
    arguments: [
      [nil], ["eu-west-1"], [nil, "eu-west-1", "ap-south-1"],
      ["us-east-1", "eu-west-1", "eu-west-1"],
    ] as [[String?]])
  func writesCountEverywhere(_ regions: [String?]) {
    let record = bench(regions, [.put]).run()
    let all = Double(200 * regions.count)
    // Home table and index, then those of eu-west-1 and ap-south-1.
    #expect(units(record, \.write) == [all, all, all, all, all, all])
    #expect(record.resources.map(\.replicatedWrites.inUnits) == [all, 0, all, 0, all, 0])
    let sent = ["us-east-1", "eu-west-1", "ap-south-1"].map { name in
      Double(200 * regions.count { ($0 ?? "us-east-1") == name })
    }
    #expect(record.resources.map(\.sentWrites.inUnits) == [sent[0], 0, sent[1], 0, sent[2], 0])
  }

  @Test func readsCountWhereTheyAreAsked() {
    let query = OperationSpec.one(
      .query, [OperationPart.part(.query, count: 4).with { $0.index = .global(0) }])
    let reads = bench([nil, "ap-south-1", "ap-south-1"], [.get, query]).run()
    let home = units(reads, \.read)
    // The two operations share each fleet's 200 requests by the same draws per fleet.
    #expect(home[0] + 2 * home[1] == 200 && home[2] == 0 && home[3] == 0)
    #expect(home[4] + 2 * home[5] == 400)
    let scan = OperationSpec.one(.scan, [.part(.scan, count: 4)], .strong)
    let scans = units(bench(["eu-west-1"], [scan]).run(), \.read)
    #expect(scans[0] == 0 && scans[2] >= 200 && scans[4] == 0)
  }

  /// A replica without read capacity refuses its own fleet and nobody else's.
  @Test func throttlesStayInTheirRegion() {
    var bench = bench([nil, "eu-west-1"], [.get])
    bench.tables[0].mode = .provisioned(10, 1_000)
    bench.model.capacity.initialBurst = 0
    bench.traffic[0].demand = .open(
      arrivals: .constant, rate: [RateSegment(duration: .seconds(20), from: 5, to: 5)])
    bench.traffic[1].demand = .open(
      arrivals: .constant, rate: [RateSegment(duration: .seconds(20), from: 40, to: 40)])
    let record = bench.run()
    // The first request finds the bucket empty.
    #expect(record.operations[0].failed <= 1)
    #expect(record.resources[0].read.totalThrottles == record.operations[0].failed)
    #expect(record.resources[2].read.totalThrottles == record.operations[1].failed)
    #expect(abs(record.operations[1].succeeded - 200) <= 1)
  }

  /// Replication from far away uses up what a fleet's own region has provisioned.
  @Test func writesFromElsewhereThrottleLocalOnes() {
    var bench = bench([nil, "eu-west-1"], [.put])
    bench.tables[0].mode = .provisioned(10, 15)
    bench.tables[0].globalIndexes = []
    bench.model.capacity.initialBurst = 0
    let record = bench.run()
    // 10 replicated and 10 own writes a second on 15 units in both regions.
    for row in record.operations { #expect(row.failed > 0) }
    #expect(record.resources[0].write.totalConsumed == record.resources[1].write.totalConsumed)
    #expect(record.resources[0].write.totalConsumed.inUnits == Double(record.succeeded))
  }

  @Test func transactionsOfTwoRegionsDoNotMeet() {
    var bench = bench([nil, "eu-west-1"], [.one(.transactWrite, [.part(.update)])])
    bench.tables[0].itemCount = 1
    bench.model.latency.transactionPhase = .exactly(.seconds(100))
    let rows = bench.run().operations
    #expect(rows.map(\.succeeded) == [0, 0] && rows.map(\.conflicts) == [199, 199])
  }

  @Test func eachFleetHasItsNetwork() {
    var bench = bench([nil, nil, "eu-west-1"], [.get])
    bench.traffic[1].network = .exactly(.milliseconds(80))
    bench.traffic[2].network = .exactly(.milliseconds(20))
    let medians = bench.run().operations.map { Double($0.response.value(atPercentile: 50)) / 1e6 }
    for (median, expected) in zip(medians, [2.0, 82, 22]) {
      #expect(abs(median - expected) < 0.05 * expected, "\(median) ms")
    }
  }
}
