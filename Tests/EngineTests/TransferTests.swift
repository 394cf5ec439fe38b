// Exports and imports against buckets in memory.
//
// Why: files of an export are read by other programs, and an import must give back what an export
// wrote. Forms of files: developer guide, table export output and import formats.

import ServiceAPI
import Synchronization
import TestSupport
import Testing
import Units

@testable import Engine

/// Buckets in memory; `limit` objects fit in.
private final class MemoryBuckets: ObjectBuckets {
  let objects = Mutex<[String: [UInt8]]>([:])
  let limit: Int

  init(limit: Int = .max) { self.limit = limit }

  private func check(_ bucket: String) throws(ObjectFault) {
    if bucket != "bucket" { throw ObjectFault(code: "S3NoSuchBucket", message: "no \(bucket)") }
  }

  func store(
    _ bytes: [UInt8], as key: String, in bucket: String, compressed: Bool
  ) throws(ObjectFault) -> [UInt8] {
    try check(bucket)
    let fits = objects.withLock { objects in
      guard objects.count < limit else { return false }
      objects[key] = (compressed ? [0x1F] : []) + bytes
      return true
    }
    if !fits { throw ObjectFault(code: "S3WriteFailed", message: "full") }
    return [1, 2, 3]
  }

  func load(_ key: String, from bucket: String, compressed: Bool) throws(ObjectFault) -> [UInt8] {
    try check(bucket)
    guard let bytes = objects.withLock({ $0[key] }) else {
      throw ObjectFault(code: "S3NoSuchKey", message: "no \(key)")
    }
    return compressed ? Array(bytes.dropFirst()) : bytes
  }

  func keys(in bucket: String, under prefix: String) throws(ObjectFault) -> [String] {
    try check(bucket)
    return objects.withLock { $0.keys.filter { $0.hasPrefix(prefix) }.sorted() }
  }

  func put(_ key: String, _ text: String) { objects.withLock { $0[key] = Array(text.utf8) } }

  /// The contents of the keys that hold `part`.
  func texts(_ part: String) -> [String] {
    objects.withLock { objects in
      objects.keys.filter { $0.contains(part) }.sorted().map {
        String(decoding: objects[$0]?.drop { $0 == 0x1F } ?? [], as: UTF8.self)
      }
    }
  }
}

@Suite struct TransferTests {
  private static let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/Songs"

