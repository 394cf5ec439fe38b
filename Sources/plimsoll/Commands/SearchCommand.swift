// search: the highest rate at which a scenario's objectives still hold.

import Arguments
import Planning
import Reports
import Results
import Scenarios
import Statistics
import Units
import YAML

enum SearchCommand {
  static let command = Command(
    "search", summary: "Find the highest rate at which the objectives still hold",
    discussion: [
      "Doubles the rate of the scenario's open traffic until an objective is missed, then closes"
        + " in. A throttled table remembers, so two answers are given: burst capacity, with full"
        + " buckets for 300 s, and sustained capacity, with empty ones. Each rate is a load test of"
        + " the embedded engine, or of --endpoint, that ends as soon as its answer is certain; with"
        + " --simulate it is simulated. Exit code 0: found; 3: no rate holds; 4: a probe could not"
        + " decide."
    ],
    positionals: [Positional("SCENARIO", summary: "A scenario file (YAML) or a built-in one")],
    options: [
      Option("simulate", summary: "Probe by simulation"),
      Option(
        "slo", .text("OBJECTIVE"), repeats: true,
        summary: "What must hold (default: the scenario's objectives)"),
      Option("from", .number("RATE"), summary: "First requests/s (default: a tenth of the rate)"),
      Option(
        "to", .number("RATE"), summary: "Highest requests/s to try (default: 1000 times that)"),
      Option("resolution", .text("PERCENT"), summary: "How close to come (default: 2%)"),
      Option(
        "mode", .choice(["both", "burst", "sustained"]), summary: "Which capacity (default: both)"),
      Option(
        "probe", .text("TIME"),
        summary: "Longest probe of sustained capacity (default: 2m; simulated: the scenario's)"),
      Option(
        "clock", .text("xN"), summary: "Embedded engine: run N times as fast as the wall clock"),
      Option("threads", .integer("N"), summary: "Simulations at once (default: all processors)"),
    ] + LoadSettings.endpointOptions + [
      Option("colour", .choice(["auto", "always", "never"]), summary: "Colour on the terminal")
    ],
    examples: [
      "plimsoll search scenarios/01-orders.yaml --simulate --slo 'p(99) < 20ms'"
        + " --slo 'throttled / requests < 0.1%'",
      "plimsoll search scenarios/15-write-burst.yaml --clock x20 --mode burst",
    ])

  static func run(_ given: GivenArguments) async -> ExitCode {
    let path = given.positionals[0]
    guard var scenario = ScenarioInput.load(path, quiet: true) else { return .badInput }
    if let seed = given.integer("seed") { scenario.seed = UInt64(seed) }
    guard let objectives = objectives(given, scenario) else { return .badInput }
    let horizons = CapacityHorizon.allCases.filter {
      ["both", $0.rawValue].contains(given.text("mode") ?? "both")
    }
    Interruption.listen()
    var found: [FoundCapacity] = []
    do throws(SettingsFault) {
      for horizon in horizons {
        let probe = try prober(scenario, path, objectives, horizon, given)
        let search = try search(given, probe.plan.nominalRate)
        let done = try await run(search, probe, given)
        found.append(
          FoundCapacity(horizon: horizon, seconds: probe.plan.duration.inSeconds, search: done))
        if Interruption.isRequested { break }
      }
    } catch {
      Terminal.complain("plimsoll: \(error.message)")
      return error.isRuntime ? .runtimeError : .badInput
    }
    let objectiveTexts = (objectives.isEmpty ? scenario.objectives : objectives).map(\.text)
    let renderer = TextRenderer(
      width: min(120, Terminal.width), colour: Terminal.usesColour(given.text("colour")))
    Terminal.say(
      renderer.render(
        SearchReport.document(scenario.title, objectives: objectiveTexts, found: found)))
    if let code = Interruption.exitCode { return code }
    if found.contains(where: { $0.search.held == nil }) { return .objectiveMissed }
    let isOpen = found.contains { $0.search.probes.contains { $0.verdict == .undecided } }
    return isOpen ? .undecided : .success
  }

  /// How rates are tried.
  private enum Prober {
    case simulation(SimulatedProbe)
    case load(LoadProbe)

    var plan: SimulatedProbe {
      switch self {
      case .simulation(let plan): plan
      case .load(let probe): probe.plan
      }
    }
  }

  private static func prober(
    _ scenario: Scenario, _ path: String, _ objectives: [Objective], _ horizon: CapacityHorizon,
    _ given: GivenArguments
  ) throws(SettingsFault) -> Prober {
    let isSimulated = given.has("simulate")
    let time = try LoadSettings.time("probe", given)
    let plan = SimulatedProbe(
      scenario, objectives: objectives, horizon: horizon,
      sustained: time ?? (isSimulated ? nil : .seconds(120)))
    guard let plan else {
      throw SettingsFault(
        message: "the scenario has no traffic with a rate; a closed loop has none to search")
    }
    guard !plan.objectives.isEmpty else {
      throw SettingsFault(
        message: "nothing must hold; give --slo 'p(99) < 20ms', or objectives in the scenario")
    }
    if isSimulated { return .simulation(plan) }
    return .load(try LoadProbe(plan, scenario, path: path, horizon: horizon, given))
  }

  private static func run(
    _ search: CapacitySearch, _ prober: Prober, _ given: GivenArguments
  ) async throws(SettingsFault) -> CapacitySearch {
    var search = search
    var prober = prober
    let threads = max(1, given.integer("threads") ?? Terminal.processors)
    func say(_ text: String) { if !given.has("quiet") { Terminal.complain("  " + text) } }
    while let rate = search.next {
      let outcome: SearchProbe
      switch prober {
      case .simulation(let plan):
        let (probe, interrupted) = await plan.probe(rate: rate, threads: threads) { _ in
          !Interruption.isRequested
        }
        if interrupted { return search }
        outcome = probe
      case .load(var probe):
        guard let measured = try probe.probe(rate: rate, say) else { return search }
        prober = .load(probe)
        outcome = measured
      }
      search.record(outcome)
      let word = SearchReport.word(outcome.verdict)
      say(
        "\(significant(rate)) requests/s: \(word), \(outcome.runs) runs"
          + (outcome.limit.isEmpty ? "" : " (\(outcome.limit))"))
    }
    return search
  }

  private static func search(
    _ given: GivenArguments, _ nominal: Double
  ) throws(SettingsFault) -> CapacitySearch {
    let first = given.number("from") ?? max(0.001, nominal / 10)
    let last = given.number("to") ?? first * 1_000
    guard first > 0, last >= first else {
      throw SettingsFault(
        message: "--from and --to expect rates above 0, the second not below")
    }
    let text = given.text("resolution") ?? "2%"
    guard let resolution = CompareCommand.share(text), resolution > 0 else {
      throw SettingsFault(message: "--resolution expects a percentage such as 2%")
    }
    return CapacitySearch(from: first, to: last, resolution: resolution)
  }

  /// The objectives given as options; nil after their faults have been written.
  private static func objectives(_ given: GivenArguments, _ scenario: Scenario) -> [Objective]? {
    var objectives: [Objective] = []
    for text in given.all("slo") {
      switch ScenarioLoader.objective(text, in: scenario, option: "--slo") {
      case .success(let objective): objectives.append(objective)
      case .failure(let fault):
        Terminal.complain(Diagnostic.rendered(fault.diagnostics, source: fault.source))
        return nil
      }
    }
    return objectives
  }
}
