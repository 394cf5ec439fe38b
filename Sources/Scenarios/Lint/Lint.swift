// What is legal but odd: the rules, one per file, and the one place that runs them.
//
// A rule looks at a valid scenario and returns warnings; it never changes or refuses anything. It
// is kept to what follows from the file by simple arithmetic; what needs the simulation is left to
// it.

import YAML

/// A valid scenario with the places its parts were written at.
struct LintSubject {
  let scenario: Scenario
  let places: [String: SourceRange]

  /// A warning at the place called `name` (the file's start when it is unknown).
  func warning(_ message: String, at name: String, expected: String? = nil) -> Diagnostic {
    let start = SourceRange(start: SourceMark(line: 1, column: 1), length: 1)
    return Diagnostic(
      severity: .warning, file: scenario.path, range: places[name] ?? start, message: message,
      expected: expected)
  }
}

/// The warnings of all rules, in the order of the file.
func lint(_ scenario: Scenario, places: [String: SourceRange]) -> [Diagnostic] {
  let subject = LintSubject(scenario: scenario, places: places)
  let rules: [(LintSubject) -> [Diagnostic]] = [
    capacityLint, hotKeyLint, oddMixLint, concurrencyLint, quotaLint, itemCollectionLint,
    unusedLint,
  ]
  return rules.flatMap { $0(subject) }.inFileOrder
}
