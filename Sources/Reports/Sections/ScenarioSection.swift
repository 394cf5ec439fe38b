// What was simulated, and which assumptions are inferred rather than published.
//
// It stands last: a reader who trusts the answer need not read it, one who doubts it finds every
// setting with its value and can change it in the scenario file.

import Results
import Units

enum ScenarioSection: ReportSection {
  static func write(_ input: ReportInput, into document: inout Document) {
    let facts = input.plan.scenario
    var section = DocumentSection("Scenario and assumptions")
    if !facts.summary.isEmpty { section.paragraph(Prose(facts.summary)) }
    let percent = Wording.confidence(facts.confidence)
    section.facts(
      [
        .init("Simulated time", "\(facts.duration), of which \(facts.warmUp) warm-up"),
        .init("Replications", "\(facts.replications), intervals at \(percent) confidence"),
        .init("Seed", "\(facts.seed)"), .init("Region", "\(code: facts.region)"),
      ] + facts.rows.map { DocumentFact($0.label, Prose($0.value)) })
    if !facts.assumptions.isEmpty {
      section.heading("Assumptions that are inferred")
      section.paragraph(
        "The service does not publish these; each is a setting of the scenario file with the "
          + "value shown.")
      section.facts(facts.assumptions.map { DocumentFact($0.label, Prose($0.value)) })
    }
    document.append(section)
  }
}
