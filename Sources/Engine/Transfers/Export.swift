// ExportTableToPointInTime: a table as of one moment, or what changed between two, into files.
//
// Files and manifests are those of the developer guide (table export output format): JSON lines in
// gzip, a list of the files and a summary, each with its MD5. Tables need point-in-time recovery.
// Nothing is charged, as the service charges no read units.

import DataModel
import ServiceAPI
import Storage

extension DatabaseState {
  func exportTableToPointInTime(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let buckets = try buckets()
    if let earlier = repeated(request, isExport: true) { return earlier.description }
    let table = try backedUp(request["TableArn"])
    guard let span = recoverySpan(of: table) else {
      throw ServiceError(
        "PointInTimeRecoveryUnavailableException",
        message: "Point in time recovery is not enabled for table '\(table.name)'")
    }
    if request["ExportFormat"]?.text == "ION" {
      throw .validation("ExportFormat ION is not built; use DYNAMODB_JSON")
    }
    let label = newLabel(of: table.definition.identifier)
    var transfer = Transfer(
      arn: arn(table.name) + "/export/" + label, Self.exportMembers(request))
    transfer.set("ExportArn", transfer.arn)
    transfer.set("ExportStatus", "IN_PROGRESS")
    transfer.set("TableArn", arn(table.name))
    transfer.set("TableId", table.definition.identifier)
    transfer.set("StartTime", milliseconds: wallMilliseconds)
    var job = ExportJob(
      buckets: buckets, bucket: request["S3Bucket"]?.text ?? "",
      folder: ExportJob.folder(request["S3Prefix"]?.text, label), label: label,
      key: table.definition.key,
      cut: PastCut(
        table: table.definition.number, moment: span.latest, view: try store.view()))
    if request["ExportType"]?.text == "INCREMENTAL_EXPORT" {
      job.window = try window(request, span)
      job.withOldImages =
        request["IncrementalExportSpecification"]?["ExportViewType"]?.text != "NEW_IMAGE"
      transfer.set("ExportType", "INCREMENTAL_EXPORT")
    } else {
      job.cut.moment = request["ExportTime"]?.milliseconds ?? span.latest
      try check(job.cut.moment, span)
      transfer.set("ExportTime", milliseconds: job.cut.moment)
      transfer.set("ExportType", "FULL_EXPORT")
    }
    job.summary = transfer
    try save(transfer)
    leave(job.work)
    return transfer.description
  }

  /// What a description repeats of the request.
  private static func exportMembers(_ request: WireValue) -> [WireMember] {
    var members = [
      "ClientToken", "S3Bucket", "S3BucketOwner", "S3Prefix", "S3SseAlgorithm", "S3SseKmsKeyId",
      "IncrementalExportSpecification",
    ].compactMap { name in request[name].map { WireMember(name: name, value: $0) } }
    members.append(WireMember(name: "ExportFormat", value: .string("DYNAMODB_JSON")))
    return members
  }

  private func check(_ moment: Int64, _ span: RecoverySpan) throws(ServiceError) {
    guard moment < span.earliest || moment > span.latest else { return }
    throw ServiceError(
      "InvalidExportTimeException",
      message: "Invalid export time: \(CalendarTime(milliseconds: moment).text) is not between "
        + "\(CalendarTime(milliseconds: span.earliest).text) and "
        + "\(CalendarTime(milliseconds: span.latest).text)")
  }

  private func window(
    _ request: WireValue, _ span: RecoverySpan
  ) throws(ServiceError) -> (from: Int64, to: Int64) {
    let specification = request["IncrementalExportSpecification"]
    guard let from = specification?["ExportFromTime"]?.milliseconds else {
      throw .validation(
        "IncrementalExportSpecification with ExportFromTime is required for INCREMENTAL_EXPORT")
    }
    let to = specification?["ExportToTime"]?.milliseconds ?? span.latest
    try check(from, span)
    try check(to, span)
    guard from < to else { throw .validation("ExportFromTime must be before ExportToTime") }
    return (from, to)
  }
}

/// An export under way.
struct ExportJob: Sendable {
  /// A data file takes lines up to about this size before compression.
  private static let fileBytes = 16 << 20
  /// What an incremental export is billed for at least. (features.md 3.6)
  private static let incrementalBytesMin = 10 << 20

  let buckets: any ObjectBuckets
  let bucket: String
  /// The folder of the manifests, with a slash at its end.
  let folder: String
  let label: String
  let key: KeySchema
  var cut: PastCut
  /// nil: a full export.
  var window: (from: Int64, to: Int64)?
  var withOldImages = true
  var summary = Transfer(arn: "", [])

  static func folder(_ prefix: String?, _ label: String) -> String {
    var start = prefix ?? ""
    while start.hasSuffix("/") { start.removeLast() }
    return (start.isEmpty ? "" : start + "/") + "AWSDynamoDB/" + label + "/"
  }

