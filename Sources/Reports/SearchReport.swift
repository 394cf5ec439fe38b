// What a capacity search found: the two answers, what limits each, and every probe behind them.

public import Results
public import Statistics
import Units

public enum SearchReport {
  public static func document(
    _ title: String, objectives: [String], found: [FoundCapacity]
  ) -> Document {
    var document = Document(
      title: title, subtitle: Prose("Highest rate at which " + objectives.joined(separator: ", ")))
    var section = DocumentSection("Capacity")
    var table = DocumentTable(columns: [
      .init("Capacity"), .init("Holds", .trailing), .init("Fails", .trailing),
      .init("Asked for", .trailing), .init("Limit"),
    ])
    for answer in found {
      let search = answer.search
      table.rows.append([
        DocumentCell(answer.horizon == .burst ? "burst, full buckets" : "sustained, empty buckets"),
        DocumentCell(
          search.held.map { "\(significant($0))/s" }
            ?? (search.hasFailure ? "no rate" : "undecided"),
          status: search.held != nil ? .good : search.hasFailure ? .bad : .warning,
          isStrong: true),
        DocumentCell(search.missed.map { "\(significant($0))/s" } ?? "not found"),
        DocumentCell(Nanoseconds(seconds: answer.seconds).description),
        DocumentCell(search.isUnbounded ? "none up to this rate" : search.limit ?? ""),
      ])
    }
    section.table(table)
    if found.contains(where: { $0.search.probes.contains { $0.isTooShort } }) {
      section.paragraph(
        "Probes that are undecided had too few requests for a verdict: a longer one (--probe) or a "
          + "higher first rate (--from) has more.")
    }
    document.append(section)
    for answer in found { document.append(probes(answer)) }
    return document
  }

  private static func probes(_ answer: FoundCapacity) -> DocumentSection {
    var section = DocumentSection("Probes of \(answer.horizon.rawValue) capacity")
    section.table(
      DocumentTable(
        columns: [
          .init("Requests/s", .trailing), .init("Verdict"), .init("Runs", .trailing),
          .init("Limit"),
        ],
        rows: answer.search.probes.map { probe in
          [
            DocumentCell(significant(probe.rate)),
            DocumentCell(word(probe.verdict), status: status(probe.verdict)),
            DocumentCell("\(probe.runs)"), DocumentCell(probe.limit),
          ]
        }))
    return section
  }

  /// A verdict in a word.
  public static func word(_ verdict: ThresholdVerdict) -> String {
    switch verdict {
    case .met: "holds"
    case .missed: "fails"
    case .undecided: "undecided"
    }
  }

  private static func status(_ verdict: ThresholdVerdict) -> Status {
    switch verdict {
    case .met: .good
    case .missed: .bad
    case .undecided: .warning
    }
  }
}
