// Numbers: what is accepted, what is refused and with which message, the answer's text, the order.
// Precision, range and messages are the service's (developer guide, data types).

import DataModel
import Testing

struct NumberTextCase: CustomTestStringConvertible, Sendable {
  var input: String
  var text: String
  var testDescription: String { "\(input.prefix(50)) -> \(text.prefix(50))" }
}

struct NumberFaultCase: CustomTestStringConvertible, Sendable {
  var input: String
  var fault: NumberFault
  var testDescription: String { "\(input.prefix(50)) is refused" }
}

private let nines = String(repeating: "9", count: 38)

/// Index identity and key lookup rest on equal numbers being one value, whatever their text.
@Suite struct NumberTests {
  @Test(arguments: [
    NumberTextCase(input: "0", text: "0"),
    NumberTextCase(input: "-0", text: "0"),
    NumberTextCase(input: "0.000", text: "0"),
    NumberTextCase(input: "0e999", text: "0"),
    NumberTextCase(input: "0042", text: "42"),
    NumberTextCase(input: "+7", text: "7"),
    NumberTextCase(input: "100", text: "100"),
    NumberTextCase(input: "1e3", text: "1000"),
    NumberTextCase(input: "1E+3", text: "1000"),
    NumberTextCase(input: "0.50", text: "0.5"),
    NumberTextCase(input: "-0.0150", text: "-0.015"),
    NumberTextCase(input: "123e-1", text: "12.3"),
    NumberTextCase(input: "123e-3", text: "0.123"),
    NumberTextCase(input: "123e-5", text: "0.00123"),
    NumberTextCase(input: "1002003.004", text: "1002003.004"),
    NumberTextCase(input: nines, text: nines),
    NumberTextCase(input: "-" + nines, text: "-" + nines),
    NumberTextCase(
      input: "1E125", text: "1" + String(repeating: "0", count: 125)),
    NumberTextCase(
      input: "1E-130", text: "0." + String(repeating: "0", count: 129) + "1"),
    NumberTextCase(
      input: "9.9999999999999999999999999999999999999E+125",
      text: nines + String(repeating: "0", count: 88)),
    NumberTextCase(input: String(repeating: "0", count: 500) + "5", text: "5"),
    NumberTextCase(input: "5." + String(repeating: "0", count: 500), text: "5"),
    NumberTextCase(
      input: "1" + String(repeating: "0", count: 500) + "e-500", text: "1"),
  ])
  func answersInPlainDecimals(_ testCase: NumberTextCase) throws {
    let number = try #require(Number(testCase.input))
    #expect(number.text == testCase.text)
    #expect(Number(testCase.text) == number)
  }

  @Test(arguments: [
    NumberFaultCase(input: "", fault: .notNumeric("")),
    NumberFaultCase(input: "b", fault: .notNumeric("b")),
    NumberFaultCase(input: " 1", fault: .notNumeric(" 1")),
    NumberFaultCase(input: "1 ", fault: .notNumeric("1 ")),
    NumberFaultCase(input: "+", fault: .notNumeric("+")),
    NumberFaultCase(input: "+-1", fault: .notNumeric("+-1")),
    NumberFaultCase(input: "1-", fault: .notNumeric("1-")),
    NumberFaultCase(input: ".", fault: .notNumeric(".")),
    NumberFaultCase(input: "-.e1", fault: .notNumeric("-.e1")),
    NumberFaultCase(input: "1.2.3", fault: .notNumeric("1.2.3")),
    NumberFaultCase(input: "1e", fault: .notNumeric("1e")),
    NumberFaultCase(input: "1e+", fault: .notNumeric("1e+")),
    NumberFaultCase(input: "1e5.0", fault: .notNumeric("1e5.0")),
    NumberFaultCase(input: "1e5-", fault: .notNumeric("1e5-")),
    NumberFaultCase(input: "0x10", fault: .notNumeric("0x10")),
    NumberFaultCase(input: "NaN", fault: .notNumeric("NaN")),
    NumberFaultCase(input: "Infinity", fault: .notNumeric("Infinity")),
    NumberFaultCase(input: "1\u{0661}", fault: .notNumeric("1\u{0661}")),
    NumberFaultCase(input: "123456789012345678901234567890123456789", fault: .tooManyDigits),
    NumberFaultCase(input: "-1.23456789012345678901234567890123456789", fault: .tooManyDigits),
    NumberFaultCase(
      input: "1" + String(repeating: "0", count: 60) + "1", fault: .tooManyDigits),
    NumberFaultCase(input: "1e126", fault: .overflow),
    NumberFaultCase(input: "-1e126", fault: .overflow),
    NumberFaultCase(input: "10e125", fault: .overflow),
    NumberFaultCase(input: "1e99999999999999999999999", fault: .overflow),
    NumberFaultCase(input: "1e-131", fault: .underflow),
    NumberFaultCase(input: "-1e-131", fault: .underflow),
    NumberFaultCase(input: "1e-99999999999999999999999", fault: .underflow),
  ])
  func refusesWhatTheServiceRefuses(_ testCase: NumberFaultCase) {
    #expect(Number.parse(testCase.input) == .failure(testCase.fault))
  }

  @Test func wordsItsRefusalsAsTheServiceDoes() {
    #expect(
      NumberFault.notNumeric("b").message
        == "The parameter cannot be converted to a numeric value: b")
    #expect(
      NumberFault.notNumeric("").message == "The parameter cannot be converted to a numeric value")
    #expect(
      NumberFault.tooManyDigits.message
        == "Attempting to store more than 38 significant digits in a Number")
    #expect(
      NumberFault.overflow.message
        == "Number overflow. "
        + "Attempting to store a number with magnitude larger than supported range"
    )
    #expect(
      NumberFault.underflow.message
        == "Number underflow. "
        + "Attempting to store a number with magnitude smaller than supported range"
    )
  }

  @Test func ordersByValue() throws {
    let ascending = [
      "-9e125", "-1e125", "-100", "-99.5", "-12", "-1.5", "-1", "-0.15", "-1e-130", "0", "1e-130",
      "0.015", "0.15", "1", "1.0000000000000000000000000000000000001", "1.5", "9", "10", "12",
      "100",
      "1e125", "9e125",
    ]
    let numbers = try ascending.map { try #require(Number($0)) }
    for (i, a) in numbers.enumerated() {
      for (j, b) in numbers.enumerated() {
        #expect((a < b) == (i < j), "\(a) < \(b)")
        #expect((a == b) == (i == j), "\(a) == \(b)")
      }
    }
  }

  @Test(arguments: [
    (Int64(0), "0"), (1, "1"), (-1, "-1"), (1000, "1000"), (-1200, "-1200"),
    (Int64.max, "9223372036854775807"), (Int64.min, "-9223372036854775808"),
  ])
  func takesIntegers(_ value: Int64, _ text: String) {
    #expect(Number(value).text == text)
    #expect(Number(value) == Number(text))
  }
}
