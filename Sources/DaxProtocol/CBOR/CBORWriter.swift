// Writes CBOR (RFC 7049) in its shortest form, value by value, into one buffer.
//
// A writer, not a tree: the caller states containers and their content in order. That containers
// hold as many values as announced is the caller's care; tests read everything back.

/// Bytes under construction.
public struct CBORWriter: Sendable {
  public private(set) var bytes: [UInt8] = []

  public init() {}

  private mutating func head(_ major: UInt8, _ value: UInt64) {
    let mark = major << 5
    switch value {
    case 0..<24: bytes.append(mark | UInt8(value))
    case 24...0xff: append(mark | 24, value, width: 1)
    case 0x100...0xffff: append(mark | 25, value, width: 2)
    case 0x1_0000...0xffff_ffff: append(mark | 26, value, width: 4)
    default: append(mark | 27, value, width: 8)
    }
  }

  private mutating func append(_ first: UInt8, _ value: UInt64, width: Int) {
    bytes.append(first)
    for index in (0..<width).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index)))
    }
  }

  // MARK: Values

  public mutating func integer(_ value: Int) {
    if value >= 0 { head(0, UInt64(value)) } else { head(1, UInt64(-1 - value)) }
  }

  /// `value` or, if negative, -1 - `magnitude`.
  mutating func integer(magnitude: UInt64, isNegative: Bool) { head(isNegative ? 1 : 0, magnitude) }

  public mutating func byteString(_ value: [UInt8]) {
    head(2, UInt64(value.count))
    bytes += value
  }

  public mutating func text(_ value: String) {
    head(3, UInt64(value.utf8.count))
    bytes += value.utf8
  }

  public mutating func tag(_ value: UInt64) { head(6, value) }
  public mutating func boolean(_ value: Bool) { bytes.append(value ? 0xf5 : 0xf4) }
  public mutating func null() { bytes.append(0xf6) }

  /// A float of 64 bits.
  public mutating func float(_ value: Double) { append(0xfb, value.bitPattern, width: 8) }

  /// Values that are CBOR already.
  public mutating func raw(_ value: [UInt8]) { bytes += value }

  // MARK: Containers

  public mutating func array(_ count: Int) { head(4, UInt64(count)) }
  public mutating func map(_ count: Int) { head(5, UInt64(count)) }
  public mutating func openMap() { bytes.append(0xbf) }
  public mutating func stop() { bytes.append(0xff) }

  /// A byte string that holds CBOR.
  public mutating func nested(_ body: (inout CBORWriter) -> Void) {
    var inner = CBORWriter()
    body(&inner)
    byteString(inner.bytes)
  }
}
