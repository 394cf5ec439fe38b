// Random documents, written by code that shares nothing with the reader, come back as they were;
// random damage to them is refused or read, but never crashes.

import JSON
import Testing

/// SplitMix64, so that a failing case can be repeated from the seed in its message.
private struct TestGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func text() -> String {
    let pieces = [
      "a", "bc", "\"", "\\", "/", "\n", "\u{1}", "é", "€", "😀", " ", "longer piece of text",
    ]
    return (0..<below(6)).map { _ in pieces[below(pieces.count)] }.joined()
  }

  mutating func value(depth: Int) -> JSONValue {
    switch below(depth > 0 ? 6 : 4) {
    case 0: return .null
    case 1: return .boolean(below(2) == 0)
    case 2: return .number(["0", "-1", "12.50", "1e9", "-0.25E-3"][below(5)])
    case 3: return .string(text())
    case 4: return .array((0..<below(4)).map { _ in value(depth: depth - 1) })
    default:
      return .object(
        (0..<below(4)).map { _ in
          JSONMember(name: text(), value: value(depth: depth - 1))
        })
    }
  }

  /// Writes a value with random white space and random spelling of characters.
  mutating func written(_ value: JSONValue) -> String {
    let space = ["", " ", "\n\t"][below(3)]
    switch value {
    case .null: return space + "null"
    case .boolean(let flag): return space + "\(flag)" + space
    case .number(let text): return space + text + space
    case .string(let text): return space + written(text)
    case .array(let elements):
      return "[" + space + elements.map { written($0) }.joined(separator: "," + space) + "]"
    case .object(let members):
      return "{" + space
        + members.map { written($0.name) + space + ":" + written($0.value) }
        .joined(separator: space + ",") + "}"
    }
  }

  private mutating func written(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
      if mustEscape || below(4) == 0 {
        for unit in String(scalar).utf16 {
          let hex = String(unit, radix: 16, uppercase: below(2) == 0)
          result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

@Suite struct JSONReaderPropertyTests {
  @Test func readsBackWhatWasWritten() throws {
    for seed in UInt64(0)..<400 {
      var generator = TestGenerator(state: seed)
      let value = generator.value(depth: 4)
      let text = generator.written(value)
      #expect(try JSONValue.parse(text) == value, "seed \(seed): \(text)")
    }
  }

  @Test func survivesDamage() {
    for seed in UInt64(0)..<400 {
      var generator = TestGenerator(state: seed)
      let value = generator.value(depth: 4)
      var bytes = Array(generator.written(value).utf8)
      for _ in 0...generator.below(3) where !bytes.isEmpty {
        bytes[generator.below(bytes.count)] = UInt8(truncatingIfNeeded: generator.next())
      }
      // Reading or refusing are both right; what is read must read the same again.
      if let first = try? JSONValue.parse(bytes) {
        #expect((try? JSONValue.parse(bytes)) == first, "seed \(seed)")
      }
    }
  }
}
