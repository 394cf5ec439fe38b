// Sizes of item collections and the limit on them.
//
// Why: a table with local indexes that outgrows the limit refuses writes in production, for ever
// and for one customer alone; a test of that is affordable only with a small limit. Sizes below are
// counted by hand from capacity.md 1.1: names and values in bytes, a number by its digits.

import DataModel
import ServiceAPI
import Storage
import Testing
import Units

@testable import Engine

@Suite struct ItemCollectionTests {
  private static let local =
    #","LocalSecondaryIndexes":[{"IndexName":"byX","KeySchema":[{"AttributeName":"pk","#
    + #""KeyType":"HASH"},{"AttributeName":"x","KeyType":"RANGE"}],"#
    + #""Projection":{"ProjectionType":"KEYS_ONLY"}}]"#
  private static let full =
    "ItemCollectionSizeLimitExceededException: Collection size exceeded."

  /// A table whose collections may take `limit` bytes.
  private func database(limit: Int64, store: Store? = nil) throws -> TestDatabase {
    try TestDatabase({ $0.collectionLimit = ByteCount(limit) }, store: store)
  }

  private func create(_ database: TestDatabase) {
    let answer = database.createTable(
      "Tab", sort: "S", more: Self.local,
      attributes: #",{"AttributeName":"x","AttributeType":"S"}"#)
    #expect(answer.contains("TableDescription"))
  }

  /// An item without index entry of 2 + `pk` + 2 + 1 + 1 + `bytes` bytes.
  private func put(_ sort: String, _ bytes: Int, pk: String = "p") -> String {
    let text = String(repeating: "z", count: bytes)
    return #"{"TableName":"Tab","Item":{"pk":{"S":"\#(pk)"},"sk":{"S":"\#(sort)"},"#
      + #""d":{"S":"\#(text)"}}}"#
  }

  private func size(_ database: TestDatabase, _ pk: String = "p") throws -> Int {
    try database.database.withState { state in
      Result { () throws -> Int in
        let table = try state.table("Tab")
        return try state.collectionSize(state.collectionKey(.string(pk), in: table))
      }
    }.get()
  }

  @Test func `items and local entries count, and what shrinks is let pass`() throws {
    let database = try database(limit: 100)
    create(database)
    // 2+1 + 2+1 + 1+40 = 47.
    #expect(database.call("PutItem", put("a", 40)) == "{}")
    #expect(try size(database) == 47)
    #expect(database.call("PutItem", put("b", 40)) == "{}")
    #expect(try size(database) == 94)
    #expect(database.call("PutItem", put("c", 1)) == Self.full)
    #expect(database.call("PutItem", put("a", 47)) == Self.full)
    // Up to the limit itself.
    #expect(database.call("PutItem", put("a", 46)) == "{}")
    #expect(database.call("PutItem", put("a", 30)) == "{}")
    #expect(try size(database) == 84)
    // Another collection is not concerned.
    #expect(database.call("PutItem", put("a", 40, pk: "q")) == "{}")
    #expect(
      database.call("DeleteItem", #"{"TableName":"Tab","Key":{"pk":{"S":"p"},"sk":{"S":"b"}}}"#)
        == "{}")
    #expect(try size(database) == 37)
    // pk, sk and x of 2+1 + 2+1 + 1+1 bytes, once as an item and once as an entry.
    let indexed = #"{"TableName":"Tab","Item":{"pk":{"S":"p"},"sk":{"S":"c"},"x":{"S":"1"}}}"#
    #expect(database.call("PutItem", indexed) == "{}")
    #expect(try size(database) == 37 + 8 + 8)
  }

  @Test func `a transaction is cancelled when its writes together exceed the limit`() throws {
    let database = try database(limit: 100)
    create(database)
    func action(_ sort: String) -> String { #"{"Put":\#(put(sort, 40))}"# }
    let answer = database.call(
      "TransactWriteItems",
      #"{"TransactItems":[\#(action("a")),\#(action("b")),\#(action("c"))]}"#)
    #expect(answer.contains("[None, None, ItemCollectionSizeLimitExceeded]"))
    #expect(try size(database) == 0)
    let both = database.call(
      "TransactWriteItems", #"{"TransactItems":[\#(action("a")),\#(action("b"))]}"#)
    #expect(both == "{}")
    #expect(try size(database) == 94)
  }

  @Test func `a batch stops at a full collection`() throws {
    let database = try database(limit: 100)
    create(database)
    func request(_ sort: String) -> String {
      let item = put(sort, 40).dropFirst(#"{"TableName":"Tab","#.count)
      return #"{"PutRequest":{\#(item)}"#
    }
    let body =
      #"{"RequestItems":{"Tab":[\#(request("a")),\#(request("b")),\#(request("c"))]}}"#
    #expect(database.call("BatchWriteItem", body) == Self.full)
  }

  @Test func `sizes survive a restart and go with their table`() throws {
    let store = Store.memory(MemoryStore())
    let first = try database(limit: 100, store: store)
    create(first)
    #expect(first.call("PutItem", put("a", 80)) == "{}")
    let second = try database(limit: 100, store: store)
    #expect(try size(second) == 87)
    #expect(second.call("PutItem", put("b", 40)) == Self.full)
    #expect(second.call("DeleteTable", #"{"TableName":"Tab"}"#).contains("DELETING"))
    #expect(second.call("DescribeTable", #"{"TableName":"Tab"}"#).hasPrefix("ResourceNotFound"))
    create(second)
    #expect(try size(second) == 0)
    #expect(second.call("PutItem", put("b", 40)) == "{}")
  }

  @Test func `a restored table has the sizes of its source`() throws {
    let database = try database(limit: 120)
    create(database)
    #expect(database.call("PutItem", put("a", 40)) == "{}")
    let indexed = #"{"TableName":"Tab","Item":{"pk":{"S":"p"},"sk":{"S":"c"},"x":{"S":"1"}}}"#
    #expect(database.call("PutItem", indexed) == "{}")
    #expect(database.call("PutItem", put("a", 40, pk: "q")) == "{}")
    let arn =
      database.value(
        "CreateBackup", #"{"TableName":"Tab","BackupName":"one"}"#, "BackupDetails", "BackupArn")?
      .text ?? ""
    func restore(_ more: String) {
      let answer = database.call(
        "RestoreTableFromBackup",
        #"{"TargetTableName":"Tab","BackupArn":"\#(arn)"\#(more)}"#)
      #expect(answer.contains("TableDescription"), "\(answer)")
    }
    func delete() {
      _ = database.call("DeleteTable", #"{"TableName":"Tab"}"#)
      _ = database.call("DescribeTable", #"{"TableName":"Tab"}"#)
    }
    delete()
    restore("")
    #expect(try size(database) == 47 + 8 + 8)
    #expect(try size(database, "q") == 47)
    // So the limit holds in it too: 63 + 57 is the most, 63 + 58 is too much.
    #expect(database.call("PutItem", put("d", 51)) == Self.full)
    #expect(database.call("PutItem", put("d", 50)) == "{}")
    // Without the local index there is no limit, and no size is kept.
    delete()
    restore(#","LocalSecondaryIndexOverride":[]"#)
    #expect(try size(database) == 0)
    #expect(database.call("PutItem", put("d", 51)) == "{}")
  }

  @Test func `metrics bound the size by whole gigabytes`() throws {
    let database = try database(limit: 100)
    create(database)
    let body = put("a", 1).dropLast() + #","ReturnItemCollectionMetrics":"SIZE"}"#
    #expect(
      database.call("PutItem", String(body))
        == #"{"ItemCollectionMetrics":{"ItemCollectionKey":{"pk":{"S":"p"}},"#
        + #""SizeEstimateRangeGB":[0.0,1.0]}}"#)
  }
}
