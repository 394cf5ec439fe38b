// The format as a JSON Schema (draft 2020-12), so that editors complete and check scenario files.
//
// Printed from the same table of keys that the decoders use. It is looser than they are: a schema
// cannot know that a table exists or that two shares add up, and YAML readers in editors turn some
// words (on, off, 20:00) into other types, which is allowed for here.

import JSON

public enum ScenarioSchema {
  /// The schema's text, ending in a newline; the same in every run.
  public static var json: String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("$schema", "https://json-schema.org/draft/2020-12/schema")
    writer.member("title", "Plimsoll scenario")
    writer.member("$ref", "#/$defs/scenario")
    writer.key("$defs")
    writer.beginObject()
    for object in ScenarioFormat.objects {
      writer.key(object.name)
      write(object, to: &writer)
    }
    writer.endObject()
    writer.endObject()
    return writer.text
  }

  private static func write(_ object: ObjectDescription, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.member("type", "object")
    writer.member("description", object.summary)
    writer.member("additionalProperties", false)
    let required = object.keys.filter(\.isRequired).map(\.name)
    if !required.isEmpty {
      writer.key("required")
      writeList(required, to: &writer)
    }
    if !object.oneOf.isEmpty {
      writer.key("oneOf")
      writer.beginArray()
      for name in object.oneOf {
        writer.beginObject(compact: true)
        writer.key("required")
        writeList([name], to: &writer)
        writer.endObject()
      }
      writer.endArray()
    }
    writer.key("properties")
    writer.beginObject()
    for key in object.keys {
      writer.key(key.name)
      writer.beginObject()
      writeBody(key.form, to: &writer)
      writer.member("description", key.documentation)
      writer.endObject()
    }
    writer.endObject()
    writer.endObject()
  }

  /// The members of a form's schema, inside an object the caller has begun.
  private static func writeBody(_ form: ValueForm, to writer: inout JSONWriter) {
    func string(_ pattern: String, orNumber: Bool = false) {
      writer.key("type")
      // A number may be an interval, which is an object.
      if orNumber {
        writeList(["string", "number", "object"], to: &writer)
      } else {
        writer.value("string")
      }
      writer.member("pattern", pattern)
    }
    let number = "[0-9][0-9_.]*"
    switch form {
    case .text: string("")
    case .pattern(let pattern, _): string(pattern)
    case .flag: writeEnumeration(["true", "false", "on", "off"], to: &writer)
    case .count: string("^\(number) ?[kKMG]?$", orNumber: true)
    case .number:
      writer.key("type")
      writeList(["number", "object"], to: &writer)
    case .share: string("^\(number) ?%$|^0$", orNumber: true)
    case .duration:
      string("^(\(number) ?(ns|us|µs|ms|s|m|min|h|d|w) ?)+$|^0$", orNumber: true)
    case .size: string("^\(number) ?(B|[KMGT]i?B)$|^0$", orNumber: true)
    case .rate: string("^\(number) ?[kKMG]? ?/(s|sec|m|min|h)$|^0$", orNumber: true)
    case .choice(let names): writeEnumeration(names, to: &writer)
    case .object(let name): writer.member("$ref", "#/$defs/\(name)")
    case .list(let item):
      writer.member("type", "array")
      writer.key("items")
      writeNested(item, to: &writer)
    case .map(let value):
      writer.member("type", "object")
      writer.key("additionalProperties")
      writeNested(value, to: &writer)
    case .any(let forms):
      writer.key("anyOf")
      writer.beginArray()
      for form in forms { writeNested(form, to: &writer) }
      writer.endArray()
    }
  }

  private static func writeNested(_ form: ValueForm, to writer: inout JSONWriter) {
    writer.beginObject(compact: true)
    writeBody(form, to: &writer)
    writer.endObject()
  }

  /// Words as they are, and also as what YAML 1.1 readers make of them.
  private static func writeEnumeration(_ names: [String], to writer: inout JSONWriter) {
    writer.key("enum")
    writer.beginArray(compact: true)
    for name in names {
      switch name {
      case "true": writer.value(true)
      case "false": writer.value(false)
      case "off" where !names.contains("false"):
        writer.value(name)
        writer.value(false)
      default:
        if let number = Int(name) { writer.value(number) } else { writer.value(name) }
      }
    }
    writer.endArray()
  }

  private static func writeList(_ names: [String], to writer: inout JSONWriter) {
    writer.beginArray(compact: true)
    for name in names { writer.value(name) }
    writer.endArray()
  }
}

extension KeyDescription {
  /// The meaning with what it applies to and its default, in one or two sentences.
  var documentation: String {
    var text = meaning.prefix(1).uppercased() + meaning.dropFirst()
    if !appliesTo.isEmpty { text += " (with \(NodeReader.oneOf(appliesTo)))" }
    text += "."
    if let fallback { text += " Default: \(fallback)." }
    return text
  }
}
