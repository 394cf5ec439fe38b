// lint, schema and init: what concerns the scenario file itself.

import Arguments
import Scenarios

enum FileCommands {
  static let lint = Command(
    "lint", summary: "Check scenario files and report every fault with its position",
    positionals: [Positional("SCENARIO", .many, summary: "Scenario files (YAML)")],
    examples: ["plimsoll lint scenarios/*.yaml"])

  static let schema = Command(
    "schema", summary: "Print the JSON Schema of scenario files, for editors",
    examples: ["plimsoll schema > plimsoll.schema.json"])

  static let initialise = Command(
    "init", summary: "Write a commented scenario to start from",
    positionals: [
      Positional("FILE", .optional, summary: "Where to write it (default: scenario.yaml)")
    ],
    options: [
      Option(
        "from", .choice(BuiltInScenario.all.map(\.name)),
        summary: "A built-in scenario instead; the file is then called after it")
    ],
    examples: ["plimsoll init my-table.yaml", "plimsoll init --from ycsb-a"])

  static func runLint(_ given: GivenArguments) -> ExitCode {
    var faulty = 0
    for path in given.positionals {
      if ScenarioInput.load(path) == nil {
        faulty += 1
      } else {
        Terminal.say("\(path): ok\n")
      }
    }
    return faulty == 0 ? .success : .badInput
  }

  static func runSchema() -> ExitCode {
    Terminal.say(ScenarioSchema.json)
    return .success
  }

  static func runInit(_ given: GivenArguments) -> ExitCode {
    let builtIn = given.text("from").flatMap(BuiltInScenario.named)
    let path = given.positionals.first ?? builtIn.map { "\($0.name).yaml" } ?? "scenario.yaml"
    guard !Files.exists(path) else {
      Terminal.complain("plimsoll: \(path) exists already; name another file: plimsoll init FILE")
      return .badInput
    }
    do throws(FileFault) {
      try Files.write(builtIn?.text ?? ScenarioTemplate.text(name: baseName(path)), to: path)
    } catch {
      Terminal.complain("plimsoll: \(error.message)")
      return .runtimeError
    }
    Terminal.say("wrote \(path); next: plimsoll plan \(path)\n")
    return .success
  }
}

/// A path's last part without its extension: "plans/my-table.yaml" → "my-table".
private func baseName(_ path: String) -> String {
  let last = path.split(separator: "/").last.map(String.init) ?? path
  guard let dot = last.lastIndex(of: "."), dot != last.startIndex else { return last }
  return String(last[..<dot])
}
