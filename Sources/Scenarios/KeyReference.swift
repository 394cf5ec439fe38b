// The key reference of scenarios/README.md, one table per kind of map.
//
// Printed from the table of keys that the decoders use; the file holds it between two marks, and a
// test compares.

public enum KeyReference {
  /// The marks the generated part stands between.
  public static let opening = "<!-- keys: generated from the format's description -->"
  public static let closing = "<!-- /keys -->"

  /// Markdown: a heading, a sentence and a table for every kind of map.
  public static var markdown: String {
    var out = ""
    for object in ScenarioFormat.objects {
      out += "### \(object.name)\n\n\(object.summary)"
      if !object.oneOf.isEmpty {
        let names = object.oneOf.map { "`\($0)`" }
        out += " Exactly one of \(NodeReader.oneOf(names))."
      }
      out += "\n\n| key | value | default | meaning |\n|---|---|---|---|\n"
      for key in object.keys { out += row(key) }
      out += "\n"
    }
    return out
  }

  private static func row(_ key: KeyDescription) -> String {
    let fallback = key.isRequired ? "**required**" : key.fallback ?? ""
    var meaning = key.meaning
    if !key.appliesTo.isEmpty { meaning += " (with \(NodeReader.oneOf(key.appliesTo)))" }
    return "| `\(key.name)` | \(key.form.words) | \(fallback) | \(meaning) |\n"
  }
}
