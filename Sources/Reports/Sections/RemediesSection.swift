// What would help, tried out: every row was simulated with the same requests as the plan.
//
// The findings say what could be done; this page says what it does and what it costs. The best that
// meets every objective stands first.

import Results
import Statistics
import Units

enum RemediesSection: ReportSection {
  static func write(_ input: ReportInput, into document: inout Document) {
    let remedies = input.plan.remedies
    guard let first = remedies.first else { return }
    var section = DocumentSection("Remedies, simulated")
    let times = first.replications == 1 ? "once" : "\(first.replications) times"
    section.paragraph(
      "Each change was simulated \(times) with the arrivals, keys and sizes of this plan, judged by"
        + " the same objectives and priced for the same month.")
    section.table(
      DocumentTable(
        columns: [
          .init("Change"), .init("Verdict"), .init("Throttled", .trailing), .init("p99", .trailing),
          .init("Per month", .trailing), .init("Difference", .trailing),
        ],
        rows: remedies.enumerated().map { position, remedy in
          [
            DocumentCell(remedy.title, isStrong: position == 0 && remedy.verdict == .pass),
            DocumentCell(word(remedy.verdict), status: Wording.status(remedy.verdict)),
            DocumentCell(Wording.value(remedy.throttled, .share)),
            DocumentCell(Wording.latencyValue(remedy.p99)),
            DocumentCell(atLeast(remedy) + Wording.value(remedy.monthlyCost, .dollars)),
            DocumentCell(atLeast(remedy) + difference(remedy.costDifference)),
          ]
        }))
    document.append(section)
  }

  private static func atLeast(_ remedy: RemedyOutcome) -> String { remedy.isPriced ? "" : "≥ " }

  private static func word(_ verdict: Verdict) -> String {
    switch verdict {
    case .pass: "holds"
    case .fail: "does not hold"
    case .undecided: "undecided"
    }
  }

  /// "+$12.30", "-$4.00".
  static func difference(_ dollars: Estimate) -> String {
    (dollars.value < 0 ? "-$" : "+$") + fixed(abs(dollars.value), 2)
  }

  /// "Set … to 408 WCU: holds in simulation, 0 % throttled, $491.23 a month (+$27.49)"; of one that
  /// is not enough, how far it goes.
  static func sentence(_ remedy: RemedyOutcome) -> String {
    let verdict =
      switch remedy.verdict {
      case .pass: "holds in simulation"
      case .fail: "not enough alone in simulation"
      case .undecided: "undecided in simulation"
      }
    let failed =
      remedy.verdict == .pass || remedy.failed.value == 0
      ? "" : ", \(Wording.value(remedy.failed, .share)) failed"
    return "\(remedy.title): \(verdict), \(Wording.value(remedy.throttled, .share)) throttled"
      + "\(failed), \(atLeast(remedy))\(Wording.value(remedy.monthlyCost, .dollars)) a month"
      + " (\(difference(remedy.costDifference)))"
  }
}
