// What a reader should know and what can be done about it.
//
// Planning writes the findings and orders them, most serious first; this page only shows them. A
// finding without remedies is a remark.

import Results

enum FindingsSection: ReportSection {
  static func write(_ input: ReportInput, into document: inout Document) {
    var section = DocumentSection("Findings and remedies")
    for finding in input.plan.findings {
      section.note(
        Callout(
          status: Wording.status(finding.severity), title: finding.title,
          text: Prose(finding.explanation), items: finding.remedies.map { Prose($0) },
          listTitle: finding.remedies.isEmpty ? "" : "What would help"))
    }
    document.append(section)
  }
}
