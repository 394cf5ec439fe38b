// The list of pages and of files: the only place that knows them all.
//
// A new page is a file in Sections/ and one line here; every format then shows it. The terminal's
// screen is a document of its own, because one screen asks for a choice and not for a cut.

import Results
import Units

/// Makes documents, files and the terminal's screen from a plan and its bill.
public enum ReportCatalog {
  /// Pages in reading order.
  private static var sections: [any ReportSection.Type] {
    [
      SummarySection.self, MeasurementSection.self, ThrottlingSection.self, FindingsSection.self,
      RemediesSection.self, UncertaintySection.self,
      LatencySection.self, CapacitySection.self, PartitionsSection.self, CacheSection.self,
      EventsSection.self,
      CostSection.self, AlternativesSection.self, ScenarioSection.self,
    ]
  }

  /// The whole report as a value.
  public static func document(_ input: ReportInput) -> Document {
    let facts = input.plan.scenario
    let title = facts.title.isEmpty ? facts.name : facts.title
    let times =
      facts.replications == 1
      ? "one replication" : Wording.count(facts.replications, "replication")
    let subtitle: Prose =
      if let run = input.measurement {
        "Load \(code: facts.name) · \(facts.duration) measured · \(run.loop) · \(run.endpoint)"
      } else {
        "Capacity plan \(code: facts.name) · \(facts.duration) simulated"
          + " · \(times) · \(facts.region)"
      }
    var document = Document(title: title, subtitle: subtitle)
    for section in sections { section.write(input, into: &document) }
    document.footer = [
      input.measurement == nil
        ? "Written by plimsoll \(input.version). Every number follows from the scenario and its"
          + " seed." : "Written by plimsoll \(input.version) from a measured run.",
      "Regenerate: \(code: input.command)",
    ]
    return document
  }

  /// Every file of the report folder, in a fixed order; the same input gives the same bytes.
  public static func files(_ input: ReportInput) -> [ReportFile] {
    let document = document(input)
    var files = [
      ReportFile(path: "report.md", contents: MarkdownRenderer().render(document)),
      ReportFile(path: "report.html", contents: HTMLRenderer().render(document)),
      ReportFile(path: "run.json", contents: RunJSON.text(input)),
    ]
    for (path, table) in ExportTables.all(input) {
      files.append(ReportFile(path: path, contents: CSVRenderer().render(table)))
    }
    let drawing = SVGChart(width: 860, isStandalone: true)
    for case .chart(let chart) in document.sections.flatMap(\.blocks) {
      files.append(
        ReportFile(path: "charts/\(chart.id).svg", contents: drawing.render(chart)))
    }
    return files
  }

  /// One screen for a terminal of `width` columns: at most 45 lines at 80 columns and more.
  public static func screen(_ input: ReportInput, width: Int, colour: Bool) -> String {
    TextRenderer(width: width, colour: colour).render(Screen.document(input, width: width))
  }
}
