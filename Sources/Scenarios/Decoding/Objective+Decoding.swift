// Objectives: `p(99) < 10ms`, `p(99.9){read-order} < 50ms`, `throttled / requests < 0.1%`.
//
// The grammar is k6's threshold (load-generators.md 4.8) with units, ratios and this project's
// counters. As everywhere in the file a bound names its unit: latencies take durations, ratios
// percentages, costs dollars.
//
//     objective = ["response" [selector] ":"] measure ("<" | "<=" | ">" | ">=") bound
//                 ["over" duration] ["with confidence" percent]
//     measure   = ("p(" number ")" | "med" | "mean" | "avg" | "max") [selector]
//               | counter [selector] ["/" counter [selector]] | "cost" | "hit-ratio"
//     selector  = "{" ["op:"] operation name "}"

import Units
public import YAML

extension ScenarioDecoder {
  func objectives(_ reader: NodeReader?, _ scenario: Scenario) -> [Objective] {
    guard let items = reader?.list(of: "objectives") else { return [] }
    return items.compactMap { item in
      guard case .mapping = item.node.content else { return item.objective(in: scenario) }
      guard let fields = item.object(ScenarioFormat.object("check")),
        var objective = fields["check"]?.objective(in: scenario)
      else { return nil }
      let after = fields["after"]?.duration() ?? .zero
      if fields["abort"]?.flag() ?? false { objective.abortAfter = after }
      return objective
    }
  }
}

extension ScenarioLoader {
  /// Reads an objective from the command line, as the file writes it.
  public static func objective(
    _ text: String, in scenario: Scenario, option: String
  ) -> Result<Objective, ObjectiveFault> {
    let quoted = "'" + text.replacing("'", with: "''") + "'"
    let document = parseYAML(quoted, file: option)
    let faults = FaultList(file: option)
    guard let root = document.root else {
      return .failure(ObjectiveFault(diagnostics: document.diagnostics, source: quoted))
    }
    let reader = NodeReader(node: root, label: option, faults: faults)
    if let objective = reader.objective(in: scenario), faults.diagnostics.isEmpty {
      return .success(objective)
    }
    return .failure(ObjectiveFault(diagnostics: faults.diagnostics, source: quoted))
  }
}

/// Why a text is no objective.
public struct ObjectiveFault: Error {
  public var diagnostics: [Diagnostic]
  /// The text that their positions refer to.
  public var source: String
}

extension NodeReader {
  /// Windows a run may have; more would need more memory than they tell.
  private static let windowsMax: Int64 = 10_000

  fileprivate func objective(in scenario: Scenario) -> Objective? {
    guard let text = scalarText(expected: ObjectiveParser.expected) else { return nil }
    let operations = scenario.traffic.flatMap(\.operations).map(\.name)
    var parser = ObjectiveParser(reader: self, text: text, operations: operations)
    guard let objective = parser.objective() else { return nil }
    if objective.measure == .cacheHitRatio, scenario.cache == nil {
      report("'hit-ratio' needs a cache", expected: "a 'dax' section")
    }
    if let window = objective.window {
      let least = scenario.run.duration.count / Self.windowsMax
      if window.count < max(least, 1_000_000_000) {
        report(
          "a run of \(scenario.run.duration) has too many windows of \(window)",
          expected: "at least \(Nanoseconds(max(least, 1_000_000_000)))")
      }
    }
    return objective
  }
}

/// Reads one objective; faults point at the part of the line they are about.
struct ObjectiveParser {
  static let expected = "such as p(99) < 10ms, throttled / requests < 0.1% or cost < 500 USD"
  static let measures =
    ["p(99)", "med", "mean", "avg", "max", "cost", "hit-ratio"] + Counter.allCases.map(\.rawValue)

  let reader: NodeReader
  let text: String
  let operations: [String]
  /// The operation of a leading `response{op:name}:`.
  private var outer: String?

  init(reader: NodeReader, text: String, operations: [String]) {
    self.reader = reader
    self.text = text
    self.operations = operations
  }

  mutating func objective() -> Objective? {
    guard let sign = text.firstIndex(where: { "<>=!".contains($0) }) else {
      report("'\(text)' compares nothing", expected: Self.expected)
      return nil
    }
    guard let left = unprefixed(text[..<sign]) else { return nil }
    let symbol = text[sign...].prefix { "<>=!".contains($0) }
    var right = text[symbol.endIndex...]
    guard let comparison = Comparison(rawValue: String(symbol)) else {
      report("'\(symbol)' is not a comparison", symbol, expected: "<, <=, > or >=")
      return nil
    }
    guard let measure = measure(left) else { return nil }
    var confidence: Double?
    if let word = clause("with confidence", &right) {
      guard let value = Quantity(word), value.unit == "%", value.value >= 50, value.value < 100
      else {
        report("'\(word)' is no confidence", word, expected: "a percentage from 50% to 99.99%")
        return nil
      }
      confidence = value.value / 100
    }
    var window: Nanoseconds?
    if let word = clause("over", &right) {
      window = NodeReader.duration(String(word))
      switch measure {
      case .monthlyCost, .cacheHitRatio:
        report("'\(stripped(left))' has no windows", word, expected: "no 'over'")
        return nil
      default: break
      }
      guard let length = window, length > .zero else {
        report("'\(word)' is no window", word, expected: "a duration such as 30s")
        return nil
      }
    }
    guard let bound = bound(right, for: measure) else { return nil }
    return Objective(
      text: text, measure: measure, comparison: comparison, bound: bound, window: window,
      confidence: confidence)
  }

