// IP addresses and ranges of them: 203.0.113.0/24, 2001:db8::/32.

/// A range of IPv4 or IPv6 addresses by their common first bits.
struct AddressRange: Hashable, Sendable {
  private var bytes: [UInt8]
  private var bits: Int

  /// An address alone is the range of itself.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let bytes = Self.bytes(parts[0]) else { return nil }
    self.bytes = bytes
    bits = bytes.count * 8
    guard parts.count == 2 else { return }
    guard let given = Int(parts[1]), (0...bits).contains(given) else { return nil }
    bits = given
  }

  /// Whether the range holds `address`; false for what is none of its kind.
  func contains(_ address: String) -> Bool {
    guard let other = Self.bytes(Substring(address)), other.count == bytes.count else {
      return false
    }
    return (0..<bits).allSatisfy { bit in
      let mask = UInt8(0x80) >> UInt8(bit % 8)
      return bytes[bit / 8] & mask == other[bit / 8] & mask
    }
  }

  private static func bytes(_ text: Substring) -> [UInt8]? {
    text.contains(":") ? longBytes(text) : shortBytes(text)
  }

  private static func shortBytes(_ text: Substring) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { part in
      part.allSatisfy(\.isASCII) && part.first?.isNumber == true ? UInt8(part) : nil
    }
    return parts.count == 4 && bytes.count == 4 ? bytes : nil
  }

  private static func longBytes(_ text: Substring) -> [UInt8]? {
    var text = text
    var tail: [UInt8] = []
    // The last 32 bits may be written as IPv4.
    if text.contains("."), let colon = text.lastIndex(of: ":") {
      guard let short = shortBytes(text[text.index(after: colon)...]) else { return nil }
      tail = short
      text = text[...colon]
      if !text.hasSuffix("::") { text = text.dropLast() }
    }
    let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
    var groups: [[UInt8]] = []
    for half in halves {
      var bytes: [UInt8] = []
      for group in half.split(separator: ":", omittingEmptySubsequences: false) {
        if half.isEmpty { break }
        guard group.count <= 4, let value = UInt16(group, radix: 16) else { return nil }
        bytes += [UInt8(value >> 8), UInt8(value & 255)]
      }
      groups.append(bytes)
    }
    guard groups.count == 2 else {
      let all = groups[0] + tail
      return all.count == 16 ? all : nil
    }
    let missing = 16 - groups[0].count - groups[1].count - tail.count
    guard missing >= 0 else { return nil }
    return groups[0] + [UInt8](repeating: 0, count: missing) + groups[1] + tail
  }
}
