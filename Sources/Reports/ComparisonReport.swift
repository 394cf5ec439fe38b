// Two runs compared, as a document for people and as JSON for programs.
//
// The screen shows what changed and what could have been seen, not every quantity: rows that did
// not change and whose smallest visible change is below the wanted effect are only counted.

import JSON
public import Results
import Statistics
import Units

public enum ComparisonReport {
  public static let schema = "plimsoll/comparison/1"

  /// The comparison as a page; `all` also shows the rows that did not change.
  public static func document(
    _ comparison: RunComparison, names: (a: String, b: String), all: Bool
  ) -> Document {
    let settings = comparison.settings
    var document = Document(
      title: "\(names.a) and \(names.b) compared",
      subtitle: Prose(
        (comparison.isPaired
          ? "The same seed: intervals are compared in pairs"
          : "Different seeds or intervals: the runs are compared as independent")
          + " · at most \(percentage(settings.alpha)) chance of any false alarm"
          + " · changes from \(percentage(settings.minimumEffect)) on"))
    document.banner = banner(comparison)
    var section = DocumentSection("What changed")
    section.table(table(comparison, all: all))
    let hidden = comparison.rows.count - shown(comparison, all: all).count
    if hidden > 0 {
      section.paragraph(
        "\(hidden) of \(comparison.rows.count) quantities did not change (--all shows them).")
    }
    if !comparison.unmatched.isEmpty {
      let names = comparison.unmatched.joined(separator: ", ")
      section.paragraph("Only in one of the runs: \(names).")
    }
    if comparison.a.interrupted || comparison.b.interrupted {
      section.paragraph("A run was interrupted; only the part it covered is compared.")
    }
    document.append(section)
    return document
  }

