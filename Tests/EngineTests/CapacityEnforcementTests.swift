// Capacity as clients meet it: how much passes, which exception comes, with which reason.
//
// Why: this is what the engine is for. Expected exceptions, texts and reasons: capacity.md 3.4;
// amounts follow from rate x time, worked out beside each case.

import Capacity
import ServiceAPI
import Testing
import Units

@testable import Engine

@Suite struct CapacityEnforcementTests {
  private static let write = #"{"TableName":"Small","Item":{"pk":{"S":"a"},"g":{"S":"x"}}}"#
  private static let index =
    #","GlobalSecondaryIndexes":[{"IndexName":"byG","KeySchema":[{"AttributeName":"g","#
    + #""KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"},"#
    + #""ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}}]"#
  private static let attribute = #",{"AttributeName":"g","AttributeType":"S"}"#

  /// Writes of one unit until one is refused; the count and the refusal.
  private func exhaust(_ database: TestDatabase) -> (Int, ServiceError?) {
    for count in 0..<100_000 {
      if let error = database.reply("PutItem", Self.write).error { return (count, error) }
    }
    return (100_000, nil)
  }

  @Test func aNewTableServesItsBurstAndThenItsRate() throws {
    let database = try TestDatabase()
    database.createTable("Small", units: 5)
    // 300 s of 5 units/s; the request that finds the bucket above zero passes.
    let (burst, error) = exhaust(database)
    #expect(burst == 1_500)
    #expect(error?.code == "ProvisionedThroughputExceededException")
    #expect(
      error?.message
        == "The level of configured provisioned throughput for the table was exceeded. "
        + "Consider increasing your provisioning level with the UpdateTable API.")
    #expect(error?.throttled.map(\.reason.apiName) == ["TableWriteProvisionedThroughputExceeded"])
    #expect(
      error?.throttled.map(\.resource) == ["arn:aws:dynamodb:us-east-1:123456789012:table/Small"])
    database.now += .seconds(10)
    #expect(exhaust(database).0 == 50)
  }

  @Test func anIndexWithoutCapacityRefusesTheTablesWrites() throws {
    let database = try TestDatabase()
    database.createTable(
      "Small", units: 100, more: Self.index, attributes: Self.attribute)
    var count = 0
    var refusal: ServiceError?
    while refusal == nil, count < 10_000 {
      let body = #"{"TableName":"Small","Item":{"pk":{"S":"k\#(count)"},"g":{"S":"x"}}}"#
      refusal = database.reply("PutItem", body).error
      count += 1
    }
    // The index holds 300 s of 1 unit/s; the 301st write is refused.
    #expect(count == 301)
    #expect(refusal?.code == "ProvisionedThroughputExceededException")
    #expect(
      refusal?.throttled.map(\.reason.apiName) == ["IndexWriteProvisionedThroughputExceeded"])
    #expect(refusal?.throttled.first?.resource.hasSuffix("table/Small/index/byG") == true)
    // The refused write left nothing behind, on the table or on its index.
    #expect(
      database.value("Scan", #"{"TableName":"Small","Select":"COUNT"}"#, "Count")?.integer == 300)
  }

  @Test func readsAreThrottledApartFromWrites() throws {
    let database = try TestDatabase()
    database.createTable("Small", units: 1)
    let get = #"{"TableName":"Small","Key":{"pk":{"S":"a"}},"ConsistentRead":true}"#
    var count = 0
    while database.reply("GetItem", get).error == nil { count += 1 }
    #expect(count == 300)
    let error = database.reply("GetItem", get).error
    #expect(error?.throttled.map(\.reason.apiName) == ["TableReadProvisionedThroughputExceeded"])
    #expect(database.reply("PutItem", Self.write).error == nil)
  }

  @Test func aHotKeyOfAnOnDemandTable() throws {
    let database = try TestDatabase()
    database.createTable("Small")
    // One partition serves 1,000 units/s, five seconds of them at once in these settings.
    let (count, error) = exhaust(database)
    #expect(count == 5_000)
    #expect(error?.code == "ThrottlingException")
    #expect(error?.throttled.map(\.reason.apiName) == ["TableWriteKeyRangeThroughputExceeded"])
  }

  @Test func theConfiguredMaximumOfAnOnDemandTable() throws {
    let database = try TestDatabase()
    database.createTable(
      "Small", more: #","OnDemandThroughput":{"MaxWriteRequestUnits":10,"MaxReadRequestUnits":10}"#)
    let (count, error) = exhaust(database)
    #expect(count == 50)
    #expect(error?.code == "ThrottlingException")
    #expect(
      error?.message
        == "Throughput exceeds the maximum OnDemandThroughput configured on table or index")
    #expect(error?.throttled.map(\.reason.apiName) == ["TableWriteMaxOnDemandThroughputExceeded"])
  }

  /// Cause, whether on demand, exception (capacity.md 3.4).
  static let exceptions: [(ThrottleCause, Bool, String)] = [
    (.provisionedThroughputExceeded, false, "ProvisionedThroughputExceededException"),
    (.keyRangeThroughputExceeded, false, "ProvisionedThroughputExceededException"),
    (.keyRangeThroughputExceeded, true, "ThrottlingException"),
    (.maxOnDemandThroughputExceeded, true, "ThrottlingException"),
    (.accountLimitExceeded, true, "RequestLimitExceeded"),
  ]

  @Test(arguments: exceptions)
  func exceptionsByCause(_ row: (ThrottleCause, Bool, String)) throws {
    let database = try TestDatabase()
    database.createTable("Small")
    let throttle = Throttle(
      reason: ThrottlingReason(isIndex: false, axis: .read, cause: row.0), isOnDemand: row.1)
    let error = try #require(
      database.database.withState { state in
        state.tables["Small"].map { state.error(throttle, of: $0) }
      })
    #expect(error.code == row.2)
    // The spelling of the member depends on the exception.
    let name = row.2 == "ThrottlingException" ? "throttlingReasons" : "ThrottlingReasons"
    let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/Small"
    #expect(
      String(decoding: error.body, as: UTF8.self).contains(
        #""\#(name)":[{"reason":"TableRead\#(row.0.apiName)","resource":"\#(arn)"}]"#))
  }

  /// A new on-demand table has four partitions, each of which a Scan pays for (capacity.md 1.2),
  /// whether it walks through the table or through a local index of it.
  @Test func aScanOfALocalIndexPaysForEveryPartition() throws {
    let database = try TestDatabase()
    database.createTable(
      "Small", sort: "S",
      more: #","LocalSecondaryIndexes":[{"IndexName":"byG","KeySchema":["#
        + #"{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"g","KeyType":"RANGE"}],"#
        + #""Projection":{"ProjectionType":"ALL"}}]"#, attributes: Self.attribute)
    for index in ["", #","IndexName":"byG""#] {
      for (consistent, units) in [("false", "2.0"), ("true", "4.0")] {
        let body =
          #"{"TableName":"Small"\#(index),"ConsistentRead":\#(consistent),"#
          + #""ReturnConsumedCapacity":"TOTAL"}"#
        #expect(
          database.call("Scan", body)
            == #"{"Items":[],"Count":0,"ScannedCount":0,"ConsumedCapacity":{"#
            + #""TableName":"Small","CapacityUnits":\#(units)}}"#)
      }
    }
  }

  @Test func aBatchGivesBackWhatDoesNotPass() throws {
    let database = try TestDatabase()
    database.createTable("Small", units: 1)
    for _ in 0..<299 { _ = database.reply("PutItem", Self.write) }
    let requests = ["p", "q", "r"].map { #"{"PutRequest":{"Item":{"pk":{"S":"\#($0)"}}}}"# }
    let body = #"{"RequestItems":{"Small":[\#(requests.joined(separator: ","))]}}"#
    let left = database.value("BatchWriteItem", body, "UnprocessedItems", "Small")
    #expect(left?.elements?.count == 2)
    let refused = database.reply("BatchWriteItem", body).error
    #expect(refused?.code == "ProvisionedThroughputExceededException")
  }

  @Test func aTransactionSaysWhichActionWasThrottled() throws {
    let database = try TestDatabase()
    database.createTable("Small", units: 1)
    _ = exhaust(database)
    let error = database.reply(
      "TransactWriteItems",
      #"{"TransactItems":[{"Put":{"TableName":"Small","Item":{"pk":{"S":"b"}}}}]}"#
    ).error
    #expect(error?.code == "TransactionCanceledException")
    #expect(error?.cancellations.map(\.code) == ["ProvisionedThroughputExceeded"])
  }

  @Test func raisedThroughputCountsAtOnceAndLoweringIsRationed() throws {
    let database = try TestDatabase()
    database.createTable("Small", units: 100)
    func update(_ units: Int) -> ServiceError? {
      let body =
        #"{"TableName":"Small","ProvisionedThroughput":{"ReadCapacityUnits":\#(units),"#
        + #""WriteCapacityUnits":\#(units)}}"#
      return database.reply("UpdateTable", body).error
    }
    #expect(update(100)?.code == "ValidationException")
    for units in [90, 80, 70, 60] { #expect(update(units) == nil) }
    #expect(update(50)?.code == "LimitExceededException")
    #expect(update(500) == nil)
    database.now += .hours(1)
    #expect(update(50) == nil)
  }

  @Test func nothingIsRefusedWithoutEnforcement() throws {
    let database = try TestDatabase { $0.enforcesCapacity = false }
    database.createTable("Small", units: 1)
    for _ in 0..<1_000 { #expect(database.reply("PutItem", Self.write).error == nil) }
  }
}
