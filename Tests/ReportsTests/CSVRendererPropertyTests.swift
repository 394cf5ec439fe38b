// The CSV files are read by other programs, so text and sums must survive.
//
// What is written is read back by a reader of RFC 4180 that shares no code with the writer, and the
// exported numbers must add up to the record's.

import Results
import Testing

@testable import Reports

/// An independent reader: fields and quotes as RFC 4180 section 2 has them.
private func parsed(_ text: String) -> [[String]] {
  var rows: [[String]] = []
  var row: [String] = []
  var field = ""
  var isQuoted = false
  var previousQuote = false
  for scalar in text.unicodeScalars {
    if isQuoted {
      if scalar == "\"" {
        isQuoted = false
        previousQuote = true
      } else {
        field.unicodeScalars.append(scalar)
      }
      continue
    }
    switch scalar {
    case "\"":
      if previousQuote { field.append("\"") }
      isQuoted = true
    case ",":
      row.append(field)
      field = ""
    case "\n":
      rows.append(row + [field])
      row = []
      field = ""
    default: field.unicodeScalars.append(scalar)
    }
    previousQuote = false
  }
  return rows
}

@Suite struct CSVRendererPropertyTests {
  @Test(arguments: 0..<50 as Range<UInt64>)
  func readsBack(seed: UInt64) {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func next(_ n: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % n
    }
    let pieces = ["a", ",", "\"", "\n", " ", "é", "12.5", "\"\"", "µs", "\t", ";"]
    let rows = (0..<1 + next(5)).map { _ in
      (0..<4).map { _ in (0..<next(6)).map { _ in pieces[next(pieces.count)] }.joined() }
    }
    let table = CSVTable(header: ["A", "B", "C", "D"], rows: rows)
    #expect(parsed(CSVRenderer().render(table)) == [table.header] + rows, "seed \(seed)")
  }

  @Test(arguments: [12, 240, 1_500, 20_160])
  func metricsKeepTheSums(minutes: Int) throws {
    let run = PlanFixture.record(minutes: minutes)
    let rows = parsed(CSVRenderer().render(MetricsTable.table(run)))
    let header = rows[0]
    #expect(rows.allSatisfy { $0.count == header.count })
    #expect(rows.count - 1 <= 2_000)
    for resource in run.resources {
      let own = rows.dropFirst().filter { $0[2] == resource.table && $0[3] == resource.index ?? "" }
      func sum(_ name: String) throws -> Double {
        let column = try #require(header.firstIndex(of: name))
        return own.reduce(0) { $0 + (Double($1[column]) ?? .nan) }
      }
      let units = resource.write.consumed.reduce(0) { $0 + Double($1) } / 2
      #expect(try abs(sum("ConsumedWriteCapacityUnits") - units) < 0.5)
      let events = resource.write.throttles[0].reduce(0) { $0 + Double($1) }
      #expect(try sum("WriteProvisionedThroughputThrottleEvents") == events)
      let all = resource.write.throttles.joined().reduce(0) { $0 + Double($1) }
      #expect(try sum("WriteThrottleEvents") == all)
    }
  }

  @Test func periodGrowsOnlyWhenNeeded() {
    #expect(MetricsTable.period(series: 1, minutes: 2_000) == 1)
    #expect(MetricsTable.period(series: 1, minutes: 2_001) == 5)
    #expect(MetricsTable.period(series: 2, minutes: 5_000) == 5)
    #expect(MetricsTable.period(series: 2, minutes: 5_001) == 60)
  }
}
