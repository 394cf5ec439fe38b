// A validation as JSON, for scripts: every row as it was compared.

import JSON
public import Results

extension ValidationReport {
  /// The JSON text. Latencies and times are in seconds, ratios plain numbers; `error` is in seconds
  /// for times and a share of the prediction otherwise.
  public static func json(
    _ validation: Validation, isValid: Bool, command: String, invalidBecause: [String]
  ) -> String {
    var json = JSONWriter(indented: true)
    json.beginObject()
    json.member("schema", "plimsoll/validation/1")
    json.member("command", command)
    json.member("valid", isValid)
    json.key("invalidBecause")
    json.beginArray(compact: true)
    for text in invalidBecause { json.value(text) }
    json.endArray()
    json.member("holds", validation.holds)
    json.key("rows")
    json.beginArray()
    for row in validation.rows { write(row, &json) }
    json.endArray()
    json.key("omissions")
    json.beginArray(compact: true)
    for text in validation.omissions { json.value(text) }
    json.endArray()
    json.endObject()
    return json.text
  }

  private static func write(_ row: ValidationRow, _ json: inout JSONWriter) {
    json.beginObject(compact: true)
    json.member("of", row.subject)
    json.member("quantity", row.quantity)
    json.member("kind", word(row.kind))
    json.member("predicted", RunJSON.rounded(row.predicted))
    if let interval = row.interval {
      json.member("low", RunJSON.rounded(interval.lowerBound))
      json.member("high", RunJSON.rounded(interval.upperBound))
    }
    json.member("measured", RunJSON.rounded(row.measured))
    json.member("error", RunJSON.rounded(row.error))
    json.member("withinTolerance", row.isWithinTolerance)
    json.member("withinInterval", row.isWithinInterval)
    if !row.because.isEmpty { json.member("because", row.because) }
    json.endObject()
  }

  private static func word(_ kind: ValidationRow.Kind) -> String {
    switch kind {
    case .count: "count"
    case .units: "units"
    case .ratio: "ratio"
    case .latency: "latency"
    case .time: "time"
    }
  }
}
