// The old scheme against the published examples: what a partition gets is the table's throughput
// over the number of partitions, before and after splits (capacity.md 2, 3.1; ATC22 4).

import Testing
import Units

@testable import Capacity

@Suite struct DividedThroughputTests {
  private func table(
    _ units: Int, partitions: Int, adaptive: Bool = false, burst: Double = 0
  ) -> ResourceAdmission {
    var settings = CapacitySettings()
    settings.adaptiveCapacity = adaptive
    settings.initialBurst = burst
    settings.splitForHeat = false
    var resource = ResourceThroughput(
      isIndex: false, mode: provisioned(read: units, write: units))
    resource.partitions = partitions
    return ResourceAdmission(resource, settings: settings)
  }

  /// Writes/s that each partition gets of what it is asked for, over `seconds` from `start` on.
  private func served(
    _ table: inout ResourceAdmission, _ asked: [Int], from start: Int64 = 0, seconds: Int64 = 30
  ) -> [Double] {
    var passed = Array(repeating: 0, count: asked.count)
    let width = UInt64.max / UInt64(asked.count)
    for tick in 0..<(seconds * 1_000) {
      let now = Instant.start + .seconds(start) + .milliseconds(tick)
      for (partition, rate) in asked.enumerated() {
        let due = Int(tick + 1) * rate / 1_000 - Int(tick) * rate / 1_000
        for _ in 0..<due {
          let position = UInt64(partition) * width + width / 2
          let decision = table.admit(
            .write, units: CapacityUnits(halves: 2), position: position, at: now)
          if decision.isAdmitted { passed[partition] += 1 }
        }
      }
    }
    return passed.map { Double($0) / Double(seconds) }
  }

  private func expect(_ served: [Double], _ wanted: [Double]) {
    for (rate, expected) in zip(served, wanted) {
      #expect(abs(rate - expected) <= 0.02 * expected + 0.05, "\(served)")
    }
  }

  @Test("400 units over 4 partitions, asked for 50, 50, 50 and 150 (the guide's example)")
  func adaptiveExample() {
    var old = table(400, partitions: 4)
    expect(served(&old, [50, 50, 50, 150]), [50, 50, 50, 100])
    #expect(old.throttles(.write, .keyRangeThroughputExceeded) > 1_400)
    #expect(old.throttles(.write, .provisionedThroughputExceeded) == 0)
    var today = table(400, partitions: 4, adaptive: true)
    expect(served(&today, [50, 50, 50, 150]), [50, 50, 50, 150])
  }

  @Test("3,200 over 4 are 800 each, 3,600 are 900, 6,000 split over 8 are 750 (ATC22 4)")
  func dilution() {
    var old = table(3_200, partitions: 4)
    let all = [1_000, 1_000, 1_000, 1_000]
    expect(served(&old, all, seconds: 20), [800, 800, 800, 800])
    old.setProvisioned(.write, units: 3_600, at: .start + .seconds(20))
    expect(served(&old, all, from: 20, seconds: 20), [900, 900, 900, 900])
    old.setProvisioned(.write, units: 6_000, at: .start + .seconds(40))
    #expect(old.partitions.count == 8)
    let eight = Array(repeating: 1_000, count: 8)
    expect(
      served(&old, eight, from: 40, seconds: 20), Array(repeating: 750, count: 8))
  }

  @Test("a share's burst is its part of the 300 s, and the ceiling still holds")
  func burst() {
    // 40 units each, full: 12,000 tokens carry 440 writes/s for half a minute.
    var old = table(160, partitions: 4, burst: 1)
    expect(served(&old, [440, 0, 0, 0]), [440, 0, 0, 0])
    expect(served(&old, [440, 0, 0, 0], from: 30), [40, 0, 0, 0])
    // A second of the partition's own burst, then 1,000 a second.
    var large = table(8_000, partitions: 8, burst: 1)
    expect(
      served(&large, [2_000, 0, 0, 0, 0, 0, 0, 0], seconds: 50), [1_020, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test("one partition has all of the throughput; on demand nothing is divided")
  func undivided() {
    var single = table(100, partitions: 1)
    expect(served(&single, [300]), [100])
    var settings = CapacitySettings()
    settings.adaptiveCapacity = false
    let onDemand = ResourceAdmission(
      ResourceThroughput(
        isIndex: false, mode: .onDemand(maximumRead: nil, maximumWrite: nil)),
      settings: settings)
    #expect(onDemand.write.shares == nil)
  }
}
