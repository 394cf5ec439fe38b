// Attributes on the wire turned into their stored form in one pass, where nothing is unusual.
//
// The general way reads a tree, checks it in the service's order, builds an item and encodes it;
// for most writes all that ends in bytes that differ little from those that came. Here they are
// copied across while they are read. Whatever is not plainly right (escapes in texts, sets of
// numbers, repeated names, faults of any kind) ends the attempt, and the general way, which words
// all refusals, takes the request from its beginning. Both write the same bytes.

import DataModel
import ServiceAPI

/// Reads JSON and writes the stored form; false or nil anywhere means: not here.
struct WireTranscoder {
  /// An attribute of the outermost map, sorted by name when the map is complete.
  struct Entry: Sendable {
    /// The first eight bytes of the name in big-endian order, zeros where it is shorter.
    let nameHead: UInt64
    /// The bytes of the name.
    let nameCount: Int
    /// Of the whole attribute, in `out`.
    var place: Range<Int>
    /// Of the byte of type, in `out`; the name ends before it.
    var value: Int

    /// Of the name, in `out`.
    var name: Range<Int> { (value - nameCount)..<value }
  }

  private static let depthMax = 8
  /// Counts and short lengths are written as one byte.
  private static let shortMax = 127

  let bytes: UnsafeRawBufferPointer
  private(set) var at = 0
  /// Attributes as ItemWriter writes them; the outermost ones in order of arrival.
  private(set) var out: [UInt8] = []
  /// The size of the item as the service counts it.
  private(set) var size = 0
  private(set) var entries: [Entry] = []

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    out.reserveCapacity(bytes.count)
    entries.reserveCapacity(bytes.count < 256 ? 4 : 32)
  }

  // MARK: Pieces of JSON

  var isAtEnd: Bool { at == bytes.count }

  mutating func skipSpace() {
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x0A, 0x0D, 0x09: at += 1
      default: return
      }
    }
  }

  mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  /// true or false.
  mutating func flag() -> Bool? {
    skipSpace()
    if matches("true") { return true }
    return matches("false") ? false : nil
  }

  private mutating func matches(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard bytes.count - at >= count else { return false }
    for index in 0..<count where bytes[at + index] != word.utf8Start[index] { return false }
    at += count
    return true
  }

  /// The place of a string's content, which stands in the body as it is meant.
  mutating func text() -> Range<Int>? {
    guard take(UInt8(ascii: "\"")) else { return nil }
    let start = at
    var high: UInt64 = 0
    while bytes.count - at >= 32, !JSONText.mayEnd(bytes, from: at) {
      for word in stride(from: at, to: at + 32, by: 8) {
        high |= bytes.loadUnaligned(fromByteOffset: word, as: UInt64.self)
      }
      at += 32
    }
    while bytes.count - at >= 8 {
      let word = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      if JSONText.mayEnd(word) { break }
      high |= word
      at += 8
    }
    while at < bytes.count {
      let byte = bytes[at]
      if byte == UInt8(ascii: "\"") {
        let place = start..<at
        at += 1
        return high & JSONText.highBits == 0 || isUnicode(place) ? place : nil
      }
      guard byte >= 0x20, byte != UInt8(ascii: "\\") else { return nil }
      high |= UInt64(byte)
      at += 1
    }
    return nil
  }

  private func isUnicode(_ place: Range<Int>) -> Bool {
    String(validating: UnsafeRawBufferPointer(rebasing: bytes[place]), as: UTF8.self) != nil
  }

  func content(_ place: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[place])
  }

  /// Whether the body has `word` at a place.
  func isEqual(_ place: Range<Int>, _ word: StaticString) -> Bool {
    guard place.count == word.utf8CodeUnitCount else { return false }
    for index in 0..<place.count where bytes[place.lowerBound + index] != word.utf8Start[index] {
      return false
    }
    return true
  }

  // MARK: Attributes

  private mutating func append(_ place: Range<Int>) {
    var rest = place.count
    while rest >= 0x80 {
      out.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    out.append(UInt8(rest))
    out.append(contentsOf: content(place))
  }

  /// The outermost attributes; `entries` stay.
  mutating func item() -> Bool { map(depth: 0) }

  private mutating func map(depth: Int) -> Bool {
    guard take(UInt8(ascii: "{")) else { return false }
    let base = entries.count
    let head = out.count
    if depth > 0 { out.append(0) }
    if take(UInt8(ascii: "}")) { return true }
    var isSorted = true
    repeat {
      skipSpace()
      guard let name = text(), !name.isEmpty, name.count <= 255, take(UInt8(ascii: ":")) else {
        return false
      }
      let start = out.count
      append(name)
      size += name.count + (depth > 0 ? ItemSize.elementBytes : 0)
      let value = out.count
      guard self.value(depth: depth) else { return false }
      let entry = Entry(
        nameHead: Self.head(content(name)), nameCount: name.count, place: start..<out.count,
        value: value)
      if entries.count > base, !precedes(entries[entries.count - 1], entry) {
        isSorted = false
      }
      entries.append(entry)
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")), entries.count - base <= Self.shortMax else { return false }
    if !isSorted, !sort(from: base) { return false }
    if depth > 0 {
      out[head] = UInt8(entries.count - base)
      if !isSorted { reorder(from: base, at: head + 1) }
      entries.removeSubrange(base...)
    }
    return true
  }

  private static func head(_ name: UnsafeRawBufferPointer) -> UInt64 {
    if name.count >= 8 { return UInt64(bigEndian: name.loadUnaligned(as: UInt64.self)) }
    var head: UInt64 = 0
    for byte in name { head = head << 8 | UInt64(byte) }
    return head << UInt64(8 * (8 - name.count))
  }

  /// Whether the name of `a` sorts before that of `b`.
  private func precedes(_ a: Entry, _ b: Entry) -> Bool {
    if a.nameHead != b.nameHead { return a.nameHead < b.nameHead }
    return out.withUnsafeBytes { out in
      let (first, second) = (a.value - a.nameCount, b.value - b.nameCount)
      for index in 0..<min(a.nameCount, b.nameCount)
      where out[first + index] != out[second + index] {
        return out[first + index] < out[second + index]
      }
      return a.nameCount < b.nameCount
    }
  }

  /// Puts the entries from `base` on in the order of their names; false when one repeats.
  private mutating func sort(from base: Int) -> Bool {
    // By insertion: names are few, and often half in order.
    for index in (base + 1)..<entries.count {
      let entry = entries[index]
      var place = index
      while place > base, precedes(entry, entries[place - 1]) {
        entries[place] = entries[place - 1]
        place -= 1
      }
      entries[place] = entry
    }
    for index in (base + 1)..<entries.count
    where !precedes(entries[index - 1], entries[index]) { return false }
    return true
  }

  /// Puts the attributes that begin at `start` in the order of their entries.
  private mutating func reorder(from base: Int, at start: Int) {
    var ordered: [UInt8] = []
    ordered.append(gathering: entries[base...], of: out)
    out.withUnsafeMutableBytes { out in
      UnsafeMutableRawBufferPointer(rebasing: out[start...]).copyBytes(from: ordered)
    }
  }

  // MARK: Values

  private mutating func value(depth: Int) -> Bool {
    guard depth < Self.depthMax, take(UInt8(ascii: "{")) else { return false }
    skipSpace()
    guard let type = text(), take(UInt8(ascii: ":")) else { return false }
    skipSpace()
    return content(of: type, depth: depth) && take(UInt8(ascii: "}"))
  }

  private mutating func content(of type: Range<Int>, depth: Int) -> Bool {
    if isEqual(type, "S") { return string() }
    if isEqual(type, "N") { return number() }
    if isEqual(type, "M") {
      out.append(ItemTag.map.rawValue)
      size += ItemSize.containerBytes
      return map(depth: depth + 1)
    }
    if isEqual(type, "L") { return list(depth: depth) }
    if isEqual(type, "BOOL") {
      guard let flag = flag() else { return false }
      out.append(ItemTag.boolean.rawValue)
      out.append(flag ? 1 : 0)
      size += 1
      return true
    }
    if isEqual(type, "NULL") {
      out.append(ItemTag.null.rawValue)
      size += 1
      return flag() == true
    }
    if isEqual(type, "SS") { return strings() }
    return isEqual(type, "B") && binary()
  }

  private mutating func string() -> Bool {
    guard let place = text() else { return false }
    out.append(ItemTag.string.rawValue)
    append(place)
    size += place.count
    return true
  }

  private mutating func number() -> Bool {
    guard let place = text(), case .success(let number) = Number.parse(utf8: content(place)) else {
      return false
    }
    out.append(ItemTag.number.rawValue)
    let head = out.count
    out.append(0)
    number.appendText(to: &out)
    let count = out.count - head - 1
    guard count <= Self.shortMax else { return false }
    out[head] = UInt8(count)
    size += number.sizeInBytes
    return true
  }

  private mutating func list(depth: Int) -> Bool {
    out.append(ItemTag.list.rawValue)
    size += ItemSize.containerBytes
    let head = out.count
    out.append(0)
    guard take(UInt8(ascii: "[")) else { return false }
    if take(UInt8(ascii: "]")) { return true }
    var count = 0
    repeat {
      size += ItemSize.elementBytes
      count += 1
      guard value(depth: depth + 1) else { return false }
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")), count <= Self.shortMax else { return false }
    out[head] = UInt8(count)
    return true
  }

  /// A set of up to eight texts.
  private mutating func strings() -> Bool {
    out.append(ItemTag.stringSet.rawValue)
    let head = out.count
    out.append(0)
    guard take(UInt8(ascii: "[")) else { return false }
    var seen: [Range<Int>] = []
    repeat {
      skipSpace()
      guard let place = text(), !place.isEmpty, seen.count < 8,
        !seen.contains(where: { content($0).elementsEqual(content(place)) })
      else { return false }
      seen.append(place)
      append(place)
      size += place.count
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { return false }
    out[head] = UInt8(seen.count)
    return true
  }

  /// Canonical base64 only: nothing is set behind the last byte.
  private mutating func binary() -> Bool {
    guard let place = text(), place.count % 4 == 0 else { return false }
    var padding = 0
    while padding < 2, padding < place.count,
      bytes[place.upperBound - 1 - padding] == UInt8(ascii: "=")
    { padding += 1 }
    let count = place.count / 4 * 3 - padding
    guard count <= Self.shortMax else { return false }
    out.append(ItemTag.binary.rawValue)
    out.append(UInt8(count))
    size += count
    var word: UInt32 = 0
    var bits = 0
    for index in place.lowerBound..<(place.upperBound - padding) {
      guard let digit = Self.digit(bytes[index]) else { return false }
      word = word << 6 | digit
      bits += 6
      if bits >= 8 {
        bits -= 8
        out.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
      }
    }
    return word & (1 << UInt32(bits) - 1) == 0
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
