// The one screen a plan ends with.
//
// It answers, in this order: does it hold, where does it throttle and why, how slow is it, how full
// are the limits, what does it cost and what is cheaper. Each part has a fixed number of rows, so
// that all of them fit on a common terminal; the report has the rest.

import Capacity
import Pricing
import Results
import Statistics
import Units

enum Screen {
  static func document(_ input: ReportInput, width: Int) -> Document {
    let facts = input.plan.scenario
    let times = Wording.count(facts.replications, "replication")
    let state = facts.interrupted ? " · interrupted" : ""
    var document = Document(
      title: facts.title.isEmpty ? facts.name : facts.title,
      subtitle:
        "\(facts.duration) simulated · \(times) · seed \(facts.seed) · \(facts.region)\(state)")
    document.banner = SummarySection.banner(input)
    document.append(objectives(input.plan))
    document.append(throttling(input.plan, width))
    document.append(latency(input.plan))
    document.append(capacity(input.plan, width))
    document.append(cost(input, width))
    return document
  }

  /// The first `limit` rows, and a line for the rest and for `hidden` rows that are not in it.
  private static func capped(
    _ table: DocumentTable, _ limit: Int, hidden: Int = 0
  ) -> DocumentTable {
    guard table.rows.count > limit || hidden > 0 else { return table }
    var table = table
    let shown = hidden > 0 ? min(table.rows.count, limit - 1) : limit - 1
    let rest = table.rows.count - shown + hidden
    table.rows = Array(table.rows.prefix(shown))
    table.rows.append(
      [DocumentCell("and \(rest) more")] + table.columns.dropFirst().map { _ in "" })
    return table
  }

  private static func objectives(_ plan: CapacityPlan) -> DocumentSection {
    var section = DocumentSection("Objectives")
    let order: [Verdict] = [.fail, .undecided, .pass]
    let sorted = order.flatMap { verdict in plan.objectives.filter { $0.verdict == verdict } }
    section.table(
      capped(
        DocumentTable(
          columns: [.init(""), .init("", .trailing), .init("")],
          rows: sorted.map {
            [
              DocumentCell($0.text), DocumentCell(Wording.estimate($0.measured, $0.unit)),
              DocumentCell(Wording.word($0.verdict), status: Wording.status($0.verdict)),
            ]
          }), 5))
    if let uncertainty = plan.uncertainty {
      section.paragraph(Prose("± " + UncertaintySection.sentence(uncertainty)))
    }
    return section
  }

  private static func throttling(_ plan: CapacityPlan, _ width: Int) -> DocumentSection {
    var section = DocumentSection("Throttling")
    var rows: [(events: Double, cells: [DocumentCell])] = []
    // A few refusals are no fault where all that was asked for holds.
    let status: Status = plan.verdict == .pass && !plan.objectives.isEmpty ? .warning : .bad
    for view in ResourceView.all(plan) {
      for cause in ThrottleCause.allCases
      where view.summary.throttlesByCause.indices.contains(cause.rawValue) {
        let events = view.summary.throttlesByCause[cause.rawValue]
        guard events.value > 0 else { continue }
        let short =
          view.series.flatMap { series in
            ThrottlingSection.shortage(series, plan.record).map {
              significant($0.demand - $0.limit) + "/s"
            } ?? ThrottlingSection.refusedRate(series).map { significant($0) + "/s refused" }
          } ?? "-"
        rows.append(
          (
            events.value,
            [
              DocumentCell(view.name), DocumentCell(view.reason(cause).apiName),
              DocumentCell(Wording.events(events), status: status),
              DocumentCell(short),
              DocumentCell(view.series?.firstThrottle(by: cause)?.description ?? "-"),
            ]
          ))
      }
    }
    for operation in plan.operations {
      guard let conflicts = operation.conflicts, conflicts.value > 0 else { continue }
      rows.append(
        (
          conflicts.value,
          [
            LatencySection.name(operation, plan), DocumentCell("TransactionConflict"),
            DocumentCell(Wording.events(conflicts), status: status), DocumentCell("-"),
            DocumentCell("-"),
          ]
        ))
    }
    guard !rows.isEmpty else {
      section.paragraph("none: no table or index refused a request")
      return section
    }
    let order = rows.enumerated().sorted {
      ($1.element.events, $0.offset) < ($0.element.events, $1.offset)
    }
    var columns: [DocumentTable.Column] = [
      .init("at"), .init("reason"), .init("events", .trailing), .init("units short", .trailing),
      .init("first", .trailing),
    ]
    if width < 92 { columns.removeLast() }
    section.table(
      capped(
        DocumentTable(
          columns: columns, rows: order.map { Array($0.element.cells.prefix(columns.count)) }), 4))
    for advice in advice(plan) { section.paragraph("→ \(advice)") }
    return section
  }

  /// The cheapest change that holds. Without one the change that leaves the fewest refusals, if it
  /// halves them, and what the other causes ask for.
  private static func advice(_ plan: CapacityPlan) -> [String] {
    let causes = plan.findings.filter { $0.isCause && $0.severity == .problem }
    let general = (causes.isEmpty ? plan.findings.filter { $0.severity > .note } : causes)
      .prefix(2).compactMap(\.remedies.first)
    guard let best = plan.remedies.first,
      best.verdict == .pass
        || best.throttled.value < SummarySection.throttledShare(plan) / 2
    else { return Array(general.prefix(1)) }
    let sentence = Prose(RemediesSection.sentence(best)).plain
    return [sentence] + (best.verdict == .pass ? [] : general.dropFirst())
  }

