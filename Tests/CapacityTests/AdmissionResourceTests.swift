// A table's or index's refusals: each of the sixteen reasons, ceilings, bursts and back-pressure.

import Capacity
import Testing
import Units

@Suite struct AdmissionResourceTests {
  struct ReasonCase: CustomTestStringConvertible {
    var isIndex: Bool
    var axis: CapacityAxis
    var cause: ThrottleCause
    var testDescription: String
  }

  /// The API's sixteen reasons as API_ThrottlingReason spells them (capacity.md 3.4).
  private static let reasons: [ReasonCase] = {
    let names = [
      "TableReadProvisionedThroughputExceeded", "TableReadKeyRangeThroughputExceeded",
      "TableReadAccountLimitExceeded", "TableReadMaxOnDemandThroughputExceeded",
      "TableWriteProvisionedThroughputExceeded", "TableWriteKeyRangeThroughputExceeded",
      "TableWriteAccountLimitExceeded", "TableWriteMaxOnDemandThroughputExceeded",
      "IndexReadProvisionedThroughputExceeded", "IndexReadKeyRangeThroughputExceeded",
      "IndexReadAccountLimitExceeded", "IndexReadMaxOnDemandThroughputExceeded",
      "IndexWriteProvisionedThroughputExceeded", "IndexWriteKeyRangeThroughputExceeded",
      "IndexWriteAccountLimitExceeded", "IndexWriteMaxOnDemandThroughputExceeded",
    ]
    let causes: [ThrottleCause] = [
      .provisionedThroughputExceeded, .keyRangeThroughputExceeded, .accountLimitExceeded,
      .maxOnDemandThroughputExceeded,
    ]
    return names.enumerated().map { index, name in
      ReasonCase(
        isIndex: index >= 8, axis: index / 4 % 2 == 0 ? .read : .write, cause: causes[index % 4],
        testDescription: name)
    }
  }()

  /// A table or index that must refuse an even load of 5,000 units/s for this cause and no other.
  private func resource(for example: ReasonCase) -> ResourceAdmission {
    var settings = CapacitySettings()
    settings.initialBurst = 0
    var mode = CapacityMode.onDemand(maximumRead: nil, maximumWrite: nil)
    switch example.cause {
    case .provisionedThroughputExceeded: mode = provisioned(read: 100, write: 100)
    case .maxOnDemandThroughputExceeded: mode = .onDemand(maximumRead: 50, maximumWrite: 50)
    case .keyRangeThroughputExceeded, .accountLimitExceeded: break
    }
    var resource = ResourceThroughput(isIndex: example.isIndex, mode: mode)
    resource.partitions = 8
    resource.warmThroughput = WarmThroughput(
      readUnitsPerSecond: 1_000, writeUnitsPerSecond: 1_000)
    if example.cause == .accountLimitExceeded {
      resource.quota = WarmThroughput(readUnitsPerSecond: 700, writeUnitsPerSecond: 700)
    }
    return ResourceAdmission(resource, settings: settings)
  }

  @Test("every reason of the API is reached", arguments: reasons)
  func reason(_ example: ReasonCase) throws {
    var resource = resource(for: example)
    let load = SteadyLoad(axis: example.axis, requestsPerSecond: 500, units: 10)
    let outcome = load.run(&resource, from: .start, for: .seconds(5), position: scattered)
    #expect(outcome.refused.count == 1)
    let cause = try #require(outcome.refused.keys.first)
    #expect(resource.reason(example.axis, cause).apiName == example.testDescription)
    #expect(resource.throttles(example.axis, cause) == outcome.totalRefused)
    // What passed is the limit x 5 s and at most one second of burst and one request more.
    let limit = Int64(resource.currentLimit(example.axis))
    #expect(outcome.admitted >= limit * 5 && outcome.admitted <= limit * 6 + 10)
  }

