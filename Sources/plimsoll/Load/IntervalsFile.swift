// The seconds of a run as files, written while it goes: `intervals.ndjson` has one JSON object a
// line, `latency.hlog` one row of HdrHistogram's log format. Both carry the second's responses in
// the compressed V2 form, so that any seconds can be added up later, by any of its tools. Written
// beside their folder and moved into it at the end: a run that is killed leaves what it has.

import Glibc
import HistogramLog
import JSON
import LoadGeneration
import Results
import Statistics
import Units

/// Writes `intervals.ndjson`, `latency.hlog` and, at the end, `operations.hlog`.
final class IntervalsFile {
  private let objects: GrowingFile
  private let rows: GrowingFile
  private let names: [String]
  private let startTime: Double
  private var end = Nanoseconds.zero

  /// - Parameters:
  ///   - folder: where the files go in the end; they are written beside it.
  ///   - names: of tables and indexes, in the order of a second's resources.
  init(for folder: String, names: [String]) {
    if let slash = folder.lastIndex(of: "/") { try? Files.makeFolder(String(folder[..<slash])) }
    objects = GrowingFile("\(folder).\(getpid()).intervals")
    rows = GrowingFile("\(folder).\(getpid()).hlog")
    self.names = names
    var now = timeval()
    gettimeofday(&now, nil)
    startTime = Double(now.tv_sec) + Double(now.tv_usec) / 1e6
    rows.append(IntervalLog.head(startTime: startTime))
  }

  func add(_ progress: LoadProgress) {
    objects.append(object(progress))
    let at = progress.at - Instant.start
    rows.append(
      IntervalLog.row(
        LoggedInterval(
          tag: nil, start: end, length: at - end, histogram: progress.second.response)))
    end = at
  }

  private func object(_ progress: LoadProgress) -> String {
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
    json.member("histogram", second.response.compressedText)
    json.endObject()
    let text = json.text
    return text.hasSuffix("\n") ? text : text + "\n"
  }

  /// Moves the files into their folder, which must exist, and adds the responses of each operation
  /// after the warm-up, tagged with its name; why it could not, or nil.
  func finish(into folder: String, _ record: RunRecord) -> String? {
    let operations = GrowingFile("\(folder).\(getpid()).operations")
    operations.append(IntervalLog.head(startTime: startTime))
    for row in record.operations {
      operations.append(
        IntervalLog.row(
          LoggedInterval(
            tag: row.name, start: record.warmUp, length: record.duration - record.warmUp,
            histogram: row.response)))
    }
    let faults = [
      objects.move(to: "\(folder)/intervals.ndjson"), rows.move(to: "\(folder)/latency.hlog"),
      operations.move(to: "\(folder)/operations.hlog"),
    ]
    return faults.compactMap { $0 }.first
  }
}

/// A text file that is written piece by piece and gets its place at the end.
private final class GrowingFile {
  private let path: String
  private let file: UnsafeMutablePointer<FILE>?
  private var isWhole = true

  init(_ path: String) {
    self.path = path
    file = fopen(path, "w")
  }

  func append(_ text: String) {
    if let file, fputs(text, file) >= 0, fflush(file) == 0 { return }
    isWhole = false
  }

  /// Why it could not be written whole, or nil.
  func move(to place: String) -> String? {
    if let file, fclose(file) != 0 { isWhole = false }
    if isWhole, rename(path, place) == 0 { return nil }
    let fault = FileFault.last("write", place)
    unlink(path)
    return fault.message
  }
}
