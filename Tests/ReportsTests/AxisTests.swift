// A wrong tick misleads every reader of a chart.
//
// Ticks must be round, cover the values and keep apart; time must be told in the unit people use
// for its length; compression must keep every extreme.

import Foundation
import Testing

@testable import Reports

@Suite struct AxisTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var top: Double
    var count: Int
    var labels: [String]
    var testDescription: String { "0...\(top) in about \(count)" }
  }

  @Test(arguments: [
    Case(top: 10, count: 5, labels: ["0", "2", "4", "6", "8", "10"]),
    Case(top: 0.9, count: 4, labels: ["0.0", "0.5", "1.0"]),
    Case(top: 1_234, count: 3, labels: ["0", "500", "1,000", "1,500"]),
    Case(top: 0, count: 2, labels: ["0", "1"]),
    Case(top: 3_000_000, count: 3, labels: ["0", "1 M", "2 M", "3 M"]),
  ])
  func linearLabels(_ test: Case) {
    let axis = Axis.fromZero(to: test.top, count: test.count, unit: .number)
    #expect(axis.ticks.map(\.label) == test.labels)
  }

  @Test func linearTicksCoverAndAreRound() {
    for exponent in -6...12 {
      for factor in [1.0, 1.3, 1.99, 2.5, 4.9, 5.1, 7.7, 9.99] {
        let top = factor * pow(10, Double(exponent))
        for count in 2...8 {
          let axis = Axis.fromZero(to: top, count: count, unit: .number)
          #expect(axis.high >= top * 0.999_999)
          #expect(axis.ticks.count <= count + 2 && axis.ticks.count >= 2)
          let step = axis.ticks[1].value
          let digit = step / pow(10, Foundation.log10(step).rounded(.down))
          #expect([1, 2, 5, 10].contains { abs(digit - $0) < 1e-6 }, "\(step)")
          #expect(Set(axis.ticks.map(\.label)).count == axis.ticks.count || step < 1e-5)
        }
      }
    }
  }

  @Test func logarithmicTicksCover() {
    for low in [0.000_02, 0.000_9, 0.001, 0.0031, 0.5, 3] {
      for ratio in [1.0, 1.5, 10, 317, 40_000] {
        let axis = Axis.logarithmic(from: low, to: low * ratio, count: 12, unit: .seconds)
        #expect(axis.low <= low * 1.00001 && axis.high >= low * ratio * 0.99999)
        #expect(axis.high > axis.low && axis.ticks.count >= 2)
        #expect(axis.fraction(axis.low) == 0 && abs(axis.fraction(axis.high) - 1) < 1e-9)
      }
    }
  }

  struct TimeCase: CustomTestStringConvertible, Sendable {
    var seconds: Double
    var labels: [String]
    var testDescription: String { "\(seconds) s" }
  }

  @Test(arguments: [
    TimeCase(seconds: 30, labels: ["0", "5 s", "10 s", "15 s", "20 s", "25 s", "30 s"]),
    TimeCase(
      seconds: 3_600, labels: ["0", "10 min", "20 min", "30 min", "40 min", "50 min", "60 min"]),
    TimeCase(seconds: 14_400, labels: ["0", "1 h", "2 h", "3 h", "4 h"]),
    TimeCase(seconds: 86_400, labels: ["0", "6 h", "12 h", "18 h", "24 h"]),
    TimeCase(seconds: 1_209_600, labels: ["0", "7 d", "14 d"]),
  ])
  func timeLabels(_ test: TimeCase) {
    #expect(Axis.time(duration: test.seconds, count: 6).ticks.map(\.label) == test.labels)
  }

  @Test func logarithmAgreesWithTheLibrary() {
    for value in [1e-12, 0.001, 0.5, 1, 1.999, 2, 3, 10, 1_000, 12_345.678, 1e15] {
      #expect(abs(Reports.log10(value) - Foundation.log10(value)) < 1e-12)
    }
    #expect(Reports.log10(0) == -.infinity)
  }

  /// A spike of one sample must survive any compression, and no column may invent a value.
  @Test(arguments: [1, 2, 7, 100, 379])
  func downsamplingKeepsExtremes(columns: Int) throws {
    for count in [1, 5, 378, 380, 20_160] {
      var values: [Double?] = (0..<count).map { 100 + 10 * PlanFixture.jitter($0, columns) }
      values[count / 3] = 5_000
      values[count * 2 / 3] = count > 1 ? -3 : 5_000
      let result = envelopes(values, columns: columns)
      #expect(result.count == min(columns, count))
      let found = try #require(result.compactMap { $0 }.map(\.high).max())
      #expect(found == 5_000)
      #expect(result.compactMap { $0 }.map(\.low).min() == values.compactMap { $0 }.min())
      for case .some(let column) in result {
        #expect(column.low <= column.mean + 1e-9 && column.mean <= column.high + 1e-9)
      }
    }
    #expect(envelopes([nil, nil, 4], columns: 3).map { $0?.mean } == [nil, nil, 4])
  }

  @Test func textCharts() {
    #expect(TextChart.sparkline([0, 1, 2, 3, 4, 5, 6, 7], width: 8) == "▁▂▃▄▅▆▇█")
    #expect(TextChart.sparkline([7, nil, 0], width: 10) == "█ ▁")
    #expect(TextChart.sparkline([], width: 5) == "")
    #expect(TextChart.bar(0.5, width: 4) == "██")
    #expect(TextChart.bar(0.53125, width: 4) == "██▏")
    #expect(TextChart.bar(7, width: 3) == "███")
  }
}
