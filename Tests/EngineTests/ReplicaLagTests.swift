// What eventually consistent reads may miss, and until when.
//
// Why: stale reads are the behaviour that clients forget to expect; a lag that leaks into strong
// reads, or that outlasts itself, would teach them something false. Shares follow from capacity.md
// 8: one copy of three lacks a record, for as long as its lag.

import ServiceAPI
import Testing
import Units

@testable import Engine

@Suite struct ReplicaLagTests {
  private static let lag = Nanoseconds.milliseconds(100)

  private func database(_ change: (inout DatabaseOptions) -> Void) throws -> TestDatabase {
    try TestDatabase {
      $0.enforcesCapacity = false
      change(&$0)
    }
  }

  private func put(_ database: TestDatabase, _ key: String, _ value: Int, _ more: String = "") {
    let item = #"{"pk":{"S":"\#(key)"},"v":{"N":"\#(value)"}\#(more)}"#
    let reply = database.reply("PutItem", #"{"TableName":"Lags","Item":\#(item)}"#)
    #expect(reply.error == nil)
  }

  /// The value of v that a read of one item gives; nil: no item.
  private func get(_ database: TestDatabase, _ key: String, strong: Bool = false) -> String? {
    let body =
      #"{"TableName":"Lags","Key":{"pk":{"S":"\#(key)"}},"ConsistentRead":\#(strong)}"#
    return database.value("GetItem", body, "Item", "v", "N")?.text
  }

  @Test func aThirdOfReadsMissesAFreshWriteAndNoneAnOldOne() throws {
    let database = try database { $0.readLag = DelayDistribution(median: Self.lag) }
    database.createTable("Lags")
    put(database, "a", 1)
    database.now += .seconds(1)
    put(database, "a", 2)
    var seen: [String: Int] = [:]
    for _ in 0..<3_000 { seen[get(database, "a") ?? "-", default: 0] += 1 }
    // 1,000 expected, standard deviation 25.8; five of them allowed.
    #expect(abs((seen["1"] ?? 0) - 1_000) < 130)
    #expect(seen.keys.sorted() == ["1", "2"])
    for _ in 0..<200 { #expect(get(database, "a", strong: true) == "2") }
    database.now += Self.lag - Nanoseconds(1)
    #expect((0..<100).contains { _ in get(database, "a") == "1" })
    database.now += Nanoseconds(1)
    for _ in 0..<200 { #expect(get(database, "a") == "2") }
  }

  @Test func staleShareFollowsTheLag() throws {
    let median = Nanoseconds.milliseconds(20)
    let database = try database {
      $0.readLag = DelayDistribution(median: median, p99: .milliseconds(200))
    }
    database.createTable("Lags")
    var missed = 0
    for number in 0..<3_000 {
      put(database, "k\(number)", 1)
      database.now += median
      if get(database, "k\(number)") == nil { missed += 1 }
    }
    // A third of half: 500 expected, standard deviation 20.4; five of them allowed.
    #expect(abs(missed - 500) < 103)
  }

  @Test func everyOperationButEventualReadsIsFresh() throws {
    let database = try database { $0.readLag = DelayDistribution(median: Self.lag) }
    database.createTable("Lags")
    let update =
      #"{"TableName":"Lags","Key":{"pk":{"S":"a"}},"UpdateExpression":"ADD v :one","#
      + #""ExpressionAttributeValues":{":one":{"N":"1"}},"ReturnValues":"UPDATED_NEW"}"#
    for count in 1...60 {
      let value = database.value("UpdateItem", update, "Attributes", "v", "N")?.text
      #expect(value == "\(count)")
      let transaction =
        #"{"TransactItems":[{"Get":{"TableName":"Lags","Key":{"pk":{"S":"a"}}}}]}"#
      let got = database.value("TransactGetItems", transaction, "Responses")
      #expect(got?.elements?.first?["Item"]?["v"]?["N"]?.text == "\(count)")
      for operation in ["Query", "Scan"] {
        let condition =
          operation == "Scan"
          ? ""
          : #","KeyConditionExpression":"pk = :a","ExpressionAttributeValues":{":a":{"S":"a"}}"#
        let body = #"{"TableName":"Lags","ConsistentRead":true\#(condition)}"#
        let items = database.value(operation, body, "Items")?.elements
        #expect(items?.first?["v"]?["N"]?.text == "\(count)")
      }
      let batch =
        #"{"RequestItems":{"Lags":{"Keys":[{"pk":{"S":"a"}}],"ConsistentRead":true}}}"#
      let items = database.value("BatchGetItem", batch, "Responses", "Lags")?.elements
      #expect(items?.first?["v"]?["N"]?.text == "\(count)")
    }
  }

  @Test(arguments: ["GetItem", "BatchGetItem", "Query", "Scan"])
  func everyEventualReadMayMissAWrite(_ operation: String) throws {
    let database = try database { $0.readLag = DelayDistribution(median: Self.lag) }
    database.createTable("Lags")
    put(database, "a", 1)
    let bodies = [
      "GetItem": #"{"TableName":"Lags","Key":{"pk":{"S":"a"}}}"#,
      "BatchGetItem": #"{"RequestItems":{"Lags":{"Keys":[{"pk":{"S":"a"}}]}}}"#,
      "Query": #"{"TableName":"Lags","KeyConditionExpression":"pk = :a","#
        + #""ExpressionAttributeValues":{":a":{"S":"a"}}}"#,
      "Scan": #"{"TableName":"Lags"}"#,
    ]
    let body = try #require(bodies[operation])
    let answers = (0..<100).map { _ in database.call(operation, body).contains(#""v""#) }
    #expect(answers.contains(true) && answers.contains(false))
    database.now += Self.lag
    #expect((0..<100).allSatisfy { _ in database.call(operation, body).contains(#""v""#) })
  }

  // MARK: Indexes

  private static let indexes =
    #","GlobalSecondaryIndexes":[{"IndexName":"byG","KeySchema":[{"AttributeName":"g","KeyType":"#
    + #""HASH"}],"Projection":{"ProjectionType":"ALL"}}],"LocalSecondaryIndexes":["#
    + #"{"IndexName":"byL","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},"#
    + #"{"AttributeName":"l","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]"#
  private static let attributes =
    #",{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"l","AttributeType":"N"}"#

  /// The values of g in an index, in order of text.
  private func scan(_ database: TestDatabase, _ index: String) -> [String] {
    let body = #"{"TableName":"Lags","IndexName":"\#(index)"}"#
    let items = database.value("Scan", body, "Items")?.elements ?? []
    return items.compactMap { $0["g"]?["S"]?.text }.sorted()
  }

  private func put(_ database: TestDatabase, g: String) {
    let item = #"{"pk":{"S":"a"},"sk":{"N":"1"},"g":{"S":"\#(g)"},"l":{"N":"1"}}"#
    #expect(database.reply("PutItem", #"{"TableName":"Lags","Item":\#(item)}"#).error == nil)
  }

  @Test func globalIndexesFollowLaterAndLocalOnesAtOnce() throws {
    let database = try database { $0.indexLag = DelayDistribution(median: Self.lag) }
    database.createTable("Lags", sort: "N", more: Self.indexes, attributes: Self.attributes)
    put(database, g: "x")
    #expect(scan(database, "byG") == [])
    #expect(scan(database, "byL") == ["x"])
    #expect(get(database, sort: "1") == "x")
    database.now += Self.lag
    #expect(scan(database, "byG") == ["x"])
    put(database, g: "y")
    #expect(scan(database, "byG") == ["x"])
    database.now += Nanoseconds.milliseconds(50)
    put(database, g: "z")
    #expect(scan(database, "byG") == ["x"])
    database.now += Nanoseconds.milliseconds(50)
    #expect(scan(database, "byG") == ["y"])
    database.now += Nanoseconds.milliseconds(50)
    #expect(scan(database, "byG") == ["z"])
    let key = #"{"TableName":"Lags","Key":{"pk":{"S":"a"},"sk":{"N":"1"}}}"#
    #expect(database.reply("DeleteItem", key).error == nil)
    #expect(scan(database, "byL") == [])
    #expect(scan(database, "byG") == ["z"])
    database.now += Self.lag
    #expect(scan(database, "byG") == [])
  }

  private func get(_ database: TestDatabase, sort: String) -> String? {
    let body = #"{"TableName":"Lags","Key":{"pk":{"S":"a"},"sk":{"N":"\#(sort)"}}}"#
    return database.value("GetItem", body, "Item", "g", "S")?.text
  }

  @Test func capacityTimeRunsThroughLagsFaster() throws {
    let database = try database {
      $0.clockMultiplier = 60
      $0.indexLag = DelayDistribution(median: Self.lag)
    }
    database.createTable("Lags", sort: "N", more: Self.indexes, attributes: Self.attributes)
    put(database, g: "x")
    database.now += Nanoseconds.milliseconds(5_999)
    #expect(scan(database, "byG") == [])
    database.now += Nanoseconds.milliseconds(1)
    #expect(scan(database, "byG") == ["x"])
  }

  // MARK: Memory

  @Test func imagesAreBounded() throws {
    let database = try database {
      $0.readLag = DelayDistribution(median: .hours(1))
      $0.historyBytes = 200_000
    }
    database.createTable("Lags")
    for number in 0..<5_000 {
      put(database, "k\(number % 700)", number)
      #expect(database.database.withState { $0.history?.byteCount ?? 0 } <= 200_000)
    }
    for key in 4_300..<5_000 {
      #expect(get(database, "k\(key % 700)", strong: true) == "\(key)")
    }
  }

  @Test func imagesGoWhenTheirTimeHasCome() throws {
    let database = try database { $0.readLag = DelayDistribution(median: Self.lag) }
    database.createTable("Lags")
    for number in 0..<6_000 {
      put(database, "k\(number)", number)
      database.now += Nanoseconds.milliseconds(1)
    }
    // 100 writes are within the lag at any time: far below the least that is looked through.
    #expect(database.database.withState { $0.history?.byteCount ?? 0 } <= 1 << 17)
  }

  @Test func nothingIsKeptWithoutLag() throws {
    let database = try database { _ in }
    database.createTable("Lags")
    put(database, "a", 1)
    #expect(database.database.withState { $0.history == nil })
    #expect(get(database, "a") == "1")
  }
}
