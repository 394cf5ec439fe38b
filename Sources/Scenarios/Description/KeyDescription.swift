// What a scenario file may say, as data: every key with its form, default and meaning.
//
// This one table feeds four readers, so they cannot drift apart: the decoders refuse keys it does
// not list and offer the nearest one it does, the JSON Schema for editors is printed from it, and
// so is the key reference in scenarios/README.md. What a value must satisfy beyond its form
// (bounds, names that exist) is checked by the decoders.

/// The form a value is written in.
indirect enum ValueForm: Sendable {
  case text
  /// Text of the given pattern (JSON Schema's regular expressions), described in words.
  case pattern(String, String)
  case flag
  /// A whole number; k, M and G are allowed.
  case count
  case number
  /// `70%`
  case share
  case duration
  case size
  case rate
  case choice([String])
  /// A nested map of the named object description.
  case object(String)
  case list(of: ValueForm)
  /// A map whose keys the file chooses (index names, price items).
  case map(of: ValueForm)
  case any([ValueForm])

  /// How the reference writes it.
  var words: String {
    switch self {
    case .text: "text"
    case .pattern(_, let words): words
    case .flag: "true or false"
    case .count: "count"
    case .number: "number"
    case .share: "percent"
    case .duration: "duration"
    case .size: "size"
    case .rate: "rate"
    case .choice(let names): names.map { "`\($0)`" }.joined(separator: ", ")
    case .object(let name): "[\(name)](#\(name))"
    case .list(let form): "list of \(form.words)"
    case .map(let form): "map to \(form.words)"
    case .any(let forms): forms.map(\.words).joined(separator: " or ")
    }
  }
}

/// One key of a map.
struct KeyDescription: Sendable {
  var name: String
  var form: ValueForm
  /// The default as it would be written in the file, or in words; nil: none.
  var fallback: String?
  var isRequired = false
  /// The alternatives (keys of `ObjectDescription.oneOf`) it belongs to; empty: all.
  var appliesTo: [String] = []
  /// One sentence, without the full stop.
  var meaning: String

  static func required(_ name: String, _ form: ValueForm, _ meaning: String) -> Self {
    Self(name: name, form: form, isRequired: true, meaning: meaning)
  }

  static func optional(
    _ name: String, _ form: ValueForm, for kinds: [String] = [], _ meaning: String
  ) -> Self {
    Self(name: name, form: form, appliesTo: kinds, meaning: meaning)
  }

  /// With the default as it would be written in the file, or in words.
  static func optional(
    _ name: String, _ form: ValueForm, _ fallback: String, for kinds: [String] = [],
    _ meaning: String
  ) -> Self {
    Self(name: name, form: form, fallback: fallback, appliesTo: kinds, meaning: meaning)
  }
}

/// One kind of map in the file.
struct ObjectDescription: Sendable {
  /// Its name in the reference and the schema.
  var name: String
  /// As messages call it: "a table".
  var noun: String
  var summary: String
  var keys: [KeyDescription]
  /// Keys of which exactly one must stand in the map; empty: no such rule.
  var oneOf: [String] = []

  func key(_ name: String) -> KeyDescription? { keys.first { $0.name == name } }
}

/// The whole format.
enum ScenarioFormat {
  /// Every kind of map, in the order of the reference.
  static let objects: [ObjectDescription] =
    [scenario, run, check] + uncertaintyObjects + tableObjects + distributionObjects
    + trafficObjects + clientObjects + daxObjects + costObjects + modelObjects

  static func object(_ name: String) -> ObjectDescription {
    guard let found = objects.first(where: { $0.name == name }) else {
      preconditionFailure("no object named \(name) in the scenario format")
    }
    return found
  }
}
