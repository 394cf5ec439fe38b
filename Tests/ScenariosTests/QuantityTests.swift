// Units decide by factors of a thousand: each is checked by hand-written values, and each refusal
// too.
// A refusal leaves exactly one diagnostic.

import Testing
import Units

@testable import Scenarios
@testable import YAML

@Suite("Quantities")
struct QuantityTests {
  private func reader(_ text: String) -> NodeReader {
    let range = SourceRange(start: SourceMark(line: 1, column: 1), length: 1)
    return NodeReader(
      node: YAMLNode(.scalar(YAMLScalar(text: text, isPlain: true)), at: range), label: "'x'",
      faults: FaultList(file: "f"))
  }

  struct Whole: CustomTestStringConvertible {
    let text: String
    let value: Int?
    var testDescription: String { text }
    init(_ text: String, _ value: Int?) {
      self.text = text
      self.value = value
    }
  }

  struct Real: CustomTestStringConvertible {
    let text: String
    let value: Double?
    var testDescription: String { text }
    init(_ text: String, _ value: Double?) {
      self.text = text
      self.value = value
    }
  }

  @Test(
    "durations",
    arguments: [
      Whole("0", 0), Whole("1ns", 1), Whole("250us", 250_000), Whole("1.6ms", 1_600_000),
      Whole("30s", 30_000_000_000), Whole("5m", 300_000_000_000), Whole("5 min", 300_000_000_000),
      Whole("2h", 7_200_000_000_000), Whole("7d", 604_800_000_000_000),
      Whole("1w", 604_800_000_000_000), Whole("1h30m", 5_400_000_000_000),
      Whole("1h 30m", 5_400_000_000_000), Whole("5", nil), Whole("5 months", nil), Whole("ms", nil),
      Whole("-5s", nil), Whole("5ss", nil), Whole("", nil), Whole("1.s", nil), Whole("1e3s", nil),
      Whole("999999999999d", nil),
    ])
  func durations(_ row: Whole) {
    let reader = reader(row.text)
    #expect(reader.duration()?.count == row.value.map { Int64($0) })
    #expect(reader.faults.diagnostics.count == (row.value == nil ? 1 : 0))
  }

  @Test(
    "sizes",
    arguments: [
      Whole("0", 0), Whole("700B", 700), Whole("1KB", 1_024), Whole("1KiB", 1_024),
      Whole("1.2KB", 1_229), Whole("4MB", 4_194_304), Whole("2GB", 2_147_483_648),
      Whole("1TB", 1_099_511_627_776), Whole("10 KB", 10_240), Whole("1200", nil),
      Whole("1kb", nil),
      Whole("1PB", nil), Whole("KB", nil), Whole("-1KB", nil), Whole("9999999TB", nil),
    ])
  func sizes(_ row: Whole) {
    let reader = reader(row.text)
    #expect(reader.size() == row.value)
    #expect(reader.faults.diagnostics.count == (row.value == nil ? 1 : 0))
  }

  @Test(
    "rates",
    arguments: [
      Real("500/s", 500), Real("30k/s", 30_000), Real("1.5M/s", 1_500_000),
      Real("600/min", 10), Real("600/m", 10), Real("7200/h", 2), Real("500 / s", 500), Real("0", 0),
      Real("500", nil), Real("500/day", nil), Real("/s", nil), Real("2G/s", nil), Real("-1/s", nil),
    ])
  func rates(_ row: Real) {
    let reader = reader(row.text)
    #expect(reader.rate() == row.value)
    #expect(reader.faults.diagnostics.count == (row.value == nil ? 1 : 0))
  }

  @Test(
    "counts",
    arguments: [
      Whole("0", 0), Whole("400", 400), Whole("50k", 50_000), Whole("2.3M", 2_300_000),
      Whole("1_000_000", 1_000_000), Whole("1G", 1_000_000_000), Whole("2.5", nil),
      Whole("1.0001k", nil),
      Whole("-1", nil), Whole("many", nil), Whole("1e6", nil), Whole("99999999999999999999", nil),
    ])
  func counts(_ row: Whole) {
    let reader = reader(row.text)
    #expect(reader.count() == row.value)
    #expect(reader.faults.diagnostics.count == (row.value == nil ? 1 : 0))
  }

  @Test(
    "shares",
    arguments: [
      Real("70%", 0.7), Real("0.1%", 0.001), Real("100 %", 1), Real("0", 0), Real("0.7", nil),
      Real("101%", nil), Real("-1%", nil), Real("seventy", nil),
    ])
  func shares(_ row: Real) {
    let reader = reader(row.text)
    #expect(reader.share() == row.value)
    #expect(reader.faults.diagnostics.count == (row.value == nil ? 1 : 0))
  }

  @Test(
    "start times",
    arguments: [
      // 2026-11-02 is a Monday, 2024-02-29 a Thursday, 2000-01-01 a Saturday.
      Whole("2026-11-02", 0), Whole("2026-11-02 08:00", 28_800),
      Whole("2024-02-29 00:01", 3 * 86_400 + 60), Whole("2000-01-01", 5 * 86_400),
      Whole("2026-11-08 23:59", 6 * 86_400 + 86_340), Whole("2026-02-29", nil),
      Whole("2026-13-01", nil), Whole("2026-11-02 24:00", nil), Whole("tomorrow", nil),
      Whole("2026-1-02", nil),
    ])
  func startTimes(_ row: Whole) {
    #expect(StartTime(row.text)?.secondsOfWeek == row.value.map { Int64($0) })
  }
}
