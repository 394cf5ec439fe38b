// Primary keys on the wire (features.md 2.4).
//
// A partition key alone: the bytes of a string or binary, or a CBOR number. With a sort key: the
// partition key as CBOR, then the raw bytes of the sort key, numbers in `LexDecimal`.

public import DataModel

extension KeySchema {
  /// The key attributes that `bytes` stand for.
  public func key(fromWire bytes: [UInt8]) throws(CBORFault) -> Item {
    var key = Item()
    var reader = CBORReader(bytes)
    guard let sort else {
      key[partition.name] = try Self.value(raw: bytes, partition.type)
      return key
    }
    switch partition.type {
    case .string: key[partition.name] = .string(try reader.readText())
    case .number: key[partition.name] = .number(try reader.readNumber())
    case .binary: key[partition.name] = .binary(try reader.readBytes())
    }
    let start = reader.offset
    let rest = reader.readRest()
    if sort.type == .number {
      guard let number = LexDecimal.number(from: rest) else {
        throw CBORFault(.malformed("no number in a sort key"), at: start)
      }
      key[sort.name] = .number(number)
    } else {
      key[sort.name] = try Self.value(raw: rest, sort.type)
    }
    return key
  }

  private static func value(
    raw bytes: [UInt8], _ type: ScalarType
  ) throws(CBORFault) -> AttributeValue {
    switch type {
    case .binary: return .binary(bytes)
    case .number:
      var reader = CBORReader(bytes)
      let number = try reader.readNumber()
      guard reader.isAtEnd else {
        throw CBORFault(.malformed("bytes behind a key"), at: reader.offset)
      }
      return .number(number)
    case .string:
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw CBORFault(.malformed("a key that is no UTF-8"), at: 0)
      }
      return .string(text)
    }
  }

  /// The wire's bytes of an item's key; nil when the item lacks a key attribute of its type.
  public func wireKey(of item: Item) -> [UInt8]? {
    guard let first = item[partition.name], first.scalarType == partition.type else { return nil }
    var writer = CBORWriter()
    guard let sort else {
      switch first {
      case .string(let text): return Array(text.utf8)
      case .binary(let bytes): return bytes
      default: writer.attributeValue(first)
      }
      return writer.bytes
    }
    guard let second = item[sort.name], second.scalarType == sort.type else { return nil }
    writer.attributeValue(first)
    switch second {
    case .string(let text): writer.raw(Array(text.utf8))
    case .binary(let bytes): writer.raw(bytes)
    case .number(let number): writer.raw(LexDecimal.bytes(of: number))
    default: return nil
    }
    return writer.bytes
  }

  /// The names of the key's attributes.
  public var names: [String] { [partition.name] + (sort.map { [$0.name] } ?? []) }
}
