// Counts, ranges and lookup of partitions against the published examples.

import Capacity
import Testing
import Units

@Suite struct PartitionsMapTests {
  struct CountCase: CustomTestStringConvertible {
    var testDescription: String
    var read: Int
    var write: Int
    var gigabytes: Int64 = 0
    var isCombined = false
    var count: Int

    init(
      _ name: String, _ read: Int, _ write: Int, gigabytes: Int64 = 0, combined: Bool = false,
      is count: Int
    ) {
      testDescription = name
      self.read = read
      self.write = write
      self.gigabytes = gigabytes
      isCombined = combined
      self.count = count
    }
  }

  @Test(
    "partitions needed (capacity.md 2)",
    arguments: [
      CountCase("new on-demand table: 12,000/4,000", 12_000, 4_000, is: 4),
      CountCase("smallest table", 1, 1, is: 1),
      CountCase("historic: 1,000/500", 1_000, 500, combined: true, is: 1),
      CountCase("historic: 1,000/1,000", 1_000, 1_000, combined: true, is: 2),
      CountCase("historic: 5,000/2,000", 5_000, 2_000, combined: true, is: 4),
      CountCase("independent: 5,000/2,000", 5_000, 2_000, is: 2),
      CountCase("ATC22: 3,200 writes", 1, 3_200, is: 4),
      CountCase("at both ceilings", 3_000, 1_000, is: 1),
      CountCase("one above the read ceiling", 3_001, 1_000, is: 2),
      CountCase("one above the write ceiling", 3_000, 1_001, is: 2),
      CountCase("size decides: 95 GB", 3_000, 1_000, gigabytes: 95, is: 10),
      CountCase("size at the ceiling: 10 GB", 1, 1, gigabytes: 10, is: 1),
    ])
  func countNeeded(_ example: CountCase) {
    let throughput = WarmThroughput(
      readUnitsPerSecond: example.read, writeUnitsPerSecond: example.write)
    let count = PartitionMap.countNeeded(
      throughput, bytes: .gigabytes(example.gigabytes), isCombined: example.isCombined)
    #expect(count == example.count)
  }

  @Test("raising throughput beyond what partitions carry doubles them (capacity.md 2)")
  func doubling() {
    // ATC22: 3,200 writes = 4 x 800, 3,600 = 4 x 900, 6,000 = 8 x 750.
    var table = ResourceAdmission(
      ResourceThroughput(isIndex: false, mode: provisioned(write: 3_200)),
      settings: CapacitySettings())
    #expect(table.partitions.count == 4)
    table.setProvisioned(.write, units: 3_600, at: .start)
    #expect(table.partitions.count == 4)
    table.setProvisioned(.write, units: 6_000, at: .start)
    #expect(table.partitions.count == 8)
    // Never merged, and nothing is added until a value exceeds the highest so far.
    table.setProvisioned(.write, units: 10, at: .start)
    table.setProvisioned(.write, units: 5_000, at: .start)
    #expect(table.partitions.count == 8)
    #expect(table.partitions.violation() == nil)
  }

  @Test("historic example: reads raised from 5,000 to 8,000 double 4 to 8 (capacity.md 2)")
  func doublingUnderCombinedCeiling() {
    var settings = CapacitySettings()
    settings.combinedPartitionLimit = true
    var table = ResourceAdmission(
      ResourceThroughput(isIndex: false, mode: provisioned(read: 5_000, write: 2_000)),
      settings: settings)
    #expect(table.partitions.count == 4)
    table.setProvisioned(.read, units: 8_000, at: .start)
    #expect(table.partitions.count == 8)
  }

  @Test("a position orders by hash first, then by sort key")
  func positions() {
    let low = PartitionMap.position(keyHash: 1 << 24, sortRank: .max)
    let high = PartitionMap.position(keyHash: 2 << 24, sortRank: 0)
    #expect(low < high)
    #expect(low == 0x01FF_FFFF)
    #expect(PartitionMap.position(keyHash: .max, sortRank: .max) == .max)
    #expect(
      PartitionMap.position(keyHash: 7 << 30, sortRank: 256)
        == PartitionMap.position(keyHash: 7 << 30 | 0xFFFF, sortRank: 256 + 255))
  }

  @Test(
    "ranges start evenly, on hash boundaries, and share the data to the byte", arguments: 1...70)
  func evenRanges(count: Int) {
    let bytes = ByteCount(1_000_003)
    let map = PartitionMap(
      count: count, bytes: bytes, settings: CapacitySettings(), at: .start)
    #expect(map.violation(bytes: bytes) == nil)
    for partition in map.inOrder {
      let range = map.statistics(of: partition)
      #expect(range.lowest % (1 << 24) == 0)
      #expect(abs((range.rangeEnd - range.rangeStart) * Double(count) - 1) < 1e-9)
    }
  }

  @Test("lookup stays right over thousands of uneven partitions")
  func lookupAfterManySplits() {
    var random = AdmissionRandom(seed: 7)
    var settings = CapacitySettings()
    settings.splitDuration = .zero
    var resource = ResourceThroughput(isIndex: false, mode: provisioned(read: 1, write: 1))
    resource.partitions = 3
    resource.bytes = .gigabytes(29)
    var table = ResourceAdmission(resource, settings: settings)
    var stored = resource.bytes
    for second in 1...60 {
      for _ in 0..<12 {
        let hash = UInt64.random(in: 0...(.max), using: &random)
        let position = PartitionMap.position(keyHash: hash >> UInt64(second % 7 * 5))
        table.addBytes(ByteCount.gigabytes(9).count, position: position)
        stored += .gigabytes(9)
      }
      _ = table.tick(at: .start + .seconds(Int64(second)))
      #expect(table.partitions.violation(bytes: stored) == nil)
    }
    #expect(table.partitions.count > 150)
    let order = table.partitions.inOrder
    for _ in 0..<2_000 {
      let position = UInt64.random(in: 0...(.max), using: &random) >> 9
      let slow = order.last { table.partitions.statistics(of: $0).lowest <= position }
      #expect(table.partitions.partition(at: position) == slow)
    }
  }
}
