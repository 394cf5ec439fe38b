// compare: two run folders, and whether the second is worse.

import Arguments
import Reports
import Results

enum CompareCommand {
  static let command = Command(
    "compare", summary: "Compare two runs and say what changed, with its uncertainty",
    discussion: [
      "A and B are report folders or run.json files, simulated or measured. Runs of the same seed"
        + " are compared interval by interval. Exit code 0: nothing is worse in B; 3: something is."
    ],
    positionals: [
      Positional("A", summary: "A run: its folder or its run.json"),
      Positional("B", summary: "The run to judge against it"),
    ],
    options: [
      Option("alpha", .number("P"), summary: "Chance of any false alarm (default: 0.05)"),
      Option(
        "min-effect", .text("PERCENT"),
        summary: "Smaller relative differences are no change (default: 2%)"),
      Option("all", summary: "Show the quantities that did not change too"),
      Option(
        "format", .choice(["screen", "markdown", "json"]),
        summary: "Of the output (default: screen)"
      ),
      Option("colour", .choice(["auto", "always", "never"]), summary: "Colour on the terminal"),
    ],
    examples: ["plimsoll compare reports/01-orders reports/02-orders-on-demand"])

  static func run(_ given: GivenArguments) -> ExitCode {
    guard let settings = settings(given) else { return .badInput }
    let names = (a: given.positionals[0], b: given.positionals[1])
    guard let a = load(names.a), let b = load(names.b) else { return .badInput }
    let comparison = RunComparison(a, b, settings: settings)
    guard !comparison.rows.isEmpty else {
      Terminal.complain(
        "plimsoll: the runs have nothing in common: no operation or table has one name in both")
      return .badInput
    }
    let all = given.has("all")
    switch given.text("format") {
    case "json": Terminal.say(ComparisonReport.json(comparison, names: names))
    case "markdown":
      Terminal.say(
        MarkdownRenderer().render(ComparisonReport.document(comparison, names: names, all: all)))
    default:
      let renderer = TextRenderer(
        width: min(140, Terminal.width), colour: Terminal.usesColour(given.text("colour")))
      Terminal.say(renderer.render(ComparisonReport.document(comparison, names: names, all: all)))
    }
    return comparison.hasRegressions ? .objectiveMissed : .success
  }

  private static func settings(_ given: GivenArguments) -> ComparisonSettings? {
    var settings = ComparisonSettings()
    if let alpha = given.number("alpha") {
      guard alpha > 0, alpha < 1 else {
        Terminal.complain("plimsoll: --alpha expects a probability between 0 and 1")
        return nil
      }
      settings.alpha = alpha
    }
    if let text = given.text("min-effect") {
      guard let effect = share(text) else {
        Terminal.complain("plimsoll: --min-effect expects a percentage such as 2%")
        return nil
      }
      settings.minimumEffect = effect
    }
    return settings
  }

  /// "2%" → 0.02.
  static func share(_ text: String) -> Double? {
    guard text.hasSuffix("%"), let value = Double(text.dropLast()), value >= 0, value.isFinite
    else { return nil }
    return value / 100
  }

  /// The run in a folder or file, or nil after its fault has been written to standard error.
  private static func load(_ path: String) -> StoredRun? {
    let file = path.hasSuffix(".json") ? path : path + "/run.json"
    do {
      return try StoredRun.read(Files.read(file))
    } catch let fault as FileFault {
      Terminal.complain("plimsoll: \(fault.message)")
    } catch let fault as StoredRunFault {
      Terminal.complain("plimsoll: \(file): \(fault.message)")
    } catch {
      Terminal.complain("plimsoll: \(file): \(error)")
    }
    return nil
  }
}