  @Test("a hot partition of an idle table refuses by its key range (capacity.md 3.4)")
  func hotPartition() {
    var table = ResourceAdmission(
      ResourceThroughput(isIndex: false, mode: provisioned(read: 40_000, write: 10_000)),
      settings: CapacitySettings())
    let reads = SteadyLoad(axis: .read, requestsPerSecond: 1_000, units: 5)
    let outcome = reads.run(&table, from: .start, for: .seconds(10)) { _ in 77 }
    #expect(outcome.refused.keys.first == .keyRangeThroughputExceeded)
    // 3,000 x 10 s and the partition's one second of depth; the request at 10 s is not sent.
    #expect(abs(outcome.admitted - 33_000) <= 10)
    let hot = table.partitions.statistics(of: table.partitions.partition(at: 77))
    #expect(hot.read.throttles == outcome.totalRefused)
    #expect(hot.read.consumed == CapacityUnits(outcome.admitted))
    // The first second has the depth and the rate, but no more than was sent.
    #expect(hot.read.peakSecond == CapacityUnits(5_000))
    #expect(
      table.partitions.statistics(of: table.partitions.partition(at: .max)).read.throttles == 0)
  }

  @Test("a bucket at exactly zero refuses, one nanosecond later it admits (capacity.md 3.2)")
  func boundary() {
    let resource = ResourceThroughput(
      isIndex: false, mode: provisioned(read: 10, write: 40_000))
    for (axis, cause, held, position) in [
      (CapacityAxis.read, ThrottleCause.provisionedThroughputExceeded, Int64(3_000), 0),
      (CapacityAxis.write, ThrottleCause.keyRangeThroughputExceeded, Int64(1_000), UInt64.max),
    ] {
      var table = ResourceAdmission(resource, settings: CapacitySettings())
      table.consume(axis, units: CapacityUnits(held), position: position, at: .start)
      let atZero = table.check(axis, position: position, at: .start)
      #expect(atZero == .throttled(cause, shortfall: CapacityUnits(halves: 1)))
      let wait = table.timeUntilAdmitting(axis, position: position, at: .start)
      #expect(wait == Nanoseconds(1))
      let above = table.check(axis, position: position, at: .start + wait)
      #expect(above == .admitted)
    }
  }

  @Test("a 20 KB item takes 600 strong reads/s (capacity.md 2)")
  func oneItem() {
    var table = ResourceAdmission(
      ResourceThroughput(isIndex: false, mode: provisioned(read: 40_000)),
      settings: CapacitySettings())
    let load = SteadyLoad(axis: .read, requestsPerSecond: 1_000, units: 5)
    _ = load.run(&table, from: .start, for: .seconds(5)) { _ in 77 }
    let outcome = load.run(&table, from: .start + .seconds(5), for: .seconds(20)) { _ in 77 }
    #expect(abs(outcome.admitted / 5 - 600 * 20) <= 1)
  }

  @Test("reads and writes have independent ceilings, or one combined (capacity.md 9, X2)")
  func combinedCeiling() {
    func admitted(isCombined: Bool) -> (Int64, Int64) {
      var settings = CapacitySettings()
      settings.combinedPartitionLimit = isCombined
      var resource = ResourceThroughput(
        isIndex: false, mode: provisioned(read: 40_000, write: 40_000))
      resource.partitions = 1
      var table = ResourceAdmission(resource, settings: settings)
      var (reads, writes): (Int64, Int64) = (0, 0)
      for step in 0..<Int64(20_000) {
        let now = Instant.start + .milliseconds(step)
        // Ten read units per write unit asked for, more than any ceiling.
        if table.check(.read, position: 5, at: now).isAdmitted {
          table.consume(.read, units: CapacityUnits(10), position: 5, at: now)
          reads += 10
        }
        if table.check(.write, position: 5, at: now).isAdmitted {
          table.consume(.write, units: CapacityUnits(10), position: 5, at: now)
          writes += 10
        }
      }
      return (reads, writes)
    }
    let apart = admitted(isCombined: false)
    #expect(abs(apart.0 - 3_000 * 21) <= 20 && abs(apart.1 - 1_000 * 21) <= 20)
    let together = admitted(isCombined: true)
    // reads/3000 + writes/1000 = 1 over 20 s and one second of depth.
    #expect(abs(together.0 + 3 * together.1 - 3_000 * 21) <= 60)
    #expect(together.0 > 0 && together.1 > 0)
  }

  @Test("a table spends 300 s of burst, then its rate (capacity.md 3.1)")
  func tableBurst() throws {
    var table = ResourceAdmission(
      ResourceThroughput(isIndex: false, mode: provisioned(read: 150)),
      settings: CapacitySettings())
    let load = SteadyLoad(axis: .read, requestsPerSecond: 200)
    let outcome = load.run(&table, from: .start, for: .seconds(960), position: scattered)
    let first = try #require(outcome.firstRefusal)
    #expect(first.inSeconds >= 900 && first.inSeconds < 900.1)
    #expect(abs(outcome.admitted - (45_000 + 150 * 960)) <= 1)
  }

  @Test("a change of provisioned throughput keeps debt and caps savings")
  func changeOfRate() {
    var table = ResourceAdmission(
      ResourceThroughput(isIndex: false, mode: provisioned(write: 100)),
      settings: CapacitySettings())
    #expect(table.available(.write, at: .start) == CapacityUnits(30_000))
    table.setProvisioned(.write, units: 10, at: .start)
    #expect(table.available(.write, at: .start) == CapacityUnits(3_000))
    table.consume(.write, units: CapacityUnits(3_050), position: 0, at: .start)
    table.setProvisioned(.write, units: 200, at: .start)
    #expect(table.available(.write, at: .start) == CapacityUnits(-50))
    #expect(table.currentLimit(.write) == 200)
    let wait = table.timeUntilAdmitting(.write, position: .max, at: .start)
    // The partition's debt of 2,050 at 1,000/s outlasts the table's 50 at 200/s.
    #expect(wait == .milliseconds(2_050) + Nanoseconds(1))
  }

  @Test("a write checks all it touches before it consumes from any (capacity.md 3.2, 3.3)")
  func checkConsumesNothing() {
    var settings = CapacitySettings()
    settings.initialBurst = 0
    var index = ResourceAdmission(
      ResourceThroughput(isIndex: true, mode: provisioned(write: 5)), settings: settings)
    let now = Instant.start + .seconds(2)
    let before = index.available(.write, at: now)
    for _ in 0..<10 { _ = index.check(.write, position: 1, at: now) }
    #expect(index.available(.write, at: now) == before)
    #expect(index.consumed(.write, at: now) == .zero)
  }
}
