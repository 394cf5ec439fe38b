// Running a scenario's replications for the commands that need them.

import Arguments
import Planning
import Results
import Scenarios
import Simulation

/// A scenario with the command line's changes, ready to run.
struct PreparedRun {
  var scenario: Scenario
  var threads: Int
  var isQuiet: Bool
  var method: RunMethod

  /// nil when an option makes no sense; the reason has been written to standard error.
  init?(_ scenario: Scenario, _ given: GivenArguments) {
    self.scenario = scenario
    if let seed = given.integer("seed") { self.scenario.seed = UInt64(seed) }
    if let count = given.integer("replications") {
      guard count >= 1 else {
        Terminal.complain("plimsoll: --replications expects a number of at least 1")
        return nil
      }
      self.scenario.run.replications = count
    }
    threads = given.integer("threads") ?? Terminal.processors
    guard threads >= 1 else {
      Terminal.complain("plimsoll: --threads expects a number of at least 1")
      return nil
    }
    isQuiet = given.has("quiet")
    method = .exact
    guard setMethod(given) else { return nil }
  }

  /// Chooses the method, or takes the one that was asked for; false when that one cannot run the
  /// scenario.
  private mutating func setMethod(_ given: GivenArguments) -> Bool {
    if given.has("exact"), given.has("aggregate") {
      Terminal.complain("plimsoll: --exact and --aggregate exclude each other")
      return false
    }
    let choice = MethodChoice(scenario)
    method = given.has("exact") ? .exact : given.has("aggregate") ? .aggregate : choice.method
    let obstacles = MethodChoice.obstacles(scenario)
    if given.has("aggregate"), !obstacles.isEmpty {
      for obstacle in obstacles {
        Terminal.complain("plimsoll: --aggregate cannot run \(scenario.name): \(obstacle)")
      }
      return false
    }
    if !isQuiet, !given.has("exact"), choice.requests > MethodChoice.exactRequestsMax {
      Terminal.complain("plimsoll: \(choice.reason)")
    }
    return true
  }

  /// Runs all replications with progress on standard error, and more where the scenario asks for
  /// precision, twice as many each time; Ctrl-C ends them early.
  func run() async -> [RunRecord] {
    Interruption.listen()
    let check = PrecisionCheck(scenario)
    let most = scenario.run.precision == nil ? 0 : scenario.run.maximumReplications
    var records: [RunRecord] = []
    var wanted = scenario.run.replications
    repeat {
      records += await replicate(from: records.count, to: wanted)
      wanted = min(most, wanted * 2)
    } while records.count < wanted && !Interruption.isRequested && !check.isMet(records)
    let experiment = Experiment(scenario, replications: records.count, method: method)
    if let check = experiment.methodCheck(records) { records[0].methodCheck = check }
    return records
  }

  private func replicate(from first: Int, to end: Int) async -> [RunRecord] {
    let meter = ProgressMeter(replications: end, quiet: isQuiet, done: first)
    let experiment = Experiment(
      scenario, replications: end - first, method: method, first: first)
    let records = await experiment.run(threads: threads) { progress in
      meter.update(progress)
      return !Interruption.isRequested
    }
    meter.finish()
    return records
  }

  /// Simulates every draw of the scenario's uncertain numbers.
  func simulate(_ draws: [ScenarioDraw], of spec: UncertaintySpec) async -> UncertaintySummary? {
    let meter = ProgressMeter(replications: draws.count, quiet: isQuiet)
    let records = await Experiment.run(each: draws.map(\.scenario), threads: threads) { progress in
      meter.update(progress, of: "\(draws.count) draws")
      return !Interruption.isRequested
    }
    meter.finish()
    let whole = records.prefix { !$0.interrupted }
    return UncertaintyAnalysis(spec, draws: draws).summary(Array(whole))
  }

  /// Simulates what would help against what the records show; empty when nothing is refused.
  func tryRemedies(after records: [RunRecord]) async -> [RemedyOutcome] {
    let trials = RemedyTrials(scenario, records: records)
    if trials.isEmpty || Interruption.isRequested { return [] }
    let meter = ProgressMeter(replications: trials.replications, quiet: isQuiet)
    let titles = trials.titles
    let outcomes = await trials.run(threads: threads) { position, progress in
      meter.update(progress, of: "remedy \(position + 1) of \(titles.count)")
      return !Interruption.isRequested
    }
    meter.finish()
    return outcomes
  }

  /// Options of every command that simulates.
  static let options = [
    Option(
      "replications", letter: "n", .integer("N"),
      summary: "Independent runs (default: the scenario's)"),
    Option("seed", .count("N"), summary: "Seed instead of the scenario's"),
    Option("exact", summary: "Simulate every request, however many there are"),
    Option("aggregate", summary: "Simulate many requests at a time"),
    Option("threads", .integer("N"), summary: "Replications at once (default: all processors)"),
    Option("quiet", letter: "q", summary: "No progress"),
    Option("colour", .choice(["auto", "always", "never"]), summary: "Colour on the terminal"),
  ]
}
