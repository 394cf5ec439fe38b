// validate: a scenario simulated, then driven against an endpoint, and how good the prediction was.

import Arguments
import LoadGeneration
import Planning
import Reports
import Results
import Scenarios
import Simulation
import Units

enum ValidateCommand {
  static let command = Command(
    "validate", summary: "Hold the simulator against a real endpoint, with the same requests",
    discussion: [
      "Measures the endpoint's latency in a short run first, simulates the scenario with it, sends"
        + " the same requests to the endpoint and prints predicted, measured and error of every"
        + " number. Without --endpoint the embedded engine runs in a process of its own; --clock"
        + " x10 makes its time, and the client's, ten times as fast. Exit code 0: every number"
        + " agrees; 3: one does not; 4: the run was invalid."
    ],
    positionals: [Positional("SCENARIO", summary: "A scenario file (YAML) or a built-in one")],
    options: LoadSettings.endpointOptions + [
      LoadSettings.cacheOption,
      Option(
        "clock", .text("xN"), summary: "Embedded engine: run N times as fast as the wall clock"),
      Option(
        "max-in-flight", .integer("N"), summary: "Requests in progress at once (default: 1024)"),
      Option("connections", .integer("N"), summary: "Connections at most (default: max-in-flight)"),
      Option("duration", .text("TIME"), summary: "The scenario's first minutes only"),
      Option("calibration", .number("SECONDS"), summary: "Of wall-clock time (default: 10)"),
      Option("replications", letter: "n", .integer("N"), summary: "Simulations (default: 5)"),
      Option("out", letter: "o", .text("FOLDER"), summary: "Folder (default: validation/NAME)"),
      Option("colour", .choice(["auto", "always", "never"]), summary: "Colour on the terminal"),
    ],
    examples: [
      "plimsoll validate scenarios/01-orders.yaml --clock x10",
      "plimsoll validate ycsb-a --endpoint http://127.0.0.1:8000",
    ])

  static func run(_ given: GivenArguments) async -> ExitCode {
    let path = given.positionals[0]
    guard var scenario = ScenarioInput.load(path, quiet: true) else { return .badInput }
    if let seed = given.integer("seed") { scenario.seed = UInt64(seed) }
    scenario.run.replications = max(1, given.integer("replications") ?? 5)
    let folder = folder(given, scenario)
    if let obstacle = Files.obstacle(toReportAt: folder) {
      Terminal.complain("plimsoll: \(obstacle.message)")
      return .badInput
    }
    Interruption.listen()
    do throws(SettingsFault) {
      if let time = try LoadSettings.time("duration", given) {
        scenario.run.duration = min(time, scenario.run.duration)
        try LoadSettings.refuseWarmUpOnly(scenario.run.duration, scenario.run.warmUp)
      }
      let bench = try ValidationBench(scenario, path: path, given)
      return await carryOut(bench, given, folder)
    } catch {
      Terminal.complain("plimsoll: \(error.message)")
      return .badInput
    }
  }

  private static func carryOut(
    _ bench: ValidationBench, _ given: GivenArguments, _ folder: String
  ) async -> ExitCode {
    func say(_ text: String) { if !given.has("quiet") { Terminal.complain(text) } }
    do throws(LoadFault) {
      var scenario = bench.scenario
      let calibration = try bench.calibrate(say)
      scenario.model.latency = calibration.latency.settings
      // The embedded engine runs a transaction at once, however late its answer is: none conflicts.
      if bench.endpoints.isEmpty { scenario.model.transactionConflicts = false }
      if let code = Interruption.exitCode { return code }
      say("simulating \(scenario.run.replications) times")
      let predictions = await Experiment(scenario, replications: scenario.run.replications)
        .run(threads: Terminal.processors) { _ in !Interruption.isRequested }
      if let code = Interruption.exitCode { return code }
      let (outcome, machine) = try bench.measure(say)
      if let code = Interruption.exitCode { return code }
      if let fault = outcome.fault { throw fault }
      var evidence = LatencyEvidence(before: calibration.latency.operations)
      evidence.calibration = calibration.machine
      evidence.calibrationSeries = calibration.latency.intervals
      evidence.run = machine
      evidence.measured = outcome.record.operations.map(\.response)
      evidence.runSeries = outcome.record.intervals
      evidence.after = try bench.calibrate(again: true, say).latency.operations
      if let code = Interruption.exitCode { return code }
      let result = ValidationResult(
        scenario: scenario, bench: bench, calibration: calibration.latency, evidence: evidence,
        predictions: predictions, outcome: outcome)
      let isWritten = write(result.files, to: folder)
      let renderer = TextRenderer(
        width: min(120, Terminal.width), colour: Terminal.usesColour(given.text("colour")))
      Terminal.say(renderer.render(result.document))
      if !isWritten { return .runtimeError }
      Terminal.say("report: \(folder)/report.html\n")
      if !outcome.measurement.isValid || outcome.record.interrupted { return .undecided }
      return result.validation.holds ? .success : .objectiveMissed
    } catch {
      Terminal.complain("plimsoll: \(error.description)")
      return .runtimeError
    }
  }

  private static func folder(_ given: GivenArguments, _ scenario: Scenario) -> String {
    var folder = given.text("out") ?? "validation/\(scenario.name)"
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    return folder
  }

  private static func write(_ files: [ReportFile], to folder: String) -> Bool {
    do throws(FileFault) {
      try Files.replaceFolder(folder, with: files)
      return true
    } catch {
      Terminal.complain("plimsoll: \(error.message)")
      return false
    }
  }
}
