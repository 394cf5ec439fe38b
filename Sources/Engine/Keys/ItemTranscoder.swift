// A stored item written as an answer without becoming an item in between.
//
// Most reads return what is stored, all of it. Walking the stored form and writing the wire's form
// costs a fraction of building the item first; the two forms hold the same texts, so nothing is
// converted but binary to base64.

import DataModel
import ServiceAPI

/// Walks stored bytes and writes JSON.
struct ItemTranscoder {
  private let bytes: UnsafeRawBufferPointer
  private var at = 0
  private var isDamaged = false

  private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Writes the attributes of a stored item as an object; false when the bytes are damaged, in
  /// which case the writer is of no more use.
  static func write(_ stored: [UInt8], to writer: inout ReplyWriter) -> Bool {
    stored.withUnsafeBytes { bytes in
      var transcoder = ItemTranscoder(bytes)
      _ = transcoder.count()
      transcoder.map(&writer)
      return !transcoder.isDamaged
    }
  }

  private mutating func byte() -> UInt8 {
    guard at < bytes.count else {
      isDamaged = true
      return 0
    }
    at += 1
    return bytes[at - 1]
  }

  private mutating func count() -> Int {
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

  private mutating func slice() -> UnsafeRawBufferPointer {
    let length = count()
    guard !isDamaged, length <= bytes.count - at else {
      isDamaged = true
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    at += length
    return UnsafeRawBufferPointer(rebasing: bytes[at - length..<at])
  }

  private mutating func map(_ writer: inout ReplyWriter) {
    writer.beginObject()
    let count = count()
    for _ in 0..<count where !isDamaged {
      writer.key(utf8: slice())
      value(&writer)
    }
    writer.endObject()
  }

  private mutating func list(
    _ writer: inout ReplyWriter, _ element: (inout ItemTranscoder, inout ReplyWriter) -> Void
  ) {
    writer.beginArray()
    let count = count()
    for _ in 0..<count where !isDamaged { element(&self, &writer) }
    writer.endArray()
  }

  private mutating func value(_ writer: inout ReplyWriter) {
    guard let tag = ItemTag(rawValue: byte()) else {
      isDamaged = true
      return
    }
    writer.beginObject()
    writer.key(plain: tag.apiName)
    switch tag {
    case .string, .number: writer.value(utf8: slice())
    case .binary: writer.value(binary: slice())
    case .boolean: writer.value(byte() == 1)
    case .null: writer.value(true)
    case .stringSet, .numberSet: list(&writer) { $1.value(utf8: $0.slice()) }
    case .binarySet: list(&writer) { $1.value(binary: $0.slice()) }
    case .list: list(&writer) { $0.value(&$1) }
    case .map: map(&writer)
    }
    writer.endObject()
  }
}

extension ItemTag {
  /// The API's type descriptor.
  var apiName: StaticString {
    switch self {
    case .string: "S"
    case .number: "N"
    case .binary: "B"
    case .boolean: "BOOL"
    case .null: "NULL"
    case .stringSet: "SS"
    case .numberSet: "NS"
    case .binarySet: "BS"
    case .list: "L"
    case .map: "M"
    }
  }
}
