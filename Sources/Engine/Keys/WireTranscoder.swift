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
///
/// What is written lies in one piece of memory that the transcoder owns: first the stored form,
/// which is never longer than the JSON it comes from (where a number would be, the attempt ends),
/// behind it the entries of the maps that are open. O(length); O(attributes squared) where they
/// come unsorted.
struct WireTranscoder: ~Copyable, @unchecked Sendable {
  /// An attribute of a map, sorted by name when the map is complete.
  struct Entry {
    /// The first eight bytes of the name in big-endian order, zeros where it is shorter.
    let nameHead: UInt64
    /// The first byte of the whole attribute, in the stored form.
    let start: UInt32
    /// The byte of type; the name ends before it.
    let value: UInt32
    /// The first byte behind the attribute.
    let end: UInt32
    /// The bytes of the name.
    let nameCount: UInt32

    /// Of the name, in the stored form.
    var name: Range<Int> { Int(value - nameCount)..<Int(value) }
  }

  static let depthMax = 8
  /// Counts and short lengths are written as one byte.
  static let shortMax = 127
  /// Longer bodies hold more than an item may be; lengths of texts in shorter ones take at most
  /// three bytes.
  private static let bytesMax = 1 << 21
  /// Entries of all open maps.
  private static let entriesMax = 256
  /// The shortest attribute: "a":{"N":"1"}
  private static let attributeBytesMin = 12

  let bytes: UnsafeRawBufferPointer
  var at = 0
  let memory: UnsafeMutableRawPointer
  private let scratch: ScratchMemory
  private let entries: UnsafeMutablePointer<Entry>
  private let room: Int
  private let entryRoom: Int
  var count = 0
  private var entryCount = 0
  /// The size of the item as the service counts it.
  var size = 0

