// How long requests take and how they end, per operation.
//
// Latency is the response time a caller sees, from the intended start, so that waiting for a retry
// or for a free connection counts. Percentiles come with their uncertainty over replications.

import Results
import Statistics
import Units

enum LatencySection: ReportSection {
  static func write(_ input: ReportInput, into document: inout Document) {
    let plan = input.plan
    var section = DocumentSection("Requests and latency")
    guard !plan.operations.isEmpty else { return }
    section.paragraph(
      "Response latency runs from the intended start of a request to its end, with every retry "
        + "and wait in between; the first \(plan.scenario.warmUp) are left out.")
    section.table(latency(plan))
    if !plan.operations.contains(where: { $0.max != nil }) {
      section.paragraph(
        "Requests were simulated many at a time, so there is no single slowest one and no maximum.")
    }
    section.heading("How requests end")
    section.table(outcomes(plan))
    section.chart(PlanCharts.latency(plan.record))
    document.append(section)
  }

  /// An operation's name, with its traffic's where several have it.
  static func name(_ operation: OperationSummary, _ plan: CapacityPlan) -> DocumentCell {
    let isShared = plan.operations.contains {
      $0.name == operation.name && $0.traffic != operation.traffic
    }
    return DocumentCell(isShared ? "\(operation.traffic): \(operation.name)" : operation.name)
  }

  private static func latency(_ plan: CapacityPlan) -> DocumentTable {
    let hasMaximum = plan.operations.contains { $0.max != nil }
    let titles = ["Mean", "p50", "p90", "p99", "p99.9"] + (hasMaximum ? ["Max"] : [])
    return DocumentTable(
      columns: [.init("Operation"), .init("API")] + titles.map { .init($0, .trailing) },
      rows: plan.operations.map { operation in
        let values =
          [operation.mean, operation.p50, operation.p90, operation.p99, operation.p999]
          + (operation.max.map { [$0] } ?? [])
        return [name(operation, plan), DocumentCell(operation.kind, isCode: true)]
          + values.map { Wording.cell($0, .seconds) }
      })
  }

  private static func outcomes(_ plan: CapacityPlan) -> DocumentTable {
    let titles = ["Requests/s", "Succeeded", "Met a throttle", "Failed", "Attempts per request"]
    return DocumentTable(
      columns: [.init("Operation")] + titles.map { .init($0, .trailing) },
      rows: plan.operations.map { operation in
        [
          name(operation, plan),
          Wording.cell(operation.requestsPerSecond, .count),
          Wording.cell(operation.succeeded, .share),
          Wording.cell(operation.throttled, .share, isStrong: operation.throttled.value >= 0.001),
          Wording.cell(operation.failed, .share, isStrong: operation.failed.value >= 0.001),
          Wording.cell(operation.attemptsPerRequest, .count),
        ]
      })
  }
}
