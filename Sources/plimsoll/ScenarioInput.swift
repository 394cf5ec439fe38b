// Reading scenario files for the commands: every fault of every file, then exit code 2.

import Pricing
import Scenarios
import YAML

enum ScenarioInput {
  /// The scenario in `path` or built in under that name; nil after its faults have been written to
  /// standard error.
  /// Warnings are written too, unless `quiet`.
  static func load(_ path: String, quiet: Bool = false) -> Scenario? {
    guard let text = text(path) else { return nil }
    switch ScenarioLoader.load(text: text, path: path, readFile: readFile) {
    case .invalid(let diagnostics):
      Terminal.complain(Diagnostic.rendered(diagnostics, source: text))
      return nil
    case .loaded(let scenario, let warnings):
      if !quiet, !warnings.isEmpty {
        Terminal.complain(Diagnostic.rendered(warnings, source: text))
      }
      return priced(scenario) ? scenario : nil
    }
  }

  /// What is built in, for somebody who may have looked for it.
  private static func builtInHint(_ path: String) -> String {
    guard !path.contains("/"), !path.hasSuffix(".yaml"), !Files.exists(path) else { return "" }
    return "; built in are \(BuiltInScenario.all.map(\.name).joined(separator: ", "))"
  }

  /// The scenarios that its uncertain numbers ask for, none without such; nil after the faults of a
  /// draw have been written to standard error.
  static func draws(_ path: String, seed: UInt64) -> [ScenarioDraw]? {
    guard let text = text(path) else { return nil }
    switch ScenarioLoader.draws(text: text, path: path, seed: seed, readFile: readFile) {
    case .drawn(let draws): return draws
    case .invalid(let diagnostics):
      Terminal.complain("plimsoll: a draw of the uncertain numbers makes no valid scenario:")
      Terminal.complain(Diagnostic.rendered(diagnostics, source: text))
      return nil
    }
  }

  /// The text of a file or of a built-in scenario; nil after the reason has been written.
  private static func text(_ path: String) -> String? {
    if !Files.exists(path), let builtIn = BuiltInScenario.named(path) { return builtIn.text }
    do throws(FileFault) {
      return try Files.read(path)
    } catch {
      Terminal.complain("plimsoll: \(error.message)" + builtInHint(path))
      return nil
    }
  }

  private static func readFile(_ name: String) -> FileText {
    do throws(FileFault) {
      return .text(try Files.read(name))
    } catch {
      return .unreadable(error.message)
    }
  }

  /// Whether the price list knows the scenario's regions; says so if not.
  private static func priced(_ scenario: Scenario) -> Bool {
    let regions = [scenario.cost.region] + scenario.tables.flatMap(\.replicas)
    var known = true
    for region in regions where !PriceList.published.regions.contains(region) {
      let hint = PriceList.published.suggestion(forRegion: region)
      Terminal.complain(
        "\(scenario.path): error: the price list has no region '\(region)'"
          + (hint.map { "; did you mean '\($0)'?" } ?? ""))
      known = false
    }
    return known
  }
}
