// Tables: creation, indexes, pages, segments, states, and what a restart finds.
//
// Why: these are properties over many items, not single answers. The reference is a plain sort or
// count of what was written.

import ServiceAPI
import Storage
import Testing
import Units

@testable import Engine

@Suite struct TableOperationTests {
  private static let index =
    #","GlobalSecondaryIndexes":[{"IndexName":"byG","KeySchema":[{"AttributeName":"g","#
    + #""KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],"#
    + #""Projection":{"ProjectionType":"KEYS_ONLY"}}],"#
    + #""LocalSecondaryIndexes":[{"IndexName":"byL","KeySchema":[{"AttributeName":"pk","#
    + #""KeyType":"HASH"},{"AttributeName":"l","KeyType":"RANGE"}],"#
    + #""Projection":{"ProjectionType":"ALL"}}]"#
  private static let attributes =
    #",{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"l","AttributeType":"N"}"#

  private func filled() throws -> TestDatabase {
    let database = try TestDatabase()
    database.createTable("Wide", sort: "N", more: Self.index, attributes: Self.attributes)
    for number in 0..<60 {
      let body =
        #"{"TableName":"Wide","Item":{"pk":{"S":"p\#(number % 3)"},"sk":{"N":""#
        + #"\#(number - 30)"},"g":{"S":"g\#(number % 2)"},"l":{"N":"\#(100 - number)"},"#
        + #""x":{"S":"y"}}}"#
      _ = database.call("PutItem", body)
    }
    return database
  }

  /// All values of a number attribute over all pages.
  private func pages(
    _ database: TestDatabase, _ operation: String, _ body: String, limit: Int, _ name: String
  ) -> [Int] {
    var values: [Int] = []
    var start = ""
    for _ in 0..<200 {
      let request = #"{"TableName":"Wide","Limit":\#(limit)\#(start)\#(body)}"#
      guard let page = WireValue(body: database.reply(operation, request).body) else { break }
      for item in page["Items"]?.elements ?? [] {
        if let text = item[name]?["N"]?.text, let value = Int(text) { values.append(value) }
      }
      guard let key = page["LastEvaluatedKey"] else { return values }
      var writer = ReplyWriter()
      writer.value(wire: key)
      start = ",\"ExclusiveStartKey\":" + String(decoding: writer.bytes, as: UTF8.self)
    }
    return values
  }

  private static func key(_ condition: String, _ values: String) -> String {
    #","KeyConditionExpression":"\#(condition)","ExpressionAttributeValues":{\#(values)}"#
  }