  var work: LongWork {
    let job = self
    let arn = summary.arn
    return LongWork {
      () throws(ServiceError) in
      let outcome: Result<ExportFiles, ObjectFault>
      do throws(ExportFailure) { outcome = .success(try job.write()) } catch {
        switch error {
        case .object(let fault): outcome = .failure(fault)
        case .store(let error): throw error
        }
      }
      return { (state) throws(ServiceError) in
        switch outcome {
        case .failure(let fault): try state.fail(arn, fault)
        case .success(let files):
          try state.end(arn, as: "COMPLETED") {
            $0.set("ExportManifest", job.manifest)
            $0.set("ItemCount", files.itemCount)
            $0.set("BilledSizeBytes", files.billedBytes)
          }
        }
      }
    } fail: { (state, error) throws(ServiceError) in
      try state.fail(arn, ObjectFault(code: error.code, message: error.message ?? ""))
    }
  }

  private func write() throws(ExportFailure) -> ExportFiles {
    var files = ExportFiles(job: self)
    try files.store([], as: folder + "_started")
    if let window {
      try writeChanges(window, &files)
      files.billedBytes = max(files.billedBytes, Self.incrementalBytesMin)
    } else {
      try ExportFailure.of { () throws(ServiceError) in
        try cut.visit { (_, stored) throws(ServiceError) in
          files.billedBytes += ItemReader.size(stored)
          try files.add { (writer) throws(ServiceError) in
            writer.beginObject()
            writer.key("Item")
            try DatabaseState.write(stored, nil, to: &writer)
            writer.endObject()
          }
        }
      }
      if let fault = files.fault { throw .object(fault) }
    }
    try files.flush(isLast: true)
    let list = folder + "manifest-files.json"
    do throws(ObjectFault) {
      try store(files.manifest, as: list)
      try store(manifestSummary(files, list), as: manifest)
    } catch {
      throw .object(error)
    }
    return files
  }

  private var manifest: String { folder + "manifest-summary.json" }

  /// Of every item that differs at the ends of the window: its key, its images, its last change.
  private func writeChanges(
    _ window: (from: Int64, to: Int64), _ files: inout ExportFiles
  ) throws(ExportFailure) {
    try ExportFailure.of { () throws(ServiceError) in
      let changes = try cut.changes(from: window.from, to: window.to)
      for change in changes where change.before != nil || change.after != nil {
        files.billedBytes +=
          (change.before.map(ItemReader.size) ?? 0) + (change.after.map(ItemReader.size) ?? 0)
        try files.add { (writer) throws(ServiceError) in try write(change, &writer) }
      }
    }
    if let fault = files.fault { throw .object(fault) }
  }

  private func write(
    _ change: PastCut.WindowChange, _ writer: inout ReplyWriter
  ) throws(ServiceError) {
    guard let stored = change.after ?? change.before, let item = ItemReader.decode(stored) else {
      throw .internalFailure("A stored item is damaged")
    }
    writer.beginObject()
    writer.key("Metadata")
    writer.beginObject()
    writer.member("WriteTimestampMicros", String(change.lastMilliseconds * 1_000))
    writer.endObject()
    writer.key("Keys")
    writer.attributes(item.item.projected(on: key.attributeNames).content)
    if withOldImages, let before = change.before {
      writer.key("OldImage")
      try DatabaseState.write(before, nil, to: &writer)
    }
    if let after = change.after {
      writer.key("NewImage")
      try DatabaseState.write(after, nil, to: &writer)
    }
    writer.endObject()
  }

  /// Stores a manifest and its checksum.
  private func store(_ bytes: [UInt8], as key: String) throws(ObjectFault) {
    let digest = try buckets.store(bytes, as: key, in: bucket, compressed: false)
    var text: [UInt8] = []
    Base64.append(digest, to: &text)
    let checksum = key.dropLast("json".utf8.count) + "md5"
    _ = try buckets.store(text, as: String(checksum), in: bucket, compressed: false)
  }

  /// A request is one moment to the database, so an export ends when it starts.
  private func manifestSummary(_ files: ExportFiles, _ list: String) -> [UInt8] {
    let start = summary["StartTime"]?.milliseconds ?? 0
    func time(_ milliseconds: Int64) -> WireValue {
      .string(CalendarTime(milliseconds: milliseconds).text + "Z")
    }
    var members: [(String, WireValue)] = [
      ("version", .string(window == nil ? "2020-06-30" : "2023-08-01")),
      ("exportArn", .string(summary.arn)),
      ("startTime", time(start)), ("endTime", time(start)),
      ("tableArn", summary["TableArn"] ?? .null), ("tableId", summary["TableId"] ?? .null),
    ]
    if let window {
      members += [("exportFromTime", time(window.from)), ("exportToTime", time(window.to))]
    } else {
      members.append(("exportTime", time(cut.moment)))
    }
    members += [
      ("s3Bucket", .string(bucket)), ("s3Prefix", summary["S3Prefix"] ?? .null),
      ("s3SseAlgorithm", summary["S3SseAlgorithm"] ?? .string("AES256")),
      ("s3SseKmsKeyId", summary["S3SseKmsKeyId"] ?? .null), ("manifestFilesS3Key", .string(list)),
      ("billedSizeBytes", .number(String(files.billedBytes))),
      ("itemCount", .number(String(files.itemCount))), ("outputFormat", .string("DYNAMODB_JSON")),
    ]
    if window != nil {
      members.append(
        ("outputView", .string(withOldImages ? "NEW_AND_OLD_IMAGES" : "NEW_IMAGE")))
    }
    members.append(("exportType", summary["ExportType"] ?? .null))
    let value = WireValue.object(members.map { WireMember(name: $0.0, value: $0.1) })
    return Transfer.answer(value)
  }

