// One entry of a cache, and the list that orders entries by recency.
//
// 32 bytes, two to a cache line: a lookup touches the entry, its two neighbours and the head of the
// list. Links are indices into the array of entries; entry 0 is the head of a circular list, whose
// `older` is the newest entry and whose `newer` is the oldest.

import Units

/// What a cache keeps of one item: everything but the item.
struct CacheEntry: Hashable, Sendable {
  let key: UInt64
  private(set) var writtenAt = Instant.start
  let table: UInt32
  var newer: UInt32 = 0
  var older: UInt32 = 0
  /// Size in the low 31 bits; the top bit marks a negative entry.
  private var sizeAndSign: UInt32 = 0

  init(table: UInt32, key: UInt64) {
    self.table = table
    self.key = key
  }

  var bytes: Int { Int(sizeAndSign & 0x7fff_ffff) }
  var isNegative: Bool { sizeAndSign >> 31 == 1 }

  mutating func set(bytes: Int, isNegative: Bool, at now: Instant) {
    sizeAndSign = UInt32(bytes) | (isNegative ? 1 << 31 : 0)
    writtenAt = now
  }
}

/// The circular list of entries from the most to the least recently used.
enum RecencyList {
  static func unlink(_ place: Int, in entries: UnsafeMutableBufferPointer<CacheEntry>) {
    let newer = entries[place].newer
    let older = entries[place].older
    entries[Int(newer)].older = older
    entries[Int(older)].newer = newer
  }

  static func linkNewest(_ place: Int, in entries: UnsafeMutableBufferPointer<CacheEntry>) {
    let second = entries[0].older
    entries[place].newer = 0
    entries[place].older = second
    entries[Int(second)].newer = UInt32(place)
    entries[0].older = UInt32(place)
  }
}
