// fill: a scenario's tables and items at an endpoint.

import Arguments
import LoadGeneration
import Platform
import Scenarios
import Units

enum FillCommand {
  static let command = Command(
    "fill", summary: "Create a scenario's tables at an endpoint and load their items",
    discussion: [
      "Tables that are there are kept if their keys are the scenario's; loading goes on where it"
        + " was broken off. Items are functions of their number, so they can be read back and"
        + " compared: a sample, or with --verify all of them. Loading takes the capacity that the"
        + " tables have, or what --capacity-during-fill provisions for its time."
    ],
    positionals: [Positional("SCENARIO", summary: "A scenario file (YAML)")],
    options: LoadSettings.endpointOptions + [
      Option(
        "capacity-during-fill", .integer("UNITS"),
        summary: "Units per second to provision while loading"),
      Option("connections", .integer("N"), summary: "Batches at once (default: 16)"),
      Option("verify", summary: "Read every item back"),
    ],
    examples: ["plimsoll fill scenarios/01-orders.yaml --endpoint http://127.0.0.1:8000"])

  static func run(_ given: GivenArguments) -> ExitCode {
    let path = given.positionals[0]
    guard let scenario = ScenarioInput.load(path) else { return .badInput }
    let endpoints = given.all("endpoint")
    guard !endpoints.isEmpty else {
      Terminal.complain("plimsoll: fill needs --endpoint URL")
      return .badInput
    }
    let options: LoadOptions
    do throws(SettingsFault) {
      options = try LoadSettings.options(given, scenario, endpoints)
      if let refusal = LoadSettings.refusal(options, given) {
        throw SettingsFault(message: refusal)
      }
    } catch {
      Terminal.complain("plimsoll: \(error.message)")
      return .badInput
    }
    Interruption.listen()
    do throws(LoadFault) {
      var fill = try Fill(
        scenario, options, connections: max(1, given.integer("connections") ?? 16),
        units: given.integer("capacity-during-fill"), verifiesAll: given.has("verify"))
      let isQuiet = given.has("quiet")
      var shown = 0.0
      let filled = try fill.run { progress in
        if !isQuiet, progress.seconds - shown >= 1 || progress.seconds < shown {
          shown = progress.seconds
          Terminal.complain(
            "\(progress.table): \(group(progress.done)) of \(group(progress.wanted)) items,"
              + " \(group(progress.throttled)) throttled")
        }
        return !Interruption.isRequested
      }
      guard let filled else { return Interruption.exitCode ?? .interrupted }
      return report(filled)
    } catch {
      Terminal.complain("plimsoll: \(error.description)")
      return .runtimeError
    }
  }

  private static func report(_ filled: [FilledTable]) -> ExitCode {
    var isRight = true
    for table in filled {
      Terminal.say(
        "\(table.table): \(table.wasThere ? "was there" : "created"),"
          + " \(group(table.written)) items written"
          + (table.resumedAt > 0 ? " from number \(group(table.resumedAt)) on" : "")
          + ", \(group(table.throttled)) throttled, \(group(table.right)) of"
          + " \(group(table.checked)) read back are right, \(significant(table.seconds)) s\n")
      if table.right != table.checked { isRight = false }
    }
    if !isRight {
      Terminal.complain(
        "plimsoll: some items are not what was written; delete the tables and fill anew")
    }
    return isRight ? .success : .runtimeError
  }
}
