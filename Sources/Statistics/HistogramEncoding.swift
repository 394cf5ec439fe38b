// The histogram as bytes other tools read: the payload of HdrHistogram's V2 encoding.
//
// A 40-byte big-endian header, then the counts up to the highest used one as ZigZag LEB128 numbers
// of at most nine bytes, runs of zeros as one negative number (load-generators.md section 4.2). The
// compressed form of `.hlog` files, this payload in a zlib stream, is HistogramLog's.

extension Histogram {
  private static let cookie: UInt32 = 0x1C84_9303 | 0x10
  private static let headerLength = 40

  /// The V2 payload: exact counts; sum and extremes become those of the buckets.
  public var encodedPayload: [UInt8] {
    var body: [UInt8] = []
    let occupied = occupied
    body.reserveCapacity(occupied.count + 16)
    counts.withUnsafeBufferPointer { counts in
      let used = occupied.last { counts[$0] != 0 }.map { $0 + 1 } ?? 0
      var index = 0
      while index < used {
        if counts[index] == 0 {
          let start = index
          index = Swift.max(index, occupied.lowerBound)
          while counts[index] == 0 { index += 1 }
          Self.append(-Int64(index - start), to: &body)
        } else {
          Self.append(counts[index], to: &body)
          index += 1
        }
      }
    }
    var bytes: [UInt8] = []
    func word(_ value: UInt64, _ width: UInt64) {
      for shift in stride(from: Int(width) * 8 - 8, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
      }
    }
    word(UInt64(Self.cookie), 4)
    word(UInt64(body.count), 4)
    // Normalising offset, significant digits, lowest and highest value, conversion ratio.
    word(0, 4)
    word(3, 4)
    word(1, 8)
    word(UInt64(Self.highestTrackable), 8)
    word((1.0).bitPattern, 8)
    return bytes + body
  }

  private static func append(_ value: Int64, to bytes: inout [UInt8]) {
    var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
    for _ in 0..<8 {
      if rest < 0x80 { return bytes.append(UInt8(rest)) }
      bytes.append(UInt8(rest & 0x7F | 0x80))
      rest >>= 7
    }
    // The ninth byte carries eight bits.
    bytes.append(UInt8(rest))
  }

  /// A histogram from a V2 payload, of any tool; nil when it is malformed or shifted, has scaled
  /// values, values above an hour, or counts of 2^47 and more.
  ///
  /// Another precision is read too: values then count at the middle of the bucket they come from.
  public init?(encodedPayload bytes: [UInt8]) {
    func word(_ offset: Int, _ width: Int) -> UInt64 {
      bytes[offset..<offset + width].reduce(0) { $0 << 8 | UInt64($1) }
    }
    guard bytes.count >= Self.headerLength, word(0, 4) == UInt64(Self.cookie),
      word(4, 4) == UInt64(bytes.count - Self.headerLength), word(8, 4) == 0,
      word(32, 8) == (1.0).bitPattern,
      let layout = ForeignLayout(digits: word(12, 4), lowest: word(16, 8))
    else { return nil }
    self.init()
    var position = Self.headerLength
    var index: Int64 = 0
    while position < bytes.count {
      guard let value = Self.number(bytes, &position) else { return nil }
      if value <= 0 {
        guard value < 0, value >= -ForeignLayout.countsMax else { return nil }
        index -= value
      } else {
        guard value < 1 << 47, let bucket = layout.bucket(at: index),
          bucket.low <= Self.highestTrackable
        else { return nil }
        record(bucket.middle, times: value)
        widen(bucket.low, Swift.min(bucket.high, Self.highestTrackable))
        index += 1
      }
    }
  }

  private static func number(_ bytes: [UInt8], _ position: inout Int) -> Int64? {
    var value: UInt64 = 0
    for group in 0..<9 as Range<UInt64> {
      guard position < bytes.count else { return nil }
      let byte = UInt64(bytes[position])
      position += 1
      value |= (group == 8 ? byte : byte & 0x7F) << (7 * group)
      if group == 8 || byte < 0x80 { break }
    }
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }
}

/// The bucket layout of a payload's header: HdrHistogram's for any precision and lowest value.
private struct ForeignLayout {
  /// More counts than five digits over 64-bit values need.
  static let countsMax: Int64 = 1 << 24
  /// log2 of half the sub-buckets of an octave, and of the smallest unit told apart.
  private let halfMagnitude: Int64
  private let unitMagnitude: Int64

  /// nil for what no HdrHistogram has: more than five digits, a lowest value of 0.
  init?(digits: UInt64, lowest: UInt64) {
    guard digits <= 5, lowest >= 1, lowest < 1 << 32 else { return nil }
    // 2 x 10^digits values are told apart: 2, 20 ... 200,000, up to the next power of two.
    let resolution = (0..<digits).reduce(UInt64(2)) { value, _ in value * 10 }
    let magnitude = Int64(64 - (resolution - 1).leadingZeroBitCount)
    halfMagnitude = Swift.max(1, magnitude) - 1
    unitMagnitude = Int64(63 - lowest.leadingZeroBitCount)
  }

  /// The values that the count at `index` stands for; nil beyond 2^62.
  func bucket(at index: Int64) -> (low: Int64, high: Int64, middle: Int64)? {
    guard index < Self.countsMax else { return nil }
    let half = Int64(1) << halfMagnitude
    let octave = Swift.max(0, (index >> halfMagnitude) - 1)
    let place = index < 2 * half ? index : index & (half - 1) | half
    let shift = octave + unitMagnitude
    guard shift + halfMagnitude + 2 < 63 else { return nil }
    let low = place << shift
    return (low, low + (1 << shift) - 1, low + (1 << shift) / 2)
  }
}
