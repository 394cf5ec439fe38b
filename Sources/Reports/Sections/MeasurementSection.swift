// How a measured run was made and whether it may be believed; nothing for a simulated one.
//
// First the verdict: figures of a client that was the bottleneck are not the server's. Then the
// clocks, what went wrong by exception and reason, and the capacity that the service reported
// against what the model says.

import Capacity
import Results
import Statistics
import Units

enum MeasurementSection: ReportSection {
  static func write(_ input: ReportInput, into document: inout Document) {
    guard let run = input.measurement else { return }
    var section = DocumentSection("How it was measured")
    section.note(verdict(run))
    section.table(driving(run))
    section.table(clocks(run, input.plan.record))
    if !run.exceptions.isEmpty { section.table(exceptions(run)) }
    section.table(capacity(run))
    if !run.mismatches.isEmpty { section.table(mismatches(run)) }
    for note in run.notes { section.paragraph("\(note).") }
    document.append(section)
  }

  private static func verdict(_ run: Measurement) -> Callout {
    if run.isValid {
      return Callout(
        status: .good, title: "VALID",
        text: "The client kept its schedule; the figures are the server's.")
    }
    return Callout(
      status: .bad, title: "INVALID",
      text: Prose(run.faults.map(\.text).joined(separator: "; ") + "."))
  }

  private static func row(_ label: String, _ value: String) -> [DocumentCell] {
    [DocumentCell(label), DocumentCell(value)]
  }

  private static func driving(_ run: Measurement) -> DocumentTable {
    let achieved = "\(significant(run.achievedRate))/s (\(percentage(run.rateRatio)))"
    var rows = [
      row("Endpoint", run.endpoint), row("Load", run.loop),
      row("Due after warm-up", "\(group(run.due)) requests, \(significant(run.targetRate))/s"),
      row("Dispatched", "\(group(run.dispatched)), \(achieved)"),
      row("Given up unsent", group(run.shed)),
      row("Waited for a place in flight", group(run.held)),
      row("In flight at most", "\(group(run.peakInFlight)) of \(group(run.inFlightLimit))"),
      row("Busiest client thread", percentage(run.busiestThread)),
      row("Client CPU per attempt", "\(run.cpuPerAttempt)"),
      row("Signed", run.isSigned ? "yes" : "no"),
    ]
    if run.waiting > 0 {
      rows.append(row("Waited for places of their clients at the end", group(run.waiting)))
    }
    if run.verification.checked > 0 || run.verification.missing > 0 {
      rows.append(
        row(
          "Items looked at",
          "\(group(run.verification.checked)): \(group(run.verification.wrong)) wrong,"
            + " \(group(run.verification.missing)) missing"))
    }
    return DocumentTable(columns: [.init("Client"), .init("Value")], rows: rows)
  }

  private static func clocks(_ run: Measurement, _ record: RunRecord) -> DocumentTable {
    func cells(_ name: String, _ clock: String, _ histogram: Histogram) -> [DocumentCell] {
      [DocumentCell(name), DocumentCell(clock)]
        + [50.0, 90, 99, 99.9, 100].map { percentile in
          DocumentCell("\(Nanoseconds(histogram.value(atPercentile: percentile)))")
        }
    }
    var rows = [cells("all", "lag", run.lag)]
    for (place, operation) in record.operations.enumerated() where operation.requests > 0 {
      rows.append(cells(operation.name, "response", operation.response))
      if run.operations.indices.contains(place) {
        rows.append(cells(operation.name, "logical", run.operations[place].logical))
      }
      rows.append(cells(operation.name, "attempt", operation.attempt))
    }
    return DocumentTable(
      columns: [.init("Operation"), .init("Clock")]
        + ["p50", "p90", "p99", "p99.9", "max"].map { .init($0, .trailing) }, rows: rows)
  }

  private static func exceptions(_ run: Measurement) -> DocumentTable {
    DocumentTable(
      columns: [
        .init("Exception"), .init("Reason"), .init("Table or index"), .init("Operation"),
        .init("Count", .trailing),
      ],
      rows: run.exceptions.prefix(30).map {
        [
          DocumentCell($0.exception, isCode: true), DocumentCell($0.reason, isCode: true),
          DocumentCell($0.resource, isCode: true), DocumentCell($0.operation),
          DocumentCell(group($0.count)),
        ]
      })
  }

  private static func capacity(_ run: Measurement) -> DocumentTable {
    DocumentTable(
      columns: [
        .init("Table or index"), .init("Read reported", .trailing),
        .init("predicted", .trailing), .init("Write reported", .trailing),
        .init("predicted", .trailing), .init("Compared", .trailing),
        .init("Mismatches", .trailing), .init("Not comparable", .trailing),
      ],
      rows: run.capacity.map {
        [
          DocumentCell($0.resource, isCode: true), DocumentCell(units($0.reportedRead)),
          DocumentCell(units($0.predictedRead)), DocumentCell(units($0.reportedWrite)),
          DocumentCell(units($0.predictedWrite)), DocumentCell(group($0.compared)),
          DocumentCell(group($0.mismatches)), DocumentCell(group($0.uncompared)),
        ]
      })
  }

  private static func units(_ units: CapacityUnits) -> String { significant(units.inUnits) }

  private static func mismatches(_ run: Measurement) -> DocumentTable {
    DocumentTable(
      columns: [
        .init("At"), .init("Operation"), .init("Table or index"), .init("Predicted", .trailing),
        .init("Reported", .trailing), .init("Request"),
      ],
      rows: run.mismatches.map {
        [
          DocumentCell("\($0.at)"), DocumentCell($0.operation),
          DocumentCell($0.resource, isCode: true), DocumentCell(units($0.predicted)),
          DocumentCell(units($0.reported)), DocumentCell($0.request, isCode: true),
        ]
      })
  }
}
