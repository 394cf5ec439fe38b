// High dynamic range histogram: counts of non-negative Int64 values at a fixed relative precision.
//
// The bucket layout is HdrHistogram's for three significant digits, a lowest value of 1 and a
// highest of one hour in nanoseconds (load-generators.md section 4.2): 2,048 sub-buckets, so that
// values that share a bucket differ by less than 0.1 %, and 33,792 counts at most. Counts are
// allocated by the first value and grow with the highest one: an empty histogram is small, and many
// are made. Sum, minimum and maximum are kept exactly, and merging is exact in any order.

/// Latency histogram of bounded memory, in nanoseconds at three significant digits.
public struct Histogram: Sendable {
  /// Values above count as this one: an hour in nanoseconds.
  public static let highestTrackable: Int64 = 3_600_000_000_000
  static let countsLength = 33_792
  static let subBucketMask: UInt64 = 2_047

  private(set) var counts: [Int64] = []
  /// Values recorded.
  public private(set) var count: Int64 = 0
  private var sum: Int128 = 0
  private var lowest = Int64.max
  private var highest: Int64 = 0

  public init() {}

  /// Counts one value; negative ones as 0, ones above an hour as an hour.
  ///
  /// - Complexity: O(1); some nanoseconds once the counts have grown to the highest value.
  public mutating func record(_ value: Int64) {
    let value = Swift.min(Swift.max(value, 0), Self.highestTrackable)
    let index = Self.index(of: value)
    if index >= counts.count { grow(toHold: index) }
    counts[index] &+= 1
    count &+= 1
    sum &+= Int128(value)
    if value < lowest { lowest = value }
    if value > highest { highest = value }
  }

  /// Counts many values, as `record` does one.
  /// - Precondition: at most 2^20 of them.
  public mutating func record(_ values: UnsafeBufferPointer<Int64>) {
    precondition(values.count <= 1 << 20, "their sum fits 64 bits")
    if values.isEmpty { return }
    var (low, high, total) = (Int64.max, Int64(0), Int64(0))
    for value in values {
      let value = Swift.min(Swift.max(value, 0), Self.highestTrackable)
      low = Swift.min(low, value)
      high = Swift.max(high, value)
      total &+= value
    }
    if Self.index(of: high) >= counts.count { grow(toHold: Self.index(of: high)) }
    counts.withUnsafeMutableBufferPointer { counts in
      for value in values {
        counts[Self.index(of: Swift.min(Swift.max(value, 0), Self.highestTrackable))] &+= 1
      }
    }
    count &+= Int64(values.count)
    sum &+= Int128(total)
    lowest = Swift.min(lowest, low)
    highest = Swift.max(highest, high)
  }

  /// Counts `times` equal values.
  public mutating func record(_ value: Int64, times: Int64) {
    guard times > 0 else { return }
    let value = Swift.min(Swift.max(value, 0), Self.highestTrackable)
    let index = Self.index(of: value)
    if index >= counts.count { grow(toHold: index) }
    counts[index] += times
    count += times
    sum += Int128(value) * Int128(times)
    lowest = Swift.min(lowest, value)
    highest = Swift.max(highest, value)
  }

  /// Moves the extremes outwards, for values known only by their bucket.
  mutating func widen(_ low: Int64, _ high: Int64) {
    lowest = Swift.min(lowest, low)
    highest = Swift.max(highest, high)
  }

  @inline(never)
  private mutating func grow(toHold index: Int) {
    // By whole octaves (1,024 counts each), and at least by a quarter.
    let wanted = Swift.max((index / 1_024 + 1) * 1_024, counts.count * 5 / 4)
    let length = Swift.min(wanted, Self.countsLength)
    counts.reserveCapacity(length)
    counts.append(contentsOf: repeatElement(0, count: length - counts.count))
  }

  /// Takes the memory for values up to `highest` and writes to all of it, so that recording them
  /// later does not wait for the kernel to find it.
  public mutating func reserve(upTo highest: Int64) {
    let index = Self.index(of: Swift.min(Swift.max(highest, 0), Self.highestTrackable))
    if index >= counts.count { grow(toHold: index) }
  }

  /// Adds all values of `other`.
  public mutating func merge(_ other: Histogram) {
    guard other.count > 0 else { return }
    let occupied = other.occupied
    if occupied.upperBound > counts.count { grow(toHold: occupied.upperBound - 1) }
    // Counts stay far below 2^63: no test for an overflow keeps several of them from being added at
    // a time.
    counts.withUnsafeMutableBufferPointer { counts in
      other.counts.withUnsafeBufferPointer { others in
        for index in occupied { counts[index] &+= others[index] }
      }
    }
    count += other.count
    sum += other.sum
    lowest = Swift.min(lowest, other.lowest)
    highest = Swift.max(highest, other.highest)
  }

  /// Takes over the values of `other` into memory of its own. An assignment would share it, and the
  /// next value that either counts would copy all of it.
  public mutating func become(_ other: Histogram) {
    reset()
    merge(other)
  }

  /// The values recorded since `earlier`, a former state of this histogram; their extremes are
  /// known to the bucket only.
  public func since(_ earlier: Histogram) -> Histogram {
    var recent = Histogram()
    let occupied = occupied
    guard count > earlier.count, let top = occupied.last else { return recent }
    recent.grow(toHold: top)
    // The earlier state may have more room, or less.
    let shared = Swift.min(top + 1, Swift.max(occupied.lowerBound, earlier.counts.count))
    recent.counts.withUnsafeMutableBufferPointer { recent in
      for index in occupied { recent[index] = counts[index] }
      for index in occupied.lowerBound..<shared { recent[index] &-= earlier.counts[index] }
    }
    recent.count = count - earlier.count
    recent.sum = sum - earlier.sum
    guard let first = occupied.first(where: { recent.counts[$0] != 0 }),
      let last = occupied.last(where: { recent.counts[$0] != 0 })
    else { return Histogram() }
    recent.widen(
      Swift.max(Self.lowestEquivalent(atIndex: first), lowest),
      Swift.min(Self.highestEquivalent(atIndex: last), highest))
    return recent
  }

