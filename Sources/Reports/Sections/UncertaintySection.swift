// What remains open when some numbers of the scenario are intervals: how far the answers spread,
// and which input is worth knowing better.

import Results
import Statistics
import Units

enum UncertaintySection: ReportSection {
  static func write(_ input: ReportInput, into document: inout Document) {
    guard let summary = input.plan.uncertainty else { return }
    var section = DocumentSection("Uncertainty")
    section.paragraph(Prose(sentence(summary)))
    section.table(
      DocumentTable(
        caption: "Percentiles over the draws of the inputs; everything else is equal in all draws.",
        columns: [
          .init("Result"), .init("5 %", .trailing), .init("Median", .trailing),
          .init("95 %", .trailing), .init("Depends most on"),
        ],
        rows: summary.outputs.map { output in
          [
            DocumentCell(output.name), cell(output.low, output), cell(output.median, output),
            cell(output.high, output), DocumentCell(strongest(output, summary.inputs) ?? "-"),
          ]
        }))
    section.table(
      DocumentTable(
        caption: "Rank correlation of each input with each result: 1 rises with it, -1 falls.",
        columns: [
          .init("Input"), .init("Low", .trailing), .init("Middle", .trailing),
          .init("High", .trailing),
        ]
          + summary.outputs.map {
            // Six figures beside a path leave no room for more.
            DocumentTable.Column($0.unit == .dollars ? "cost" : $0.name, .trailing)
          },
        rows: summary.inputs.enumerated().map { position, row in
          [
            DocumentCell(row.path, isCode: true), DocumentCell(row.low), DocumentCell(row.mid),
            DocumentCell(row.high),
          ]
            + summary.outputs.map { DocumentCell(fixed($0.dependence[position], 2)) }
        }))
    document.append(section)
  }

  private static func cell(_ value: Double, _ output: OutputSpread) -> DocumentCell {
    let estimate = Estimate(value: value, halfWidth: nil, samples: 1)
    return DocumentCell(Wording.value(estimate, output.unit))
  }

  /// The input with the strongest correlation, when it is clear enough to be worth a word.
  private static func strongest(
    _ output: OutputSpread, _ inputs: [UncertainInputRow]
  ) -> String? {
    let best = output.dependence.indices.max {
      abs(output.dependence[$0]) < abs(output.dependence[$1])
    }
    guard let best, abs(output.dependence[best]) >= 0.3 else { return nil }
    return "\(inputs[best].path) (\(fixed(output.dependence[best], 2)))"
  }

  /// "3 inputs are intervals; in 64 draws every objective holds in 72.0 %, and the month costs $410
  /// to $980 in nine of ten. Throttling depends most on traffic.shop.rate (0.81)."
  static func sentence(_ summary: UncertaintySummary) -> String {
    var text = Wording.count(summary.inputs.count, "input is an interval", "inputs are intervals")
    text += "; in \(group(summary.draws)) draws"
    if let holding = summary.holding {
      text += " every objective holds in \(percentage(Double(holding) / Double(summary.draws)))"
    }
    if let cost = summary.outputs.first(where: { $0.unit == .dollars }) {
      text += (summary.holding == nil ? " " : ", and ")
      text += "the month costs $\(fixed(cost.low, 2)) to $\(fixed(cost.high, 2)) in nine of ten"
    }
    text += "."
    let throttling = summary.outputs.first { $0.name == "throttled" }
    if let throttling, let input = strongest(throttling, summary.inputs) {
      text += " Throttling depends most on \(input)."
    }
    return text
  }
}
