// A validation as a page: how far the simulator was off, row by row, and what was not compared.

public import Results
import Statistics
import Units

public enum ValidationReport {
  /// What stands above the tables.
  public struct Facts: Sendable {
    public var title: String
    /// "the embedded engine, clock x10".
    public var against: String
    public var rows: [DocumentFact]
    public var command: String

    public init(title: String, against: String, rows: [DocumentFact], command: String) {
      self.title = title
      self.against = against
      self.rows = rows
      self.command = command
    }
  }

  public static func document(_ validation: Validation, _ facts: Facts) -> Document {
    var document = Document(
      title: "\(facts.title): predicted and measured",
      subtitle: Prose("The simulator against \(facts.against), with the same requests"))
    document.banner = banner(validation)
    var section = DocumentSection("How it was done")
    section.facts(facts.rows)
    document.append(section)
    let groups: [(String, (ValidationRow) -> Bool)] = [
      ("Requests and throttles", { $0.kind == .count || $0.kind == .ratio }),
      ("Capacity", { $0.kind == .units }), ("Times", { $0.kind == .time }),
      ("Latency", { $0.kind == .latency }),
    ]
    for (title, belongs) in groups {
      var section = DocumentSection(title)
      let rows = validation.rows.filter(belongs)
      section.table(table(rows))
      section.bullets(
        rows.filter { !$0.because.isEmpty }.map {
          Prose("\(code: $0.subject) \($0.quantity): \($0.because)")
        })
      if title == "Requests and throttles" {
        for row in validation.minutes { section.table(minutes(row)) }
      }
      document.append(section)
    }
    var rest = DocumentSection("Not compared")
    rest.bullets(validation.omissions.map { Prose($0) })
    document.append(rest)
    document.footer = [
      "Counts and units are to agree within 2 %, latencies within 10 %, times within 2 s.",
      "Regenerate: \(code: facts.command)",
    ]
    return document
  }

  private static func banner(_ validation: Validation) -> Banner {
    let outside = validation.rows.count { !$0.isInside }
    let loose = validation.rows.count { $0.isInside && !$0.isWithinTolerance }
    let exact = validation.rows.count { $0.error == 0 }
    var text = "Of \(validation.rows.count) numbers \(exact) agree exactly"
    if loose > 0 { text += ", \(loose) only within what chance explains" }
    text += outside > 0 ? ", \(outside) lie outside." : "; none lies outside."
    return Banner(
      status: outside == 0 ? .good : .bad,
      headline: outside == 0 ? "The prediction holds" : "The prediction is off", text: Prose(text))
  }

  private static func table(_ rows: [ValidationRow]) -> DocumentTable {
    DocumentTable(
      columns: [
        .init("Of"), .init("Quantity"), .init("Predicted", .trailing), .init("Measured", .trailing),
        .init("Error", .trailing), .init("Verdict"),
      ],
      rows: rows.map { row in
        [
          DocumentCell(row.subject, isCode: true), DocumentCell(row.quantity),
          DocumentCell(
            text(row.predicted, row.kind),
            detail: row.interval.map {
              "\(text($0.lowerBound, row.kind)) to \(text($0.upperBound, row.kind))"
            } ?? ""),
          DocumentCell(text(row.measured, row.kind)), DocumentCell(error(row)),
          DocumentCell(verdict(row), status: row.isInside ? .good : .bad),
        ]
      })
  }

  private static func verdict(_ row: ValidationRow) -> String {
    row.isWithinTolerance ? "inside" : row.isInside ? "inside the interval" : "outside"
  }

  private static func error(_ row: ValidationRow) -> String {
    if row.error == 0 { return "none" }
    let sign = row.error > 0 ? "+" : "-"
    if row.kind == .time { return sign + fixed(abs(row.error), 2) + " s" }
    return row.predicted == 0 ? "not predicted" : sign + percentage(abs(row.error))
  }

  private static func text(_ value: Double, _ kind: ValidationRow.Kind) -> String {
    switch kind {
    case .count: fixed(value, 0)
    case .units: trimmed(value, 1)
    case .ratio: fixed(value, 4)
    case .latency: Wording.estimate(Estimate(value: value, halfWidth: nil, samples: 1), .seconds)
    case .time: fixed(value, 2) + " s"
    }
  }

  /// Throttle events per minute; long runs in rows of whole tens of minutes.
  private static func minutes(_ row: ThrottleMinutes) -> DocumentTable {
    let count = max(row.predicted.count, row.measured.count)
    let step = max(1, (count + 19) / 20)
    func sum(_ values: [Int64], _ start: Int) -> Int64 {
      values.dropFirst(start).prefix(step).reduce(0, +)
    }
    return DocumentTable(
      caption: "Throttle events on \(row.subject)",
      columns: [
        .init("From minute", .trailing), .init("Predicted", .trailing),
        .init("Measured", .trailing),
      ],
      rows: stride(from: 0, to: count, by: step).map { start in
        [
          DocumentCell("\(start)"), DocumentCell(group(sum(row.predicted, start))),
          DocumentCell(group(sum(row.measured, start))),
        ]
      })
  }
}
