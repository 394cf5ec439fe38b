// Several regions in one process on one clock that a test moves, with requests and answers as text.
//
// All regions have one table, orders, with the key pk and an attribute v; items are told as
// `key v`.

import ServiceAPI
import Storage
import Testing
import Units

@testable import Engine

/// Some regions in one process, on a clock that the test moves.
final class RegionBench {
  let group: RegionGroup
  let regions: [String]
  let stores: [Store]
  var now = Instant.start

  init(
    _ regions: [String] = ["us-east-1", "eu-west-1"], lag: DelayDistribution = .none,
    stores: [Store]? = nil, at now: Instant = .start,
    _ change: (inout DatabaseOptions) -> Void = { _ in }
  ) throws {
    self.regions = regions
    let stores = stores ?? regions.map { _ in Store.memory(MemoryStore()) }
    self.stores = stores
    self.now = now
    var databases: [Database] = []
    for (region, store) in zip(regions, stores) {
      var options = DatabaseOptions()
      options.epochMilliseconds = 1_700_000_000_000
      options.region = region
      options.regionLag = lag
      change(&options)
      databases.append(try Database(store: store, options: options))
    }
    group = RegionGroup(databases)
  }

  func call(_ region: String, _ operation: String, _ body: String) -> String {
    let reply = Array(body.utf8).withUnsafeBytes {
      group.begin(operation, in: region, body: $0, at: now)
    }
    if let error = reply.error { return "\(error.code): \(error.message ?? "")" }
    return String(decoding: reply.body, as: UTF8.self)
  }

  func value(_ region: String, _ operation: String, _ body: String) -> WireValue? {
    WireValue(body: Array(call(region, operation, body).utf8))
  }

  func replicate() {
    while group.replicate(at: now) {}
  }

  func cut(_ region: String, _ isCut: Bool = true) { _ = group.setCut(region, isCut) }

  func createTable(_ region: String, units: Int? = nil, more: String = "") {
    let billing =
      units.map {
        #""ProvisionedThroughput":{"ReadCapacityUnits":\#($0),"WriteCapacityUnits":\#($0)}"#
      } ?? #""BillingMode":"PAY_PER_REQUEST""#
    let answer = call(
      region, "CreateTable",
      #"{"TableName":"orders",\#(billing),"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"#
        + #""AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]\#(more)}"#)
    #expect(answer.contains("TableDescription"))
  }

  @discardableResult
  func addReplica(_ added: String, at region: String? = nil) -> String {
    call(
      region ?? regions[0], "UpdateTable",
      #"{"TableName":"orders","ReplicaUpdates":[{"Create":{"RegionName":"\#(added)"}}]}"#)
  }

  @discardableResult
  func removeReplica(_ removed: String, at region: String? = nil) -> String {
    call(
      region ?? regions[0], "UpdateTable",
      #"{"TableName":"orders","ReplicaUpdates":[{"Delete":{"RegionName":"\#(removed)"}}]}"#)
  }

  /// Makes a table that is strongly consistent in the first two regions and a third or a witness.
  func makeStrong(witness: Bool) -> String {
    createTable("us-east-1")
    func create(_ region: String) -> String { #"{"Create":{"RegionName":"\#(region)"}}"# }
    let updates = witness ? create("us-east-2") : create("us-east-2") + "," + create("us-west-2")
    let more = witness ? #","GlobalTableWitnessUpdates":[\#(create("us-west-2"))]"# : ""
    return call(
      "us-east-1", "UpdateTable",
      #"{"TableName":"orders","ReplicaUpdates":[\#(updates)],"MultiRegionConsistency":"STRONG""#
        + more + "}")
  }

  @discardableResult
  func put(_ region: String, _ key: String, _ value: String) -> String {
    call(
      region, "PutItem",
      #"{"TableName":"orders","Item":{"pk":{"S":"\#(key)"},"v":{"S":"\#(value)"}}}"#)
  }

  @discardableResult
  func delete(_ region: String, _ key: String) -> String {
    call(region, "DeleteItem", #"{"TableName":"orders","Key":{"pk":{"S":"\#(key)"}}}"#)
  }

  /// The item's v, "-" when there is no item; a strong read.
  func get(_ region: String, _ key: String, isStrong: Bool = true) -> String {
    let answer = call(
      region, "GetItem",
      #"{"TableName":"orders","Key":{"pk":{"S":"\#(key)"}},"ConsistentRead":\#(isStrong)}"#)
    guard let value = WireValue(body: Array(answer.utf8)) else { return answer }
    return value["Item"].map { $0["v"]?["S"]?.text ?? "?" } ?? "-"
  }

  func items(_ region: String) -> [String] {
    (value(region, "Scan", #"{"TableName":"orders"}"#)?["Items"]?.elements ?? []).map {
      "\($0["pk"]?["S"]?.text ?? "") \($0["v"]?["S"]?.text ?? "")"
    }.sorted()
  }

  func replicas(_ region: String) -> [String] {
    let table = value(region, "DescribeTable", #"{"TableName":"orders"}"#)?["Table"]
    return (table?["Replicas"]?.elements ?? []).map {
      "\($0["RegionName"]?.text ?? "") \($0["ReplicaStatus"]?.text ?? "")"
    }
  }

  /// What a consumer makes of a region's stream from its beginning; nil when a record's old image
  /// is not what the records before it made.
  func replayed(_ region: String) -> [String]? {
    let table = value(region, "DescribeTable", #"{"TableName":"orders"}"#)?["Table"]
    let arn = table?["LatestStreamArn"]?.text ?? ""
    let stream = value(region, "DescribeStream", #"{"StreamArn":"\#(arn)"}"#)?["StreamDescription"]
    var items: [String: WireValue] = [:]
    for shard in stream?["Shards"]?.elements ?? [] {
      let body =
        #"{"StreamArn":"\#(arn)","ShardId":"\#(shard["ShardId"]?.text ?? "")","#
        + #""ShardIteratorType":"TRIM_HORIZON"}"#
      var next = value(region, "GetShardIterator", body)?["ShardIterator"]?.text
      while let iterator = next {
        let page = value(region, "GetRecords", #"{"ShardIterator":"\#(iterator)"}"#)
        let records = page?["Records"]?.elements ?? []
        for record in records {
          let change = record["dynamodb"]
          guard let key = change?["Keys"]?["pk"]?["S"]?.text, items[key] == change?["OldImage"]
          else { return nil }
          items[key] = change?["NewImage"]
        }
        next = records.isEmpty ? nil : page?["NextShardIterator"]?.text
      }
    }
    return items.map { "\($0) \($1["v"]?["S"]?.text ?? "")" }.sorted()
  }
}
