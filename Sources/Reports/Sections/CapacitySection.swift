// Consumption against limits, per table and index.
//
// The table speaks of all replications with uncertainty, the charts of the first one. Axes that
// nothing was asked of are left out, so a table that is only read shows no empty write chart.

import Results
import Statistics
import Units

enum CapacitySection: ReportSection {
  static func write(_ input: ReportInput, into document: inout Document) {
    let views = ResourceView.all(input.plan).filter(\.isActive)
    guard !views.isEmpty else { return }
    var section = DocumentSection("Capacity")
    section.table(table(views))
    section.chart(PlanCharts.heat(views, input.plan.record))
    for view in views { section.chart(PlanCharts.throughput(view, input.plan.record)) }
    document.append(section)
  }

  private static func table(_ views: [ResourceView]) -> DocumentTable {
    let titles = ["Consumed", "Peak minute", "Peak second", "Limit", "Used", "Throttles"]
    return DocumentTable(
      caption:
        "Units/s over all replications; peaks are the highest minute and second, the limit is what"
        + " is provisioned or what the table serves on demand.",
      columns: [.init("Table or index"), .init("Axis")]
        + titles.map { .init($0, .trailing) },
      rows: views.map { view in
        let summary = view.summary
        return [
          DocumentCell(view.name, isCode: true), DocumentCell(Wording.name(view.axis)),
          Wording.cell(summary.consumed, .count), Wording.cell(summary.peakMinute, .count),
          Wording.cell(summary.peakSecond, .count), DocumentCell(limit(view)),
          Wording.cell(summary.utilisation, .share),
          Wording.cell(summary.throttles, .count, isStrong: summary.throttles.value > 0),
        ]
      })
  }

  /// "500"; "20–245" when auto scaling moved it, in the first replication; "4,000 → 8,000" when an
  /// on-demand table grew.
  static func limit(_ view: ResourceView) -> String {
    let start = trimmed(view.summary.limitAtStart, 0)
    let end = trimmed(view.summary.limitAtEnd.value, 0)
    if !view.isOnDemand, let limits = view.series?.limit, let least = limits.min(),
      let most = limits.max(), least < most
    {
      return "\(group(least))–\(group(most))"
    }
    return start == end ? start : "\(start) → \(end)"
  }
}
