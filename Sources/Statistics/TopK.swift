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

  /// Places of the table, a power of two; at most 3/16 are in use: a key is nearly always where it
  /// is looked for.
  private let size: Int
  /// Keys that are told apart before the light ones leave.
  private let most: Int
  /// By hash: a key's number; 0 marks a free place.
  private var table: [UInt32] = []
  /// By number, from 1 on; the next number's weight is 0.
  private var keys: [UInt64] = []
  private var weights: [Int64] = []
  private var used = 0
  private var offset: Int64 = 0
  /// All weight that was added.
  public private(set) var total: Int64 = 0

  /// - Parameter capacity: keys that can be told apart at once; rounded up to three times a power
  ///   of two. Any key with more than total / (capacity / 2) is in the sketch for certain.
  /// - Precondition: `capacity` in 6 ... 2^20.
  public init(capacity: Int = 768) {
    precondition(capacity >= 6 && capacity <= 1 << 20, "a sketch of 6 to 2^20 keys")
    var size = 16
    while size * 3 / 16 < capacity { size *= 2 }
    self.size = size
    most = size * 3 / 16
  }

  /// Adds weight to a key; weights of 0 or less are ignored.
  /// - Complexity: O(1) amortised.
  public mutating func add(_ key: UInt64, weight: Int64 = 1) {
    guard weight > 0 else { return }
    withUnsafePointer(to: key) { key in
      withUnsafePointer(to: weight) { weight in add(key, weight, count: 1) }
    }
  }

  /// Adds a weight above 0 to each of as many keys: what `add` does, in their order.
  public mutating func add(
    _ added: UnsafePointer<UInt64>, _ more: UnsafePointer<Int64>, count: Int
  ) {
    if table.isEmpty { allocate() }
    let (mask, most) = (size &- 1, most)
    var next = 0
    while next < count {
      var (used, total) = (used, total)
      withStorage { table, keys, weights in
        while next < count, used <= most {
          let key = added[next]
          var place = Self.place(of: key) & mask
          var number = Int(table[place])
          // Whether the place is free or the key's is as good as random: both are one question.
          while (number == 0 ? 0 : keys[number] ^ key) != 0 {
            place = (place &+ 1) & mask
            number = Int(table[place])
          }
          used &+= number == 0 ? 1 : 0
          number = number == 0 ? used : number
          table[place] = UInt32(truncatingIfNeeded: number)
          keys[number] = key
          weights[number] &+= more[next]
          total &+= more[next]
          next &+= 1
        }
      }
      (self.used, self.total) = (used, total)
      if used > most { shrink() }
    }
  }

  @inline(__always)
  private mutating func withStorage(
    _ body: (
      UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<Int64>
    ) -> Void
  ) {
    table.withUnsafeMutableBufferPointer { table in
      keys.withUnsafeMutableBufferPointer { keys in
        weights.withUnsafeMutableBufferPointer { weights in
          guard let table = table.baseAddress, let keys = keys.baseAddress,
            let weights = weights.baseAddress
          else { return }
          body(table, keys, weights)
        }
      }
    }
  }

  private static func place(of key: UInt64) -> Int {
    // Fibonacci hashing with one folding step: keys are often consecutive.
    let spread = key &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: (spread ^ spread >> 32) >> 16)
  }

  @inline(never)
  private mutating func allocate() {
    table = Array(repeating: 0, count: size)
    keys = Array(repeating: 0, count: most + 3)
    weights = Array(repeating: 0, count: most + 3)
  }

  /// Subtracts the median from all counters and drops the ones that reach zero.
  @inline(never)
  private mutating func shrink() {
    let (mask, median, used) = (size &- 1, median, used)
    offset += median
    var kept = 0
    withStorage { table, keys, weights in
      // Without a branch: half of the counters stay, and nobody can guess which.
      for number in 1...used {
        let weight = weights[number]
        keys[kept &+ 1] = keys[number]
        weights[kept &+ 1] = weight &- median
        kept &+= weight > median ? 1 : 0
      }
      (weights + kept + 1).update(repeating: 0, count: used - kept + 1)
      table.update(repeating: 0, count: mask + 1)
      for number in 0..<kept {
        var place = Self.place(of: keys[number &+ 1]) & mask
        while table[place] != 0 { place = (place &+ 1) & mask }
        table[place] = UInt32(truncatingIfNeeded: number &+ 1)
      }
    }
    self.used = kept
  }

  /// The weight of rank `used / 2` (from 0) among those in use. It is small as a rule: then one
  /// pass that counts finds it, without a comparison that is right half of the time.
  private var median: Int64 {
    let counted = 256
    let weights = weights[1...used]
    let small = withUnsafeTemporaryAllocation(of: Int.self, capacity: counted) { counts in
      counts.initialize(repeating: 0)
      for weight in weights where weight < counted { counts[Int(weight)] += 1 }
      var below = 0
      return counts.firstIndex { count in
        below += count
        return below > used / 2
      }
    }
    if let small { return Int64(small) }
    var all = Array(weights)
    return Self.select(used / 2, in: &all)
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
    guard count > 0, used > 0 else { return [] }
    return (1...used)
      .map { Entry(key: keys[$0], weight: weights[$0] + offset, error: offset) }
      .sorted { ($1.weight, $0.key) < ($0.weight, $1.key) }
      .prefix(count).map { $0 }
  }

  /// The estimate for one key: an entry of weight `error` when the sketch does not hold it.
  public func entry(for key: UInt64) -> Entry {
    guard !table.isEmpty else { return Entry(key: key, weight: 0, error: 0) }
    var place = Self.place(of: key) & (size - 1)
    while table[place] != 0, keys[Int(table[place])] != key { place = (place + 1) & (size - 1) }
    return Entry(key: key, weight: weights[Int(table[place])] + offset, error: offset)
  }

  /// Adds the contents of another sketch; the errors add up.
  public mutating func merge(_ other: TopK) {
    let sum = total + other.total
    for number in 0..<other.used {
      add(other.keys[number + 1], weight: other.weights[number + 1])
    }
    offset += other.offset
    total = sum
  }
}
