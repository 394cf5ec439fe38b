// The encoding of numbers in sort keys: bytes as the public client (2.1.0) writes them, and the one
// property that it exists for: the order of the bytes is the order of the numbers.

import DataModel
import TestSupport
import Testing

@testable import DaxProtocol

@Suite struct LexDecimalTests {
  static let published: [(String, String)] = [
    ("0", "80"), ("1", "c11c0000"), ("-1", "3ee3fff0"), ("10", "c21c0010"), ("100", "c31c0020"),
    ("123456", "c621dd4008"), ("-123456", "39de22bff4"), ("0.001", "be1c0000"),
    ("-0.001", "41e3fff0"), ("1E-130", "817fffff7f1c0000"), ("-1.5", "3ed77fe0"),
    ("1000", "c41c00c000"), ("999", "c3fcc020"), ("1E-62", "831c0000"), ("1E-63", "821c0000"),
    ("1E-64", "817fffffc11c0000"),
    ("12345678901234567890123456789012345678", "e621dd4c8418596b2e44f690f8621dd4c60010"),
    ("9.99E+125", "fe8000007efcc020"), ("-9.99E+125", "017fffff81033fd0"),
    ("1E61", "fe8000003e1c0000"), ("1E62", "fe8000003f1c0000"),
  ]

  @Test(arguments: published)
  func asTheClientWritesThem(text: String, encoded: String) throws {
    let number = try #require(Number(text))
    #expect(hex(LexDecimal.bytes(of: number)) == encoded)
    #expect(LexDecimal.number(from: bytes(encoded)) == number)
  }

  /// The same number with other digits: 1E1 beside 10.
  @Test func otherDigitsAreTheSameNumber() {
    #expect(LexDecimal.number(from: bytes("c21c0000")) == 10)
    #expect(LexDecimal.number(from: bytes("7f")) == 0)
  }

  @Test(arguments: [
    "", "00", "ff", "8000", "c1", "c11c", "c11c00", "c11c000000", "c10000", "fe800000", "c1ffff",
    "feffffffff1c0000",
  ])
  func otherBytesAreNoNumbers(encoded: String) {
    #expect(LexDecimal.number(from: bytes(encoded)) == nil)
  }

  @Test(arguments: Seed.some(40))
  func bytesAreInTheOrderOfTheNumbers(seed: Seed) throws {
    var values = RandomValues(random: seed.generator)
    var numbers = (0..<60).map { _ in values.number() }
    numbers += numbers.compactMap { try? $0.adding(1) } + [0, 1, -1, 10, -10]
    for a in numbers {
      let encoded = LexDecimal.bytes(of: a)
      #expect(LexDecimal.number(from: encoded) == a, "\(seed): \(a)")
      for b in numbers where a < b {
        let isBefore = encoded.lexicographicallyPrecedes(LexDecimal.bytes(of: b))
        #expect(isBefore, "\(seed): \(a) < \(b)")
      }
    }
  }
}
