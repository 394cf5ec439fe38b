// The month's bill with the usage-type names of a real one.
//
// A line without a known price says "unpriced", is warned about and stays out of the total: it is
// never zero. Assumptions and price sources stand below, because totals of two tools differ by
// them.

import Pricing
import Units

enum CostSection: ReportSection {
  static func write(_ input: ReportInput, into document: inout Document) {
    let bill = input.bill
    guard !bill.lines.isEmpty || bill.total != .zero else { return }
    var section = DocumentSection("Cost")
    let unpriced = bill.lines.filter { $0.amount == nil }.count
    var text: Prose = "\(strong: bill.total.description) per month in \(code: bill.region)"
    if unpriced > 0 {
      text = text + ", without \(Wording.count(unpriced, "line")) for which no price is known"
    }
    section.paragraph(text + ".")
    if !bill.warnings.isEmpty {
      section.note(
        Callout(
          status: .warning, title: "Not everything could be priced", text: "",
          items: bill.warnings.map { Prose($0) }))
    }
    section.table(table(bill))
    section.heading("Assumptions of the bill")
    section.bullets(bill.assumptions.map { Prose($0) })
    sources(bill, &section)
    document.append(section)
  }

  private static func table(_ bill: Bill) -> DocumentTable {
    var table = DocumentTable(
      columns: [
        .init("For"), .init("Usage type"), .init("Quantity", .trailing), .init("Price", .trailing),
        .init("Amount", .trailing),
      ])
    table.rows = bill.lines.map { line in
      [
        DocumentCell(line.resource),
        DocumentCell(line.usageType, detail: line.description, isCode: true),
        DocumentCell(line.quantity),
        DocumentCell(line.unitPrice == nil ? "unpriced" : "\(line.unitPriceText) / \(line.per)"),
        line.amount.map { DocumentCell($0.description) }
          ?? DocumentCell("unpriced", status: .warning),
      ]
    }
    table.rows.append(["Total", "", "", "", DocumentCell(bill.total.description)])
    table.hasTotal = true
    return table
  }

  /// Each source once, in the order of its first line.
  private static func sources(_ bill: Bill, _ section: inout DocumentSection) {
    var seen: [String] = []
    for line in bill.lines where !line.source.isEmpty && !seen.contains(line.source) {
      seen.append(line.source)
    }
    guard !seen.isEmpty else { return }
    section.heading("Sources of the prices")
    section.bullets(seen.map { Prose($0) })
  }
}
