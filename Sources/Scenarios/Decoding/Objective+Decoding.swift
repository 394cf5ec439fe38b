// Objectives: `p(99) < 10ms`, `p(99.9){read-order} < 50ms`, `throttled / requests < 0.1%`.
//
// The grammar is k6's threshold (load-generators.md 4.8) with units, ratios and this project's
// counters. As everywhere in the file a bound names its unit: latencies take durations, ratios
// percentages, costs dollars.
//
//     objective = measure ("<" | "<=" | ">" | ">=") bound
//     measure   = ("p(" number ")" | "med" | "mean" | "avg" | "max") [selector]
//               | counter [selector] ["/" counter [selector]] | "cost" | "hit-ratio"
//     selector  = "{" operation name "}"

import Units
import YAML

extension ScenarioDecoder {
  func objectives(_ reader: NodeReader?, _ scenario: Scenario) -> [Objective] {
    guard let items = reader?.list(of: "objectives") else { return [] }
    let operations = scenario.traffic.flatMap(\.operations).map(\.name)
    return items.compactMap { item in
      guard let text = item.scalarText(expected: ObjectiveParser.expected) else { return nil }
      var parser = ObjectiveParser(reader: item, text: text, operations: operations)
      guard let objective = parser.objective() else { return nil }
      if objective.measure == .cacheHitRatio, scenario.cache == nil {
        item.report("'hit-ratio' needs a cache", expected: "a 'dax' section")
      }
      return objective
    }
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

  mutating func objective() -> Objective? {
    guard let sign = text.firstIndex(where: { "<>=!".contains($0) }) else {
      report("'\(text)' compares nothing", expected: Self.expected)
      return nil
    }
    let left = text[..<sign]
    let symbol = text[sign...].prefix { "<>=!".contains($0) }
    let right = text[symbol.endIndex...]
    guard let comparison = Comparison(rawValue: String(symbol)) else {
      report("'\(symbol)' is not a comparison", symbol, expected: "<, <=, > or >=")
      return nil
    }
    guard let measure = measure(left), let bound = bound(right, for: measure) else { return nil }
    return Objective(text: text, measure: measure, comparison: comparison, bound: bound)
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
      if operation != nil {
        report("'\(name)' is of the whole scenario", text, expected: "'\(name)' alone")
      }
      return name == "cost" ? .monthlyCost : .cacheHitRatio
    default: return counter(name).map { .count($0, operation: operation) }
    }
  }

  /// "p(99){read-order}" → ("p(99)", "read-order").
  private func term(_ text: Substring) -> (name: Substring, operation: String?)? {
    guard let brace = text.firstIndex(of: "{") else { return (stripped(text), nil) }
    let inside = stripped(text[text.index(after: brace)...])
    guard inside.last == "}" else {
      report("'{' is not closed", text[brace...], expected: "{operation}")
      return nil
    }
    let name = stripped(inside.dropLast())
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
