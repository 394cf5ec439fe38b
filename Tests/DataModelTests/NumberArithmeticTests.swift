// Sums against a reference on decimal digits, and the refusals at the edges of precision and range.

import DataModel
import Testing

private struct Sum: CustomTestStringConvertible, Sendable {
  let left: String
  let right: String
  /// nil when the service refuses.
  let result: String?
  var testDescription: String { "\(left) + \(right)" }
}

private let nines38 = String(repeating: "9", count: 38)

private let sums = [
  Sum(left: "0", right: "0", result: "0"),
  Sum(left: "0", right: "-5", result: "-5"),
  Sum(left: "1", right: "-1", result: "0"),
  Sum(left: "0.1", right: "0.2", result: "0.3"),
  Sum(left: "9007199254740993", right: "1", result: "9007199254740994"),
  Sum(left: "1", right: "10000000000000000000000", result: "10000000000000000000001"),
  Sum(left: "-1", right: "10000000000000000000000", result: "9999999999999999999999"),
  Sum(left: nines38, right: "1", result: "1" + String(repeating: "0", count: 38)),
  Sum(left: nines38, right: "2", result: nil),
  Sum(left: nines38, right: nines38, result: nil),
  Sum(left: nines38, right: "-" + nines38, result: "0"),
  Sum(left: "1e38", right: "-1", result: nines38),
  Sum(left: "-1e38", right: "1", result: "-" + nines38),
  Sum(left: "1e39", right: "-1", result: nil),
  Sum(left: "1e50", right: "1", result: nil),
  Sum(left: "9e125", right: "9e125", result: nil),
  Sum(left: "9e125", right: "-9e125", result: "0"),
  Sum(left: "1.1e-130", right: "-1e-130", result: nil),
]

/// Unsigned addition and subtraction of digit strings of one length, with a sign in front: what is
/// taught at school, and slow.
private func referenceSum(_ a: [Int], _ aNegative: Bool, _ b: [Int], _ bNegative: Bool) -> String {
  func isBelow(_ x: [Int], _ y: [Int]) -> Bool { x.lexicographicallyPrecedes(y) }
  var digits: [Int] = []
  var negative = aNegative
  if aNegative == bNegative {
    var carry = 0
    for (x, y) in zip(a, b).reversed() {
      digits.insert((x + y + carry) % 10, at: 0)
      carry = (x + y + carry) / 10
    }
    digits.insert(carry, at: 0)
  } else {
    let (big, small) = isBelow(a, b) ? (b, a) : (a, b)
    negative = isBelow(a, b) ? bNegative : aNegative
    var borrow = 0
    for (x, y) in zip(big, small).reversed() {
      let difference = x - y - borrow
      digits.insert((difference + 10) % 10, at: 0)
      borrow = difference < 0 ? 1 : 0
    }
  }
  return (negative ? "-" : "") + digits.map(String.init).joined()
}

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

  /// 42 digits, all but a stretch of up to 38 zero.
  mutating func digits() -> [Int] {
    let length = 1 + below(38)
    let start = below(42 - length + 1)
    let lean = below(3)
    return (0..<42).map { place in
      guard place >= start, place < start + length else { return 0 }
      return lean == 0 ? 9 : (lean == 1 ? below(2) : below(10))
    }
  }
}

@Suite struct NumberArithmeticTests {
  @Test(arguments: sums)
  fileprivate func adds(_ sum: Sum) throws {
    let left = try #require(Number(sum.left))
    let right = try #require(Number(sum.right))
    guard let result = sum.result else {
      #expect(throws: NumberFault.self) { try left.adding(right) }
      #expect(throws: NumberFault.self) { try right.adding(left) }
      return
    }
    let expected = try #require(Number(result))
    #expect(try left.adding(right) == expected)
    #expect(try right.adding(left) == expected)
    #expect(try expected.subtracting(right) == left)
  }

  @Test func wordsALostDigitAsOverflow() throws {
    let left = try #require(Number("1e50"))
    #expect(throws: NumberFault.overflow) { try left.adding(1) }
    let small = try #require(Number("1.1e-130"))
    let other = try #require(Number("1e-130"))
    #expect(throws: NumberFault.underflow) { try small.subtracting(other) }
  }

  @Test func agreesWithSchoolArithmetic() throws {
    for seed in UInt64(0)..<3_000 {
      var generator = TestGenerator(state: seed)
      let (a, b) = (generator.digits(), generator.digits())
      let (aNegative, bNegative) = (generator.below(2) == 0, generator.below(2) == 0)
      let scale = "e-\(generator.below(60))"
      let left = try #require(
        Number((aNegative ? "-" : "") + a.map(String.init).joined() + scale))
      let right = try #require(
        Number((bNegative ? "-" : "") + b.map(String.init).joined() + scale))
      let expected = Number(referenceSum(a, aNegative, b, bNegative) + scale)
      let actual = try? left.adding(right)
      #expect(actual == expected, "seed \(seed)")
    }
  }

  @Test func writesTheSameTextAsBytes() {
    for seed in UInt64(0)..<500 {
      var generator = TestGenerator(state: seed)
      let digits = generator.digits().map(String.init).joined()
      let text = (generator.below(2) == 0 ? "-" : "") + digits + "e\(generator.below(120) - 100)"
      guard let number = Number(text) else { continue }
      var bytes: [UInt8] = []
      number.appendText(to: &bytes)
      #expect(String(decoding: bytes, as: UTF8.self) == number.text, "seed \(seed)")
      #expect(bytes.withUnsafeBytes { Number.parse(utf8: $0) } == .success(number), "seed \(seed)")
    }
  }

  @Test(arguments: [
    "0", "-0", "7", "-12.50", "000.100", "123456789012345678", ".5", "5.", "1e3", "+4",
  ])
  func readsPlainTextsAsTheGeneralWayDoes(_ text: String) {
    let general = Number.parse(text)
    #expect(Array(text.utf8).withUnsafeBytes { Number.parse(utf8: $0) } == general)
  }

  @Test(arguments: ["", "-", ".", "-.", "1-", "1.2.3", "--1", " 1", "1 ", "0x1", "NaN", "1e", "e5"])
  func refusesWhatTheGeneralWayRefuses(_ text: String) {
    #expect(
      Array(text.utf8).withUnsafeBytes { Number.parse(utf8: $0) } == .failure(.notNumeric(text)))
  }
}
