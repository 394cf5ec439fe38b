// bench --methods: how far many requests at a time are from every request, on a scenario.
//
// Rows of a Markdown table, so that a script may put many scenarios under one head. Scenarios that
// only single requests can show print the reason instead. Ctrl-C ends it early, with what is done.

import Planning
import Results
import Scenarios
import Simulation
import Statistics
import Units

enum MethodBench {
  /// Replications of each method.
  static let replications = 30
  /// Replications whose records are in memory at once.
  private static let chunk = 40

  static func run(_ path: String, replications: Int) async -> ExitCode {
    guard let scenario = ScenarioInput.load(path) else { return .badInput }
    if let obstacle = MethodChoice.obstacles(scenario).first {
      Terminal.say("| \(scenario.name) | | only exactly: \(obstacle) | | | |\n")
      return .success
    }
    Interruption.listen()
    var comparison = MethodComparison(scenario)
    var done = 0
    // A few dozen at a time: thousands of runs need no more memory than these.
    batches: for first in stride(from: 0, to: replications, by: chunk) {
      let count = min(chunk, replications - first)
      var records: [[RunRecord]] = []
      for method in [RunMethod.exact, .aggregate] {
        let experiment = Experiment(
          scenario, replications: count, method: method, first: first, followsArrivals: true)
        records.append(
          await experiment.run(threads: Terminal.processors) { _ in !Interruption.isRequested })
        if Interruption.isRequested { break batches }
      }
      for (exact, steps) in zip(records[0], records[1]) {
        comparison.add(exact: exact, steps: steps)
      }
      done += count
      if replications > chunk { show(comparison, done, of: replications) }
    }
    if done == 0, let code = Interruption.exitCode { return code }
    for row in comparison.rows {
      Terminal.say(
        "| \(scenario.name) | \(done) | \(row.quantity) | \(significant(row.exact))"
          + " | \(difference(row)) | \(standing(row)) |\n")
    }
    return Interruption.exitCode ?? .success
  }

  /// On standard error: how many runs are done, and what they leave undecided.
  private static func show(_ comparison: MethodComparison, _ done: Int, of all: Int) {
    let open = comparison.rows.filter { $0.standing == .undecided }
      .map { "\($0.quantity) \(difference($0))" }
    Terminal.complain(
      "\(done) of \(all) runs; "
        + (open.isEmpty ? "all decided" : "undecided: \(open.joined(separator: ", "))"))
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
