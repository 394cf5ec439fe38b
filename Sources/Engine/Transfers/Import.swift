// ImportTable: a new table from files of DynamoDB JSON or CSV.
//
// Nothing is charged. Items that cannot be stored are counted; when there is one the import has
// FAILED at its end, with the first of them in FailureMessage, and the others are in the table, as
// on the service (features.md 3.6). Of equal keys the last one read stays. Manifests and markers of
// an export are passed over, so an export's folder can be imported.

import Capacity
import DataModel
import ServiceAPI
import Storage
import Units

extension DatabaseState {
  func importTable(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let buckets = try buckets()
    if let earlier = repeated(request, isExport: false) { return earlier.description }
    let format = request["InputFormat"]?.text ?? ""
    let compression = request["InputCompressionType"]?.text ?? "NONE"
    if format == "ION" {
      throw .validation("InputFormat ION is not built; use DYNAMODB_JSON or CSV")
    }
    if compression == "ZSTD" {
      throw .validation("InputCompressionType ZSTD is not built; use GZIP or NONE")
    }
    let parameters = request["TableCreationParameters"] ?? .null
    let definition = try newDefinition(parameters)
    let table: Table
    do throws(ServiceError) { table = try startFilled(definition) } catch {
      guard error.code == "TableAlreadyExistsException" else { throw error }
      throw .inUse("Table already exists: \(definition.name)")
    }
    var transfer = Transfer(
      arn: arn(table.name) + "/import/" + newLabel(of: table.definition.identifier), [])
    transfer.set("ImportArn", transfer.arn)
    transfer.set("ImportStatus", "IN_PROGRESS")
    transfer.set("TableArn", arn(table.name))
    transfer.set("TableId", table.definition.identifier)
    for name in ["ClientToken", "S3BucketSource", "InputFormat", "InputFormatOptions"] {
      transfer.set(name, request[name])
    }
    transfer.set("InputCompressionType", compression)
    transfer.set("TableCreationParameters", parameters)
    transfer.set("StartTime", milliseconds: wallMilliseconds)
    try save(transfer)
    let options = request["InputFormatOptions"]?["Csv"]
    let job = ImportJob(
      buckets: buckets, bucket: request["S3BucketSource"]?["S3Bucket"]?.text ?? "",
      prefix: request["S3BucketSource"]?["S3KeyPrefix"]?.text ?? "",
      isCompressed: compression == "GZIP",
      csv: format == "CSV"
        ? CSVFormat(
          delimiter: options?["Delimiter"]?.text?.utf8.first ?? UInt8(ascii: ","),
          header: options?["HeaderList"]?.elements?.compactMap(\.text)) : nil,
      definition: table.definition)
    leave(work(job, store, arn: transfer.arn))
    return transfer.description
  }

  private func work(_ job: ImportJob, _ store: Keyspace, arn: String) -> LongWork {
    let readyAt = now + scaled(options.tableDelay)
    return LongWork {
      () throws(ServiceError) in
      let progress = try job.run(into: store)
      return { (state) throws(ServiceError) in
        if let fault = progress.fault {
          try state.discard(job.definition)
          return try state.fail(arn, fault)
        }
        try state.open(job.definition, with: progress.contents, at: readyAt)
        try state.end(arn, as: progress.errors == 0 ? "COMPLETED" : "FAILED") {
          $0.set("ErrorCount", progress.errors)
          $0.set("ProcessedSizeBytes", progress.bytes)
          $0.set("ProcessedItemCount", progress.items + progress.errors)
          $0.set("ImportedItemCount", progress.items)
          if let first = progress.firstError {
            $0.set("FailureCode", "ItemValidationError")
            $0.set(
              "FailureMessage",
              "Some of the items failed validation checks; the first of \(progress.errors): "
                + first
            )
          }
        }
      }
    } fail: { (state, error) throws(ServiceError) in
      try state.discard(job.definition)
      try state.fail(arn, ObjectFault(code: error.code, message: error.message ?? ""))
    }
  }
}

