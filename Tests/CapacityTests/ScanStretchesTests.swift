// A Scan's walk over the partitions: published minimum costs, and that pages tile what they read.

import Capacity
import TestSupport
import Testing
import Units

@Suite struct ScanStretchesTests {
  private func map(_ count: Int) -> PartitionMap {
    PartitionMap(count: count, bytes: .zero, settings: CapacitySettings(), at: .start)
  }

  private func units(
    _ stretches: [ScannedStretch], _ consistency: ReadConsistency
  ) -> Double {
    stretches.reduce(0) {
      $0 + QueryCost.pageUnits(evaluatedBytes: $1.bytes, consistency: consistency).inUnits
    }
  }

  @Test(
    "a Scan of a new on-demand table with one small item: 4 strong, 2 eventual (capacity.md 1.2)")
  func smallTable() {
    var stretches: [ScannedStretch] = []
    let next = map(4).scan(
      0...UInt64.max, pageBytes: 1 << 20, of: ByteCount(20), into: &stretches)
    #expect(next == nil)
    #expect(stretches.map(\.bytes) == [5, 5, 5, 5])
    #expect(units(stretches, .strong) == 4 && units(stretches, .eventual) == 2)
    _ = map(4).scan(0...UInt64.max, pageBytes: 1 << 20, of: .zero, into: &stretches)
    #expect(units(stretches, .strong) == 4)
  }

  @Test("a page ends inside a partition and the next one goes on there")
  func pages() {
    var stretches: [ScannedStretch] = []
    let partitions = map(4)
    let second = partitions.scan(
      0...UInt64.max, pageBytes: 250, of: ByteCount(400), into: &stretches)
    #expect(stretches.map(\.bytes) == [100, 100, 50])
    #expect(second == UInt64(5) << 61)
    let end = partitions.scan(
      (second ?? 0)...UInt64.max, pageBytes: 250, of: ByteCount(400), into: &stretches)
    #expect(end == nil)
    #expect(stretches.map(\.bytes) == [50, 100])
  }

  @Test("pages and segments tile the table", arguments: Seed.some(60))
  func tiling(_ seed: Seed) {
    var generator = seed.generator
    let partitions = map(Int.random(in: 1...40, using: &generator))
    let data = Int64.random(in: 0...1 << 30, using: &generator)
    let pageBytes = Int.random(in: max(1, Int(data) / 50)...1 << 30, using: &generator)
    let total = UInt64.random(in: 1...9, using: &generator)
    var position = UInt64(0)
    var bytes = 0
    var count = 0
    for number in 0..<total {
      let segment = PartitionMap.segment(number, of: total)
      #expect(segment.lowerBound == position)
      var start: UInt64? = segment.lowerBound
      while let from = start {
        var stretches: [ScannedStretch] = []
        start = partitions.scan(
          from...segment.upperBound, pageBytes: pageBytes, of: ByteCount(data), into: &stretches)
        for stretch in stretches {
          #expect(stretch.position == position)
          let end = partitions.end(of: partitions.partition(at: position))
          position = min(end, start.map { $0 - 1 } ?? segment.upperBound) &+ 1
          bytes += stretch.bytes
          count += 1
        }
        #expect(stretches.reduce(0) { $0 + $1.bytes } <= pageBytes)
      }
      #expect(position == segment.upperBound &+ 1)
    }
    #expect(position == 0)
    #expect(Int(data) - bytes >= 0 && Int(data) - bytes <= count)
  }

  @Test("a page drawn at random begins where a walk would begin one")
  func pageStarts() {
    let quarter = UInt64(1) << 62
    func start(_ draw: UInt64) -> UInt64 {
      PartitionMap.pageStart(
        in: 0...UInt64.max, pageBytes: 100, of: ByteCount(400), draw: draw)
    }
    #expect([0, 1, 2, 3].map { start($0 * quarter + 5) } == [0, 1, 2, 3].map { $0 * quarter })
    #expect(start(.max) == 3 * quarter)
    let whole = PartitionMap.pageStart(
      in: 0...UInt64.max, pageBytes: 1 << 20, of: ByteCount(400), draw: .max)
    #expect(whole == 0)
  }
}
