// The seconds of a run as a file, written while it goes: one JSON object a line, with the response
// histogram in HdrHistogram's V2 encoding (base64), so that any seconds can be added up later.

import Glibc
import JSON
import LoadGeneration
import Results
import Statistics
import Units

/// Writes `intervals.ndjson`.
final class IntervalsFile {
  private let path: String
  private let file: UnsafeMutablePointer<FILE>?
  private let names: [String]
  private var isWhole = true

  /// - Parameters:
  ///   - folder: where the file goes in the end; it is written beside it.
  ///   - names: of tables and indexes, in the order of a second's resources.
  init(for folder: String, names: [String]) {
    path = "\(folder).\(getpid()).intervals"
    self.names = names
    if let slash = path.lastIndex(of: "/") { try? Files.makeFolder(String(path[..<slash])) }
    file = fopen(path, "w")
    if file == nil { isWhole = false }
  }

  func add(_ progress: LoadProgress) {
    let second = progress.second
    var json = JSONWriter(indented: false)
    json.beginObject()
    json.member("end", Double(progress.at.nanoseconds) / 1e9)
    for (name, count) in [
      ("requests", second.requests), ("succeeded", second.succeeded), ("failed", second.failed),
      ("throttled", second.throttled), ("attempts", second.attempts), ("shed", second.shed),
    ] {
      json.member(name, count)
    }
    json.member("inFlight", second.inFlight)
    json.member("busyNanoseconds", second.busy.count)
    json.member("lagP99", second.lag.value(atPercentile: 99))
    json.member("p50", second.response.value(atPercentile: 50))
    json.member("p99", second.response.value(atPercentile: 99))
    json.member("max", second.response.max)
    json.key("resources")
    json.beginArray()
    for (name, counts) in zip(names, second.resources) {
      json.beginObject()
      json.member("name", name)
      json.member("readUnits", Double(counts.read.consumed) / 2)
      json.member("writeUnits", Double(counts.write.consumed) / 2)
      json.member("readThrottles", counts.read.throttles)
      json.member("writeThrottles", counts.write.throttles)
      json.endObject()
    }
    json.endArray()
    json.member("histogram", Base64.text(of: second.response.encodedPayload))
    json.endObject()
    let text = json.text
    if let file, fputs(text.hasSuffix("\n") ? text : text + "\n", file) >= 0 { return }
    isWhole = false
  }

  /// Moves the file into its folder, which must exist; why it could not, or nil.
  func finish(into folder: String) -> String? {
    if let file, fclose(file) != 0 { isWhole = false }
    if isWhole, rename(path, "\(folder)/intervals.ndjson") == 0 { return nil }
    let fault = FileFault.last("write", "\(folder)/intervals.ndjson")
    unlink(path)
    return fault.message
  }
}