  private static func latency(_ plan: CapacityPlan) -> DocumentSection {
    var section = DocumentSection("Latency")
    let titles = ["req/s", "throttled", "p50", "p90", "p99", "p99.9"]
    section.table(
      capped(
        DocumentTable(
          columns: [.init("operation")] + titles.map { .init($0, .trailing) },
          rows: plan.operations.map { operation in
            [
              LatencySection.name(operation, plan),
              DocumentCell(Wording.value(operation.requestsPerSecond, .count)),
              DocumentCell(Wording.value(operation.throttled, .share)),
            ]
              + [operation.p50, operation.p90, operation.p99, operation.p999].map {
                DocumentCell(Wording.latencyValue($0))
              }
          }), 5))
    return section
  }

  private static func capacity(_ plan: CapacityPlan, _ width: Int) -> DocumentSection {
    var section = DocumentSection("Capacity")
    let views = fullest(ResourceView.all(plan).filter(\.isActive), 3)
    let titles = ["mean", "peak", "limit", "used"]
    section.table(
      capped(
        DocumentTable(
          columns: [.init("units/s")] + titles.map { .init($0, .trailing) }
            + [.init("over time")],
          rows: views.shown.map { view in
            let demand = view.series.map { plan.record.unitsPerSecond($0.demanded) } ?? []
            return [
              DocumentCell(view.label),
              DocumentCell(Wording.value(view.summary.consumed, .count)),
              DocumentCell(Wording.value(view.summary.peakMinute, .count)),
              DocumentCell(CapacitySection.limit(view)),
              DocumentCell(Wording.value(view.summary.utilisation, .share)),
              DocumentCell(TextChart.sparkline(demand, width: max(8, min(30, width - 62)))),
            ]
          }), 4, hidden: views.hidden))
    return section
  }

  /// The limits that matter most, in plan order: those that refused something, then the fullest. As
  /// many as `limit`, or one more instead of a line that would hide a single one.
  private static func fullest(
    _ views: [ResourceView], _ limit: Int
  ) -> (shown: [ResourceView], hidden: Int) {
    guard views.count > limit + 1 else { return (views, 0) }
    func weight(_ view: ResourceView) -> (Int, Double) {
      (view.summary.throttles.value > 0 ? 1 : 0, view.summary.utilisation.value)
    }
    let kept = views.indices.sorted {
      let (a, b) = (weight(views[$0]), weight(views[$1]))
      return a == b ? $0 < $1 : a > b
    }.prefix(limit)
    return (kept.sorted().map { views[$0] }, views.count - limit)
  }

  /// Three alternatives, cheapest first: those that serve the same traffic without a commitment go
  /// before cheaper ones, what changes nothing is none. All of them where there are four.
  private static func telling(_ alternatives: [PricedAlternative]) -> [PricedAlternative] {
    let all = AlternativesSection.sorted(alternatives.filter { $0.difference != .zero })
    guard all.count > 4 || all.count < alternatives.count else { return all }
    let kept = all.indices.sorted {
      (all[$0].isLikeForLike ? 0 : 1, $0) < (all[$1].isLikeForLike ? 0 : 1, $1)
    }.prefix(3)
    return kept.sorted().map { all[$0] }
  }

  private static func cost(_ input: ReportInput, _ width: Int) -> DocumentSection {
    let bill = input.bill
    // Half an hour of peak is billed as a month of peaks.
    let length = input.plan.scenario.duration
    let isShort = length < .days(1) && length > .zero
    var section = DocumentSection(
      "Cost" + (isShort ? " if all month is like the simulated \(length)" : ""))
    guard !bill.lines.isEmpty || bill.total != .zero else { return section }
    let isPartial = bill.lines.contains { $0.amount == nil }
    let alternatives = telling(input.alternatives)
    let highest = (alternatives.map(\.monthly) + [bill.total]).max() ?? .zero
    func bar(_ money: Money) -> DocumentCell {
      guard highest > .zero, !alternatives.isEmpty, width >= 92 else { return "" }
      return DocumentCell(TextChart.bar(money.inDollars / highest.inDollars, width: 20))
    }
    let own: [DocumentCell] = [
      DocumentCell("as in the scenario", isStrong: true),
      DocumentCell((isPartial ? "≥ " : "") + bill.total.description, isStrong: true),
      DocumentCell("per month in \(bill.region)"), bar(bill.total),
    ]
    let others = alternatives.map { alternative in
      [
        DocumentCell(alternative.name),
        DocumentCell((alternative.isComplete ? "" : "≥ ") + alternative.monthly.description),
        DocumentCell(AlternativesSection.difference(alternative, of: bill.total).text),
        bar(alternative.monthly),
      ]
    }
    section.table(
      capped(
        DocumentTable(
          columns: [.init(""), .init("", .trailing), .init(""), .init("")], rows: [own] + others),
        5,
        hidden: input.alternatives.count - alternatives.count))
    if let warning = bill.warnings.first {
      let rest = bill.warnings.count - 1
      let text = rest == 0 ? warning : "\(warning) (and \(rest) more)"
      section.table(
        DocumentTable(columns: [.init("")], rows: [[DocumentCell(text, status: .warning)]]))
    }
    return section
  }
}