  private static func database(_ buckets: MemoryBuckets) throws -> TestDatabase {
    let database = try TestDatabase {
      $0.enforcesCapacity = false
      $0.buckets = buckets
    }
    database.createTable("Songs", sort: "N")
    _ = database.call(
      "UpdateContinuousBackups",
      #"{"TableName":"Songs","PointInTimeRecoverySpecification":"#
        + #"{"PointInTimeRecoveryEnabled":true}}"#)
    return database
  }

  private static func put(_ database: TestDatabase, _ number: Int, _ more: String = "") {
    _ = database.call(
      "PutItem",
      #"{"TableName":"Songs","Item":{"pk":{"S":"a"},"sk":{"N":"\#(number)"}\#(more)}}"#)
  }

  @Test func aFullExportHasFilesAndManifests() throws {
    let buckets = MemoryBuckets()
    let database = try Self.database(buckets)
    for number in 0..<3 { Self.put(database, number, #","b":{"B":"AQI="}"#) }
    database.now = .start + .seconds(2)
    let description = database.value(
      "ExportTableToPointInTime",
      #"{"TableArn":"\#(Self.arn)","S3Bucket":"bucket","S3Prefix":"here/","ClientToken":"t"}"#,
      "ExportDescription")
    #expect(description?["ExportStatus"]?.text == "IN_PROGRESS")
    let export = description?["ExportArn"]?.text ?? ""
    let done = database.value(
      "DescribeExport", #"{"ExportArn":"\#(export)"}"#, "ExportDescription")
    #expect(done?["ExportStatus"]?.text == "COMPLETED")
    #expect(done?["ItemCount"]?.integer == 3)
    let label = export.split(separator: "/").last ?? ""
    #expect(
      done?["ExportManifest"]?.text == "here/AWSDynamoDB/\(label)/manifest-summary.json")
    #expect(
      buckets.texts("/data/") == [
        (0..<3).map {
          #"{"Item":{"b":{"B":"AQI="},"pk":{"S":"a"},"sk":{"N":"\#($0)"}}}"# + "\n"
        }.joined()
      ])
    let files = WireValue(body: Array((buckets.texts("manifest-files.json").first ?? "").utf8))
    #expect(files?["itemCount"]?.integer == 3)
    #expect(files?["md5Checksum"]?.text == "AQID")
    #expect(files?["etag"]?.text == "010203-1")
    #expect(files?["dataFileS3Key"]?.text?.hasPrefix("here/AWSDynamoDB/\(label)/data/") == true)
    let summary = WireValue(body: Array((buckets.texts("summary.json").first ?? "").utf8))
    #expect(summary?["exportTime"]?.text == "2023-11-14T22:13:22.000Z")
    #expect(summary?["exportType"]?.text == "FULL_EXPORT")
    #expect(buckets.texts("manifest-summary.md5") == ["AQID"])
    #expect(buckets.texts("_started") == [""])
    // The same token is the same export.
    let again = database.value(
      "ExportTableToPointInTime",
      #"{"TableArn":"\#(Self.arn)","S3Bucket":"bucket","ClientToken":"t"}"#, "ExportDescription")
    #expect(again?["ExportArn"]?.text == export)
    #expect(
      database.call("ListExports", "{}")
        == #"{"ExportSummaries":[{"ExportArn":"\#(export)","ExportStatus":"COMPLETED","#
        + #""ExportType":"FULL_EXPORT"}]}"#)
  }

  /// Insert, update, delete, insert and delete, and what changes only outside the window.
  @Test(arguments: [true, false]) func anIncrementalExportHasTheWindow(_ withOld: Bool) throws {
    let buckets = MemoryBuckets()
    let database = try Self.database(buckets)
    for number in 1...3 { Self.put(database, number) }
    database.now = .start + .seconds(100)
    func delete(_ number: Int) {
      _ = database.call(
        "DeleteItem", #"{"TableName":"Songs","Key":{"pk":{"S":"a"},"sk":{"N":"\#(number)"}}}"#)
    }
    Self.put(database, 0)
    Self.put(database, 1, #","n":{"N":"5"}"#)
    delete(2)
    Self.put(database, 9)
    delete(9)
    database.now = .start + .seconds(200)
    Self.put(database, 3, #","n":{"N":"6"}"#)
    Self.put(database, 1, #","n":{"N":"7"}"#)
    let view = withOld ? "" : #","ExportViewType":"NEW_IMAGE""#
    _ = database.call(
      "ExportTableToPointInTime",
      #"{"TableArn":"\#(Self.arn)","S3Bucket":"bucket","ExportType":"INCREMENTAL_EXPORT","#
        + #""IncrementalExportSpecification":{"ExportFromTime":1700000050,"#
        + #""ExportToTime":1700000150\#(view)}}"#)
    func line(_ number: Int, old: String?, new: String?) -> String {
      let key = #"{"pk":{"S":"a"},"sk":{"N":"\#(number)"}}"#
      return #"{"Metadata":{"WriteTimestampMicros":"1700000100000000"},"Keys":\#(key)"#
        + (old.map { withOld ? #","OldImage":\#($0)"# : "" } ?? "")
        + (new.map { #","NewImage":\#($0)"# } ?? "") + "}\n"
    }
    func image(_ number: Int, _ more: String = "") -> String {
      "{\(more)" + #""pk":{"S":"a"},"sk":{"N":"\#(number)"}}"#
    }
    #expect(
      buckets.texts("AWSDynamoDB/data/") == [
        line(0, old: nil, new: image(0))
          + line(1, old: image(1), new: image(1, #""n":{"N":"5"},"#))
          + line(2, old: image(2), new: nil)
      ])
  }

  @Test(arguments: [("bucket", 2, "S3WriteFailed"), ("none", 9, "S3NoSuchBucket")])
  func anExportThatCannotBeWrittenFails(_ bucket: String, _ limit: Int, _ code: String) throws {
    let database = try Self.database(MemoryBuckets(limit: limit))
    Self.put(database, 1)
    let export =
      database.value(
        "ExportTableToPointInTime", #"{"TableArn":"\#(Self.arn)","S3Bucket":"\#(bucket)"}"#,
        "ExportDescription", "ExportArn")?.text ?? ""
    let done = database.value(
      "DescribeExport", #"{"ExportArn":"\#(export)"}"#, "ExportDescription")
    #expect(done?["ExportStatus"]?.text == "FAILED")
    #expect(done?["FailureCode"]?.text == code)
  }

  // MARK: Imports

  private static func importing(
    _ format: String, _ more: String = "", prefix: String = "data/"
  ) -> String {
    #"{"S3BucketSource":{"S3Bucket":"bucket","S3KeyPrefix":"\#(prefix)"},"#
      + #""InputFormat":"\#(format)","#
      + #""TableCreationParameters":{"TableName":"Copy","BillingMode":"PAY_PER_REQUEST","#
      + #""KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"#
      + #""RANGE"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},"#
      + #"{"AttributeName":"sk","AttributeType":"N"},{"AttributeName":"g","AttributeType":"S"}],"#
      + #""GlobalSecondaryIndexes":[{"IndexName":"byG","KeySchema":[{"AttributeName":"g","#
      + #""KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]}\#(more)}"#
  }

  private func run(_ database: TestDatabase, _ body: String) -> WireValue? {
    let arn = database.value("ImportTable", body, "ImportTableDescription", "ImportArn")?.text
    return database.value(
      "DescribeImport", #"{"ImportArn":"\#(arn ?? "")"}"#, "ImportTableDescription")
  }

  @Test func anImportGivesBackWhatAnExportWrote() throws {
    let buckets = MemoryBuckets()
    let database = try Self.database(buckets)
    for number in 0..<50 {
      Self.put(
        database, number,
        #","g":{"S":"g\#(number % 3)"},"l":{"L":[{"NULL":true},{"NS":["1","2"]}]}"#)
    }
    _ = database.call(
      "ExportTableToPointInTime", #"{"TableArn":"\#(Self.arn)","S3Bucket":"bucket"}"#)
    let done = run(
      database,
      Self.importing(
        "DYNAMODB_JSON", #","InputCompressionType":"GZIP""#, prefix: "AWSDynamoDB/"))
    #expect(done?["ImportStatus"]?.text == "COMPLETED")
    #expect(done?["ImportedItemCount"]?.integer == 50)
    #expect(
      database.call("Scan", #"{"TableName":"Copy"}"#)
        == database.call("Scan", #"{"TableName":"Songs"}"#))
    let table = database.value("DescribeTable", #"{"TableName":"Copy"}"#, "Table")
    #expect(table?["ItemCount"]?.integer == 50)
    #expect(table?["GlobalSecondaryIndexes"]?.elements?[0]["ItemCount"]?.integer == 50)
  }

  /// Of equal keys the last one stays, in the index too; bad lines are counted and told.
  @Test func badAndRepeatedItems() throws {
    let buckets = MemoryBuckets()
    let database = try Self.database(buckets)
    buckets.put(
      "data/1.json",
      """
      {"Item":{"pk":{"S":"a"},"sk":{"N":"1"},"g":{"S":"x"}}}
      {"Item":{"pk":{"S":"a"},"sk":{"N":"1"},"g":{"S":"y"}}}

      {"Item":{"pk":{"S":"a"}}}
      {"pk":{"S":"a"}}
      """)
    let done = run(database, Self.importing("DYNAMODB_JSON"))
    #expect(done?["ImportStatus"]?.text == "FAILED")
    #expect(done?["ErrorCount"]?.integer == 2)
    #expect(done?["ProcessedItemCount"]?.integer == 4)
    #expect(done?["FailureCode"]?.text == "ItemValidationError")
    #expect(
      done?["FailureMessage"]?.text?.contains("data/1.json, line 4: One or more parameter")
        == true)
    let items =
      #"{"Items":[{"g":{"S":"y"},"pk":{"S":"a"},"sk":{"N":"1"}}],"Count":1,"#
      + #""ScannedCount":1}"#
    #expect(database.call("Scan", #"{"TableName":"Copy"}"#) == items)
    #expect(database.call("Scan", #"{"TableName":"Copy","IndexName":"byG"}"#) == items)
    let table = database.value("DescribeTable", #"{"TableName":"Copy"}"#, "Table")
    #expect(table?["ItemCount"]?.integer == 1)
  }

  /// Text of a file, more of the request, the items or the first fault.
  static let files: [(String, String, String)] = [
    (
      "pk,sk,note\na,1,\"x, \"\"y\"\"\"\r\nb,2,\n", "",
      #"[{"note":{"S":"x, \"y\""},"pk":{"S":"a"},"sk":{"N":"1"}},{"pk":{"S":"b"},"sk":{"N":"2"}}]"#
    ),
    (
      "a;1\n", #","InputFormatOptions":{"Csv":{"Delimiter":";","HeaderList":["pk","sk"]}}"#,
      #"[{"pk":{"S":"a"},"sk":{"N":"1"}}]"#
    ),
    (
      "pk,sk,note\na,1,\"two\nlines\"\nb,x,z\n", "", "line 4: sk must be a number: x"
    ),
    ("pk,sk\na,1,2\n", "", "line 2: 3 fields where the header has 2"),
    ("pk,sk\n\"a\",1 \"inch\"\n", "", "line 2: a quote inside a field must be doubled"),
  ]

  @Test(arguments: files) func readsCSV(_ text: String, _ more: String, _ outcome: String) throws {
    let buckets = MemoryBuckets()
    let database = try Self.database(buckets)
    buckets.put("data/1.csv", text)
    let done = run(database, Self.importing("CSV", more))
    if let message = done?["FailureMessage"]?.text {
      #expect(message.contains("data/1.csv, " + outcome), "\(message)")
      return
    }
    var writer = ReplyWriter()
    writer.value(
      wire: database.value("Scan", #"{"TableName":"Copy"}"#, "Items") ?? .null)
    let found = String(decoding: writer.bytes, as: UTF8.self)
    // Scans go by hash; both orders are right.
    let items = Set((WireValue(body: writer.bytes)?.elements ?? []))
    #expect(items == Set(WireValue(body: Array(outcome.utf8))?.elements ?? []), "\(found)")
  }

  @Test func refusals() throws {
    let buckets = MemoryBuckets()
    let database = try Self.database(buckets)
    let done = run(database, Self.importing("DYNAMODB_JSON"))
    #expect(done?["FailureCode"]?.text == "S3NoSuchKey")
    #expect(
      database.call("DescribeTable", #"{"TableName":"Copy"}"#).hasPrefix("ResourceNotFound"))
    for (format, more) in [
      ("ION", ""), ("CSV", #","InputCompressionType":"ZSTD""#),
    ] {
      #expect(
        database.call("ImportTable", Self.importing(format, more))
          .hasPrefix("ValidationException: Input"))
    }
    let without = try TestDatabase()
    #expect(
      without.call("ImportTable", Self.importing("CSV")).contains("--s3-directory"))
  }

  @Test(arguments: Seed.some(30)) func csvSurvivesDamage(_ seed: Seed) {
    var generator = seed.generator
    let pieces = Array("\"\",,\n\r;ab1\\é".utf8)
    let bytes = (0..<200).map { _ in generator.pick(pieces) }
    var reader = CSVReader(bytes, CSVFormat(delimiter: UInt8(ascii: ","), header: ["pk", "sk"]))
    var rows = 0
    while let row = reader.next(), rows < 1_000 {
      rows += 1
      if case .success(let fields) = row { _ = reader.item(of: fields, []) }
    }
    #expect(rows <= 200)
  }
}
