// The bill alone, for a terminal.
//
// It shows the same two pages as the report, cost and alternatives, without charts; nothing is said
// about throttling or latency, because pricing alone simulates nothing.

import Pricing

extension ReportCatalog {
  /// The bill with its lines, assumptions and alternatives, for a terminal of `width` columns.
  public static func bill(_ input: ReportInput, width: Int, colour: Bool) -> String {
    var document = Document(title: input.bill.title)
    CostSection.write(input, into: &document)
    AlternativesSection.write(input, into: &document)
    return TextRenderer(width: width, colour: colour).render(document)
  }
}
