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

  /// Slots, a power of two; at most 3/4 are in use.
  private let size: Int
  private var keys: [UInt64] = []
  /// 0 marks a free slot.
  private var weights: [Int64] = []
  private var used = 0
  private var offset: Int64 = 0
  /// All weight that was added.
  public private(set) var total: Int64 = 0

  /// - Parameter capacity: keys that can be told apart at once; rounded up to 3/4 of a power of
  ///   two. Any key with more than total / (capacity / 2) is in the sketch for certain.
  /// - Precondition: `capacity` in 6 ... 2^20.
  public init(capacity: Int = 768) {
    precondition(capacity >= 6 && capacity <= 1 << 20, "a sketch of 6 to 2^20 keys")
    var size = 8
    while size * 3 / 4 < capacity { size *= 2 }
    self.size = size
  }

  /// Adds weight to a key; weights of 0 or less are ignored.
  /// - Complexity: O(1) amortised.
  public mutating func add(_ key: UInt64, weight: Int64 = 1) {
    guard weight > 0 else { return }
    if keys.isEmpty { allocate() }
    total &+= weight
    let mask = size &- 1
    var slot = Self.slot(of: key) & mask
    while weights[slot] != 0 {
      if keys[slot] == key {
        weights[slot] &+= weight
        return
      }
      slot = (slot &+ 1) & mask
    }
    keys[slot] = key
    weights[slot] = weight
    used &+= 1
    if used > size * 3 / 4 { shrink() }
  }

  private static func slot(of key: UInt64) -> Int {
    // Fibonacci hashing with one folding step: keys are often consecutive.
    let spread = key &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: (spread ^ spread >> 32) >> 16)
  }

  @inline(never)
  private mutating func allocate() {
    keys = Array(repeating: 0, count: size)
    weights = Array(repeating: 0, count: size)
  }

  /// Subtracts the median from all counters and drops the ones that reach zero.
  @inline(never)
  private mutating func shrink() {
    var held = weights.filter { $0 > 0 }
    let median = Self.select(held.count / 2, in: &held)
    offset += median
    let before = (keys, weights)
    for index in weights.indices { weights[index] = 0 }
    used = 0
    let mask = size - 1
    for index in before.1.indices where before.1[index] > median {
      var slot = Self.slot(of: before.0[index]) & mask
      while weights[slot] != 0 { slot = (slot + 1) & mask }
      keys[slot] = before.0[index]
      weights[slot] = before.1[index] - median
      used += 1
    }
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
    return weights.indices.filter { weights[$0] > 0 }
      .map { Entry(key: keys[$0], weight: weights[$0] + offset, error: offset) }
      .sorted { ($1.weight, $0.key) < ($0.weight, $1.key) }
      .prefix(count).map { $0 }
  }

  /// The estimate for one key: an entry of weight `error` when the sketch does not hold it.
  public func entry(for key: UInt64) -> Entry {
    guard !keys.isEmpty else { return Entry(key: key, weight: 0, error: 0) }
    var slot = Self.slot(of: key) & (size - 1)
    while weights[slot] != 0 {
      if keys[slot] == key {
        return Entry(key: key, weight: weights[slot] + offset, error: offset)
      }
      slot = (slot + 1) & (size - 1)
    }
    return Entry(key: key, weight: offset, error: offset)
  }

  /// Adds the contents of another sketch; the errors add up.
  public mutating func merge(_ other: TopK) {
    let sum = total + other.total
    for index in other.weights.indices where other.weights[index] > 0 {
      add(other.keys[index], weight: other.weights[index])
    }
    offset += other.offset
    total = sum
  }
}