  /// Reads `bytes`, which must outlive the transcoder.
  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    let aligned = (bytes.count + 7) / 8 * 8
    room = aligned
    entryRoom = min(Self.entriesMax, bytes.count / Self.attributeBytesMin + 1)
    scratch = ScratchMemory(byteCount: aligned + entryRoom * MemoryLayout<Entry>.stride)
    memory = scratch.start
    entries = (memory + aligned).bindMemory(to: Entry.self, capacity: entryRoom)
  }

  // MARK: What was written

  /// Attributes as ItemWriter writes them; the outermost ones in order of arrival.
  var stored: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

  /// The outermost attributes in the order of their names.
  var attributes: UnsafeBufferPointer<Entry> {
    UnsafeBufferPointer(start: entries, count: entryCount)
  }

  /// The whole item as ItemWriter writes it.
  func item() -> [UInt8] {
    // Two counts of at most ten bytes.
    [UInt8](unsafeUninitializedCapacity: count + 20) { target, used in
      guard let start = UnsafeMutableRawPointer(target.baseAddress) else { return }
      used = Self.write(entryCount, to: start, at: Self.write(size, to: start, at: 0))
      used = gather(from: 0, to: start, at: used)
    }
  }

  /// Writes the attributes of the entries from `base` on one behind the other; where that ends.
  private func gather(from base: Int, to target: UnsafeMutableRawPointer, at start: Int) -> Int {
    var place = start
    for index in base..<entryCount {
      let entry = entries[index]
      let length = Int(entry.end - entry.start)
      (target + place).copyMemory(from: memory + Int(entry.start), byteCount: length)
      place += length
    }
    return place
  }

  /// Writes a variable-length integer; where it ends.
  private static func write(
    _ value: Int, to target: UnsafeMutableRawPointer, at start: Int
  ) -> Int {
    var (rest, place) = (value, start)
    while rest >= 0x80 {
      let byte = UInt8(truncatingIfNeeded: rest) | 0x80
      target.storeBytes(of: byte, toByteOffset: place, as: UInt8.self)
      rest >>= 7
      place += 1
    }
    target.storeBytes(of: UInt8(rest), toByteOffset: place, as: UInt8.self)
    return place + 1
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

  @inline(__always)
  mutating func take(_ byte: UInt8) -> Bool {
    if at < bytes.count, bytes[at] == byte {
      at += 1
      return true
    }
    return takeBehindSpace(byte)
  }

  @inline(never)
  private mutating func takeBehindSpace(_ byte: UInt8) -> Bool {
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
  @inline(__always)
  mutating func text() -> Range<Int>? {
    guard take(UInt8(ascii: "\"")) else { return nil }
    let start = at
    // Most names and many values end within eight bytes.
    if bytes.count - start >= 8 {
      let word = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
      let length = JSONText.bytesBeforeEnd(word)
      if length < 8, bytes[start + length] == UInt8(ascii: "\""),
        word & JSONText.highBits & ((1 << UInt64(length * 8)) - 1) == 0
      {
        at = start + length + 1
        return Range(uncheckedBounds: (start, start + length))
      }
    }
    return longText()
  }

  /// The same behind the opening quote, for any length.
  @inline(never)
  private mutating func longText() -> Range<Int>? {
    let start = at
    var place = start
    var highs = SIMD16<UInt8>(repeating: 0)
    while bytes.count - place >= 16 {
      let block = bytes.loadUnaligned(fromByteOffset: place, as: SIMD16<UInt8>.self)
      if JSONText.mayEnd(block) { break }
      highs = highs | block
      place += 16
    }
    var high = JSONText.hasHighBits(highs) ? JSONText.highBits : 0
    while bytes.count - place >= 8 {
      let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      let before = JSONText.bytesBeforeEnd(word)
      if before < 8 {
        high |= word & ((1 << UInt64(before * 8)) - 1)
        place += before
        break
      }
      high |= word
      place += 8
    }
    while place < bytes.count {
      let byte = bytes[place]
      if byte == UInt8(ascii: "\"") {
        at = place + 1
        let text = start..<place
        return high & JSONText.highBits == 0 || isUnicode(text) ? text : nil
      }
      guard byte >= 0x20, byte != UInt8(ascii: "\\") else { return nil }
      high |= UInt64(byte)
      place += 1
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
  @inline(__always)
  func isEqual(_ place: Range<Int>, _ word: StaticString) -> Bool {
    place.count == word.utf8CodeUnitCount
      && word.withUTF8Buffer { bytes.has($0, at: place.lowerBound) }
  }

  // MARK: Attributes

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  @inline(__always)
  mutating func append(_ tag: ItemTag) { append(tag.rawValue) }

  /// Appends a piece of the body behind its length.
  mutating func append(_ place: Range<Int>) {
    count = Self.write(place.count, to: memory, at: count)
    // Sixteen bytes at once, where those behind a shorter text do no harm: what is written stays
    // behind what was read.
    if place.count <= 16, bytes.count - place.lowerBound >= 16, count <= place.lowerBound {
      let block = bytes.loadUnaligned(fromByteOffset: place.lowerBound, as: SIMD16<UInt8>.self)
      memory.storeBytes(of: block, toByteOffset: count, as: SIMD16<UInt8>.self)
      count += place.count
      return
    }
    UnsafeMutableRawBufferPointer(start: memory + count, count: place.count)
      .copyMemory(from: content(place))
    count += place.count
  }

  /// Reads the outermost attributes, whose entries stay.
  mutating func readItem() -> Bool { bytes.count < Self.bytesMax && map(depth: 0) }

  mutating func map(depth: Int) -> Bool {
    guard take(UInt8(ascii: "{")) else { return false }
    let base = entryCount
    let head = count
    if depth > 0 { append(0) }
    if take(UInt8(ascii: "}")) { return true }
    var isSorted = true
    repeat {
      guard let name = text(), !name.isEmpty, name.count <= 255, take(UInt8(ascii: ":")),
        entryCount < entryRoom
      else { return false }
      let start = count
      append(name)
      size += name.count + (depth > 0 ? ItemSize.elementBytes : 0)
      let value = count
      guard self.value(depth: depth) else { return false }
      let entry = Entry(
        nameHead: nameHead(of: name), start: UInt32(start), value: UInt32(value),
        end: UInt32(count),
        nameCount: UInt32(name.count))
      if entryCount > base, isSorted, !precedes(entries[entryCount - 1], entry) {
        isSorted = false
      }
      entries[entryCount] = entry
      entryCount += 1
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")), entryCount - base <= Self.shortMax else { return false }
    if !isSorted, !sort(from: base) { return false }
    if depth > 0 {
      memory.storeBytes(of: UInt8(entryCount - base), toByteOffset: head, as: UInt8.self)
      if !isSorted { reorder(from: base, at: head + 1) }
      entryCount = base
    }
    return true
  }

  /// The first bytes of a name, see `Entry`.
  private func nameHead(of name: Range<Int>) -> UInt64 {
    // A longer load is cut; it reaches beyond the name, not beyond the body.
    if bytes.count - name.lowerBound >= 8 {
      let word = bytes.loadUnaligned(fromByteOffset: name.lowerBound, as: UInt64.self)
      let head = UInt64(bigEndian: word)
      return name.count >= 8 ? head : head & ~(UInt64.max >> UInt64(8 * name.count))
    }
    var head: UInt64 = 0
    for byte in content(name).prefix(8) { head = head << 8 | UInt64(byte) }
    return head << UInt64(8 * max(0, 8 - name.count))
  }

  /// Whether the name of `a` sorts before that of `b`.
  @inline(__always)
  private func precedes(_ a: Entry, _ b: Entry) -> Bool {
    a.nameHead != b.nameHead ? a.nameHead < b.nameHead : precedesBehindHead(a, b)
  }

  private func precedesBehindHead(_ a: Entry, _ b: Entry) -> Bool {
    stored[a.name].lexicographicallyPrecedes(stored[b.name])
  }

  /// Puts the entries from `base` on in the order of their names; false when one repeats.
  private mutating func sort(from base: Int) -> Bool {
    sortByHead(from: base) || sortByInsertion(from: base)
  }

  /// Sorts few entries whose heads differ: each goes to the place that is the number of lesser
  /// ones, counted without a branch that could be guessed wrong.
  private func sortByHead(from base: Int) -> Bool {
    let count = entryCount - base
    guard count <= Self.rankedMax else { return false }
    var ranks = InlineArray<24, Int>(repeating: 0)
    for index in 1..<count {
      let head = entries[base + index].nameHead
      for other in 0..<index {
        let otherHead = entries[base + other].nameHead
        if head == otherHead { return false }
        let isLess = head < otherHead ? 1 : 0
        ranks[other] &+= isLess
        ranks[index] &+= 1 &- isLess
      }
    }
    return withUnsafeTemporaryAllocation(of: Entry.self, capacity: count) { sorted in
      guard let start = sorted.baseAddress else { return false }
      for index in 0..<count { (start + ranks[index]).initialize(to: entries[base + index]) }
      (entries + base).update(from: start, count: count)
      return true
    }
  }

  private static let rankedMax = 24

  private func sortByInsertion(from base: Int) -> Bool {
    for index in (base + 1)..<entryCount {
      let entry = entries[index]
      var place = index
      while place > base, precedes(entry, entries[place - 1]) {
        entries[place] = entries[place - 1]
        place -= 1
      }
      entries[place] = entry
      if place > base, !precedes(entries[place - 1], entry) { return false }
    }
    return true
  }

  /// Puts the attributes that begin at `start` in the order of their entries.
  private mutating func reorder(from base: Int, at start: Int) {
    withUnsafeTemporaryAllocation(byteCount: count - start, alignment: 1) { ordered in
      guard let target = ordered.baseAddress else { return }
      _ = gather(from: base, to: target, at: 0)
      (memory + start).copyMemory(from: target, byteCount: ordered.count)
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Whether these bytes have those of a short word from `start` on, where there are as many.
  @inline(__always)
  func has(_ word: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
    for index in 0..<word.count where self[start + index] != word[index] { return false }
    return true
  }
}
