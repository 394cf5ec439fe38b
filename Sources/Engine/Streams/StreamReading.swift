// The streams API: ListStreams, DescribeStream, GetShardIterator, GetRecords.
//
// An iterator is the stream's ARN, a place in a shard and the time it was given out, with a check
// sum: nothing is kept for it. It is good for 15 minutes. Facts: features.md 3.2; words of refusals
// that no source quotes are our own.

import Capacity
import DataModel
import ServiceAPI
import Storage

/// A place in a shard.
struct ShardIterator {
  var stream: String
  var shard: UInt32
  /// The next record is this one or the first after it.
  var sequence: UInt64
  /// Wall-clock milliseconds when it was given out.
  var issuedAt: Int64

  /// How long it can be used, in milliseconds.
  static let lifetime: Int64 = 15 * 60_000

  private var body: String {
    stream + "|1|" + String(shard, radix: 16) + "." + String(sequence, radix: 16) + "."
      + String(issuedAt, radix: 16)
  }

  private static func check(_ body: String) -> String {
    String(KeyEncoding.hash(body.utf8), radix: 16)
  }

  var text: String { body + "." + Self.check(body) }

  init(stream: String, shard: UInt32, sequence: UInt64, issuedAt: Int64) {
    self.stream = stream
    self.shard = shard
    self.sequence = sequence
    self.issuedAt = issuedAt
  }

  /// nil for a text that is none of ours.
  init?(_ text: String) {
    let parts = text.split(separator: "|", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1] == "1" else { return nil }
    let fields = parts[2].split(separator: ".", omittingEmptySubsequences: false)
    guard fields.count == 4, let shard = UInt32(fields[0], radix: 16),
      let sequence = UInt64(fields[1], radix: 16), let issuedAt = Int64(fields[2], radix: 16)
    else { return nil }
    self.init(
      stream: String(parts[0]), shard: shard, sequence: sequence, issuedAt: issuedAt)
    guard fields[3] == Self.check(body) else { return nil }
  }
}

extension DatabaseState {
  func arn(_ stream: TableStream) -> String { arn(stream.tableName) + "/stream/" + stream.label }

  /// The stream that an ARN names.
  private func stream(_ arn: String) throws(ServiceError) -> TableStream {
    // One stream at most has the ARN, so the order does not matter.
    if let stream = streams.values.first(where: { self.arn($0) == arn }) { return stream }
    throw ServiceError(
      "ResourceNotFoundException",
      message: "Requested resource not found: Stream: \(arn) not found")
  }

  private func shard(
    _ name: String, of stream: TableStream
  ) throws(ServiceError) -> StreamShard {
    if let shard = stream.shard(named: name) { return shard }
    throw ServiceError(
      "ResourceNotFoundException",
      message: "Requested resource not found: Shard: \(name) in Stream: \(arn(stream)) not found")
  }

  private static let trimmed = ServiceError(
    "TrimmedDataAccessException",
    message: "The data you are trying to access has been trimmed.")

  private static let pageMost = 100

  // MARK: Descriptions

  func listStreams(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let limit = min(request["Limit"]?.integer ?? Self.pageMost, Self.pageMost)
    let name = request["TableName"].flatMap(\.text).map(TableName.name(of:))
    var found = streams.keys.sorted().compactMap { streams[$0] }
    if let name { found.removeAll { $0.tableName != name } }
    if let start = request["ExclusiveStartStreamArn"]?.text {
      let number = try stream(start).number
      found.removeAll { $0.number <= number }
    }
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("Streams")
    writer.beginArray()
    for stream in found.prefix(limit) {
      writer.beginObject()
      writer.member("StreamArn", arn(stream))
      writer.member("StreamLabel", stream.label)
      writer.member("TableName", stream.tableName)
      writer.endObject()
    }
    writer.endArray()
    if found.count > limit { writer.member("LastEvaluatedStreamArn", arn(found[limit - 1])) }
    writer.endObject()
    return writer.bytes
  }