  /// Takes `keyword` and what follows it off the end of `side`.
  private func clause(_ keyword: String, _ side: inout Substring) -> Substring? {
    guard let range = side.firstRange(of: " \(keyword) ") else { return nil }
    let word = stripped(side[range.upperBound...])
    side = side[..<range.lowerBound]
    return word
  }

  /// What stands behind `response:` or `response{op:name}:`; the selector becomes the measure's.
  private mutating func unprefixed(_ left: Substring) -> Substring? {
    var depth = 0
    let colon = left.firstIndex { character in
      depth += character == "{" ? 1 : character == "}" ? -1 : 0
      return character == ":" && depth == 0
    }
    guard let colon else { return left }
    guard let (metric, operation) = term(left[..<colon]) else { return nil }
    guard metric == "response" else {
      report(
        "'\(metric)' is no metric", metric.isEmpty ? left[..<colon] : metric,
        expected: "'response:', or nothing")
      return nil
    }
    outer = operation
    return left[left.index(after: colon)...]
  }

  private func measure(_ text: Substring) -> Measure? {
    let sides = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let (name, operation) = term(sides[0]) else { return nil }
    if sides.count == 2 {
      guard let above = counter(name), let (otherName, other) = term(sides[1]),
        let below = counter(otherName)
      else { return nil }
      if operation != nil, other != nil, operation != other {
        report("a ratio of two operations", text, expected: "one operation, or none")
        return nil
      }
      return .ratio(above, below, operation: operation ?? other)
    }
    if name.hasPrefix("p("), name.hasSuffix(")") {
      guard let percent = Double(name.dropFirst(2).dropLast()), percent > 0, percent < 100 else {
        report("'\(name)' is not a percentile", name, expected: "p(0.1) to p(99.999)")
        return nil
      }
      return .latencyPercentile(percent, operation: operation)
    }
    switch name {
    case "med": return .latencyPercentile(50, operation: operation)
    case "mean", "avg": return .latencyMean(operation: operation)
    case "max": return .latencyMax(operation: operation)
    case "cost", "hit-ratio":
      if operation != nil || outer != nil {
        report("'\(name)' is of the whole scenario", text, expected: "'\(name)' alone")
      }
      return name == "cost" ? .monthlyCost : .cacheHitRatio
    default: return counter(name).map { .count($0, operation: operation) }
    }
  }

  /// "p(99){read-order}" → ("p(99)", "read-order").
  private func term(_ text: Substring) -> (name: Substring, operation: String?)? {
    guard let brace = text.firstIndex(of: "{") else { return (stripped(text), outer) }
    let inside = stripped(text[text.index(after: brace)...])
    guard inside.last == "}" else {
      report("'{' is not closed", text[brace...], expected: "{operation}")
      return nil
    }
    var name = stripped(inside.dropLast())
    if name.hasPrefix("op:") { name = stripped(name.dropFirst(3)) }
    guard operations.contains(String(name)) else {
      report(
        "no operation is called '\(name)'", name,
        expected: operations.isEmpty ? nil : "one of \(operations.joined(separator: ", "))",
        suggestion: nearestName(to: String(name), among: operations))
      return nil
    }
    return (stripped(text[..<brace]), String(name))
  }

  private func counter(_ name: Substring) -> Counter? {
    if let counter = Counter(rawValue: String(name)) { return counter }
    report(
      name.isEmpty ? "a measure is missing" : "'\(name)' measures nothing", name,
      expected: NodeReader.oneOf(Self.measures),
      suggestion: nearestName(to: String(name), among: Self.measures))
    return nil
  }

  private func bound(_ side: Substring, for measure: Measure) -> Double? {
    let word = stripped(side)
    let value: Double?
    let expected: String
    switch measure {
    case .latencyPercentile, .latencyMean, .latencyMax:
      expected = "a duration such as 10ms"
      value = word == "0" ? nil : NodeReader.duration(String(word))?.inSeconds
    case .ratio, .cacheHitRatio:
      expected = "a percentage such as 0.1%"
      value = Quantity(word).flatMap { $0.unit == "%" ? $0.value / 100 : nil }
    case .count:
      expected = "a count such as 1000 or 5k"
      value = Quantity(word).flatMap { parsed in
        NodeReader.countUnits.first { $0.0 == parsed.unit }.map { $0.1 * parsed.value }
      }
    case .monthlyCost:
      expected = "dollars a month such as 500 USD"
      let isDollars = word.hasPrefix("$")
      value = Quantity(isDollars ? word.dropFirst() : word).flatMap {
        isDollars && $0.unit.isEmpty || !isDollars && $0.unit == "USD" ? $0.value : nil
      }
    }
    if let value { return value }
    report(
      word.isEmpty ? "the bound is missing" : "'\(word)' is not a bound of '\(stripped(left))'",
      word, expected: expected)
    return nil
  }

  private var left: Substring { text.prefix { !"<>=!".contains($0) } }

  private func stripped(_ text: Substring) -> Substring {
    var out = text.drop { $0 == " " }
    while out.last == " " { out = out.dropLast() }
    return out
  }

  private func report(
    _ message: String, _ part: Substring? = nil, expected: String?, suggestion: String? = nil
  ) {
    var range = reader.range
    if let part, !part.isEmpty, let scalar = reader.node.scalar, range.length >= text.count {
      let before = text[..<part.startIndex].unicodeScalars.count + (scalar.isPlain ? 0 : 1)
      range.start.column += before
      range.length = part.unicodeScalars.count
    }
    reader.faults.report(message, at: range, expected: expected, suggestion: suggestion)
  }
}
