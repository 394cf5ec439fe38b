// What meets a transaction that is still under way, and tokens of transactions.
//
// Why: clients must be ready for conflicts, which show only when requests overlap; on virtual time
// they overlap exactly as a test says. Rules and texts: features.md 3.4.

import Storage
import Testing
import Units

@testable import Engine

@Suite struct TransactionConflictTests {
  private static let conflict =
    "TransactionConflictException: Transaction is ongoing for the item"

  /// Transactions take two phases of 10 ms.
  private func database(_ store: Store? = nil) throws -> TestDatabase {
    let database = try TestDatabase(
      { $0.transactionPhase = DelayDistribution(median: .milliseconds(10)) }, store: store)
    if store == nil { database.createTable("Tab") }
    return database
  }

  private static func key(_ name: String) -> String {
    #"{"TableName":"Tab","Key":{"pk":{"S":"\#(name)"}}"#
  }

  private static func put(_ name: String, _ more: String = "") -> String {
    #"{"TableName":"Tab","Item":{"pk":{"S":"\#(name)"}}\#(more)}"#
  }

  private static func transaction(_ names: String..., token: String? = nil) -> String {
    let actions = names.map { #"{"Put":\#(put($0))}"# }.joined(separator: ",")
    let token = token.map { #","ClientRequestToken":"\#($0)""# } ?? ""
    return #"{"TransactItems":[\#(actions)]\#(token)}"#
  }

  @Test func `items are held for both phases and free then`() throws {
    let database = try database()
    let reply = database.reply("TransactWriteItems", Self.transaction("a", "b"))
    #expect(reply.error == nil)
    #expect(reply.serviceTime == .milliseconds(20))
    database.now = .start + .milliseconds(19)
    #expect(database.call("PutItem", Self.put("a")) == Self.conflict)
    #expect(database.call("PutItem", Self.put("a", #","ReturnValues":"ALL_OLD""#)) == Self.conflict)
    #expect(database.call("DeleteItem", Self.key("b") + "}") == Self.conflict)
    #expect(
      database.call(
        "UpdateItem",
        Self.key("a") + #","UpdateExpression":"SET n = :n","#
          + #""ExpressionAttributeValues":{":n":{"N":"1"}}}"#) == Self.conflict)
    #expect(
      database.call("TransactWriteItems", Self.transaction("c", "b"))
        .contains("[None, TransactionConflict]"))
    #expect(
      database.call("TransactGetItems", #"{"TransactItems":[{"Get":\#(Self.key("a"))}}]}"#)
        .contains("[TransactionConflict]"))
    // Plain reads and other items meet nothing; the cancelled transaction held nothing.
    #expect(database.call("GetItem", Self.key("a") + "}") == #"{"Item":{"pk":{"S":"a"}}}"#)
    #expect(database.call("PutItem", Self.put("c")) == "{}")
    let text = String(decoding: database.database.metrics(at: database.now), as: UTF8.self)
    #expect(text.contains("TransactionConflict{TableName=\"Tab\"} 5\n"))
    database.now = .start + .milliseconds(20)
    #expect(database.call("PutItem", Self.put("a")) == "{}")
    #expect(database.call("TransactWriteItems", Self.transaction("c", "b")) == "{}")
  }

  @Test func `a batch hands back what is held`() throws {
    let database = try database()
    _ = database.call("TransactWriteItems", Self.transaction("a"))
    let batch =
      #"{"RequestItems":{"Tab":[{"PutRequest":{"Item":{"pk":{"S":"a"}}}},"#
      + #"{"PutRequest":{"Item":{"pk":{"S":"b"}}}}]}}"#
    #expect(
      database.call("BatchWriteItem", batch)
        == #"{"UnprocessedItems":{"Tab":[{"PutRequest":{"Item":{"pk":{"S":"a"}}}}]}}"#)
  }

  @Test func `without a duration nothing conflicts`() throws {
    let database = try TestDatabase()
    database.createTable("Tab")
    let reply = database.reply("TransactWriteItems", Self.transaction("a"))
    #expect(reply.error == nil && reply.serviceTime == nil)
    #expect(database.call("PutItem", Self.put("a")) == "{}")
  }

  @Test func `a token answers for ten minutes, also after a restart`() throws {
    let store = Store.memory(MemoryStore())
    let first = try TestDatabase(store: store)
    first.createTable("Tab")
    let request = Self.transaction("a", token: "one")
    #expect(first.call("TransactWriteItems", request) == "{}")
    _ = first.call("DeleteItem", Self.key("a") + "}")
    // Two minutes later by the clock on the wall, in another process.
    let second = try TestDatabase({ $0.epochMilliseconds += 120_000 }, store: store)
    #expect(second.call("TransactWriteItems", request) == "{}")
    #expect(second.call("GetItem", Self.key("a") + "}") == "{}")
    #expect(
      second.call("TransactWriteItems", Self.transaction("b", token: "one"))
        .hasPrefix("IdempotentParameterMismatchException"))
    second.now = .start + .seconds(480)
    #expect(second.call("TransactWriteItems", request) == "{}")
    #expect(second.call("GetItem", Self.key("a") + "}") == #"{"Item":{"pk":{"S":"a"}}}"#)
  }

  @Test func `expired tokens leave the store`() throws {
    let store = Store.memory(MemoryStore())
    let database = try TestDatabase(store: store)
    database.createTable("Tab")
    let tokens = KeyScan(prefix: [KeyEncoding.tokenSpace])
    for number in 0..<5 {
      _ = database.call("TransactWriteItems", Self.transaction("a", token: "t\(number)"))
    }
    #expect(try store.pairs(tokens).count == 5)
    database.now = .start + .seconds(601)
    _ = database.call("TransactWriteItems", Self.transaction("a", token: "last"))
    #expect(try store.pairs(tokens).count == 1)
    _ = try TestDatabase({ $0.epochMilliseconds += 3_600_000 }, store: store)
    #expect(try store.pairs(tokens).isEmpty)
  }

  @Test func `a repetition while the first runs is told so`() throws {
    let database = try database()
    let request = Self.transaction("a", token: "one")
    #expect(database.reply("TransactWriteItems", request).error == nil)
    #expect(
      database.call("TransactWriteItems", request).hasPrefix("TransactionInProgressException"))
    database.now = .start + .milliseconds(20)
    #expect(database.call("TransactWriteItems", request) == "{}")
  }

  @Test func `a law of its own stands for both phases`() throws {
    let database = try TestDatabase {
      $0.transactionLaws.add(
        DelayDistribution(median: .milliseconds(7)),
        for: RequestShape(operation: "TransactWriteItems", tables: ["Tab"]), weight: 1)
    }
    database.createTable("Tab")
    let reply = database.reply("TransactWriteItems", Self.transaction("a"))
    #expect(reply.serviceTime == .milliseconds(7))
    database.now = .start + .milliseconds(6)
    #expect(database.call("PutItem", Self.put("a")) == Self.conflict)
    database.now = .start + .milliseconds(7)
    #expect(database.call("PutItem", Self.put("a")) == "{}")
  }
}
