// Other ways to pay for the same traffic, cheapest first.
//
// An alternative with unpriced parts is a lower bound: it is marked so and never praised as
// cheaper. What each one means for throttling or commitment is said by Planning in its note.

import Pricing
import Units

enum AlternativesSection: ReportSection {
  static func write(_ input: ReportInput, into document: inout Document) {
    guard !input.alternatives.isEmpty else { return }
    var section = DocumentSection("Alternatives")
    section.chart(PlanCharts.cost(input.bill, input.alternatives))
    section.table(
      DocumentTable(
        columns: [
          .init("Alternative"), .init("Per month", .trailing), .init("Difference", .trailing),
          .init("What it means"),
        ],
        rows: sorted(input.alternatives).map { alternative in
          [
            DocumentCell(alternative.name),
            DocumentCell((alternative.isComplete ? "" : "≥ ") + alternative.monthly.description),
            difference(alternative, of: input.bill.total), DocumentCell(alternative.note),
          ]
        }))
    document.append(section)
  }

  static func sorted(_ alternatives: [PricedAlternative]) -> [PricedAlternative] {
    alternatives.enumerated().sorted {
      ($0.element.monthly, $0.offset) < ($1.element.monthly, $1.offset)
    }.map(\.element)
  }

  /// "-$12.30 (-4.1 %)", good when cheaper and complete.
  static func difference(_ alternative: PricedAlternative, of total: Money) -> DocumentCell {
    let change = alternative.difference
    var text = (change > .zero ? "+" : "") + change.description
    if total > .zero {
      let share = change.inDollars / total.inDollars
      text += " (\(share > 0 ? "+" : "")\(fixed(share * 100, abs(share) < 0.1 ? 1 : 0)) %)"
    }
    let isCheaper = change < .zero && alternative.isComplete
    return DocumentCell(text, isStrong: isCheaper)
  }
}
