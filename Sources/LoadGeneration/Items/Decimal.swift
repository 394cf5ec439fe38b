// Numbers and filler as bytes, without strings.

/// Whole numbers as text.
enum Decimal {
  static func digits(_ number: UInt64) -> Int {
    var count = 1
    var rest = number
    while rest >= 10 {
      rest /= 10
      count += 1
    }
    return count
  }

  /// Appends `number` with zeros in front up to `width`.
  static func append(_ number: UInt64, width: Int, to bytes: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
      var place = 20
      var rest = number
      repeat {
        place -= 1
        buffer[place] = 48 + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      while 20 - place < min(width, 20) {
        place -= 1
        buffer[place] = 48
      }
      bytes.append(contentsOf: UnsafeMutableBufferPointer(rebasing: buffer[place...]))
    }
  }

  static func appendHex(_ number: UInt64, digits: Int, to bytes: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { buffer in
      for place in 0..<digits {
        let digit = UInt8(truncatingIfNeeded: number >> UInt64(4 * (digits - 1 - place)) & 15)
        buffer[place] = digit < 10 ? 48 + digit : 87 + digit
      }
      bytes.append(contentsOf: UnsafeMutableBufferPointer(rebasing: buffer[..<digits]))
    }
  }

  /// The number that hexadecimal digits stand for; nil when they are none.
  static func hex(_ text: UnsafeRawBufferPointer) -> UInt64? {
    var value: UInt64 = 0
    for byte in text {
      switch byte {
      case 48...57: value = value << 4 | UInt64(byte - 48)
      case 97...102: value = value << 4 | UInt64(byte - 87)
      default: return nil
      }
    }
    return value
  }

  /// Bytes that a whole number counts as a value of type N: see `Number.sizeInBytes`.
  ///
  /// 0 -> 1, 1 -> 2, 123 -> 3, 100 -> 2, 120 -> 3.
  static func numberBytes(_ number: UInt64) -> Int {
    guard number > 0 else { return 1 }
    var rest = number
    while rest % 100 == 0 { rest /= 100 }
    return (digits(rest) + 1) / 2 + 1
  }
}

/// Text that fills items up: letters and digits over and over.
enum Filler {
  private static let period = 64
  /// Longest item plus one period. Never freed: it lives as long as the process.
  private nonisolated(unsafe) static let text: UnsafeRawPointer = {
    let count = 409_600 + period
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-".utf8)
    for place in 0..<count { bytes[place] = alphabet[place % period] }
    return UnsafeRawPointer(bytes)
  }()

  /// Where the filler of a number begins.
  static func offset(_ number: UInt64) -> Int {
    Int(truncatingIfNeeded: (number &* 0x9E37_79B9_7F4A_7C15) >> 58)
  }

  static func append(_ count: Int, from offset: Int, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: UnsafeRawBufferPointer(start: text + offset, count: count))
  }

  /// Whether `bytes` is the filler from `offset`.
  static func matches(_ bytes: UnsafeRawBufferPointer, from offset: Int) -> Bool {
    bytes.count <= 409_600
      && bytes.elementsEqual(UnsafeRawBufferPointer(start: text + offset, count: bytes.count))
  }
}
