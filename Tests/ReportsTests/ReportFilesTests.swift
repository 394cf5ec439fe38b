// Properties every report must have whatever its numbers.
//
// Pages are well-formed and fetch nothing, links lead somewhere, the screen fits, names from a
// scenario cannot break a page, and the same input gives the same bytes.

import Pricing
import Results
import Testing
import Units

@testable import Reports

@Suite struct ReportFilesTests {
  static let inputs = [
    PlanFixture.orders(minutes: 1), PlanFixture.orders(minutes: 150),
    PlanFixture.orders(minutes: 3_000), PlanFixture.empty, hostile,
  ]

  /// Names and texts that would break a careless renderer.
  static var hostile: ReportInput {
    let nasty = "a<b> & \"c\" | `d` *e* _f_ 'g', \u{1}\n#h </td></style><script>"
    var input = PlanFixture.orders(minutes: 3)
    input.plan.scenario.title = nasty
    input.plan.scenario.summary = nasty
    input.plan.objectives[0].text = nasty
    input.plan.operations[0].name = nasty
    input.plan.findings[0] = Finding(
      severity: .problem, title: nasty, explanation: nasty, remedies: [nasty])
    input.plan.resources[0].name = nasty
    input.plan.record.resources[0].table = nasty
    input.plan.record.resources[0].hotKeys[0].key = nasty
    input.plan.record.events[0].text = nasty
    input.bill.lines[0].description = nasty
    input.bill.warnings = [nasty]
    input.alternatives[0].name = nasty
    input.command = nasty
    return input
  }

  @Test(arguments: inputs.indices)
  func pagesAreWellFormed(index: Int) throws {
    for file in ReportCatalog.files(Self.inputs[index])
    where file.path.hasSuffix(".html") || file.path.hasSuffix(".svg") {
      do {
        let elements = try checkedElements(file.contents)
        #expect(!elements.contains("script"))
      } catch {
        Issue.record("\(file.path): \(error)")
      }
      for banned in ["src=", "@import", "url(", "NaN", "inf\"", "<link"] {
        #expect(!file.contents.contains(banned), "\(file.path) has \(banned)")
      }
    }
  }

  /// Requests simulated many at a time have no slowest one: no page may name one.
  @Test func aRunWithoutMaximaShowsNone() throws {
    var input = PlanFixture.orders(minutes: 3)
    for index in input.plan.operations.indices { input.plan.operations[index].max = nil }
    let files = ReportCatalog.files(input)
    let latency = files.filter { $0.contents.contains("no single slowest one") }
    #expect(latency.contains { $0.path.hasSuffix(".md") })
    #expect(latency.contains { $0.path.hasSuffix(".html") })
    for file in latency { #expect(!file.contents.contains("Max"), "\(file.path)") }
    let run = try #require(files.first { $0.path == "run.json" })
    #expect(!run.contents.contains("maxSeconds"))
    let table = try #require(files.first { $0.path.hasSuffix("operations.csv") })
    #expect(table.contents.contains("MaxSeconds"))
    for row in table.contents.split(whereSeparator: \.isNewline).dropFirst() {
      #expect(row.hasSuffix(",,"), "\(row)")
    }
  }

  @Test func theCheckerFindsFaults() {
    for bad in ["<p>", "<p></b>", "a & b", "<p x=1></p>", "<p x=\"<\"></p>", "<p", "</p>"] {
      #expect(throws: MarkupProblem.self) { try checkedElements(bad) }
    }
  }

  @Test func linksAndIdentifiersMatch() throws {
    let files = ReportCatalog.files(PlanFixture.orders(minutes: 30))
    let html = try #require(files.first { $0.path == "report.html" }).contents
    let identifiers = values(of: "id=\"", in: html)
    #expect(Set(identifiers).count == identifiers.count)
    for target in values(of: "href=\"#", in: html) { #expect(identifiers.contains(target)) }
    let markdown = try #require(files.first { $0.path == "report.md" }).contents
    let charts = files.map(\.path).filter { $0.hasPrefix("charts/") }
    #expect(charts.count >= 7)
    for chart in charts { #expect(markdown.contains("](\(chart))"), "\(chart)") }
    #expect(Set(files.map(\.path)).count == files.count)
  }

  private func values(of opening: String, in text: String) -> [String] {
    text.ranges(of: opening).map { String(text[$0.upperBound...].prefix { $0 != "\"" }) }
  }

  @Test(arguments: [40, 80, 100, 160])
  func screenFitsOneScreen(width: Int) {
    var crowded = PlanFixture.orders(minutes: 60)
    for _ in 0..<3 {
      crowded.plan.objectives += crowded.plan.objectives
      crowded.plan.operations += crowded.plan.operations
      crowded.plan.resources += crowded.plan.resources
      crowded.alternatives += crowded.alternatives
    }
    for input in Self.inputs + [crowded] {
      let lines = ReportCatalog.screen(input, width: width, colour: false)
        .split(separator: "\n", omittingEmptySubsequences: false)
      // On 80 columns the names of reasons take two lines.
      if width >= 80 {
        #expect(lines.count <= (width < 92 ? 50 : 46), "\(input.plan.scenario.name)")
      }
      #expect(lines.allSatisfy { $0.count <= width })
    }
  }

  @Test func colourOnlyAddsEscapes() {
    let input = PlanFixture.orders(minutes: 12)
    let plain = ReportCatalog.screen(input, width: 90, colour: false)
    var coloured = ReportCatalog.screen(input, width: 90, colour: true)
    #expect(coloured.contains("\u{1B}[31m") || coloured.contains("\u{1B}[1;31m"))
    coloured.replace(#/\u{1B}\[[0-9;]*m/#, with: "")
    #expect(
      coloured.split(separator: "\n").map(stripped) == plain.split(separator: "\n").map(stripped))
  }

  private func stripped(_ line: Substring) -> String {
    String(line.reversed().drop { $0 == " " }.reversed())
  }

  @Test func sameInputSameBytes() {
    let first = ReportCatalog.files(PlanFixture.orders(minutes: 90))
    let second = ReportCatalog.files(PlanFixture.orders(minutes: 90))
    #expect(first.map(\.path) == second.map(\.path))
    #expect(first.map(\.contents) == second.map(\.contents))
  }

  @Test func twoWeeksStaySmall() {
    let files = ReportCatalog.files(PlanFixture.orders(minutes: 20_160))
    for file in files {
      #expect(file.contents.utf8.count < 400_000, "\(file.path): \(file.contents.utf8.count)")
    }
  }

  @Test func unpricedIsNeverZero() throws {
    let files = ReportCatalog.files(PlanFixture.orders(minutes: 5))
    let csv = try #require(files.first { $0.path == "csv/bill.csv" }).contents
    let line = try #require(csv.split(separator: "\n").first { $0.contains("dax.r5.large") })
    #expect(line.contains(",unpriced,node-hour,unpriced,"))
    let json = try #require(files.first { $0.path == "run.json" }).contents
    #expect(json.contains("\"amount\":null"))
  }
}
