// Streams: what a change leaves behind, how shards follow partitions, what a day takes away.
//
// Why: consumers rely on every change appearing once and in order, whatever the table does
// meanwhile. Answers are looked at as text and through members, as a client would.

import Capacity
import DataModel
import ServiceAPI
import Storage
import Testing
import Units

@testable import Engine

/// A table with a stream, and its records as a consumer reads them.
struct StreamBench {
  let bench: TestDatabase

  init(_ bench: TestDatabase, view: String? = "NEW_AND_OLD_IMAGES") {
    self.bench = bench
    let specification = view.map {
      #","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"\#($0)"}"#
    }
    bench.createTable("log", more: specification ?? "")
  }

  var arn: String {
    bench.value("DescribeTable", #"{"TableName":"log"}"#, "Table", "LatestStreamArn")?.text ?? ""
  }

  func shards(_ arn: String? = nil) -> [WireValue] {
    bench.value(
      "DescribeStream", #"{"StreamArn":"\#(arn ?? self.arn)"}"#, "StreamDescription", "Shards")?
      .elements ?? []
  }

  func iterator(_ shard: String, _ type: String = "TRIM_HORIZON", arn: String? = nil) -> String {
    let sequence = type.contains(":") ? type.split(separator: ":").map(String.init) : [type]
    let more = sequence.count == 2 ? #","SequenceNumber":"\#(sequence[1])""# : ""
    let body =
      #"{"StreamArn":"\#(arn ?? self.arn)","ShardId":"\#(shard)","#
      + #""ShardIteratorType":"\#(sequence[0])"\#(more)}"#
    return bench.value("GetShardIterator", body, "ShardIterator")?.text
      ?? bench.call("GetShardIterator", body)
  }

  /// All records of a shard.
  func records(_ shard: String, arn: String? = nil) -> [WireValue] {
    var found: [WireValue] = []
    var next: String? = iterator(shard, arn: arn)
    while let iterator = next {
      let body = #"{"ShardIterator":"\#(iterator)"}"#
      let page = bench.value("GetRecords", body, "Records")?.elements ?? []
      if page.isEmpty { break }
      found += page
      next = bench.value("GetRecords", body, "NextShardIterator")?.text
    }
    return found
  }

  /// All records of the stream, each shard after its parent, as `EVENT key old>new` of attribute v.
  func history(_ arn: String? = nil) -> [String] {
    shards(arn).flatMap { records($0["ShardId"]?.text ?? "", arn: arn) }.map(Self.line)
  }

  /// All records of the stream, shard by shard.
  var all: [WireValue] { shards().flatMap { records($0["ShardId"]?.text ?? "") } }

  /// All records of a stream of some table.
  static func records(_ bench: TestDatabase, _ arn: String) -> [WireValue] {
    let reader = StreamBench(reading: bench)
    return reader.shards(arn).flatMap { reader.records($0["ShardId"]?.text ?? "", arn: arn) }
  }

  private init(reading bench: TestDatabase) { self.bench = bench }

  /// The first shard that has a record.
  var home: String? {
    shards().compactMap { $0["ShardId"]?.text }.first { !records($0).isEmpty }
  }

  static func line(_ record: WireValue) -> String {
    let change = record["dynamodb"]
    func text(_ image: String, _ name: String) -> String? {
      change?[image]?[name].map { $0["S"]?.text ?? $0["N"]?.text ?? "?" }
    }
    let event = record["eventName"]?.text ?? ""
    let images = ["OldImage", "NewImage"].map { image in
      change?[image] == nil ? "-" : text(image, "v") ?? "."
    }
    return "\(event) \(text("Keys", "pk") ?? "") \(images[0])>\(images[1])"
  }

  func put(_ key: String, _ value: String) -> String {
    bench.call(
      "PutItem", #"{"TableName":"log","Item":{"pk":{"S":"\#(key)"},"v":{"S":"\#(value)"}}}"#)
  }

  func delete(_ key: String) -> String {
    bench.call("DeleteItem", #"{"TableName":"log","Key":{"pk":{"S":"\#(key)"}}}"#)
  }
}

@Suite struct StreamTests {
  @Test func everyKindOfWriteLeavesItsRecordAndNoChangeLeavesNone() throws {
    let stream = StreamBench(try TestDatabase())
    #expect(stream.put("a", "1") == "{}")
    #expect(stream.put("a", "1") == "{}")
    _ = stream.bench.call(
      "UpdateItem",
      #"{"TableName":"log","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET v = :v","#
        + #""ExpressionAttributeValues":{":v":{"S":"2"}}}"#)
    _ = stream.bench.call(
      "BatchWriteItem",
      #"{"RequestItems":{"log":[{"PutRequest":{"Item":{"pk":{"S":"b"},"v":{"S":"3"}}}},"#
        + #"{"DeleteRequest":{"Key":{"pk":{"S":"nothing"}}}}]}}"#)
    _ = stream.bench.call(
      "TransactWriteItems",
      #"{"TransactItems":[{"Delete":{"TableName":"log","Key":{"pk":{"S":"b"}}}},"#
        + #"{"Put":{"TableName":"log","Item":{"pk":{"S":"c"},"v":{"S":"4"}}}}]}"#)
    #expect(stream.delete("a") == "{}")
    #expect(
      stream.history().sorted() == [
        "INSERT a ->1", "INSERT b ->3", "INSERT c ->4", "MODIFY a 1>2", "REMOVE a 2>-",
        "REMOVE b 3>-",
      ])
    let ofOne = stream.history().filter { $0.contains(" a ") }
    #expect(ofOne == ["INSERT a ->1", "MODIFY a 1>2", "REMOVE a 2>-"])
  }

  @Test func cancelledTransactionsLeaveNothing() throws {
    let stream = StreamBench(try TestDatabase())
    let answer = stream.bench.call(
      "TransactWriteItems",
      #"{"TransactItems":[{"Put":{"TableName":"log","Item":{"pk":{"S":"c"}}}},"#
        + #"{"ConditionCheck":{"TableName":"log","Key":{"pk":{"S":"d"}},"#
        + #""ConditionExpression":"attribute_exists(pk)"}}]}"#)
    #expect(answer.hasPrefix("TransactionCanceledException"))
    #expect(stream.history() == [])
  }

  @Test(arguments: [
    ("KEYS_ONLY", ["INSERT a ->-", "MODIFY a ->-", "REMOVE a ->-"]),
    ("NEW_IMAGE", ["INSERT a ->1", "MODIFY a ->2", "REMOVE a ->-"]),
    ("OLD_IMAGE", ["INSERT a ->-", "MODIFY a 1>-", "REMOVE a 2>-"]),
    ("NEW_AND_OLD_IMAGES", ["INSERT a ->1", "MODIFY a 1>2", "REMOVE a 2>-"]),
  ])
  func theViewDecidesWhichImagesAreShown(_ view: String, _ expected: [String]) throws {
    let stream = StreamBench(try TestDatabase(), view: view)
    _ = stream.put("a", "1")
    _ = stream.put("a", "2")
    _ = stream.delete("a")
    #expect(stream.history() == expected)
  }

  @Test func aRecordReadsAsTheServicesDoes() throws {
    let stream = StreamBench(try TestDatabase())
    stream.bench.now = .start + .seconds(7)
    _ = stream.put("a", "1")
    let record = try #require(stream.all.first)
    #expect(record["eventVersion"]?.text == "1.1")
    #expect(record["eventSource"]?.text == "aws:dynamodb")
    #expect(record["awsRegion"]?.text == "us-east-1")
    #expect(record["eventID"]?.text?.count == 32)
    #expect(record["userIdentity"] == nil)
    let change = try #require(record["dynamodb"])
    #expect(change["ApproximateCreationDateTime"]?.integer == 1_700_000_007)
    // Keys pk=a (3 bytes) and the image pk=a, v=1 (5 bytes).
    #expect(change["SizeBytes"]?.integer == 8)
    #expect(change["SequenceNumber"]?.text?.count == 21)
    #expect(change["StreamViewType"]?.text == "NEW_AND_OLD_IMAGES")
  }

  @Test func onAndOffFollowTheServicesRules() throws {
    let stream = StreamBench(try TestDatabase(), view: nil)
    let bench = stream.bench
    func update(_ specification: String) -> String {
      bench.now = bench.now + .seconds(1)
      return bench.call(
        "UpdateTable", #"{"TableName":"log","StreamSpecification":{\#(specification)}}"#)
    }
    let invalid = "ValidationException: One or more parameter values were invalid: "
    #expect(
      update(#""StreamEnabled":false"#)
        == "ValidationException: Table has no stream to disable: TableName: log")
    #expect(
      update(#""StreamEnabled":true"#)
        == invalid + "If stream is being enabled then UpdateViewType is required")
    #expect(
      update(#""StreamEnabled":false,"StreamViewType":"KEYS_ONLY""#)
        == invalid + "If stream is being disabled, then UpdateViewType must not be specified")
    #expect(update(#""StreamEnabled":true,"StreamViewType":"NEW_IMAGE""#).contains("NEW_IMAGE"))
    let first = stream.arn
    _ = stream.put("a", "1")
    #expect(
      update(#""StreamEnabled":true,"StreamViewType":"KEYS_ONLY""#)
        == "ValidationException: Table already has an enabled stream: TableName: log")
    #expect(update(#""StreamEnabled":false"#).contains(#""LatestStreamArn":"\#(first)""#))
    _ = stream.put("a", "unseen")
    #expect(stream.history(first) == ["INSERT a ->1"])
    let description = bench.call("DescribeStream", #"{"StreamArn":"\#(first)"}"#)
    #expect(description.contains(#""StreamStatus":"DISABLED""#))
    let ends = stream.shards(first).map { $0["SequenceNumberRange"]?["EndingSequenceNumber"] }
    #expect(!ends.isEmpty && !ends.contains(nil))
    _ = update(#""StreamEnabled":true,"StreamViewType":"KEYS_ONLY""#)
    #expect(stream.arn != first)
    #expect(bench.value("ListStreams", "{}", "Streams")?.elements?.count == 2)
    bench.now = bench.now + .hours(24) + .minutes(1)
    #expect(bench.value("ListStreams", "{}", "Streams")?.elements?.count == 1)
    #expect(
      bench.call("DescribeStream", #"{"StreamArn":"\#(first)"}"#)
        == "ResourceNotFoundException: Requested resource not found: Stream: \(first) not found")
  }

  @Test func aDeletedTablesStreamStaysReadable() throws {
    let stream = StreamBench(try TestDatabase())
    let arn = stream.arn
    _ = stream.put("a", "1")
    _ = stream.bench.call("DeleteTable", #"{"TableName":"log"}"#)
    #expect(stream.bench.call("DescribeTable", #"{"TableName":"log"}"#).contains("not found"))
    #expect(stream.history(arn) == ["INSERT a ->1"])
  }

  @Test func oneShardStandsForEachPartitionAndSplitsWithIt() throws {
    let stream = StreamBench(try TestDatabase())
    // A new on-demand table has four partitions (capacity.md 2).
    #expect(stream.shards().count == 4)
    for key in 0..<40 { _ = stream.put("k\(key)", "1") }
    // Ten times the throughput: the partitions double until they carry it.
    _ = stream.bench.call(
      "UpdateTable",
      #"{"TableName":"log","WarmThroughput":{"ReadUnitsPerSecond":12000,"#
        + #""WriteUnitsPerSecond":8000}}"#
    )
    _ = stream.bench.call("DescribeTable", #"{"TableName":"log"}"#)
    for key in 0..<40 { _ = stream.put("k\(key)", "2") }
    let shards = stream.shards()
    #expect(shards.count == 12)
    let parents = Set(shards.compactMap { $0["ParentShardId"]?.text })
    #expect(parents == Set(shards.prefix(4).compactMap { $0["ShardId"]?.text }))
    for shard in shards {
      let isClosed = shard["SequenceNumberRange"]?["EndingSequenceNumber"] != nil
      #expect(isClosed == parents.contains(shard["ShardId"]?.text ?? ""))
    }
    let history = stream.history()
    #expect(history.count == 80)
    for key in 0..<40 {
      let ofOne = history.filter { $0.contains(" k\(key) ") }
      #expect(ofOne == ["INSERT k\(key) ->1", "MODIFY k\(key) 1>2"])
    }
    let first = shards[0]["ShardId"]?.text ?? ""
    let filtered = stream.bench.value(
      "DescribeStream",
      #"{"StreamArn":"\#(stream.arn)","#
        + #""ShardFilter":{"Type":"CHILD_SHARDS","ShardId":"\#(first)"}}"#,
      "StreamDescription", "Shards")
    #expect(filtered?.elements?.compactMap { $0["ParentShardId"]?.text } == [first, first])
  }

  @Test func aClosedShardEndsAndAnOpenOneGoesOn() throws {
    let stream = StreamBench(try TestDatabase())
    _ = stream.put("a", "1")
    let shard = try #require(stream.home)
    stream.bench.now = stream.bench.now + .hours(4)
    _ = stream.put("a", "2")
    let shards = stream.shards()
    #expect(shards.count == 5)
    #expect(shards.last?["ParentShardId"]?.text == shard)
    let body = #"{"ShardIterator":"\#(stream.iterator(shard))"}"#
    #expect(stream.bench.value("GetRecords", body, "Records")?.elements?.count == 1)
    #expect(stream.bench.value("GetRecords", body, "NextShardIterator") == nil)
    let open = shards[4]["ShardId"]?.text ?? ""
    let latest = #"{"ShardIterator":"\#(stream.iterator(open, "LATEST"))"}"#
    #expect(stream.bench.value("GetRecords", latest, "Records")?.elements == [])
    let next = try #require(stream.bench.value("GetRecords", latest, "NextShardIterator")?.text)
    _ = stream.put("a", "3")
    let page = stream.bench.value("GetRecords", #"{"ShardIterator":"\#(next)"}"#, "Records")
    #expect(page?.elements?.map(StreamBench.line) == ["MODIFY a 2>3"])
  }

  @Test func pagesEndAtTheirLimitAndAtAMegabyte() throws {
    let stream = StreamBench(try TestDatabase { $0.enforcesCapacity = false })
    for number in 0..<8 {
      _ = stream.put("a", String(repeating: "x", count: 300_000) + "\(number)")
    }
    let shard = try #require(stream.home)
    func page(_ more: String = "") -> Int? {
      stream.bench.value(
        "GetRecords", #"{"ShardIterator":"\#(stream.iterator(shard))"\#(more)}"#, "Records")?
        .elements?.count
    }
    // 300 kB, then 600 kB: the third would pass 1 MB.
    #expect(page() == 2)
    #expect(page(#","Limit":1"#) == 1)
    #expect(stream.records(shard).count == 8)
    #expect(
      stream.bench.call(
        "GetRecords", #"{"ShardIterator":"\#(stream.iterator(shard))","Limit":1001}"#
      ).hasPrefix("LimitExceededException"))
  }

  @Test func sequenceNumbersAddressRecords() throws {
    let stream = StreamBench(try TestDatabase())
    for value in ["1", "2", "3"] { _ = stream.put("a", value) }
    let shard = try #require(stream.home)
    let numbers = stream.records(shard).compactMap { $0["dynamodb"]?["SequenceNumber"]?.text }
    #expect(numbers == numbers.sorted())
    func lines(_ type: String) -> [String]? {
      stream.bench.value(
        "GetRecords", #"{"ShardIterator":"\#(stream.iterator(shard, type))"}"#, "Records")?
        .elements?.map(StreamBench.line)
    }
    #expect(lines("AT_SEQUENCE_NUMBER:\(numbers[1])") == ["MODIFY a 1>2", "MODIFY a 2>3"])
    #expect(lines("AFTER_SEQUENCE_NUMBER:\(numbers[1])") == ["MODIFY a 2>3"])
    #expect(
      stream.iterator(shard, "AT_SEQUENCE_NUMBER")
        == "ValidationException: SequenceNumber is required when ShardIteratorType is "
        + "AT_SEQUENCE_NUMBER")
    let beyond = SequenceNumber.text(99)
    #expect(
      stream.iterator(shard, "AT_SEQUENCE_NUMBER:\(beyond)")
        == "ValidationException: Invalid SequenceNumber: \(beyond) is not in the range of shard "
        + shard)
  }

  @Test func iteratorsExpireAndCannotBeForged() throws {
    let stream = StreamBench(try TestDatabase())
    let shard = try #require(stream.shards().first?["ShardId"]?.text)
    let iterator = stream.iterator(shard)
    let body = #"{"ShardIterator":"\#(iterator)"}"#
    stream.bench.now = stream.bench.now + .minutes(15)
    #expect(stream.bench.reply("GetRecords", body).status == 200)
    stream.bench.now = stream.bench.now + .milliseconds(1)
    #expect(stream.bench.call("GetRecords", body).hasPrefix("ExpiredIteratorException"))
    let forged = #"{"ShardIterator":"\#(iterator)0"}"#
    #expect(stream.bench.call("GetRecords", forged) == "ValidationException: Invalid ShardIterator")
  }

  @Test func aDayTrimsRecordsAndWhatPointsAtThem() throws {
    let stream = StreamBench(try TestDatabase())
    _ = stream.put("a", "1")
    let shard = try #require(stream.home)
    let number = try #require(
      stream.records(shard).first?["dynamodb"]?["SequenceNumber"]?.text)
    stream.bench.now = stream.bench.now + .hours(24) - .minutes(5)
    _ = stream.put("a", "2")
    let iterator = stream.iterator(shard)
    stream.bench.now = stream.bench.now + .minutes(7)
    #expect(stream.history() == ["MODIFY a 1>2"])
    #expect(
      stream.bench.call("GetRecords", #"{"ShardIterator":"\#(iterator)"}"#)
        == "TrimmedDataAccessException: The data you are trying to access has been trimmed.")
    #expect(
      stream.iterator(shard, "AT_SEQUENCE_NUMBER:\(number)")
        .hasPrefix("TrimmedDataAccessException"))
    // The first shards are closed; a day later nothing is left of them.
    stream.bench.now = stream.bench.now + .hours(25)
    #expect(!stream.shards().contains { $0["ShardId"]?.text == shard })
  }

  @Test func streamsOutliveARestart() throws {
    let stream = StreamBench(try TestDatabase())
    for key in 0..<10 { _ = stream.put("k\(key)", "1") }
    let arn = stream.arn
    let before = stream.history()
    let restarted = try TestDatabase(store: stream.bench.store)
    let again = StreamBench(restarted, view: nil)
    #expect(again.arn == arn)
    #expect(again.history() == before)
    _ = again.put("k0", "2")
    #expect(again.history().count == 11)
    #expect(again.history().filter { $0.contains(" k0 ") } == ["INSERT k0 ->1", "MODIFY k0 1>2"])
    let numbers = again.all.compactMap { $0["dynamodb"]?["SequenceNumber"]?.text }
    #expect(Set(numbers).count == 11)
  }

  @Test func listsComeInPages() throws {
    let bench = try TestDatabase()
    let specification =
      #","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}"#
    for name in ["log1", "log2", "log3"] { bench.createTable(name, more: specification) }
    let page = bench.value("ListStreams", #"{"Limit":2}"#, "Streams")?.elements ?? []
    #expect(page.compactMap { $0["TableName"]?.text } == ["log1", "log2"])
    let last = bench.value("ListStreams", #"{"Limit":2}"#, "LastEvaluatedStreamArn")?.text ?? ""
    let rest = bench.value("ListStreams", #"{"ExclusiveStartStreamArn":"\#(last)"}"#, "Streams")
    #expect(rest?.elements?.compactMap { $0["TableName"]?.text } == ["log3"])
    let ofOne = bench.value("ListStreams", #"{"TableName":"log2"}"#, "Streams")
    #expect(ofOne?.elements?.count == 1)
    #expect(bench.value("ListStreams", #"{"TableName":"none"}"#, "Streams")?.elements == [])
  }

  /// Five calls and 2 MB of a shard in a second, whoever reads it; ten descriptions.
  @Test func readersAreThrottled() throws {
    let bench = try TestDatabase { $0.streamReadLimits = .all }
    let stream = StreamBench(bench)
    let arn = stream.arn
    let shards = stream.shards().compactMap { $0["ShardId"]?.text }
    func read(_ iterator: String) -> String {
      bench.call("GetRecords", #"{"ShardIterator":"\#(iterator)"}"#)
    }
    let iterators = shards.map { stream.iterator($0, arn: arn) }
    for _ in 0..<5 { #expect(read(iterators[0]).hasPrefix(#"{"Records":"#)) }
    #expect(read(iterators[0]) == "ThrottlingException: Rate exceeded")
    if iterators.count > 1 { #expect(read(iterators[1]).hasPrefix(#"{"Records":"#)) }
    bench.now = bench.now + .milliseconds(199)
    #expect(read(iterators[0]) == "ThrottlingException: Rate exceeded")
    bench.now = bench.now + .milliseconds(1)
    #expect(read(iterators[0]).hasPrefix(#"{"Records":"#))
    for _ in 0..<9 { #expect(!stream.shards(arn).isEmpty) }
    let description = #"{"StreamArn":"\#(arn)"}"#
    _ = bench.call("DescribeStream", description)
    #expect(bench.call("DescribeStream", description) == "ThrottlingException: Rate exceeded")
    bench.now = bench.now + .milliseconds(100)
    #expect(bench.call("DescribeStream", description).contains("Shards"))
  }

  @Test func documentedLimitsAloneLetReadersBe() throws {
    let bench = try TestDatabase { $0.streamReadLimits = .documented }
    let stream = StreamBench(bench)
    let arn = stream.arn
    let iterator = stream.shards().first?["ShardId"]?.text.map { stream.iterator($0, arn: arn) }
    let request = #"{"ShardIterator":"\#(iterator ?? "")"}"#
    for _ in 0..<50 { #expect(bench.call("GetRecords", request).hasPrefix(#"{"Records":"#)) }
    let descriptions = (0..<20).map { _ in
      bench.call("DescribeStream", #"{"StreamArn":"\#(arn)"}"#)
    }
    #expect(descriptions.contains("ThrottlingException: Rate exceeded"))
  }

  @Test func readersAreThrottledByBytes() throws {
    let bench = try TestDatabase {
      $0.streamReadLimits = .all
      $0.enforcesCapacity = false
    }
    let stream = StreamBench(bench)
    let arn = stream.arn
    let value = String(repeating: "x", count: 390_000)
    for number in 0..<12 { #expect(stream.put("k", value + "\(number)") == "{}") }
    var iterator = stream.home.map { stream.iterator($0, arn: arn) } ?? ""
    // The search for the shard has read. The first page has 390 KB, the insertion alone; the others
    // have 780 KB, old and new image: with the fourth it is more than 2 MB.
    bench.now = bench.now + .minutes(1)
    var pages = 0
    while pages < 10 {
      let answer = bench.call("GetRecords", #"{"ShardIterator":"\#(iterator)"}"#)
      if answer == "ThrottlingException: Rate exceeded" { break }
      pages += 1
      iterator = WireValue(body: Array(answer.utf8))?["NextShardIterator"]?.text ?? ""
    }
    #expect(pages == 4)
  }
}
