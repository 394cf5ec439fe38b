// The file's top level: the order in which its sections are read, and what they need of each other.
//
// Tables come first, because everything else names them; then the run, because open rates last as
// long as it does; then traffic, and last the objectives, which name operations. A section with
// faults still yields a placeholder, so that what names it is not reported as well.

import Units
import Workloads
import YAML

struct ScenarioDecoder {
  let faults: FaultList
  let path: String
  /// Numbers of the file that are uncertain; the tree has their middles.
  let inputs: [UncertainInput]
  let readFile: (String) -> FileText

  /// The scenario, with placeholders where faults were reported; nil when the file is not a map.
  func scenario(_ root: NodeReader) -> Scenario? {
    guard let fields = root.object(ScenarioFormat.scenario) else { return nil }
    _ = fields["version"]?.choice([("1", 1)])
    let fallbackName = safeName(baseName(path))
    let name = fields["name"].flatMap { identifier($0) } ?? fallbackName
    var scenario = Scenario(
      name: name, title: fields["title"]?.text() ?? name,
      summary: trimmedEnd(fields["description"]?.text() ?? ""),
      seed: fields["seed"]?.bits() ?? 1, tables: [], traffic: [], cache: nil,
      model: ModelSpec(), run: RunSpec(duration: .zero), cost: cost(fields["cost"]),
      objectives: [], path: path)
    scenario.tables = tables(fields["tables"])
    let names = Names(tables: scenario.tables)
    var run = self.run(fields["run"])
    let client = self.client(fields["client"], over: ClientSpec())
    let context = TrafficContext(
      names: names, home: scenario.cost.region, client: client, duration: run.duration,
      startOffset: .seconds(run.spec.startOfWeekSeconds))
    scenario.traffic = traffic(fields["traffic"], context)
    scenario.model = model(
      fields["model"], operations: scenario.traffic.flatMap { $0.operations.map(\.name) })
    if let duration = run.duration {
      run.spec.duration = duration
    } else {
      run.spec.duration = scenario.traffic.map { $0.demand.duration }.max() ?? .zero
    }
    if run.spec.duration.count > 0, run.spec.warmUp >= run.spec.duration {
      let range = fields["run"]?.range ?? fields.range
      faults.report(
        "the warm-up (\(run.spec.warmUp)) leaves nothing of the run (\(run.spec.duration))",
        at: faults.places["warm-up"] ?? range, expected: "a warm-up shorter than the run")
    }
    scenario.run = run.spec
    scenario.cache = cache(fields["dax"], names)
    scenario.objectives = objectives(fields["objectives"], scenario)
    scenario.uncertainty = uncertainty(fields)
    return scenario
  }

  /// A name that can be a folder's.
  private func identifier(_ reader: NodeReader) -> String? {
    guard let text = reader.text() else { return nil }
    if safeName(text) == text { return text }
    reader.report(
      "'\(text)' cannot name a folder", expected: "letters, digits, '.', '_' and '-'",
      suggestion: safeName(text))
    return nil
  }

  private func safeName(_ text: String) -> String {
    var out = ""
    for character in text {
      let isSafe =
        character.isASCII
        && (character.isLetter || character.isNumber || "._-".contains(character))
      out.append(isSafe ? character : "-")
    }
    while let first = out.first, "._-".contains(first) { out.removeFirst() }
    return out.isEmpty ? "scenario" : out
  }

  private func trimmedEnd(_ text: String) -> String {
    var out = text
    while out.hasSuffix("\n") || out.hasSuffix(" ") { out.removeLast() }
    return out
  }
}

/// Tables and their indexes by name.
struct Names {
  let tables: [TableSpec]

  /// The position of the table that `reader` names; reports an unknown one with the nearest.
  func table(_ reader: NodeReader) -> Int? {
    guard let text = reader.scalarText(expected: "the name of a table") else { return nil }
    if let index = tables.firstIndex(where: { $0.name == text }) { return index }
    let names = tables.map(\.name).filter { !$0.isEmpty }
    reader.report(
      "no table is called '\(text)'",
      expected: names.isEmpty ? nil : "one of \(names.joined(separator: ", "))",
      suggestion: nearestName(to: text, among: names))
    return nil
  }

  /// The index of `table` called `text`; reports an unknown one with the nearest.
  func index(_ text: String, of table: Int, at range: SourceRange, _ faults: FaultList)
    -> IndexReference?
  {
    let spec = tables[table]
    if let found = spec.globalIndexes.firstIndex(where: { $0.name == text }) {
      return .global(found)
    }
    if let found = spec.localIndexes.firstIndex(where: { $0.name == text }) { return .local(found) }
    let names = (spec.globalIndexes + spec.localIndexes).map(\.name).filter { !$0.isEmpty }
    faults.report(
      "table '\(spec.name)' has no index called '\(text)'", at: range,
      expected: names.isEmpty ? nil : "one of \(names.joined(separator: ", "))",
      suggestion: nearestName(to: text, among: names))
    return nil
  }
}

extension Demand {
  /// How long it asks for requests.
  var duration: Nanoseconds {
    switch self {
    case .open(_, let rate): rate.reduce(.zero) { $0 + $1.duration }
    case .closed(_, _, let duration): duration
    }
  }
}