  func describeStream(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    if options.streamReadLimits != .off {
      guard describeStreams.admits(at: now) else { throw Self.rateExceeded }
      describeStreams.take(1, at: now)
    }
    let stream = try stream(request["StreamArn"]?.text ?? "")
    let limit = min(request["Limit"]?.integer ?? Self.pageMost, Self.pageMost)
    var shards = stream.shards
    if let filter = request["ShardFilter"], let name = filter["ShardId"]?.text {
      let parent = try shard(name, of: stream).number
      shards.removeAll { $0.parent != parent }
    }
    if let start = request["ExclusiveStartShardId"]?.text {
      let number = try shard(start, of: stream).number
      shards.removeAll { $0.number <= number }
    }
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("StreamDescription")
    writer.beginObject()
    writer.member("StreamArn", arn(stream))
    writer.member("StreamLabel", stream.label)
    writer.member("StreamStatus", try status(of: stream))
    writer.member("StreamViewType", stream.view.rawValue)
    writer.key("CreationRequestDateTime")
    writer.value(epochMilliseconds: stream.createdAt)
    writer.member("TableName", stream.tableName)
    writer.key("KeySchema")
    writer.beginArray()
    for (attribute, type) in [(stream.key.partition, "HASH"), (stream.key.sort, "RANGE")] {
      guard let attribute else { continue }
      writer.beginObject()
      writer.member("AttributeName", attribute.name)
      writer.member("KeyType", type)
      writer.endObject()
    }
    writer.endArray()
    writer.key("Shards")
    writer.beginArray()
    for shard in shards.prefix(limit) { write(shard, of: stream, &writer) }
    writer.endArray()
    if shards.count > limit { writer.member("LastEvaluatedShardId", shards[limit - 1].name) }
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }

  private func write(_ shard: StreamShard, of stream: TableStream, _ writer: inout ReplyWriter) {
    writer.beginObject()
    writer.member("ShardId", shard.name)
    writer.key("SequenceNumberRange")
    writer.beginObject()
    writer.member("StartingSequenceNumber", SequenceNumber.text(shard.start))
    if let end = shard.end { writer.member("EndingSequenceNumber", SequenceNumber.text(end)) }
    writer.endObject()
    if let number = shard.parent, let parent = stream.name(ofShard: number) {
      writer.member("ParentShardId", parent)
    }
    writer.endObject()
  }

  /// StreamStatus: on its way while its table is.
  private func status(of stream: TableStream) throws(ServiceError) -> String {
    var isChanging = false
    if let table = tables[stream.tableName], table.definition.number == stream.tableNumber {
      try settle(table)
      isChanging = table.definition.streamLabel == stream.label && table.clock.status != .active
    }
    if stream.closedAt == nil { return isChanging ? "ENABLING" : "ENABLED" }
    return isChanging ? "DISABLING" : "DISABLED"
  }

  // MARK: Records

  func getShardIterator(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let stream = try stream(request["StreamArn"]?.text ?? "")
    let shard = try shard(request["ShardId"]?.text ?? "", of: stream)
    let type = request["ShardIteratorType"]?.text ?? ""
    let sequence: UInt64
    switch type {
    case "TRIM_HORIZON": sequence = shard.trimmedTo + 1
    case "LATEST": sequence = nextSequence
    default:
      guard let text = request["SequenceNumber"]?.text else {
        throw .validation("SequenceNumber is required when ShardIteratorType is \(type)")
      }
      let place = try place(text, in: shard)
      sequence = type == "AT_SEQUENCE_NUMBER" ? place : place + 1
    }
    let iterator = ShardIterator(
      stream: arn(stream), shard: shard.number, sequence: sequence, issuedAt: wallMilliseconds)
    var writer = ReplyWriter()
    writer.beginObject()
    writer.member("ShardIterator", iterator.text)
    writer.endObject()
    return writer.bytes
  }

  /// A sequence number that must lie in a shard and not be trimmed.
  private func place(_ text: String, in shard: StreamShard) throws(ServiceError) -> UInt64 {
    let outside = ServiceError.validation(
      "Invalid SequenceNumber: \(text) is not in the range of shard \(shard.name)")
    guard let number = SequenceNumber.number(text), number >= shard.start else { throw outside }
    if number <= shard.trimmedTo { throw Self.trimmed }
    if number > shard.end ?? (nextSequence - 1) { throw outside }
    return number
  }

  private static let recordsMost = ServiceConstants.getRecordsCount
  private static let bytesMost = ServiceConstants.getRecordsBytes