  @Test(arguments: [1, 7, 1_000]) func queriesComeInOrderByPages(_ limit: Int) throws {
    let database = try filled()
    let all = stride(from: -30, to: 30, by: 3).map { $0 }
    let body = Self.key("pk = :p", #"":p":{"S":"p0"}"#)
    #expect(pages(database, "Query", body, limit: limit, "sk") == all)
    let backward = body + #","ScanIndexForward":false"#
    #expect(pages(database, "Query", backward, limit: limit, "sk") == all.reversed())
    let between = Self.key(
      "pk = :p AND sk BETWEEN :a AND :b",
      #"":p":{"S":"p0"},":a":{"N":"-3"},":b":{"N":"9"}"#)
    #expect(pages(database, "Query", between, limit: limit, "sk") == [-3, 0, 3, 6, 9])
    let above = Self.key("pk = :p AND sk > :a", #"":p":{"S":"p0"},":a":{"N":"21"}"#)
    #expect(pages(database, "Query", above, limit: limit, "sk") == [24, 27])
  }

  @Test(arguments: [1, 7, 1_000]) func indexesAreReadInTheirOwnOrder(_ limit: Int) throws {
    let database = try filled()
    let global = #","IndexName":"byG""# + Self.key("g = :g", #"":g":{"S":"g1"}"#)
    #expect(
      pages(database, "Query", global, limit: limit, "sk")
        == stride(from: -29, to: 30, by: 2).map { $0 })
    let local = #","IndexName":"byL""# + Self.key("pk = :p", #"":p":{"S":"p1"}"#)
    #expect(
      pages(database, "Query", local, limit: limit, "l")
        == stride(from: 99, through: 42, by: -3).map { $0 }.reversed())
  }

  @Test(arguments: [1, 2, 3, 16]) func segmentsMakeUpTheTable(_ total: Int) throws {
    let database = try filled()
    var found: [Int] = []
    for segment in 0..<total {
      let body = #","Segment":\#(segment),"TotalSegments":\#(total)"#
      found += pages(database, "Scan", body, limit: 7, "sk")
    }
    #expect(found.sorted() == Array(-30..<30))
  }

  @Test func aNewIndexIsFilledFromTheTable() throws {
    let database = try filled()
    _ = database.call(
      "UpdateTable",
      #"{"TableName":"Wide","AttributeDefinitions":[{"AttributeName":"x","#
        + #""AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"byX"#
        + #"","KeySchema":[{"AttributeName":"x","KeyType":"HASH"}],"#
        + #""Projection":{"ProjectionType":"KEYS_ONLY"}}}]}"#)
    let body = #","IndexName":"byX""# + Self.key("x = :x", #"":x":{"S":"y"}"#)
    #expect(pages(database, "Query", body, limit: 9, "sk").sorted() == Array(-30..<30))
  }

  @Test func indexesFollowTheirItems() throws {
    let database = try filled()
    _ = database.call(
      "UpdateItem",
      #"{"TableName":"Wide","Key":{"pk":{"S":"p0"},"sk":{"N":"0"}},"UpdateExpression":"SET g "#
        + #"= :g REMOVE l","ExpressionAttributeValues":{":g":{"S":"new"}}}"#)
    func count(_ index: String) -> Int? {
      database.value("Scan", #"{"TableName":"Wide","IndexName":"\#(index)"}"#, "Count")?.integer
    }
    let body = #","IndexName":"byG""# + Self.key("g = :g", #"":g":{"S":"new"}"#)
    #expect(pages(database, "Query", body, limit: 9, "sk") == [0])
    #expect(count("byG") == 60)
    #expect(count("byL") == 59)
    _ = database.call("DeleteItem", #"{"TableName":"Wide","Key":{"pk":{"S":"p0"},"sk":{"N":"0"}}}"#)
    #expect(count("byG") == 59)
  }

  @Test func statesLastAsLongAsTheyAreToldTo() throws {
    let database = try TestDatabase { $0.tableDelay = .seconds(3) }
    database.createTable("Slow", units: 1)
    let name = #"{"TableName":"Slow"}"#
    func status() -> String? {
      database.value("DescribeTable", name, "Table", "TableStatus")?.text
    }
    #expect(status() == "CREATING")
    #expect(database.reply("Scan", name).error?.code == "ResourceNotFoundException")
    #expect(database.reply("DeleteTable", name).error?.code == "ResourceInUseException")
    database.now += .seconds(3)
    #expect(status() == "ACTIVE")
    #expect(database.reply("DeleteTable", name).error == nil)
    #expect(status() == "DELETING")
    database.now += .seconds(3)
    #expect(database.reply("DescribeTable", name).error?.code == "ResourceNotFoundException")
    #expect(database.call("ListTables", "{}") == #"{"TableNames":[]}"#)
  }

  @Test func aRestartFindsTablesItemsAndIndexes() throws {
    let first = try filled()
    _ = first.call("DescribeTable", #"{"TableName":"Wide"}"#)
    let second = try TestDatabase(store: first.store)
    let name = #"{"TableName":"Wide"}"#
    #expect(
      second.value("DescribeTable", name, "Table") == first.value("DescribeTable", name, "Table"))
    #expect(second.value("Scan", name, "Count")?.integer == 60)
    second.createTable("Other")
    #expect(second.value("Scan", #"{"TableName":"Other"}"#, "Count")?.integer == 0)
  }

  /// ServiceCatalog lists shapes, the registry handlers; they must be of the same operations.
  @Test func everyShapeHasAHandler() {
    let names = (ServiceCatalog.operations + ServiceCatalog.streamOperations).sorted()
    let built = names.filter { ServiceCatalog.shape(of: $0) != nil }
    #expect(DatabaseState.operations == built)
  }
}
