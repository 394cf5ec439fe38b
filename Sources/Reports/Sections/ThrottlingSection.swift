// Where and why requests are refused: per limit, with the API's reason and how much was short.
//
// Reasons are spelt as the service's ThrottlingReason (capacity.md 3.4). Counts are events over all
// replications; first time, longest stretch and shortage come from the first replication.

import Capacity
import Results
import Statistics
import Units

enum ThrottlingSection: ReportSection {
  static func write(_ input: ReportInput, into document: inout Document) {
    let views = ResourceView.all(input.plan).filter { $0.summary.throttles.value > 0 }
    var section = DocumentSection("Where it throttles")
    if views.isEmpty {
      if !input.plan.resources.isEmpty {
        section.note(
          Callout(
            status: .good, title: "Nothing was throttled",
            text: "No table or index refused a request in any replication."))
      }
      document.append(section)
      return
    }
    section.table(table(views))
    for view in views { section.paragraph(story(view, input.plan.record)) }
    document.append(section)
  }

  /// One row per limit that refused something, most events first.
  static func table(_ views: [ResourceView]) -> DocumentTable {
    var rows: [(events: Double, cells: [DocumentCell])] = []
    for view in views {
      for cause in ThrottleCause.allCases
      where view.summary.throttlesByCause.indices.contains(cause.rawValue) {
        let events = view.summary.throttlesByCause[cause.rawValue]
        guard events.value > 0 else { continue }
        rows.append(
          (
            events.value,
            [
              DocumentCell(view.name, isCode: true),
              DocumentCell(view.reason(cause).apiName, isCode: true),
              Wording.cell(events, .count),
              Wording.cell(view.summary.throttledSeconds, .count),
            ]
          ))
      }
    }
    let order = rows.enumerated().sorted {
      ($1.element.events, $0.offset) < ($0.element.events, $1.offset)
    }
    return DocumentTable(
      columns: [
        .init("Table or index"), .init("Reason"), .init("Events", .trailing),
        .init("Seconds with throttles", .trailing),
      ], rows: order.map(\.element.cells))
  }

  /// Units/s that refused attempts asked for, retries included, while the axis throttled: refused
  /// units over throttled seconds.
  static func refusedRate(_ series: AxisSeries) -> Double? {
    guard series.throttledSeconds > 0, series.refused > 0 else { return nil }
    return Double(series.refused) / 2 / Double(series.throttledSeconds)
  }

  /// The throttled minute in which demand exceeded the limit most.
  struct Shortage: Equatable {
    var minute: Int
    /// Units/s.
    var demand: Double
    var limit: Double
  }

  /// nil when no throttled minute's mean demand exceeded the limit: then a burst shorter than a
  /// minute or a single partition was refused.
  static func shortage(_ series: AxisSeries, _ run: RunRecord) -> Shortage? {
    var worst: Shortage?
    let throttles = PlanCharts.throttlesPerMinute(series)
    let demand = run.unitsPerSecond(series.demanded)
    for minute in throttles.indices
    where throttles[minute] > 0 && demand.indices.contains(minute)
      && series.limit.indices.contains(minute)
    {
      let limit = Double(series.limit[minute])
      let excess = demand[minute] - limit
      if excess > 0, excess > worst.map({ $0.demand - $0.limit }) ?? 0 {
        worst = Shortage(minute: minute, demand: demand[minute], limit: limit)
      }
    }
    return worst
  }

  /// Whether an on-demand table or index was asked for more than its limit as a whole, rather than
  /// one of its partitions.
  private static func isGrowing(_ view: ResourceView, _ run: RunRecord) -> Bool {
    guard view.isOnDemand, let series = view.series else { return false }
    return shortage(series, run) != nil
  }

  private static func story(_ view: ResourceView, _ run: RunRecord) -> Prose {
    var text: Prose = "\(strong: view.name) refused \(Wording.name(view.axis))s"
    if let series = view.series, series.throttledSeconds > 0 {
      text = text + " in \(group(series.throttledSeconds)) of "
      text = text + "\(group(Int(run.duration.inSeconds))) s"
      if let first = series.firstThrottle { text = text + ", first at \(first)" }
      text = text + ", \(group(series.longestThrottledStretch)) s at most without a pause"
      if let rate = refusedRate(series) {
        text = text + "; the attempts refused in them asked for "
        text = text + "\(significant(rate)) units/s, retries included"
      }
      if let worst = shortage(series, run) {
        let short = significant(worst.demand - worst.limit) + " units/s"
        let at = Instant.start + .minutes(Int64(worst.minute))
        text = text + ". \(strong: short + " were short") at worst, in the minute from \(at), when "
        text = text + "\(significant(worst.demand)) were asked for and "
        text = text + "\(significant(worst.limit)) were the limit"
      }
    }
    text = text + ". "
    let causes = ThrottleCause.allCases.filter {
      view.summary.throttlesByCause.indices.contains($0.rawValue)
        && view.summary.throttlesByCause[$0.rawValue].value > 0
    }
    text =
      text
      + Prose(
        causes.map {
          Wording.mechanism($0, isIndex: view.isIndex, isGrowing: isGrowing(view, run))
        }.joined(separator: " "))
    if view.isIndex, view.axis == .write {
      text = text + " A write that its index cannot take is refused at the base table too."
    }
    return text
  }
}
