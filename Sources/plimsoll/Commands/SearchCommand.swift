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
        + " buckets for 300 s, and sustained capacity, with empty ones. Exit code 0: found; 3: no"
        + " rate holds; 4: a probe could not decide."
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
      Option("seed", .integer("N"), summary: "Seed instead of the scenario's"),
      Option("threads", .integer("N"), summary: "Simulations at once (default: all processors)"),
      Option("quiet", letter: "q", summary: "No progress"),
      Option("colour", .choice(["auto", "always", "never"]), summary: "Colour on the terminal"),
    ],
    examples: [
      "plimsoll search scenarios/01-orders.yaml --simulate --slo 'p(99) < 20ms'"
        + " --slo 'throttled / requests < 0.1%'"
    ])

  static func run(_ given: GivenArguments) async -> ExitCode {
    guard given.has("simulate") else {
      Terminal.complain("plimsoll: search probes by simulation; say --simulate")
      return .badInput
    }
    guard var scenario = ScenarioInput.load(given.positionals[0], quiet: true) else {
      return .badInput
    }
    if let seed = given.integer("seed") { scenario.seed = UInt64(bitPattern: Int64(seed)) }
    guard let objectives = objectives(given, scenario) else { return .badInput }
    let horizons = CapacityHorizon.allCases.filter {
      ["both", $0.rawValue].contains(given.text("mode") ?? "both")
    }
    Interruption.listen()
    var found: [FoundCapacity] = []
    for horizon in horizons {
      guard let probe = SimulatedProbe(scenario, objectives: objectives, horizon: horizon) else {
        Terminal.complain(
          "plimsoll: the scenario has no traffic with a rate; a closed loop has none to search")
        return .badInput
      }
      guard !probe.objectives.isEmpty else {
        Terminal.complain(
          "plimsoll: nothing must hold; give --slo 'p(99) < 20ms', or objectives in the scenario")
        return .badInput
      }
      guard let search = search(given, probe.nominalRate) else { return .badInput }
      let done = await run(search, probe, given)
      found.append(
        FoundCapacity(horizon: horizon, seconds: probe.duration.inSeconds, search: done))
      if Interruption.isRequested { break }
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

  private static func run(
    _ search: CapacitySearch, _ probe: SimulatedProbe, _ given: GivenArguments
  ) async -> CapacitySearch {
    var search = search
    let threads = max(1, given.integer("threads") ?? Terminal.processors)
    while let rate = search.next {
      let (outcome, interrupted) = await probe.probe(rate: rate, threads: threads) { _ in
        !Interruption.isRequested
      }
      if interrupted { break }
      search.record(outcome)
      if !given.has("quiet") {
        let word = SearchReport.word(outcome.verdict)
        Terminal.complain(
          "  \(significant(rate)) requests/s: \(word), \(outcome.runs) runs"
            + (outcome.limit.isEmpty ? "" : " (\(outcome.limit))"))
      }
    }
    return search
  }

  private static func search(_ given: GivenArguments, _ nominal: Double) -> CapacitySearch? {
    let first = given.number("from") ?? max(0.001, nominal / 10)
    let last = given.number("to") ?? first * 1_000
    guard first > 0, last >= first else {
      Terminal.complain("plimsoll: --from and --to expect rates above 0, the second not below")
      return nil
    }
    let text = given.text("resolution") ?? "2%"
    guard let resolution = CompareCommand.share(text), resolution > 0 else {
      Terminal.complain("plimsoll: --resolution expects a percentage such as 2%")
      return nil
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
