// Random numbers against references that work on digit strings, where the code works on a
// coefficient and an exponent.

import DataModel
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

  /// Plain decimals with zeros in awkward places and at most 38 significant digits.
  mutating func plainNumber() -> String {
    let integer =
      String(repeating: "0", count: below(4)) + digits(below(20))
      + String(repeating: "0", count: below(5))
    let fraction = String(repeating: "0", count: below(5)) + digits(below(10))
    let sign = ["", "-", "+"][below(3)]
    if fraction.isEmpty || below(3) == 0 { return sign + (integer.isEmpty ? "0" : integer) }
    return sign + integer + "." + fraction
  }

  private mutating func digits(_ count: Int) -> String {
    var text = ""
    for _ in 0..<count { text += String(below(3) == 0 ? 0 : below(10)) }
    return text
  }
}

/// The rule of 1.10 as it is written down: pad to pairs at the point, drop empty pairs, count.
private func referenceSize(_ text: String) -> Int {
  let unsigned = text.drop { $0 == "-" || $0 == "+" }
  let parts = unsigned.split(separator: ".", omittingEmptySubsequences: false)
  var integer = String(parts[0])
  var fraction = parts.count > 1 ? String(parts[1]) : ""
  if integer.count % 2 == 1 { integer = "0" + integer }
  if fraction.count % 2 == 1 { fraction += "0" }
  var pairs: [String] = []
  var rest = Substring(integer + fraction)
  while !rest.isEmpty {
    pairs.append(String(rest.prefix(2)))
    rest = rest.dropFirst(2)
  }
  while pairs.first == "00" { pairs.removeFirst() }
  while pairs.last == "00" { pairs.removeLast() }
  if pairs.isEmpty { return 1 }
  return min(21, pairs.count + 1 + (text.hasPrefix("-") ? 1 : 0))
}

/// The text without sign "+", leading zeros, trailing zeros of the fraction and an empty fraction.
private func referenceText(_ text: String) -> String {
  let unsigned = text.drop { $0 == "-" || $0 == "+" }
  let parts = unsigned.split(separator: ".", omittingEmptySubsequences: false)
  let integer = String(parts[0].drop { $0 == "0" })
  var fraction = parts.count > 1 ? String(parts[1]) : ""
  while fraction.hasSuffix("0") { fraction.removeLast() }
  if integer.isEmpty && fraction.isEmpty { return "0" }
  return (text.hasPrefix("-") ? "-" : "") + (integer.isEmpty ? "0" : integer)
    + (fraction.isEmpty ? "" : "." + fraction)
}

/// The size rule has boundary cases at every parity of both sides of the point; tables cannot hold
/// them all.
@Suite struct NumberPropertyTests {
  /// The quick way takes a text for plain exactly when it is the number's own, and counts alike.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func plainTextsAreSized(seed: UInt64) throws {
    var generator = TestGenerator(state: seed)
    var plain = 0
    for _ in 0..<2_000 {
      var text = generator.plainNumber()
      if generator.below(2) == 0 { text = referenceText(text) }
      let size = Array(text.utf8).withUnsafeBytes { Number.size(ofPlain: $0) }
      let isPlain = text == referenceText(text) && text.utf8.count <= Number.maximumDigits
      #expect(size == (isPlain ? referenceSize(text) : nil), "seed \(seed): \(text)")
      if size != nil { plain += 1 }
    }
    #expect(plain > 500)
  }

  @Test(arguments: ["", "-", ".", "1.", ".5", "-.5", "-0", "0.", "00", "+1", "1e2", "x", "1.2.3"])
  func otherTextsAreNotPlain(text: String) {
    #expect(Array(text.utf8).withUnsafeBytes { Number.size(ofPlain: $0) } == nil)
  }

  @Test(arguments: [UInt64(1), 20, 300])
  func agreesWithDigitStrings(_ seed: UInt64) throws {
    var generator = TestGenerator(state: seed)
    for round in 0..<1_000 {
      let text = generator.plainNumber()
      let context = "seed \(seed), round \(round): \(text)"
      let number = try #require(Number(text), "\(context)")
      #expect(number.text == referenceText(text), "\(context)")
      #expect(number.sizeInBytes == referenceSize(text), "\(context)")
      #expect(Number(number.text) == number, "\(context)")
    }
  }

  @Test(arguments: [UInt64(4), 50])
  func shiftingByTheExponentIsShiftingThePoint(_ seed: UInt64) throws {
    var generator = TestGenerator(state: seed)
    for round in 0..<500 {
      let digits = String(1 + generator.below(1_000_000_000))
      let places = generator.below(digits.count + 1)
      let point = digits.prefix(digits.count - places) + "." + digits.suffix(places)
      let written = try #require(Number("\(digits)e-\(places)"))
      #expect(Number(String(point)) == written, "seed \(seed), round \(round): \(point)")
    }
  }

  @Test(arguments: [UInt64(6), 70])
  func ordersLikeIntegersOfEqualScale(_ seed: UInt64) throws {
    var generator = TestGenerator(state: seed)
    for round in 0..<1_000 {
      let a = Int64(generator.below(40_000)) - 20_000
      let b = generator.below(4) == 0 ? a : Int64(generator.below(40_000)) - 20_000
      let x = try #require(Number("\(a)e-2"))
      let y = try #require(Number("\(b)e-2"))
      let context = "seed \(seed), round \(round): \(x) and \(y)"
      #expect((x < y) == (a < b), "\(context)")
      #expect((x == y) == (a == b), "\(context)")
    }
  }
}
