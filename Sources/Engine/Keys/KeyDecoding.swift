// Key attributes read back from storage keys, where the item itself is not at hand.
//
// The inverse of KeyEncoding; types come from the schema, since keys name none.

import DataModel

/// Reads the attributes of a storage key one after the other.
struct KeyDecoder {
  private var rest: ArraySlice<UInt8>

  /// Begins at the partition key of an item or an index entry.
  init(storageKey key: ArraySlice<UInt8>) {
    rest = key.dropFirst(KeyEncoding.prefixBytes + KeyEncoding.hashBytes)
  }

  /// Bytes that are left.
  var count: Int { rest.count }
  var isAtEnd: Bool { rest.isEmpty }

  /// The next attribute; nil when the key ends before it does.
  mutating func next(_ type: ScalarType) -> AttributeValue? {
    switch type {
    case .string: content().map { .string(String(decoding: $0, as: UTF8.self)) }
    case .binary: content().map { .binary($0) }
    case .number: number().map { .number($0) }
    }
  }

  /// The bytes up to the terminator 00 01, where 00 FF stands for 00.
  private mutating func content() -> [UInt8]? {
    var content: [UInt8] = []
    while let byte = rest.popFirst() {
      guard byte == 0 else {
        content.append(byte)
        continue
      }
      guard let second = rest.popFirst() else { return nil }
      if second == 1 { return content }
      content.append(0)
    }
    return nil
  }

  /// Sign, power of ten of the leading digit and 38 digits; all inverted below zero.
  private mutating func number() -> Number? {
    let bytes = rest.prefix(KeyEncoding.numberBytes)
    guard bytes.count == KeyEncoding.numberBytes, let sign = bytes.first else { return nil }
    rest = rest.dropFirst(KeyEncoding.numberBytes)
    if sign == 0x80 { return .zero }
    let mask: UInt8 = sign == 0x40 ? 0xFF : 0
    let plain = bytes.dropFirst().map { $0 ^ mask }
    let magnitude = (Int(plain[0]) << 8 | Int(plain[1])) + Number.minimumMagnitude
    let digits = plain.dropFirst(2).reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
    let exponent = magnitude - (Number.maximumDigits - 1)
    return Number("\(mask == 0 ? "" : "-")\(digits)E\(exponent)")
  }
}
