// From the text of a scenario file to a scenario, or to everything that is wrong with it.
//
// The loader does no input or output: it is given the text, and asks the caller for the trace files
// that the scenario names. Nothing is returned half done; lint warnings come with a valid scenario
// and never make it invalid.

public import YAML

/// The answer to a request for a file's text.
public enum FileText: Sendable {
  case text(String)
  /// Why it cannot be read, in the system's words.
  case unreadable(String)
}

/// What a scenario file turned out to be.
public enum LoadOutcome: Sendable {
  case loaded(Scenario, warnings: [Diagnostic])
  /// At least one fault, in the order of the file.
  case invalid([Diagnostic])
}

public enum ScenarioLoader {
  /// Reads a scenario.
  ///
  /// - Parameters:
  ///   - text: the file's content.
  ///   - path: the file as messages shall name it; trace files are looked for beside it.
  ///   - readFile: gives the content of a file named by the scenario, by a path that starts where
  ///     `path` starts.
  public static func load(
    text: String, path: String, readFile: (String) -> FileText
  ) -> LoadOutcome {
    let document = parseYAML(text, file: path)
    guard let root = document.root else { return .invalid(document.diagnostics) }
    let faults = FaultList(file: path)
    let tree = UncertainTree(root, faults: faults)
    let scenario = decode(
      tree.replaced(\.mid), inputs: tree.inputs, path: path, faults: faults, readFile: readFile)
    let errors = (document.diagnostics + faults.diagnostics).inFileOrder
    guard errors.isEmpty, let scenario else { return .invalid(errors) }
    return .loaded(scenario, warnings: lint(scenario, places: faults.places))
  }

  /// The scenario of a tree without uncertain numbers; nil when the tree is not a map.
  /// - Parameter inputs: The numbers that were uncertain in it.
  static func decode(
    _ root: YAMLNode, inputs: [UncertainInput] = [], path: String, faults: FaultList,
    readFile: (String) -> FileText
  ) -> Scenario? {
    // The closure does not outlive this call; the decoder stores it only while it runs.
    withoutActuallyEscaping(readFile) { readFile in
      let decoder = ScenarioDecoder(
        faults: faults, path: path, inputs: inputs, readFile: readFile)
      return decoder.scenario(NodeReader(node: root, label: "the file", faults: faults))
    }
  }

  /// Reads a scenario that names no other file.
  public static func load(text: String, path: String) -> LoadOutcome {
    load(text: text, path: path) { _ in .unreadable("no files can be read here") }
  }
}

/// `name` beside the file `path`: ("scenarios/a.yaml", "t.csv") → "scenarios/t.csv".
func resolved(_ name: String, beside path: String) -> String {
  guard !name.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return name }
  return path[...slash] + name
}

/// A path's last part without its extension: "scenarios/01-orders.yaml" → "01-orders".
func baseName(_ path: String) -> String {
  let last = path.split(separator: "/").last.map(String.init) ?? path
  guard let dot = last.lastIndex(of: "."), dot != last.startIndex else { return last }
  return String(last[..<dot])
}
