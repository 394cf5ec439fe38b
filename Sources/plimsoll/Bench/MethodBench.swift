// bench --methods: how far many requests at a time are from every request, on a scenario.
//
// Rows of a Markdown table, so that a script may put many scenarios under one head. Scenarios that
// only single requests can show print the reason instead.

import Planning
import Results
import Scenarios
import Simulation
import Statistics
import Units

enum MethodBench {
  /// Replications of each method.
  static let replications = 30

  static func run(_ path: String, replications: Int) async -> ExitCode {
    guard let scenario = ScenarioInput.load(path) else { return .badInput }
    if let obstacle = MethodChoice.obstacles(scenario).first {
      Terminal.say("| \(scenario.name) | | only exactly: \(obstacle) | | | |\n")
      return .success
    }
    Interruption.listen()
    var records: [RunMethod: [RunRecord]] = [:]
    for method in [RunMethod.exact, .aggregate] {
      let experiment = Experiment(
        scenario, replications: replications, method: method, followsArrivals: true)
      records[method] = await experiment.run(threads: Terminal.processors) { _ in
        !Interruption.isRequested
      }
      if let code = Interruption.exitCode { return code }
    }
    let comparison = MethodComparison(
      scenario, exact: records[.exact] ?? [], steps: records[.aggregate] ?? [])
    for row in comparison.rows {
      Terminal.say(
        "| \(scenario.name) | \(replications) | \(row.quantity) | \(significant(row.exact))"
          + " | \(difference(row)) | \(standing(row)) |\n")
    }
    return .success
  }

  private static func standing(_ row: MethodComparison.Row) -> String {
    guard row.standing != .within, let most = row.mostOfRequests else {
      return row.standing.rawValue
    }
    return "\(row.standing.rawValue): at most \(fixed(most * 100, 3)) % of the requests"
  }

  private static func difference(_ row: MethodComparison.Row) -> String {
    row.isRare
      ? "\(fixed(row.absolute.value, 1)) ± \(fixed(row.absolute.halfWidth ?? 0, 1)) a run"
      : "\(percent(row.difference.value)) ± \(percent(row.difference.halfWidth ?? 0))"
  }

  private static func percent(_ share: Double) -> String { "\(fixed(share * 100, 2)) %" }
}
