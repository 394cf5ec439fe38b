// Reads one value of the file, and says what is wrong with it instead of failing.
//
// Every reading method returns nil after it has reported the fault; callers fill in a placeholder
// and go on, so one pass finds everything. That is why a reader shares one list of faults (a class,
// the only one here): it is threaded through every decoder without any of them returning it.

import YAML

/// Where faults are collected while a file is read.
final class FaultList {
  let file: String
  private(set) var diagnostics: [Diagnostic] = []
  /// Where named parts of the scenario stand, for lint rules; looked up only.
  private(set) var places: [String: SourceRange] = [:]

  init(file: String) { self.file = file }

  func report(
    _ message: String, at range: SourceRange, expected: String? = nil, suggestion: String? = nil
  ) {
    diagnostics.append(
      Diagnostic(
        file: file, range: range, message: message, expected: expected, suggestion: suggestion))
  }

  func place(_ name: String, at range: SourceRange) {
    if places[name] == nil { places[name] = range }
  }
}

/// A value of the file with the means to report what is wrong with it.
struct NodeReader {
  let node: YAMLNode
  /// As messages call it: `'read-capacity'`, `an item of 'tables'`.
  let label: String
  let faults: FaultList

  var range: SourceRange { node.range }

  func report(_ message: String, expected: String? = nil, suggestion: String? = nil) {
    faults.report(message, at: range, expected: expected, suggestion: suggestion)
  }

  /// The written text; reports lists and maps.
  func scalarText(expected: String) -> String? {
    if let scalar = node.scalar, !node.isNull { return scalar.text }
    report("\(label) is \(node.kindDescription)", expected: expected)
    return nil
  }

  func text() -> String? { scalarText(expected: "text") }

  func flag() -> Bool? {
    guard let text = scalarText(expected: "true or false") else { return nil }
    switch text {
    case "true", "on", "yes": return true
    case "false", "off", "no": return false
    default:
      report("'\(text)' is neither true nor false", expected: "true or false")
      return nil
    }
  }

  /// The items of a list, each with its reader; reports anything else.
  func list(of noun: String) -> [NodeReader]? {
    guard case .sequence(let items) = node.content else {
      report("\(label) is \(node.kindDescription)", expected: "a list of \(noun)")
      return nil
    }
    return items.map { NodeReader(node: $0, label: "an item of \(label)", faults: faults) }
  }

  /// The entries of a map whose keys the file chooses.
  func freeMap(of noun: String) -> [(key: String, keyRange: SourceRange, value: NodeReader)]? {
    guard case .mapping(let entries) = node.content else {
      report("\(label) is \(node.kindDescription)", expected: "a map to \(noun)")
      return nil
    }
    return entries.map {
      ($0.key, $0.keyRange, NodeReader(node: $0.value, label: "'\($0.key)'", faults: faults))
    }
  }

  /// The fields of a map that `description` describes.
  func object(_ description: ObjectDescription) -> Fields? {
    guard case .mapping(let entries) = node.content else {
      report(
        "\(label) is \(node.kindDescription)",
        expected: "a map with \(Self.enumerated(description.keys.prefix(6).map(\.name)))")
      return nil
    }
    return Fields(description: description, entries: entries, reader: self)
  }

  /// One of a closed set of words.
  ///
  /// `synonyms` are words people use for one of them; they only improve the hint.
  func choice<Value>(
    _ table: [(name: String, value: Value)], synonyms: [String: String] = [:], orMap: String? = nil
  ) -> Value? {
    let names = table.map(\.name)
    let expected = Self.oneOf(names + (orMap.map { [$0] } ?? []))
    guard let text = scalarText(expected: expected) else { return nil }
    if let found = table.first(where: { $0.name == text }) { return found.value }
    report(
      "\(label) cannot be '\(text)'", expected: expected,
      suggestion: synonyms[text.uppercased()] ?? nearestName(to: text, among: names))
    return nil
  }

  /// One of the raw values of an enumeration.
  func choice<Value>(_ type: Value.Type, synonyms: [String: String] = [:]) -> Value?
  where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    choice(Value.allCases.map { ($0.rawValue, $0) }, synonyms: synonyms)
  }

  /// "a", "a or b", "a, b or c".
  static func oneOf(_ names: [String]) -> String {
    joined(names, "or")
  }

  static func enumerated(_ names: [String]) -> String {
    names.map { "'\($0)'" }.joined(separator: ", ")
  }

  static func joined(_ names: [String], _ word: String) -> String {
    guard names.count > 1, let last = names.last else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " \(word) " + last
  }
}

