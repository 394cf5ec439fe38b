// The section that says how uncertain numbers are drawn, and which of them move together.

import YAML

extension ScenarioDecoder {
  /// nil when no number of the file is uncertain.
  func uncertainty(_ fields: Fields) -> UncertaintySpec? {
    var spec = UncertaintySpec(inputs: inputs)
    if let section = fields.object("uncertainty", "uncertainty") {
      spec.draws = section["draws"]?.count(in: 2...10_000) ?? spec.draws
      spec.correlated = (section["correlated"]?.list(of: "correlated groups") ?? [])
        .compactMap(group)
      checkGroups(spec.correlated, section)
      if inputs.isEmpty {
        faults.report(
          "no number of this file is uncertain", at: fields.keyRange("uncertainty"),
          expected: "a number such as {low: 300/s, mid: 500/s, high: 900/s, confidence: 90%}")
      }
    }
    return inputs.isEmpty ? nil : spec
  }

  private func group(_ reader: NodeReader) -> CorrelatedInputs? {
    guard let fields = reader.object(ScenarioFormat.object("correlated")) else { return nil }
    let paths = inputs.map(\.path)
    let positions = (fields["inputs"]?.list(of: "paths") ?? []).compactMap { item -> Int? in
      guard let text = item.text() else { return nil }
      if let position = paths.firstIndex(of: text) { return position }
      item.report(
        "'\(text)' is not an uncertain number of this file",
        expected: paths.isEmpty ? nil : "one of \(paths.joined(separator: ", "))",
        suggestion: nearestName(to: text, among: paths))
      return nil
    }
    return CorrelatedInputs(
      inputs: positions, correlation: fields["correlation"]?.share() ?? 0)
  }

  private func checkGroups(_ groups: [CorrelatedInputs], _ section: Fields) {
    var seen: Set<Int> = []
    for position in groups.flatMap(\.inputs) where !seen.insert(position).inserted {
      faults.report(
        "'\(inputs[position].path)' stands in two correlated groups",
        at: section.keyRange("correlated"), expected: "each input in one group at most")
    }
  }
}
