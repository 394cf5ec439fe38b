// plan, simulate and cost: one simulation, three ways to look at it.

import Arguments
import Planning
import Reports
import Results
import Scenarios
import Units

enum PlanCommand {
  static let plan = Command(
    "plan", summary: "Simulate, judge, explain and price a scenario, and write its report",
    discussion: [
      "Prints one screen and writes report.md, report.html, CSV files, charts and run.json to"
        + " reports/NAME. Exit code 0: every objective holds; 3: one is missed; 4: undecided."
    ],
    positionals: [Positional("SCENARIO", summary: "A scenario file (YAML)")],
    options: [
      Option("out", letter: "o", .text("FOLDER"), summary: "Report folder (default: reports/NAME)"),
      Option("no-report", summary: "Print the screen only"),
      Option("no-remedies", summary: "Do not simulate what would help"),
    ] + PreparedRun.options,
    examples: ["plimsoll plan scenarios/01-orders.yaml"])

  static let simulate = Command(
    "simulate", summary: "Simulate a scenario and print what happened as JSON",
    positionals: [Positional("SCENARIO", summary: "A scenario file (YAML)")],
    options: PreparedRun.options,
    examples: ["plimsoll simulate scenarios/01-orders.yaml > run.json"])

  static let cost = Command(
    "cost", summary: "Price a scenario's month, line by line, with the alternatives",
    positionals: [Positional("SCENARIO", summary: "A scenario file (YAML)")],
    options: PreparedRun.options,
    examples: ["plimsoll cost scenarios/01-orders.yaml"])

  static func run(_ given: GivenArguments) async -> ExitCode {
    let path = given.positionals[0]
    guard let scenario = ScenarioInput.load(path), let run = PreparedRun(scenario, given) else {
      return .badInput
    }
    let costing = Costing(run.scenario)
    for complaint in costing.complaints { Terminal.complain("\(path): error: \(complaint)") }
    guard costing.complaints.isEmpty else { return .badInput }
    let folder = reportFolder(given, scenario)
    if let folder, let obstacle = Files.obstacle(toReportAt: folder) {
      Terminal.complain("plimsoll: \(obstacle.message)")
      return .badInput
    }
    let records = await run.run()
    var outcome = Planner(run.scenario).plan(records)
    let draws = given.command == "plan" ? ScenarioInput.draws(path, seed: run.scenario.seed) : []
    guard let draws else { return .badInput }
    if given.command == "plan", !given.has("no-remedies") {
      outcome.plan.remedies = await run.tryRemedies(after: records)
    }
    if let spec = run.scenario.uncertainty, !draws.isEmpty, !Interruption.isRequested {
      outcome.plan.uncertainty = await run.simulate(draws, of: spec)
    }
    let input = ReportInput(
      plan: outcome.plan, bill: outcome.bill, alternatives: outcome.alternatives,
      command: "plimsoll plan \(path)", version: programVersion)
    switch given.command {
    case "simulate": Terminal.say(RunJSON.text(input))
    case "cost": Terminal.say(ReportCatalog.bill(input, width: width, colour: colour(given)))
    default:
      // The files come first: a reader of the screen who leaves early still gets the report.
      let isWritten = folder.map { write(input, to: $0) } ?? true
      Terminal.say(ReportCatalog.screen(input, width: width, colour: colour(given)))
      if !isWritten { return .runtimeError }
      if let folder { Terminal.say("report: \(folder)/report.html\n") }
    }
    if let code = Interruption.exitCode { return code }
    if given.command != "plan" { return .success }
    switch outcome.plan.verdict {
    case .pass: return .success
    case .fail: return .objectiveMissed
    case .undecided: return .undecided
    }
  }

  private static var width: Int { min(120, Terminal.width) }

  private static func colour(_ given: GivenArguments) -> Bool {
    Terminal.usesColour(given.text("colour"))
  }

  /// Where the report goes, without a slash at the end; nil when none is written.
  private static func reportFolder(_ given: GivenArguments, _ scenario: Scenario) -> String? {
    guard given.command == "plan", !given.has("no-report") else { return nil }
    var folder = given.text("out") ?? "reports/\(scenario.name)"
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    return folder
  }

  private static func write(_ input: ReportInput, to folder: String) -> Bool {
    do throws(FileFault) {
      try Files.replaceFolder(folder, with: ReportCatalog.files(input))
    } catch {
      Terminal.complain("plimsoll: \(error.message)")
      return false
    }
    return true
  }
}
