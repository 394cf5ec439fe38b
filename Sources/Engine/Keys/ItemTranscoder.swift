// A stored item written as an answer without becoming an item in between.
//
// Most reads return what is stored, all of it. Walking the stored form and writing the wire's form
// costs a fraction of building the item first; the two forms hold the same texts, so nothing is
// converted but binary to base64.

import DataModel
import ServiceAPI

/// Walks stored bytes and writes JSON.
struct ItemTranscoder {
  private enum Ending { case written, full, damaged }

  private let bytes: UnsafeRawBufferPointer
  private var at = 0
  private var isDamaged = false
  private var text: ItemText

  private init(_ bytes: UnsafeRawBufferPointer, _ text: ItemText) {
    self.bytes = bytes
    self.text = text
  }

  /// Writes the attributes of a stored item as an object; false when the bytes are damaged, in
  /// which case the writer is of no more use.
  static func write(_ stored: [UInt8], to writer: inout ReplyWriter) -> Bool {
    // Twice the bytes is plenty for most items. What grows most are lists of null: one byte stored,
    // fourteen written.
    for growth in [usualGrowth, 16] {
      var ending = Ending.full
      writer.value(room: room(stored, growth)) { memory in
        stored.withUnsafeBytes { bytes in
          guard let text = ItemText(memory) else { return 0 }
          var transcoder = ItemTranscoder(bytes, text)
          ending = transcoder.item()
          return ending == .written ? transcoder.text.count : 0
        }
      }
      if ending != .full { return ending == .written }
    }
    return false
  }

  private static let usualGrowth = 2

  private static func room(_ stored: [UInt8], _ growth: Int) -> Int { stored.count * growth + 256 }

  /// The room that `write` asks for, as a rule.
  static func room(for stored: [UInt8]) -> Int { room(stored, usualGrowth) }

  private mutating func item() -> Ending {
    _ = count()
    map()
    if isDamaged { return .damaged }
    return text.isFull ? .full : .written
  }

  // MARK: Stored bytes

  private mutating func byte() -> UInt8 {
    guard at < bytes.count else {
      isDamaged = true
      return 0
    }
    at += 1
    return bytes[at - 1]
  }

  private mutating func count() -> Int {
    if at < bytes.count, bytes[at] < 0x80 {
      at += 1
      return Int(bytes[at - 1])
    }
    return longCount()
  }

  private mutating func longCount() -> Int {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 63 {
      let next = byte()
      value |= UInt64(next & 0x7F) << shift
      if next < 0x80 { return Int(value) }
      shift += 7
    }
    isDamaged = true
    return 0
  }

  /// A length and as many bytes; where they begin.
  private mutating func slice() -> (place: Int, count: Int) {
    let length = count()
    guard !isDamaged, length <= bytes.count - at else {
      isDamaged = true
      return (0, 0)
    }
    at += length
    return (at - length, length)
  }

  // MARK: Values

  private mutating func string() {
    let (place, count) = slice()
    guard let base = bytes.baseAddress else { return }
    text.quote(base + place, count: count, readable: bytes.count - place)
  }

  private mutating func binary() {
    let (place, count) = slice()
    text.quote(binary: UnsafeRawBufferPointer(rebasing: bytes[place..<place + count]))
  }

  private mutating func map() {
    text.put(UInt8(ascii: "{"))
    let count = count()
    for _ in 0..<count where !isDamaged && !text.isFull {
      string()
      text.put(UInt8(ascii: ":"))
      value()
      text.put(UInt8(ascii: ","))
    }
    text.close(UInt8(ascii: "}"), wasEmpty: count == 0)
  }

  @inline(__always)
  private mutating func list(_ element: (inout ItemTranscoder) -> Void) {
    text.put(UInt8(ascii: "["))
    let count = count()
    for _ in 0..<count where !isDamaged && !text.isFull {
      element(&self)
      text.put(UInt8(ascii: ","))
    }
    text.close(UInt8(ascii: "]"), wasEmpty: count == 0)
  }

  private mutating func value() {
    guard let tag = ItemTag(rawValue: byte()) else {
      isDamaged = true
      return
    }
    switch tag {
    case .string:
      text.put(#"{"S":"#)
      string()
    case .number:
      text.put(#"{"N":"#)
      string()
    case .binary:
      text.put(#"{"B":"#)
      binary()
    case .boolean: text.put(byte() == 1 ? #"{"BOOL":true"# : #"{"BOOL":false"#)
    case .null: text.put(#"{"NULL":true"#)
    case .stringSet:
      text.put(#"{"SS":"#)
      list { $0.string() }
    case .numberSet:
      text.put(#"{"NS":"#)
      list { $0.string() }
    case .binarySet:
      text.put(#"{"BS":"#)
      list { $0.binary() }
    case .list:
      text.put(#"{"L":"#)
      list { $0.value() }
    case .map:
      text.put(#"{"M":"#)
      map()
    }
    text.put(UInt8(ascii: "}"))
  }
}
