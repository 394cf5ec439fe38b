// Sizes of values and items: the measured vectors and rules of capacity.md 1.10.

import DataModel
import Testing

struct NumberSizeCase: CustomTestStringConvertible, Sendable {
  var text: String
  var bytes: Int
  var testDescription: String { "\(text) -> \(bytes)" }

  init(_ text: String, _ bytes: Int) {
    self.text = text
    self.bytes = bytes
  }
}

struct ValueSizeCase: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var value: AttributeValue
  var bytes: Int

  init(_ name: String, _ value: AttributeValue, _ bytes: Int) {
    self.testDescription = "\(name) -> \(bytes)"
    self.value = value
    self.bytes = bytes
  }
}

/// Every unit charged is a rounded size, so one byte too many can cost a unit.
@Suite struct ItemSizeTests {
  /// The vectors measured on the service, as 1.10 lists them.
  static let measured: [NumberSizeCase] = [
    .init("1", 2), .init("12", 2), .init("123", 3), .init("1234", 3), .init("12345", 4),
    .init("100", 2), .init("1010", 3), .init("0042", 2), .init("0", 1), .init("-0", 1),
    .init("1.5", 3), .init("1.234", 4), .init("3.14159", 5), .init("100.5", 4), .init("0.15", 2),
    .init("0.0000001", 2), .init("1E125", 2), .init("1E-100", 2), .init("-42", 3),
    .init("-12345", 5), .init("-0.15", 3), .init("1234567890123456789", 11),
    .init("12345678901234567890123456789012345678", 20),
  ]

  /// What the pair-aligned rule says beyond the measurements (X1) and at its cap.
  static let derived: [NumberSizeCase] = [
    .init("120", 3), .init("0.015", 3), .init("10", 2), .init("1000", 2), .init("0.1", 2),
    .init("0.01", 2), .init("0.001", 2), .init("-1", 3),
    .init("-12345678901234567890123456789012345678", 21),
    .init("1234567890123456789012345678901234567.8", 21),
    .init("-1234567890123456789012345678901234567.8", 21),
  ]

  @Test(arguments: measured + derived)
  func sizesNumbersByAlignedPairs(_ testCase: NumberSizeCase) throws {
    let number = try #require(Number(testCase.text))
    #expect(number.sizeInBytes == testCase.bytes)
    #expect(AttributeValue.number(number).sizeInBytes == testCase.bytes)
  }

  @Test(arguments: [
    ValueSizeCase("empty S", .string(""), 0),
    ValueSizeCase("ASCII S", .string("hello"), 5),
    ValueSizeCase("S counts UTF-8 bytes", .string("é€😀"), 2 + 3 + 4),
    ValueSizeCase("B counts raw bytes", .binary([0, 1, 2, 255]), 4),
    ValueSizeCase("BOOL", .boolean(false), 1),
    ValueSizeCase("NULL", .null, 1),
    ValueSizeCase("SS has no overhead", .stringSet(["a", "bcd"]), 4),
    ValueSizeCase("NS has no overhead", .numberSet([1, 123, 0]), 2 + 3 + 1),
    ValueSizeCase("BS has no overhead", .binarySet([[1], [2, 3]]), 3),
    ValueSizeCase("empty L", .list([]), 3),
    ValueSizeCase("L", .list([.string("ab"), .null]), 3 + (1 + 2) + (1 + 1)),
    ValueSizeCase("empty M", .map([:]), 3),
    ValueSizeCase(
      "M", .map(["k": .string("ab"), "né": .boolean(true)]), 3 + (1 + 1 + 2) + (1 + 3 + 1)),
    ValueSizeCase("nested", .list([.map(["a": .list([])])]), 3 + 1 + (3 + 1 + 1 + 3)),
  ])
  func sizesValues(_ testCase: ValueSizeCase) {
    #expect(testCase.value.sizeInBytes == testCase.bytes)
  }

  @Test func addsNamesAndValues() {
    // 1.10, the service's example.
    let shirt: Item = ["shirt-color": .string("R"), "shirt-size": .string("M")]
    #expect(shirt.sizeInBytes == 23)
    #expect(Item().sizeInBytes == 0)
    #expect((["é": .number(5)] as Item).sizeInBytes == 2 + 2)
  }
}
