// Versions of index keys and included attributes that are no longer the first ones.
//
// Most scenarios never move a key, and then this stays empty. Open addressing over (item, place);
// it grows with the items that were changed, not with time.

/// Version by item and place; 0 unless set.
struct ItemVersions {
  private var keys: [UInt64] = []
  private var versions: [UInt64] = []
  private var count = 0

  /// - Parameter places: places per item: two for each index.
  init() {}

  private static func key(_ place: Int, _ item: UInt64) -> UInt64 { item << 6 | UInt64(place) + 1 }

  func version(_ place: Int, _ item: UInt64) -> UInt64 {
    if count == 0 { return 0 }
    let key = Self.key(place, item)
    var slot = Self.slot(key) & (keys.count - 1)
    while keys[slot] != 0 {
      if keys[slot] == key { return versions[slot] }
      slot = (slot + 1) & (keys.count - 1)
    }
    return 0
  }

  mutating func set(_ version: UInt64, _ place: Int, _ item: UInt64) {
    if (count + 1) * 4 > keys.count * 3 { grow() }
    let key = Self.key(place, item)
    var slot = Self.slot(key) & (keys.count - 1)
    while keys[slot] != 0, keys[slot] != key { slot = (slot + 1) & (keys.count - 1) }
    if keys[slot] == 0 { count += 1 }
    keys[slot] = key
    versions[slot] = version
  }

  private mutating func grow() {
    let (oldKeys, oldVersions) = (keys, versions)
    let length = max(64, keys.count * 2)
    keys = Array(repeating: 0, count: length)
    versions = Array(repeating: 0, count: length)
    for (place, key) in oldKeys.enumerated() where key != 0 {
      var slot = Self.slot(key) & (length - 1)
      while keys[slot] != 0 { slot = (slot + 1) & (length - 1) }
      keys[slot] = key
      versions[slot] = oldVersions[place]
    }
  }

  private static func slot(_ key: UInt64) -> Int {
    let product = key &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: (product ^ product >> 32) & 0x7FFF_FFFF_FFFF_FFFF)
  }
}

/// Writes under way, by item, and whether several of them met.
struct WritesInFlight {
  private var counts: [UInt64: (count: Int32, met: Bool)] = [:]

  init() { counts.reserveCapacity(4_096) }

  private static func key(_ table: Int, _ item: UInt64) -> UInt64 { item << 8 | UInt64(table) }

  mutating func begin(_ table: Int, _ item: UInt64) {
    let key = Self.key(table, item)
    if let known = counts[key] {
      counts[key] = (known.count + 1, true)
    } else {
      counts[key] = (1, false)
    }
  }

  /// Whether another write of the item was under way at any time during this one.
  mutating func end(_ table: Int, _ item: UInt64) -> Bool {
    let key = Self.key(table, item)
    guard let known = counts[key] else { return false }
    counts[key] = known.count > 1 ? (known.count - 1, known.met) : nil
    return known.met
  }
}
