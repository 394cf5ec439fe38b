// Where keys stand in an array beside this table, found by their hashes.
//
// A dictionary of byte strings hashes each with SipHash, twice for a new key, and holds the key
// once more. Here the caller hashes once, by `byteHash`, and compares with the keys it has anyway.
// Open addressing with linear probing, at most half full; nothing is removed but all at once.

/// An index over keys that are numbered from 0 in the order in which they came.
struct KeyPlaces {
  /// Number of the key and one; 0: free. The count is a power of two, or 0.
  private var slots: [UInt32] = []
  /// By number.
  private var hashes: [UInt64] = []

  private static let slotsMin = 64

  static func hash(_ key: [UInt8]) -> UInt64 { key.withUnsafeBytes { byteHash($0) } }

  /// The number of the key with this hash that `isIt` confirms. O(1) expected.
  func find(_ hash: UInt64, _ isIt: (Int) -> Bool) -> Int? {
    if slots.isEmpty { return nil }
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] > 0 {
      let number = Int(slots[slot]) - 1
      if hashes[number] == hash, isIt(number) { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// Takes the next key, which is not there yet. O(1) amortized.
  mutating func append(_ hash: UInt64) {
    hashes.append(hash)
    if hashes.count * 2 > slots.count {
      slots = Array(repeating: 0, count: max(Self.slotsMin, slots.count * 2))
      for number in hashes.indices { place(number) }
    } else {
      place(hashes.count - 1)
    }
  }

  private mutating func place(_ number: Int) {
    var slot = Int(truncatingIfNeeded: hashes[number]) & (slots.count - 1)
    while slots[slot] > 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = UInt32(number + 1)
  }

  mutating func removeAll(keepingCapacity keeps: Bool) {
    hashes.removeAll(keepingCapacity: keeps)
    if keeps {
      for slot in slots.indices { slots[slot] = 0 }
    } else {
      slots = []
    }
  }
}
