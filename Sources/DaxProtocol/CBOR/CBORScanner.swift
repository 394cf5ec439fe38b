// Finds where a message ends in bytes that are still arriving.
//
// The protocol has no frames: a message ends with its last value. The scanner counts values and
// steps over strings without looking inside, keeps its place when the bytes run out, and goes on
// from there when more have come, so that a message that trickles in costs no more than one that
// comes at once. It reads nothing and allocates only its stack of open containers.

/// Steps over a number of CBOR values.
struct CBORScanner: Sendable {
  enum Outcome: Hashable, Sendable {
    /// The values end before this index.
    case complete(Int)
    case incomplete
    case malformed(String)
  }

  /// Deepest nesting of arrays, maps and tags outside strings; the protocol's messages use four.
  /// Attribute values, which nest up to 32 levels, come inside byte strings, but for expressions'
  /// substitutes.
  static let depthMax = 100

  /// Values still to come of each open container; -1 is an indefinite length.
  private var open: [Int]
  private var offset = 0
  private var hasBegun = false

  /// - Precondition: at least one value.
  init(values: Int) {
    precondition(values > 0, "nothing to step over")
    open = [values]
  }

  /// Goes on as far as the bytes reach.
  /// - Parameters:
  ///   - bytes: all bytes so far; those scanned before must still be in their places.
  ///   - start: where the first value begins; looked at in the first call only.
  mutating func advance(over bytes: [UInt8], from start: Int = 0) -> Outcome {
    if !hasBegun { offset = start }
    hasBegun = true
    while let left = open.last {
      if left == 0 {
        open.removeLast()
        if !open.isEmpty { continue }
        return .complete(offset)
      }
      guard offset < bytes.count else { return .incomplete }
      if let stop = step(bytes, left: left) { return stop }
    }
    return .complete(offset)
  }

  /// Over one head and, for a string, its content; nil when it went well.
  private mutating func step(_ bytes: [UInt8], left: Int) -> Outcome? {
    let byte = bytes[offset]
    let low = byte & 0x1f
    var length: UInt64 = UInt64(low)
    var width = 1
    if low >= 24 && low <= 27 {
      let more = 1 << Int(low - 24)
      guard bytes.count - offset > more else { return .incomplete }
      length = 0
      for index in 1...more { length = length << 8 | UInt64(bytes[offset + index]) }
      width += more
    } else if low > 27 && low < 31 {
      return .malformed("a reserved length")
    }
    let isIndefinite = low == 31
    if byte == 0xff {
      guard left < 0 else { return .malformed("a stop mark outside") }
      open[open.count - 1] = 0
      offset += 1
      return nil
    }
    switch byte >> 5 {
    case 2, 3:
      if !isIndefinite {
        guard length <= UInt64(bytes.count - offset - width) else { return .incomplete }
        width += Int(length)
      }
    case 4, 5:
      guard length <= UInt64(Int32.max) else { return .malformed("a container too long") }
    case 0, 1, 6: if isIndefinite { return .malformed("an indefinite length where there is none") }
    default: break
    }
    offset += width
    if left > 0 { open[open.count - 1] = left - 1 }
    return push(byte >> 5, isIndefinite ? -1 : Int(truncatingIfNeeded: length))
  }

  /// Opens what a head has begun.
  private mutating func push(_ major: UInt8, _ count: Int) -> Outcome? {
    let values: Int
    switch major {
    case 2, 3:
      guard count < 0 else { return nil }
      values = -1
    case 4: values = count
    case 5: values = count < 0 ? -1 : 2 * count
    case 6: values = 1
    default: return nil
    }
    guard open.count < Self.depthMax else { return .malformed("values nested too deeply") }
    open.append(values)
    return nil
  }
}