/// How far an import has come.
struct ImportProgress: Sendable {
  var items = 0
  var errors = 0
  var bytes = 0
  var firstError: String?
  var contents = TableContents()
  /// Nothing could be read at all.
  var fault: ObjectFault?
}

/// An import under way.
struct ImportJob: Sendable {
  let buckets: any ObjectBuckets
  let bucket: String
  let prefix: String
  let isCompressed: Bool
  /// nil: DynamoDB JSON.
  let csv: CSVFormat?
  let definition: TableDefinition

  func run(into store: Keyspace) throws(ServiceError) -> ImportProgress {
    var progress = ImportProgress()
    var filler = TableFiller(definition, in: store)
    do throws(ObjectFault) {
      let keys = try buckets.keys(in: bucket, under: prefix).filter(Self.holdsItems)
      if keys.isEmpty {
        throw ObjectFault(
          code: "S3NoSuchKey", message: "The bucket \(bucket) has no object under \"\(prefix)\"")
      }
      for key in keys {
        let bytes = try buckets.load(key, from: bucket, compressed: isCompressed)
        progress.bytes += bytes.count
        do throws(ServiceError) { try read(bytes, key, &filler, &progress) } catch {
          throw ObjectFault(code: error.code, message: error.message ?? "")
        }
      }
    } catch {
      progress.fault = error
      return progress
    }
    try filler.flush()
    progress.contents = filler.contents
    return progress
  }

  /// Whether an object is one of items, by its name.
  private static func holdsItems(_ key: String) -> Bool {
    let name = key.split(separator: "/").last ?? ""
    return !key.hasSuffix("/") && name != "_started" && !name.hasPrefix("manifest-")
  }

  private func read(
    _ bytes: [UInt8], _ key: String, _ filler: inout TableFiller, _ progress: inout ImportProgress
  ) throws(ServiceError) {
    if let csv {
      let types = definition.attributes
      var reader = CSVReader(bytes, csv)
      while let row = reader.next() {
        let item = row.flatMap { reader.item(of: $0, types) }
        try add(item, "\(key), line \(reader.line)", &filler, &progress)
      }
      return
    }
    var number = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let isBlank = line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }
      if isBlank { continue }
      try add(Self.item(Array(line)), "\(key), line \(number)", &filler, &progress)
    }
  }

  /// The item of a line of DynamoDB JSON.
  private static func item(_ line: [UInt8]) -> Result<Item, ImportFault> {
    guard let item = WireValue(body: line)?["Item"], case .object = item else {
      return .failure(ImportFault("expected one JSON object with the member Item"))
    }
    if let fault = Shape.attributes.typeFault(item) {
      return .failure(ImportFault(fault.message ?? fault.code))
    }
    do throws(ServiceError) {
      return .success(Item(try AttributeDecoding.attributes(item)))
    } catch {
      return .failure(ImportFault(error.message ?? error.code))
    }
  }

  private func add(
    _ item: Result<Item, ImportFault>, _ place: String, _ filler: inout TableFiller,
    _ progress: inout ImportProgress
  ) throws(ServiceError) {
    do throws(ImportFault) {
      let item = try item.get()
      try check(item)
      progress.items += 1
      do throws(ServiceError) { try filler.put(item) } catch {
        throw ImportFault(error.message ?? error.code)
      }
    } catch {
      progress.errors += 1
      progress.firstError = progress.firstError ?? "\(place): \(error.message)"
    }
  }

  private func check(_ item: Item) throws(ImportFault) {
    if let fault = definition.key.fault(ofItem: item) { throw ImportFault(fault.message) }
    do throws(ServiceError) {
      try PrimaryKey.checkIndexKeys(item, of: definition.indexes)
      try DatabaseState.checkSize(item)
    } catch {
      throw ImportFault(error.message ?? error.code)
    }
  }
}

/// Why a line is no item.
struct ImportFault: Error, Hashable {
  var message: String

  init(_ message: String) { self.message = message }
}