  func getRecords(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let limit = request["Limit"]?.integer ?? Self.recordsMost
    if limit > Self.recordsMost {
      throw .limitExceeded("Limit must not be greater than \(Self.recordsMost)")
    }
    guard var iterator = ShardIterator(request["ShardIterator"]?.text ?? "") else {
      throw .validation("Invalid ShardIterator")
    }
    let stream = try stream(iterator.stream)
    if wallMilliseconds - iterator.issuedAt > ShardIterator.lifetime {
      throw ServiceError(
        "ExpiredIteratorException",
        message: "Shard iterator has expired: it was given out more than 15 minutes ago")
    }
    guard let shard = stream.shards.first(where: { $0.number == iterator.shard }),
      iterator.sequence > shard.trimmedTo
    else { throw Self.trimmed }
    if options.streamReadLimits == .all,
      !stream.allowances[shard.number, default: ShardAllowance()].takeCall(at: now)
    {
      throw Self.rateExceeded
    }
    var page = try records(of: stream, shard, from: iterator.sequence, limit: limit)
    page.writer.endArray()
    stream.allowances[shard.number]?.take(bytes: page.bytes, at: now)
    if let last = page.last { iterator.sequence = last + 1 }
    iterator.issuedAt = wallMilliseconds
    // A closed shard that is read to its end has no next place.
    if shard.isOpen || page.hasMore {
      page.writer.member("NextShardIterator", iterator.text)
    }
    page.writer.endObject()
    return page.writer.bytes
  }

  /// Records as they are written to an answer.
  private struct RecordPage {
    var writer = ReplyWriter(capacity: 1_024)
    /// Sequence number of the last record.
    var last: UInt64?
    /// What the records weigh.
    var bytes = 0
    /// A limit ended the page.
    var hasMore = false
  }

  private func records(
    of stream: TableStream, _ shard: StreamShard, from sequence: UInt64, limit: Int
  ) throws(ServiceError) -> RecordPage {
    var page = RecordPage()
    page.writer.beginObject()
    page.writer.key("Records")
    page.writer.beginArray()
    var count = 0
    var isDamaged = false
    let start = StreamRecord.key(stream: stream.number, shard: shard.number, sequence: sequence)
    let end = KeyScan.successor(
      ofPrefix: StreamRecord.prefix(stream: stream.number, shard: shard.number))
    try store.scan(KeyScan(from: start, to: end)) { key, value in
      guard count < limit, page.bytes < Self.bytesMost else {
        page.hasMore = true
        return false
      }
      guard let record = StreamRecord(value) else {
        isDamaged = true
        return false
      }
      let size = record.sizeInBytes
      if count > 0, page.bytes + size > Self.bytesMost {
        page.hasMore = true
        return false
      }
      let number = StreamRecord.sequence(key)
      write(record, number, of: stream, &page.writer)
      page.last = number
      count += 1
      page.bytes += size
      return true
    }
    if isDamaged { throw .internalFailure("A stored stream record is damaged") }
    return page
  }

  private func write(
    _ record: StreamRecord, _ sequence: UInt64, of stream: TableStream,
    _ writer: inout ReplyWriter
  ) {
    writer.beginObject()
    writer.member("awsRegion", options.region)
    writer.key("dynamodb")
    writer.beginObject()
    writer.member("ApproximateCreationDateTime", Int(record.createdAt / 1_000))
    writer.key("Keys")
    writer.attributes(record.key.content)
    for (name, image) in [("NewImage", record.newImage), ("OldImage", record.oldImage)] {
      guard let image else { continue }
      writer.key(name)
      writer.attributes(image.content)
    }
    writer.member("SequenceNumber", SequenceNumber.text(sequence))
    writer.member("SizeBytes", record.sizeInBytes)
    writer.member("StreamViewType", stream.view.rawValue)
    writer.endObject()
    writer.member("eventID", Self.eventIdentifier(stream, sequence))
    writer.member("eventName", record.event.apiName)
    writer.member("eventSource", "aws:dynamodb")
    writer.member("eventVersion", "1.1")
    if record.isByService {
      writer.key("userIdentity")
      writer.beginObject()
      writer.member("PrincipalId", "dynamodb.amazonaws.com")
      writer.member("Type", "Service")
      writer.endObject()
    }
    writer.endObject()
  }

  /// 32 hexadecimal digits, the same whenever the record is read.
  private static func eventIdentifier(_ stream: TableStream, _ sequence: UInt64) -> String {
    var bytes: [UInt8] = []
    KeyEncoding.appendHash(UInt64(stream.number), to: &bytes)
    KeyEncoding.appendHash(sequence, to: &bytes)
    return [KeyEncoding.hash(bytes), KeyEncoding.hash(bytes.reversed())].map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }.joined()
  }
}
