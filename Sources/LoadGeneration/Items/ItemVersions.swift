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

/// Writes under way, by item, and whether the order in which they are applied decides their cost.
///
/// Writes that leave an item as it was cost the same in any order. As soon as one of several at the
/// same time changes its size or its places in indexes, none of them can be predicted.
struct WritesInFlight {
  private struct Group {
    var count: Int32
    var haveMet: Bool
    var changeState: Bool
  }

  private var groups: [UInt64: Group] = [:]

  init() { groups.reserveCapacity(4_096) }

  private static func key(_ table: Int, _ item: UInt64) -> UInt64 { item << 8 | UInt64(table) }

  mutating func begin(_ table: Int, _ item: UInt64, changesState: Bool) {
    let key = Self.key(table, item)
    if let known = groups[key] {
      groups[key] = Group(
        count: known.count + 1, haveMet: true, changeState: known.changeState || changesState)
    } else {
      groups[key] = Group(count: 1, haveMet: false, changeState: changesState)
    }
  }

  /// Whether the order of this write and others of the item, under way at any time during this one,
  /// decides what it cost.
  mutating func end(_ table: Int, _ item: UInt64) -> Bool {
    let key = Self.key(table, item)
    guard var known = groups[key] else { return false }
    known.count -= 1
    groups[key] = known.count > 0 ? known : nil
    return known.haveMet && known.changeState
  }

  /// Whether a write is under way that changes an item.
  func isChanging(_ table: Int, _ item: UInt64) -> Bool {
    groups[Self.key(table, item)]?.changeState ?? false
  }
}

/// One item of a scenario.
struct ItemReference: Hashable {
  var table: Int
  var item: UInt64

  init(table: Int, item: UInt64) {
    self.table = table
    self.item = item
  }

  init(_ drawn: DrawnItem) { self.init(table: drawn.table, item: drawn.identity.item) }
}

/// Items of which it is not known what they are: a write was not answered, or nobody knows which of
/// several came last. The next write sets all of such an item, and then it is known again.
struct UnknownItems {
  /// When an item became known again; `max` while it is not.
  private var until: [ItemReference: Int64] = [:]

  var isEmpty: Bool { until.isEmpty }

  func contains(_ item: ItemReference) -> Bool { !isEmpty && until[item] == .max }

  /// Whether a request sent at `time` may have met the item while it was not known.
  func wasUnknown(_ item: ItemReference, since time: Int64) -> Bool {
    !isEmpty && until[item].map { $0 > time } ?? false
  }

  mutating func insert(_ item: ItemReference) { until[item] = .max }

  mutating func settle(_ item: ItemReference, at time: Int64) {
    if until[item] == .max { until[item] = time }
  }

  mutating func forget(settledBefore time: Int64) {
    if !isEmpty { until = until.filter { $0.value >= time } }
  }
}