  /// The data files of an export, written as they fill.
  struct ExportFiles: Sendable {
    private let job: ExportJob
    private var lines: [UInt8] = []
    private var linesCount = 0
    private var number = 0
    private(set) var itemCount = 0
    private(set) var manifest: [UInt8] = []
    var billedBytes = 0
    /// What went wrong while lines were being added.
    private(set) var fault: ObjectFault?

    init(job: ExportJob) { self.job = job }

    func store(_ bytes: [UInt8], as key: String) throws(ExportFailure) {
      do throws(ObjectFault) {
        _ = try job.buckets.store(bytes, as: key, in: job.bucket, compressed: false)
      } catch {
        throw .object(error)
      }
    }

    /// Adds a line.
    mutating func add(
      _ write: (inout ReplyWriter) throws(ServiceError) -> Void
    ) throws(ServiceError) {
      guard fault == nil else { return }
      var writer = ReplyWriter()
      try write(&writer)
      lines += writer.bytes
      lines.append(UInt8(ascii: "\n"))
      linesCount += 1
      guard lines.count >= ExportJob.fileBytes else { return }
      do throws(ExportFailure) { try flush(isLast: false) } catch {
        if case .object(let fault) = error { self.fault = fault }
      }
    }

    /// Stores the lines as a file; there is at least one file.
    mutating func flush(isLast: Bool) throws(ExportFailure) {
      if lines.isEmpty, !(isLast && number == 0) { return }
      let shared = job.folder.dropLast(job.label.utf8.count + 1)
      let folder = job.window == nil ? job.folder : String(shared)
      let name = folder + "data/" + Self.name("\(job.label) \(number)") + ".json.gz"
      let digest: [UInt8]
      do throws(ObjectFault) {
        digest = try job.buckets.store(lines, as: name, in: job.bucket, compressed: true)
      } catch {
        throw .object(error)
      }
      var text: [UInt8] = []
      Base64.append(digest, to: &text)
      let hexadecimal = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      var writer = ReplyWriter()
      writer.beginObject()
      writer.member("itemCount", linesCount)
      writer.member("md5Checksum", String(decoding: text, as: UTF8.self))
      writer.member("etag", hexadecimal + "-1")
      writer.member("dataFileS3Key", name)
      writer.endObject()
      manifest += writer.bytes
      manifest.append(UInt8(ascii: "\n"))
      itemCount += linesCount
      number += 1
      lines.removeAll(keepingCapacity: true)
      linesCount = 0
    }

    /// 26 letters and digits that are different for every file.
    private static func name(_ seed: String) -> String {
      let digits = Array("abcdefghijklmnopqrstuvwxyz234567")
      var text = ""
      for part in 0..<2 {
        var value = KeyEncoding.hash("\(seed) \(part)".utf8)
        for _ in 0..<13 {
          text.append(digits[Int(value & 31)])
          value >>= 5
        }
      }
      return text
    }
  }
}

/// Why an export stopped.
enum ExportFailure: Error {
  case object(ObjectFault)
  case store(ServiceError)

  /// Runs what reads the store.
  static func of(_ body: () throws(ServiceError) -> Void) throws(ExportFailure) {
    do throws(ServiceError) { try body() } catch { throw .store(error) }
  }
}

extension PastCut {
  /// What became of one item within a window.
  struct WindowChange: Sendable {
    var before: [UInt8]?
    var after: [UInt8]?
    /// When it was last changed in the window.
    var lastMilliseconds: Int64
  }

  /// The items changed after `from` and up to `to`, by key.
  func changes(from: Int64, to: Int64) throws(ServiceError) -> [WindowChange] {
    var found: [[UInt8]: WindowChange] = [:]
    let prefix = LoggedChange.prefix(table: table)
    let range = KeyScan(
      from: LoggedChange.key(table: table, milliseconds: from + 1),
      to: LoggedChange.key(table: table, milliseconds: to + 1))
    try view.scan(range) { key, value in
      guard let change = LoggedChange(value) else { return true }
      let milliseconds = key[prefix.count..<(prefix.count + 8)].reduce(Int64(0)) {
        $0 << 8 | Int64($1)
      }
      if found[change.suffix] == nil {
        found[change.suffix] = WindowChange(before: change.before, lastMilliseconds: 0)
      }
      found[change.suffix]?.lastMilliseconds = milliseconds
      return true
    }
    var later = self
    later.moment = to
    let atEnd = try later.changedSince()
    let items = KeyEncoding.prefix(table: table, index: 0)
    var result: [WindowChange] = []
    for suffix in found.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard var change = found[suffix] else { continue }
      if let image = atEnd[suffix] {
        change.after = image
      } else {
        change.after = try view.get(items + suffix)
      }
      result.append(change)
    }
    return result
  }
}
