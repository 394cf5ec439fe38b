// The heaviest keys of a stream in fixed memory.
//
// Misra-Gries counters decremented in batches: when the table is full, the median counter is
// subtracted from all and what falls to zero leaves (Anderson et al., "A High-Performance Algorithm
// for Identifying Frequent Items in Data Streams", IMC 2017). The summary is the one of SpaceSaving
// (Agarwal et al., "Mergeable Summaries", PODS 2012), but weighted updates stay O(1) and cost a
// probe of a small table. Nothing is allocated before the first update.

/// Weighted top-k sketch over numbered keys.
public struct TopK: Sendable {
  /// An estimate of one key's weight.
  public struct Entry: Hashable, Sendable {
    public let key: UInt64
    /// Never below the true weight, and above it by at most `error`.
    public let weight: Int64
    /// How much `weight` may be too high; 0 when it is exact.
    public let error: Int64
  }

  /// Slots, a power of two; at most 3/8 are in use: a key is nearly always where it is looked for.
  private let size: Int
  private var slots: [Slot] = []
  private var used = 0
  private var offset: Int64 = 0
  /// All weight that was added.
  public private(set) var total: Int64 = 0

  private struct Slot {
    var key: UInt64 = 0
    /// 0 marks a free slot.
    var weight: Int64 = 0
  }

  /// - Parameter capacity: keys that can be told apart at once; rounded up to 3/8 of a power of
  ///   two. Any key with more than total / (capacity / 2) is in the sketch for certain.
  /// - Precondition: `capacity` in 6 ... 2^20.
  public init(capacity: Int = 768) {
    precondition(capacity >= 6 && capacity <= 1 << 20, "a sketch of 6 to 2^20 keys")
    var size = 8
    while size * 3 / 8 < capacity { size *= 2 }
    self.size = size
  }

  /// Adds weight to a key; weights of 0 or less are ignored.
  /// - Complexity: O(1) amortised.
  public mutating func add(_ key: UInt64, weight: Int64 = 1) {
    guard weight > 0 else { return }
    if slots.isEmpty { allocate() }
    total &+= weight
    let place = place(of: key)
    if slots[place].weight != 0 {
      slots[place].weight &+= weight
      return
    }
    slots[place] = Slot(key: key, weight: weight)
    used &+= 1
    if used > size * 3 / 8 { shrink() }
  }

  /// Adds a weight above 0 to each of as many keys: what `add` does, in their order.
  public mutating func add(
    _ keys: UnsafePointer<UInt64>, _ weights: UnsafePointer<Int64>, count: Int
  ) {
    if slots.isEmpty { allocate() }
    let (mask, most) = (size &- 1, size * 3 / 8)
    var next = 0
    while next < count {
      var (used, total) = (used, total)
      slots.withUnsafeMutableBufferPointer { slots in
        while next < count, used <= most {
          let key = keys[next]
          var place = Self.slot(of: key) & mask
          // Whether the slot is free or the key's is as good as random: both are one question.
          while (slots[place].weight == 0 ? 0 : slots[place].key ^ key) != 0 {
            place = (place &+ 1) & mask
          }
          used &+= slots[place].weight == 0 ? 1 : 0
          slots[place] = Slot(key: key, weight: slots[place].weight &+ weights[next])
          total &+= weights[next]
          next &+= 1
        }
      }
      (self.used, self.total) = (used, total)
      if used > most { shrink() }
    }
  }

  /// The slot that holds `key`, or the free one where it would be put.
  @inline(__always)
  private func place(of key: UInt64) -> Int {
    let mask = size &- 1
    var place = Self.slot(of: key) & mask
    while slots[place].weight != 0, slots[place].key != key { place = (place &+ 1) & mask }
    return place
  }

  private static func slot(of key: UInt64) -> Int {
    // Fibonacci hashing with one folding step: keys are often consecutive.
    let spread = key &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: (spread ^ spread >> 32) >> 16)
  }

  @inline(never)
  private mutating func allocate() {
    slots = Array(repeating: Slot(), count: size)
  }

  /// Subtracts the median from all counters and drops the ones that reach zero.
  @inline(never)
  private mutating func shrink() {
    let (size, median) = (size, Self.median(of: slots, used))
    offset += median
    used = withUnsafeTemporaryAllocation(of: Slot.self, capacity: size) { kept in
      slots.withUnsafeMutableBufferPointer { slots in
        // Without a branch: half of the counters stay, and nobody can guess which.
        var count = 0
        for slot in slots {
          kept.initializeElement(at: count, to: slot)
          count &+= slot.weight > median ? 1 : 0
        }
        slots.update(repeating: Slot())
        let mask = size &- 1
        for slot in kept[..<count] {
          var place = Self.slot(of: slot.key) & mask
          while slots[place].weight != 0 { place = (place &+ 1) & mask }
          slots[place] = Slot(key: slot.key, weight: slot.weight &- median)
        }
        return count
      }
    }
  }

  /// The weight of rank `used / 2` (from 0) among those in use. It is small as a rule: then one
  /// pass that counts finds it, without a comparison that is right half of the time.
  private static func median(of slots: [Slot], _ used: Int) -> Int64 {
    let counted = 256
    let small = withUnsafeTemporaryAllocation(of: Int.self, capacity: counted) { counts in
      counts.initialize(repeating: 0)
      for slot in slots where slot.weight < counted { counts[Int(slot.weight)] += 1 }
      counts[0] = 0
      var below = 0
      return counts.firstIndex { count in
        below += count
        return below > used / 2
      }
    }
    if let small { return Int64(small) }
    var weights = slots.map(\.weight).filter { $0 > 0 }
    return select(used / 2, in: &weights)
  }

  /// The element that would be at `rank` if the values were sorted (Hoare's selection).
  private static func select(_ rank: Int, in values: inout [Int64]) -> Int64 {
    var low = 0
    var high = values.count - 1
    while low < high {
      let pivot = values[low + (high - low) / 2]
      var i = low
      var j = high
      while i <= j {
        while values[i] < pivot { i += 1 }
        while values[j] > pivot { j -= 1 }
        if i <= j {
          values.swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if rank <= j {
        high = j
      } else if rank >= i {
        low = i
      } else {
        return values[rank]
      }
    }
    return values[rank]
  }

  /// The `count` heaviest keys, heaviest first, equal ones by key.
  /// - Complexity: O(capacity log capacity).
  public func heaviest(_ count: Int) -> [Entry] {
    guard count > 0 else { return [] }
    return slots.filter { $0.weight > 0 }
      .map { Entry(key: $0.key, weight: $0.weight + offset, error: offset) }
      .sorted { ($1.weight, $0.key) < ($0.weight, $1.key) }
      .prefix(count).map { $0 }
  }

  /// The estimate for one key: an entry of weight `error` when the sketch does not hold it.
  public func entry(for key: UInt64) -> Entry {
    guard !slots.isEmpty else { return Entry(key: key, weight: 0, error: 0) }
    return Entry(key: key, weight: slots[place(of: key)].weight + offset, error: offset)
  }

  /// Adds the contents of another sketch; the errors add up.
  public mutating func merge(_ other: TopK) {
    let sum = total + other.total
    for slot in other.slots where slot.weight > 0 { add(slot.key, weight: slot.weight) }
    offset += other.offset
    total = sum
  }
}
