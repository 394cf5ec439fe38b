// The histogram as bytes other tools read: the payload of HdrHistogram's V2 encoding.
//
// A 40-byte big-endian header, then the counts up to the highest used one as ZigZag LEB128 numbers
// of at most nine bytes, runs of zeros as one negative number (load-generators.md section 4.2). The
// compressed form of `.hlog` files is this payload in a zlib stream behind eight more bytes; that
// wrapper belongs to whoever writes such files.

extension Histogram {
  private static let cookie: UInt32 = 0x1C84_9303 | 0x10
  private static let headerLength = 40

  /// The V2 payload: exact counts; sum and extremes become those of the buckets.
  public var encodedPayload: [UInt8] {
    var body: [UInt8] = []
    let used = counts.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
    var index = 0
    while index < used {
      if counts[index] == 0 {
        let start = index
        while counts[index] == 0 { index += 1 }
        Self.append(-Int64(index - start), to: &body)
      } else {
        Self.append(counts[index], to: &body)
        index += 1
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

  /// A histogram from a V2 payload; nil when it is malformed, or has other digits or another lowest
  /// value than this type, counts beyond an hour or counts of 2^47 and more.
  public init?(encodedPayload bytes: [UInt8]) {
    func word(_ offset: Int, _ width: Int) -> UInt64 {
      bytes[offset..<offset + width].reduce(0) { $0 << 8 | UInt64($1) }
    }
    guard bytes.count >= Self.headerLength, word(0, 4) == UInt64(Self.cookie),
      word(4, 4) == UInt64(bytes.count - Self.headerLength), word(8, 4) == 0, word(12, 4) == 3,
      word(16, 8) == 1, word(32, 8) == (1.0).bitPattern
    else { return nil }
    self.init()
    var position = Self.headerLength
    var index = 0
    while position < bytes.count {
      guard let value = Self.number(bytes, &position) else { return nil }
      if value <= 0 {
        guard value < 0, value >= -Int64(Self.countsLength) else { return nil }
        index += Int(-value)
      } else {
        guard index <= Self.index(of: Self.highestTrackable), value < 1 << 47 else { return nil }
        let low = Self.lowestEquivalent(atIndex: index)
        record(
          Swift.min(Self.medianEquivalent(atIndex: index), Self.highestTrackable), times: value)
        widen(low, Swift.min(Self.highestEquivalent(atIndex: index), Self.highestTrackable))
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