/// The fields of one map, checked against its description.
struct Fields {
  let description: ObjectDescription
  let reader: NodeReader
  private let entries: [YAMLEntry]
  /// Keys that are written, even without a usable value or misspelt: not to be reported as missing.
  private let attempted: Set<String>

  var faults: FaultList { reader.faults }
  var range: SourceRange { reader.range }

  /// Reports unknown keys (with the nearest known one), keys without a value, missing keys, and
  /// keys that exclude each other.
  init(description: ObjectDescription, entries: [YAMLEntry], reader: NodeReader) {
    self.description = description
    self.reader = reader
    let names = description.keys.map(\.name)
    var attempted = Set(entries.map(\.key))
    for entry in entries where description.key(entry.key) == nil {
      let nearest = nearestName(to: entry.key, among: names)
      if let nearest { attempted.insert(nearest) }
      reader.faults.report(
        "unknown key '\(entry.key)' in \(description.noun)", at: entry.keyRange,
        expected: "one of \(names.joined(separator: ", "))", suggestion: nearest)
    }
    self.attempted = attempted
    self.entries = entries.filter { entry in
      guard description.key(entry.key) != nil else { return false }
      if entry.value.isNull {
        reader.faults.report("'\(entry.key)' has no value", at: entry.keyRange)
        return false
      }
      return true
    }
    for key in description.keys where key.isRequired && !attempted.contains(key.name) {
      reader.report(
        "\(description.noun) needs '\(key.name)'", expected: "\(key.name): \(key.meaning)")
    }
    checkAlternatives(written: entries)
  }

  /// Exactly one of `description.oneOf`, and only keys that apply to it.
  private func checkAlternatives(written: [YAMLEntry]) {
    guard !description.oneOf.isEmpty else { return }
    let chosen = written.filter { description.oneOf.contains($0.key) }
    guard let first = chosen.first else {
      if description.oneOf.contains(where: attempted.contains) { return }
      reader.report(
        "\(description.noun) needs \(NodeReader.oneOf(description.oneOf.map { "'\($0)'" }))",
        expected: "exactly one of them")
      return
    }
    for entry in chosen.dropFirst() {
      faults.report(
        "'\(entry.key)' and '\(first.key)' exclude each other in \(description.noun)",
        at: entry.keyRange, expected: "one of them")
    }
    for entry in entries {
      guard let key = description.key(entry.key), !key.appliesTo.isEmpty,
        !key.appliesTo.contains(first.key)
      else { continue }
      faults.report(
        "'\(entry.key)' has no meaning for '\(first.key)'", at: entry.keyRange,
        expected: "'\(entry.key)' only with \(NodeReader.oneOf(key.appliesTo))")
    }
  }

  /// The key of `description.oneOf` that is written (the first, if several are).
  var chosen: (name: String, value: NodeReader)? {
    entries.first { description.oneOf.contains($0.key) }.map { ($0.key, value(of: $0)) }
  }

  /// The value of `name`, or nil when it is absent (or was reported).
  /// - Precondition: the description lists the key.
  subscript(name: String) -> NodeReader? {
    precondition(description.key(name) != nil, "\(description.name) has no key \(name)")
    return entries.first { $0.key == name }.map(value)
  }

  func has(_ name: String) -> Bool { self[name] != nil }

  /// Whether the key was meant to be there: written, though perhaps wrongly.
  func isAttempted(_ name: String) -> Bool { attempted.contains(name) }

  /// Where the key itself stands, or the map when it is absent.
  func keyRange(_ name: String) -> SourceRange {
    entries.first { $0.key == name }?.keyRange ?? range
  }

  /// The fields of a nested map.
  func object(_ name: String, _ description: String) -> Fields? {
    self[name]?.object(ScenarioFormat.object(description))
  }

  private func value(of entry: YAMLEntry) -> NodeReader {
    NodeReader(node: entry.value, label: "'\(entry.key)'", faults: faults)
  }
}
