// Finds the entry of a key: open addressing with linear probing in one array of words.
//
// A slot holds 32 bits of the key's hash above the entry's place; place 0 means empty, because the
// head of the recency list lives there. The hash in the slot spares most looks at entries and makes
// growing a pass over the slots alone. Removal shifts later slots back, so there are no tombstones
// and probes stay short however long a simulation runs. Hashing is fixed: same keys, same work, in
// every process.

/// A hash table from keys to places of entries.
struct CacheIndex: Hashable, Sendable {
  private var slots = [UInt64](repeating: 0, count: 16)
  private(set) var count = 0

  /// 32 well-mixed bits of a key: the 64-bit finaliser of MurmurHash3.
  static func hash(table: UInt32, key: UInt64) -> UInt64 {
    var bits = key &+ UInt64(table) &* 0x9e37_79b9_7f4a_7c15
    bits = (bits ^ bits >> 33) &* 0xff51_afd7_ed55_8ccd
    bits = (bits ^ bits >> 33) &* 0xc4ce_b9fe_1a85_ec53
    return (bits ^ bits >> 33) & 0xffff_ffff
  }

  /// The place of the entry in a slot that is not empty.
  func place(at slot: Int) -> Int { Int(slots[slot] & 0xffff_ffff) }

  /// The slot of a key, or -1.
  func slot(of table: UInt32, _ key: UInt64, hash: UInt64, in entries: [CacheEntry]) -> Int {
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while true {
      let word = slots[slot]
      if word == 0 { return -1 }
      if word >> 32 == hash {
        let place = Int(word & 0xffff_ffff)
        if entries[place].key == key, entries[place].table == table { return slot }
      }
      slot = (slot + 1) & mask
    }
  }

  /// The slot of an entry that is in the table.
  func slot(ofPlace place: Int, hash: UInt64) -> Int {
    let mask = slots.count - 1
    let word = hash << 32 | UInt64(place)
    var slot = Int(hash) & mask
    while slots[slot] != word { slot = (slot + 1) & mask }
    return slot
  }

  /// Adds an entry whose key is not in the table; doubles the table at three quarters full.
  mutating func insert(place: Int, hash: UInt64) {
    count += 1
    if count * 4 > slots.count * 3 { grow() }
    Self.put(hash << 32 | UInt64(place), into: &slots)
  }

  /// Empties a slot and moves back every later slot of its run that may move.
  mutating func remove(slot: Int) {
    count -= 1
    let mask = slots.count - 1
    var hole = slot
    var next = (slot + 1) & mask
    while slots[next] != 0 {
      let home = Int(slots[next] >> 32) & mask
      // The slot may move back to the hole if the hole is not before its home.
      if (next - home) & mask >= (next - hole) & mask {
        slots[hole] = slots[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    slots[hole] = 0
  }

  private mutating func grow() {
    var larger = [UInt64](repeating: 0, count: slots.count * 2)
    for word in slots where word != 0 { Self.put(word, into: &larger) }
    slots = larger
  }

  private static func put(_ word: UInt64, into slots: inout [UInt64]) {
    let mask = slots.count - 1
    var slot = Int(word >> 32) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = word
  }
}
