// How large the items are: the few that differ from what their key says.
//
// An item's initial size is a pure function of (seed, table, item), so a million items need no
// memory; that a new item was created takes one bit. Only items that were overwritten with another
// size or deleted are remembered, in an open-addressing table of fixed-size entries.

/// A set of small whole numbers, one bit each.
struct BitSet: Sendable {
  private var words: [UInt64] = []

  func contains(_ number: UInt64) -> Bool {
    let word = Int(number >> 6)
    return word < words.count && words[word] >> (number & 63) & 1 == 1
  }

  /// Adds `number`. Amortised O(1) for numbers in about ascending order.
  mutating func insert(_ number: UInt64) {
    let word = Int(number >> 6)
    while word >= words.count { words.append(0) }
    words[word] |= 1 << (number & 63)
  }
}

/// Sizes that deviate from the initial ones; 0 stands for a deleted item.
struct ItemSizes: Sendable {
  private var keys: [UInt64] = []
  private var sizes: [UInt32] = []
  private var mask = 0
  private(set) var count = 0

  private static let vacant = UInt64.max

  /// The remembered size of `item`; nil when it never changed. Expected O(1).
  func size(of item: UInt64) -> UInt32? {
    if count == 0 { return nil }
    var place = Int(truncatingIfNeeded: Self.scatter(item)) & mask
    while keys[place] != Self.vacant {
      if keys[place] == item { return sizes[place] }
      place = (place + 1) & mask
    }
    return nil
  }

  /// Remembers `size` for `item`. Amortised O(1).
  mutating func set(_ size: UInt32, of item: UInt64) {
    if (count + 1) * 4 > keys.count * 3 { grow() }
    var place = Int(truncatingIfNeeded: Self.scatter(item)) & mask
    while keys[place] != Self.vacant {
      if keys[place] == item {
        sizes[place] = size
        return
      }
      place = (place + 1) & mask
    }
    keys[place] = item
    sizes[place] = size
    count += 1
  }

  private mutating func grow() {
    let oldKeys = keys
    let oldSizes = sizes
    let length = max(64, keys.count * 2)
    keys = Array(repeating: Self.vacant, count: length)
    sizes = Array(repeating: 0, count: length)
    mask = length - 1
    count = 0
    for (place, key) in oldKeys.enumerated() where key != Self.vacant {
      set(oldSizes[place], of: key)
    }
  }

  private static func scatter(_ item: UInt64) -> UInt64 {
    let product = item &* 0x9E37_79B9_7F4A_7C15
    return product ^ (product >> 32)
  }
}

/// 128 bits, one per item of a batch.
public struct BitRow: Sendable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  public init() {}

  public subscript(place: Int) -> Bool {
    get {
      place < 64 ? low >> UInt64(place) & 1 == 1 : high >> UInt64(place - 64) & 1 == 1
    }
    set {
      assert(newValue, "bits are only ever set")
      if place < 64 { low |= 1 << UInt64(place) } else { high |= 1 << UInt64(place - 64) }
    }
  }

  public var count: Int { low.nonzeroBitCount + high.nonzeroBitCount }
}
