// Exports and imports as the service describes them: what was asked for, how it goes, how it ended.
//
// A description is kept in the wire's own form, in memory and in storage, so describing one is
// giving it back. One that was under way when the process died has failed.

import ServiceAPI
import Storage

/// An export's or import's description, member by member.
struct Transfer: Sendable {
  var arn: String
  private(set) var members: [WireMember]

  init(arn: String, _ members: [WireMember]) {
    self.arn = arn
    self.members = members
  }

  init?(record: [UInt8]) {
    guard case .object(let members)? = WireValue(body: record) else { return nil }
    self.members = members
    arn = ""
    guard let arn = self["ExportArn"]?.text ?? self["ImportArn"]?.text else { return nil }
    self.arn = arn
  }

  subscript(name: String) -> WireValue? { WireValue.object(members)[name] }

  mutating func set(_ name: String, _ value: WireValue?) {
    members.removeAll { $0.name == name }
    if let value { members.append(WireMember(name: name, value: value)) }
  }

  mutating func set(_ name: String, _ text: String) { set(name, .string(text)) }
  mutating func set(_ name: String, _ number: Int) { set(name, .number(String(number))) }

  mutating func set(_ name: String, milliseconds: Int64) {
    set(name, .number(EpochText.seconds(milliseconds)))
  }

  var isExport: Bool { self["ExportArn"] != nil }
  var statusName: String { isExport ? "ExportStatus" : "ImportStatus" }

  /// What the key of every record begins with.
  static let prefix = [KeyEncoding.transferSpace]

  var recordKey: [UInt8] { Self.prefix + Array(arn.utf8) }

  var record: [UInt8] { Self.answer(.object(members)) }

  /// The answer of an operation on one transfer.
  var description: [UInt8] {
    let name = isExport ? "ExportDescription" : "ImportTableDescription"
    return Self.answer(.object([WireMember(name: name, value: .object(members))]))
  }

  static func answer(_ value: WireValue) -> [UInt8] {
    var writer = ReplyWriter()
    writer.value(wire: value)
    return writer.bytes
  }
}

/// Times on the wire.
enum EpochText {
  /// Seconds with three decimals.
  static func seconds(_ milliseconds: Int64) -> String {
    let fraction = String(milliseconds % 1_000)
    return String(milliseconds / 1_000) + "."
      + String(repeating: "0", count: max(0, 3 - fraction.utf8.count)) + fraction
  }
}

extension DatabaseState {
  func save(_ transfer: Transfer) throws(ServiceError) {
    transfers[transfer.arn] = transfer
    var batch = WriteBatch()
    batch.put(transfer.recordKey, transfer.record)
    try store.commit(batch)
  }

  /// Ends a transfer that is under way.
  func end(
    _ arn: String, as status: String, _ change: (inout Transfer) -> Void
  ) throws(ServiceError) {
    guard var transfer = transfers[arn] else { return }
    transfer.set(transfer.statusName, status)
    transfer.set("EndTime", milliseconds: wallMilliseconds)
    change(&transfer)
    try save(transfer)
  }

  func fail(_ arn: String, _ fault: ObjectFault) throws(ServiceError) {
    try end(arn, as: "FAILED") {
      $0.set("FailureCode", fault.code)
      $0.set("FailureMessage", fault.message)
    }
  }

  /// Finds the transfers that the store holds.
  func loadTransfers() throws(ServiceError) {
    var found: [Transfer] = []
    try store.scan(KeyScan(prefix: Transfer.prefix)) { _, value in
      if let transfer = Transfer(record: value) { found.append(transfer) }
      return true
    }
    for transfer in found {
      transfers[transfer.arn] = transfer
      if transfer[transfer.statusName]?.text == "IN_PROGRESS" {
        try fail(
          transfer.arn,
          ObjectFault(code: "Interrupted", message: "The server was stopped during the transfer"))
      }
    }
  }

  /// Where objects are kept; refuses when the server was given no place.
  func buckets() throws(ServiceError) -> any ObjectBuckets {
    guard let buckets = options.buckets else {
      throw .validation(
        "This server has no place for exports and imports; start it with --s3-directory FOLDER, "
          + "in which every folder is a bucket, or with --s3-endpoint URL")
    }
    return buckets
  }

  /// The transfer that a client has begun with the same token; nil when there is none.
  func repeated(_ request: WireValue, isExport: Bool) -> Transfer? {
    guard let token = request["ClientToken"] else { return nil }
    return transfers.values.first { $0.isExport == isExport && $0["ClientToken"] == token }
  }

  // MARK: Describing and listing

  func describeExport(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let arn = request["ExportArn"]?.text ?? ""
    guard let transfer = transfers[arn], transfer.isExport else {
      throw ServiceError("ExportNotFoundException", message: "Export not found: \(arn)")
    }
    return transfer.description
  }

  func describeImport(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let arn = request["ImportArn"]?.text ?? ""
    guard let transfer = transfers[arn], !transfer.isExport else {
      throw ServiceError("ImportNotFoundException", message: "Import not found: \(arn)")
    }
    return transfer.description
  }

  func listExports(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    try list(
      request, request["MaxResults"], under: "ExportSummaries",
      ["ExportArn", "ExportStatus", "ExportType"])
  }

  func listImports(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    try list(
      request, request["PageSize"], under: "ImportSummaryList",
      [
        "ImportArn", "ImportStatus", "TableArn", "S3BucketSource", "InputFormat", "StartTime",
        "EndTime",
      ])
  }

  /// Pages in the order of ARNs, which is that of tables and then of time.
  private func list(
    _ request: WireValue, _ most: WireValue?, under name: String, _ members: [String]
  ) throws(ServiceError) -> [UInt8] {
    let isExport = name == "ExportSummaries"
    let table = request["TableArn"]
    let start = request["NextToken"]?.text ?? ""
    let arns = transfers.keys.filter { arn in
      guard let transfer = transfers[arn] else { return false }
      return transfer.isExport == isExport && (table == nil || transfer["TableArn"] == table)
        && arn.utf8.lexicographicallyPrecedes(start.utf8) == false && arn != start
    }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let page = arns.prefix(most?.integer ?? 25)
    let summaries = page.map { arn in
      WireValue.object(
        members.compactMap { member in
          (transfers[arn]?[member]).map { WireMember(name: member, value: $0) }
        })
    }
    var answer = [WireMember(name: name, value: .array(summaries))]
    if page.count < arns.count, let last = page.last {
      answer.append(WireMember(name: "NextToken", value: .string(last)))
    }
    return Transfer.answer(.object(answer))
  }
}
