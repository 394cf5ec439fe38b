// Changes laid over stored pairs, against a store that has taken them.

import Testing

@testable import Storage

@Suite struct MergedScanTests {
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `a merged scan is the scan of what the changes make`(seed: UInt64) throws {
    var numbers = SeededNumbers(seed: seed)
    for round in 0..<100 {
      let before = MemoryStore()
      let after = MemoryStore()
      var stored = WriteBatch()
      for _ in 0..<numbers.below(30) { stored.put(numbers.key(), [UInt8(numbers.below(9))]) }
      var changed = WriteBatch()
      for _ in 0..<numbers.below(10) {
        let key = numbers.key()
        guard !changed.changes.contains(where: { $0.key == key }) else { continue }
        if numbers.below(3) == 0 { changed.delete(key) } else { changed.put(key, [100]) }
      }
      try before.write(stored)
      try after.write(stored)
      try after.write(changed)
      for _ in 0..<10 {
        let scan = KeyScan(
          from: numbers.below(2) == 0 ? [] : numbers.key(),
          to: numbers.below(2) == 0 ? nil : numbers.key(),
          numbers.below(2) == 0 ? .ascending : .descending,
          limit: numbers.below(2) == 0 ? .max : numbers.below(8))
        let stop = numbers.below(12)
        var merged: [KeyValue] = []
        try scan.merging(Array(changed.changes)) { key, value in
          merged.append(KeyValue(key: key, value: value))
          return merged.count > stop ? .stop : .next
        } _: { wide, visit throws(StorageError) in
          try before.scan(wide, visit)
        }
        let expected = try after.pairs(scan).prefix(stop + 1)
        #expect(merged == Array(expected), "seed \(seed), round \(round), \(scan)")
      }
    }
  }
}
