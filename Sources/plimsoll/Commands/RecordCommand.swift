// record: the requests of a run as a file.

import Arguments
import Glibc
import LoadGeneration
import Scenarios
import Units

enum RecordCommand {
  static let command = Command(
    "record", summary: "Write the stream of requests of a scenario to a trace file",
    discussion: [
      "The requests that load sends and the simulator sees: when each is due, its operation, keys"
        + " and sizes. load --replay FILE sends them again at the recorded instants."
    ],
    positionals: [Positional("SCENARIO", summary: "A scenario file (YAML)")],
    options: [
      Option("out", letter: "o", .text("FILE"), summary: "Trace file (default: NAME.trace.csv)"),
      Option("seed", .count("N"), summary: "Seed instead of the scenario's"),
      Option("rate", .number("FACTOR"), summary: "Multiply all rates (default: 1)"),
      Option("duration", .text("TIME"), summary: "Such as 90s or 10m (default: the scenario's)"),
    ],
    examples: ["plimsoll record scenarios/01-orders.yaml --duration 60s -o orders.trace.csv"])

  static func run(_ given: GivenArguments) -> ExitCode {
    guard var scenario = ScenarioInput.load(given.positionals[0]) else { return .badInput }
    do throws(SettingsFault) {
      scenario.run.duration = try LoadSettings.time("duration", given) ?? scenario.run.duration
    } catch {
      Terminal.complain("plimsoll: \(error.message)")
      return .badInput
    }
    let path = given.text("out") ?? "\(scenario.name).trace.csv"
    let seed = given.integer("seed").map { UInt64($0) } ?? scenario.seed
    let factor = given.number("rate") ?? 1
    guard factor > 0 else {
      Terminal.complain("plimsoll: --rate expects a factor above 0")
      return .badInput
    }
    guard let file = fopen(path, "w") else {
      Terminal.complain("plimsoll: \(FileFault.last("write", path).message)")
      return .runtimeError
    }
    var isWritten = true
    let count = RequestTrace.record(scenario, seed: seed, rateFactor: factor) { text in
      isWritten = isWritten && fputs(text, file) >= 0
      return isWritten
    }
    if fclose(file) != 0 { isWritten = false }
    guard isWritten else {
      Terminal.complain("plimsoll: \(FileFault.last("write", path).message)")
      return .runtimeError
    }
    Terminal.say("\(group(count)) requests: \(path)\n")
    return .success
  }
}