  /// Where the counts that are not zero lie.
  var occupied: Range<Int> {
    count == 0 ? 0..<0 : Self.index(of: lowest)..<Self.index(of: highest) + 1
  }

  /// Forgets all values and keeps the memory.
  public mutating func reset() {
    let occupied = occupied
    counts.withUnsafeMutableBufferPointer { $0[occupied].update(repeating: 0) }
    count = 0
    sum = 0
    lowest = .max
    highest = 0
  }

  /// Value at `percentile` (0...100); 0 when empty.
  ///
  /// The highest value that shares a bucket with the value of rank ceil(percentile x count / 100),
  /// as HdrHistogram gives it, but never above the exact maximum.
  /// - Complexity: O(counts).
  public func value(atPercentile percentile: Double) -> Int64 {
    guard count > 0 else { return 0 }
    // One float lower, so that 99.9 % of 1,000 values is rank 999 in spite of rounding.
    let share = Swift.min(Swift.max(percentile.nextDown, 0), 100)
    let rank = Swift.max(1, Int64((share * Double(count) / 100).rounded(.up)))
    return value(ofRank: rank)
  }

  /// The value of the `rank`-th smallest (from 1), in the sense of `value(atPercentile:)`.
  public func value(ofRank rank: Int64) -> Int64 {
    guard count > 0 else { return 0 }
    var seen: Int64 = 0
    for index in occupied {
      seen += counts[index]
      if seen >= rank { return Swift.min(Self.highestEquivalent(atIndex: index), highest) }
    }
    return highest
  }

  /// Values of at most `value`, whole buckets counted.
  public func count(atMost value: Int64) -> Int64 {
    guard value >= 0 else { return 0 }
    if value >= highest { return count }
    return counts.prefix(Self.index(of: value) + 1).reduce(0, +)
  }

  /// The exact mean; 0 when empty.
  public var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }
  /// The exact sum.
  public var total: Double { Double(sum) }
  /// The exact largest value; 0 when empty.
  public var max: Int64 { highest }
  /// The exact smallest value; 0 when empty.
  public var min: Int64 { count == 0 ? 0 : lowest }

  /// The population standard deviation, from the middles of the buckets; 0 when empty.
  public var standardDeviation: Double {
    guard count > 0 else { return 0 }
    let center = mean
    var squares = 0.0
    for index in counts.indices where counts[index] > 0 {
      let distance = Double(Self.medianEquivalent(atIndex: index)) - center
      squares += distance * distance * Double(counts[index])
    }
    return (squares / Double(count)).squareRoot()
  }
}

// The bucket layout.
extension Histogram {
  /// - Precondition: 0 ... `highestTrackable`.
  static func index(of value: Int64) -> Int {
    let bits = UInt64(bitPattern: value)
    let bucket = 53 &- (bits | subBucketMask).leadingZeroBitCount
    // The upper half of the 2,048 sub-buckets of every octave; the first octave uses both halves.
    return (bucket << 10) &+ Int(truncatingIfNeeded: bits >> UInt64(truncatingIfNeeded: bucket))
  }

  /// The smallest value of the bucket, and the exponent of its width.
  private static func start(ofIndex index: Int) -> (value: Int64, shift: Int64) {
    index < 2_048
      ? (Int64(index), 0)
      : (Int64(index & 1_023 | 1_024) << Int64((index >> 10) - 1), Int64((index >> 10) - 1))
  }

  static func lowestEquivalent(atIndex index: Int) -> Int64 { start(ofIndex: index).value }

  static func highestEquivalent(atIndex index: Int) -> Int64 {
    let start = start(ofIndex: index)
    return start.value + (1 << start.shift) - 1
  }

  static func medianEquivalent(atIndex index: Int) -> Int64 {
    let start = start(ofIndex: index)
    return start.value + (1 << start.shift) / 2
  }

  /// Whether two values share a bucket.
  public static func areEquivalent(_ a: Int64, _ b: Int64) -> Bool {
    func bucket(_ v: Int64) -> Int { index(of: Swift.min(Swift.max(v, 0), highestTrackable)) }
    return bucket(a) == bucket(b)
  }

  /// A non-empty bucket: values from `low` to `high`, both inclusive.
  public struct Bucket: Hashable, Sendable {
    public let low: Int64
    public let high: Int64
    public let count: Int64
  }

  /// The non-empty buckets, lowest first, for charts and exports.
  public var buckets: [Bucket] {
    counts.indices.compactMap { index in
      counts[index] == 0
        ? nil
        : Bucket(
          low: Self.lowestEquivalent(atIndex: index), high: Self.highestEquivalent(atIndex: index),
          count: counts[index])
    }
  }
}

extension Histogram: Equatable {
  /// Whether both hold the same counts, sum and extremes.
  public static func == (a: Self, b: Self) -> Bool {
    guard a.count == b.count, a.sum == b.sum, a.min == b.min, a.max == b.max else { return false }
    let shared = Swift.min(a.counts.count, b.counts.count)
    return a.counts.prefix(shared) == b.counts.prefix(shared)
      && a.counts.dropFirst(shared).allSatisfy { $0 == 0 }
      && b.counts.dropFirst(shared).allSatisfy { $0 == 0 }
  }
}