  private static func banner(_ comparison: RunComparison) -> Banner {
    func count(_ verdict: ComparisonVerdict) -> Int {
      comparison.rows.count { $0.verdict == verdict }
    }
    let parts = [
      (count(.worse), "worse"), (count(.better), "better"), (count(.changed), "changed"),
      (count(.unknown), "not testable"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    let text =
      "Of \(comparison.rows.count) quantities: "
      + (parts + ["\(count(.unchanged)) unchanged"]).joined(separator: ", ") + "."
    let isWorse = comparison.hasRegressions
    let isChanged = count(.better) + count(.changed) > 0
    let money = cost(comparison)
    let isDifferent = isChanged || money?.isDifferent == true
    return Banner(
      status: isWorse ? .bad : isDifferent ? .neutral : .good,
      headline: isWorse
        ? "B is worse"
        : isChanged
          ? "B differs"
          : isDifferent ? "Only the cost differs" : "No difference found",
      text: Prose(text + (money.map { " " + $0.text } ?? "")))
  }

  /// What a month of each run costs, where both were priced. It is no estimate: it has no test.
  private static func cost(_ comparison: RunComparison) -> (text: String, isDifferent: Bool)? {
    guard let a = comparison.a.monthlyCost, let b = comparison.b.monthlyCost else { return nil }
    let change = b / a - 1
    let isDifferent = abs(change) >= comparison.settings.minimumEffect
    let sign = change < 0 ? "" : "+"
    return (
      "A month costs $\(fixed(a, 2)) in A and $\(fixed(b, 2)) in B (\(sign)\(percentage(change))).",
      isDifferent
    )
  }

  private static func shown(_ comparison: RunComparison, all: Bool) -> [ComparisonRow] {
    comparison.rows.filter { row in
      if all || row.verdict != .unchanged { return true }
      guard let difference = row.difference, difference.a != 0 else { return false }
      let detectable = difference.detectable(alpha: comparison.settings.alpha)
      return detectable / abs(difference.a) > comparison.settings.minimumEffect
        && row.quantity == .p99Seconds
    }
  }

  private static func table(_ comparison: RunComparison, all: Bool) -> DocumentTable {
    var table = DocumentTable(
      caption: "± is the difference's half-width at"
        + " \(percentage(1 - comparison.settings.alpha)) confidence; p is adjusted for the number"
        + " of rows (Holm); \"detectable\" would be found four times in five.",
      columns: [
        .init("Of"), .init("Quantity"), .init("A", .trailing), .init("B", .trailing),
        .init("Change", .trailing), .init("p", .trailing), .init("Detectable", .trailing),
        .init("n", .trailing), .init("Verdict"),
      ])
    for row in shown(comparison, all: all) {
      table.rows.append(cells(row, comparison.settings))
    }
    return table
  }

  private static func cells(_ row: ComparisonRow, _ settings: ComparisonSettings)
    -> [DocumentCell]
  {
    guard let difference = row.difference else {
      return [
        DocumentCell(row.subject, isCode: true), DocumentCell(words(row.quantity)), "-", "-", "-",
        "-", "-", "-", DocumentCell("too few intervals", status: .warning),
      ]
    }
    func share(_ value: Double) -> String {
      guard difference.a != 0 else { return text(value, row.quantity) }
      return percentage(value / abs(difference.a))
    }
    let half = difference.halfWidth(confidence: 1 - settings.alpha)
    let sign = difference.difference > 0 ? "+" : ""
    let samples =
      difference.isPaired
      ? fixed(difference.samplesA, 0)
      : "\(fixed(difference.samplesA, 0)), \(fixed(difference.samplesB, 0))"
    return [
      DocumentCell(row.subject, isCode: true), DocumentCell(words(row.quantity)),
      DocumentCell(text(difference.a, row.quantity)),
      DocumentCell(text(difference.b, row.quantity)),
      DocumentCell(
        sign + share(difference.difference), detail: half.isFinite ? "± \(share(half))" : ""),
      DocumentCell(row.adjusted < 0.0001 ? "< 0.0001" : fixed(row.adjusted, 4)),
      DocumentCell(share(difference.detectable(alpha: settings.alpha))), DocumentCell(samples),
      DocumentCell(row.verdict.rawValue, status: status(row.verdict)),
    ]
  }

  private static func status(_ verdict: ComparisonVerdict) -> Status {
    switch verdict {
    case .worse: .bad
    case .better: .good
    case .unknown: .warning
    case .changed, .unchanged: .neutral
    }
  }

  private static func text(_ value: Double, _ quantity: StoredQuantity) -> String {
    let estimate = Estimate(value: value, halfWidth: nil, samples: 1)
    switch quantity {
    case .requestsPerSecond: return Wording.estimate(estimate, .perSecond)
    case .throttledShare, .failedShare: return Wording.estimate(estimate, .share)
    case .meanSeconds, .p50Seconds, .p90Seconds, .p99Seconds:
      return Wording.estimate(estimate, .seconds)
    case .attemptsPerRequest: return fixed(value, 4)
    case .readUnitsPerSecond: return significant(value) + " RCU/s"
    case .writeUnitsPerSecond: return significant(value) + " WCU/s"
    }
  }

  private static func words(_ quantity: StoredQuantity) -> String {
    switch quantity {
    case .requestsPerSecond: "requests"
    case .throttledShare: "throttled"
    case .failedShare: "failed"
    case .attemptsPerRequest: "attempts per request"
    case .meanSeconds: "mean response"
    case .p50Seconds: "median response"
    case .p90Seconds: "p90 response"
    case .p99Seconds: "p99 response"
    case .readUnitsPerSecond: "read units"
    case .writeUnitsPerSecond: "write units"
    }
  }

  /// The comparison for programs: every row, in the order of run A.
  public static func json(_ comparison: RunComparison, names: (a: String, b: String)) -> String {
    var json = JSONWriter()
    json.beginObject()
    json.member("schema", schema)
    json.member("a", names.a)
    json.member("b", names.b)
    json.member("paired", comparison.isPaired)
    json.member("alpha", comparison.settings.alpha)
    json.member("minimumEffect", comparison.settings.minimumEffect)
    if let a = comparison.a.monthlyCost, let b = comparison.b.monthlyCost {
      RunJSON.number("monthlyCostA", a, &json)
      RunJSON.number("monthlyCostB", b, &json)
    }
    json.key("rows")
    json.beginArray()
    for row in comparison.rows {
      json.beginObject()
      json.member("subject", row.subject)
      json.member("quantity", row.quantity.rawValue)
      json.member("verdict", row.verdict.rawValue)
      if let difference = row.difference {
        RunJSON.number("a", difference.a, &json)
        RunJSON.number("b", difference.b, &json)
        RunJSON.number("difference", difference.difference, &json)
        RunJSON.number("relative", difference.relative ?? .nan, &json)
        let alpha = comparison.settings.alpha
        RunJSON.number("halfWidth", difference.halfWidth(confidence: 1 - alpha), &json)
        RunJSON.number("detectable", difference.detectable(alpha: alpha), &json)
        RunJSON.number("p", difference.p, &json)
        RunJSON.number("adjustedP", row.adjusted, &json)
        RunJSON.number("effectiveSamplesA", difference.samplesA, &json)
        RunJSON.number("effectiveSamplesB", difference.samplesB, &json)
      }
      json.endObject()
    }
    json.endArray()
    json.endObject()
    let text = json.text
    return text.hasSuffix("\n") ? text : text + "\n"
  }
}
