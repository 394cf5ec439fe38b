// The `intervals` of run.json: how each operation went along, for `compare` and other programs.
//
// Columns of numbers, one per interval. A run with many short intervals (an objective over short
// windows asks for them) is written with neighbours joined, so the file stays small.

import JSON
import Results
import Statistics
import Units

enum IntervalJSON {
  /// Intervals that the file holds at most.
  static let countMax = 240

  static func write(_ run: RunRecord, _ json: inout JSONWriter) {
    let series = run.intervals
    let factor = max(1, (series.count + countMax - 1) / countMax)
    json.key("intervals")
    json.beginObject()
    json.member("startSeconds", series.start.inSeconds)
    json.member("lengthSeconds", series.length.inSeconds * Double(factor))
    json.key("operations")
    json.beginArray()
    for (position, rows) in series.operations.enumerated() {
      // A last group that is not full would look like a calm interval.
      let groups = (0..<rows.count / factor).map { Array(rows[$0 * factor..<($0 + 1) * factor]) }
      json.beginObject()
      json.member("traffic", run.operations[position].traffic)
      json.member("name", run.operations[position].name)
      columns(groups, &json)
      json.endObject()
    }
    json.endArray()
    json.endObject()
  }

  private static func columns(_ groups: [[OperationInterval]], _ json: inout JSONWriter) {
    let counters: [(String, KeyPath<OperationInterval, Int64>)] = [
      ("requests", \.requests), ("succeeded", \.succeeded), ("throttled", \.throttled),
      ("failed", \.failed), ("attempts", \.attempts),
    ]
    for (name, counter) in counters {
      json.key(name)
      json.beginArray(compact: true)
      for group in groups { json.value(group.reduce(0) { $0 + $1[keyPath: counter] }) }
      json.endArray()
    }
    let responses = groups.map { group in
      group.reduce(into: Histogram()) { $0.merge($1.response) }
    }
    latencies("meanSeconds", responses.indices.map { mean(groups[$0]) }, &json)
    for (name, percentile) in [("p50Seconds", 50.0), ("p90Seconds", 90), ("p99Seconds", 99)] {
      latencies(
        name,
        responses.map { $0.count == 0 ? nil : Double($0.value(atPercentile: percentile)) / 1e9 },
        &json)
    }
  }

  private static func mean(_ group: [OperationInterval]) -> Double? {
    let count = group.reduce(0) { $0 + $1.responses }
    return count == 0 ? nil : group.reduce(0) { $0 + $1.responseSum } / Double(count) / 1e9
  }

  private static func latencies(_ name: String, _ values: [Double?], _ json: inout JSONWriter) {
    json.key(name)
    json.beginArray(compact: true)
    for value in values {
      if let value { json.value(RunJSON.rounded(value)) } else { json.null() }
    }
    json.endArray()
  }
}
