// Time to live, streams, global tables and hot keys in a run, against the worked examples and rules
// of capacity.md 1.8.

import Capacity
import Clients
import Results
import Scenarios
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct FeatureRunTests {
  private static let creating = OperationSpec.one(.put, [.part(.put, newItems: 1)])

  /// 600 items a minute of which half expire two minutes later, free of write units.
  private func expiring(replicas: [String] = []) -> Bench {
    var table = TableSpec.plain("t", .provisioned(100, 1_000), items: 5_000, bytes: 1_000)
    table.timeToLive = TimeToLiveSpec(after: .minutes(2), share: 0.5, deletionLag: .zero)
    table.stream = StreamSpec(viewType: "KEYS_ONLY")
    table.replicas = replicas
    var bench = Bench(seconds: 360, [table])
    bench.open(10, [Self.creating])
    return bench
  }

  @Test func expiryDeletesWithoutWriteUnits() {
    let resource = expiring().run().resources[0]
    #expect(resource.timeToLiveDeletes == 4 * 300)
    #expect(resource.itemsAtEnd == 5_000 + 3_600 - 1_200)
    #expect(resource.bytesAtEnd.count == 1_000 * resource.itemsAtEnd)
    #expect(resource.write.totalConsumed.inUnits == 3_600)
    #expect(resource.streamRecords == 3_600 + 1_200)
  }

  /// The deletion is free where the item expires and costs a replicated unit elsewhere.
  @Test func replicatedExpiryConsumesInTheOtherRegion() {
    let record = expiring(replicas: ["eu-west-1"]).run()
    let (home, replica) = (record.resources[0], record.resources[1])
    #expect(home.write.totalConsumed.inUnits == 3_600)
    // Each minute's 300 deletes are repeated over the next one, 5 a second; those of minutes 3 to 5
    // fall into the run, but for the five that are due at its end.
    #expect(replica.write.totalConsumed.inUnits == 3_600 + 895)
    #expect(replica.replicatedWrites.inUnits == 4_495)
  }

  /// 200 writes of 1 KB, two regions, one index of all attributes: 400 replicated and 400 ordinary
  /// units (capacity.md 1.8).
  @Test func globalTableWritesCountInEveryRegion() {
    var table = TableSpec.plain("t", .provisioned(100, 1_000), bytes: 1_024)
    table.globalIndexes = [.plain(entry: nil, .provisioned(100, 1_000))]
    table.replicas = ["eu-west-1"]
    var bench = Bench(seconds: 20, [table])
    bench.open(10, [.put])
    let record = bench.run()
    #expect(record.resources.map(\.region) == ["us-east-1", "us-east-1", "eu-west-1", "eu-west-1"])
    #expect(record.resources.map(\.write.totalConsumed.inUnits) == [200, 200, 200, 200])
    #expect(record.resources.map(\.replicatedWrites.inUnits) == [200, 0, 200, 0])
    #expect(record.resources.map(\.read.totalConsumed.inUnits) == [0, 0, 0, 0])
  }

  /// Replication competes for the replica's capacity but is repeated until it succeeds.
  @Test func transactionsReplicateOnceAndFailedConditionsNever() {
    var table = TableSpec.plain("t", .provisioned(100, 1_000), bytes: 1_024)
    table.replicas = ["eu-west-1"]
    table.stream = StreamSpec(viewType: "NEW_IMAGE", kinesis: true)
    var bench = Bench(seconds: 20, [table])
    bench.open(10, [.one(.transactWrite, [.part(.put)])])
    let committed = bench.run()
    #expect(committed.resources.map(\.write.totalConsumed.inUnits) == [400, 200])
    #expect(committed.resources.map(\.replicatedWrites.inUnits) == [200, 200])
    for kind in [OperationKind.put, .transactWrite] {
      bench.traffic[0].operations = [.one(kind, [OperationPart.part(.put).failing(1)])]
      let failed = bench.run()
      #expect(failed.resources.map(\.write.totalConsumed.inUnits) == [200, 0])
      #expect(failed.resources[0].streamRecords == 0)
      #expect(failed.resources[0].captureUnits == 0)
      #expect(failed.resources[0].replicatedWrites == .zero)
    }
  }

  @Test func replicasOfLocalIndexesConsumeAlike() {
    var table = TableSpec.plain("t", .provisioned(100, 1_000), bytes: 500)
    table.localIndexes = [.plain(entry: 100)]
    table.replicas = ["eu-west-1", "ap-south-1"]
    var bench = Bench(seconds: 20, [table])
    bench.open(10, [.put])
    #expect(bench.run().resources.map(\.write.totalConsumed.inUnits) == [400, 400, 400])
  }

  /// The key that writers make hot in an index is the one that its readers ask for.
  @Test func readersAndWritersOfAnIndexShareItsHotKeys() {
    var table = TableSpec.plain("t", items: 20_000)
    table.globalIndexes = [.plain(entry: 100, .plentiful)]
    table.globalIndexes[0].keyDistribution = .zipf(exponent: 1.2)
    func hottest(_ operation: OperationSpec) -> [String] {
      var bench = Bench(seconds: 20, [table])
      bench.open(200, [operation])
      return bench.run().resources[1].hotKeys.prefix(2).map(\.key)
    }
    let written = hottest(.put)
    let read = hottest(
      .one(
        .query,
        [
          OperationPart.part(.query).with {
            $0.index = .global(0)
            $0.keys = .zipf(exponent: 1.2)
          }
        ]))
    #expect(written == read && written.count == 2)
  }

  @Test func streamsCountRecordsAndReads() {
    var table = TableSpec.plain("t", .provisioned(100, 2_500), bytes: 2_500)
    table.stream = StreamSpec(
      viewType: "NEW_IMAGE", payingConsumers: 2, pollInterval: .milliseconds(500), kinesis: true)
    var bench = Bench(seconds: 30, [table])
    bench.open(10, [.put])
    let resource = bench.run().resources[0]
    #expect(resource.streamRecords == 300)
    // 3 KB each, rounded up.
    #expect(resource.captureUnits == 900)
    // 60 polls by two consumers of three shards, one per partition of 2,500 write units.
    #expect(resource.streamReads == 60 * 2 * 3)
  }

  /// 300 records of 2,500 bytes in two polls of 15 s; 150 lie in one shard, whose poller needs four
  /// pages of 40 each time.
  @Test func fullPagesAreFollowedByFurtherReads() {
    var table = TableSpec.plain("t", .provisioned(100, 900), bytes: 2_500)
    table.stream = StreamSpec(
      viewType: "NEW_IMAGE", payingConsumers: 1, pollInterval: .seconds(15), batch: 40)
    var bench = Bench(seconds: 30, [table])
    bench.open(10, [.put])
    #expect(bench.run().resources[0].streamReads == 2 * (150 / 40 + 1))
    // Pages of 1 MB: 300 records of 2,500 bytes fit one, 30,000 times 25 kB do not.
    table.stream = StreamSpec(viewType: "NEW_IMAGE", payingConsumers: 1, pollInterval: .seconds(30))
    table.itemSize = .constant(10_000)
    var large = Bench(seconds: 30, [table])
    large.open(10, [.put])
    #expect(large.run().resources[0].streamReads == 1 + 300 * 10_000 / 1_048_576)
  }

  /// Deleting what does not exist leaves no record and costs one unit.
  @Test func deletesOfNothingLeaveNoRecord() {
    var table = TableSpec.plain("t", items: 1)
    table.stream = StreamSpec(viewType: "KEYS_ONLY")
    var bench = Bench(seconds: 10, [table])
    bench.open(10, [.one(.delete, [.part(.delete)])])
    let resource = bench.run().resources[0]
    #expect(resource.streamRecords == 1)
    #expect(resource.itemsAtEnd == 0 && resource.bytesAtEnd == .zero)
    #expect(resource.write.totalConsumed.inUnits == 100)
  }

  /// Zipf with exponent 1 over 100 keys: rank r has 1 / (r H), H = 5.18737751763962.
  @Test func hotKeysShowTheirShare() throws {
    var bench = Bench(seconds: 100, [.plain("t", items: 100)])
    bench.open(
      200, [.one(.get, [OperationPart.part(.get).with { $0.keys = .zipf(exponent: 1) }], .strong)],
      arrivals: .poisson)
    let keys = bench.run().resources[0].hotKeys
    #expect(keys.count == 10)
    for (rank, key) in keys.prefix(3).enumerated() {
      let theory = 1 / (Double(rank + 1) * 5.18737751763962)
      // 20,000 draws: a standard deviation of 0.0028 for the first.
      #expect(abs(key.share - theory) < 0.0125, "\(key)")
      #expect(key.throttles == 0)
      #expect(key.key.hasPrefix("id-"))
    }
    #expect(zip(keys, keys.dropFirst()).allSatisfy { $0.units >= $1.units })
  }
}
