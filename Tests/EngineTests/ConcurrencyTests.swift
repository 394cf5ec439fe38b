// Why: clients build counters, balances and locks on conditional writes and transactions; these are
// right only if no interleaving of threads loses an update or shows half a transaction. Several
// threads conflict on a few items on purpose, and the history of what each was told is checked.

import ServiceAPI
import Storage
import Synchronization
import TestSupport
import Testing
import Units

@testable import Engine

@Suite struct ConcurrencyTests {
  private static let threads = 8

  private func database() throws -> Database {
    var options = DatabaseOptions()
    options.enforcesCapacity = false
    let database = try Database(store: .memory(MemoryStore()), options: options)
    let create =
      #"{"TableName":"Accounts","BillingMode":"PAY_PER_REQUEST","KeySchema":["#
      + #"{"AttributeName":"pk","KeyType":"HASH"}],"AttributeDefinitions":["#
      + #"{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"n","AttributeType":"N"}],"#
      + #""GlobalSecondaryIndexes":[{"IndexName":"byN","KeySchema":[{"AttributeName":"n","#
      + #""KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]}"#
    #expect(call(database, "CreateTable", create).error == nil)
    return database
  }

  private func call(_ database: Database, _ operation: String, _ body: String) -> Reply {
    database.handle(operation, body: Array(body.utf8), at: .start)
  }

  private func put(_ database: Database, _ key: String, _ number: Int) {
    let body = #"{"TableName":"Accounts","Item":{"pk":{"S":"\#(key)"},"n":{"N":"\#(number)"}}}"#
    #expect(call(database, "PutItem", body).error == nil)
  }

  private static func key(_ name: String) -> String {
    #""TableName":"Accounts","Key":{"pk":{"S":"\#(name)"}}"#
  }

  private func number(_ value: WireValue?) -> Int? {
    (value?["n"]?["N"]?.text).flatMap { Int($0) }
  }

  private func read(_ database: Database, _ name: String) -> Int? {
    let reply = call(database, "GetItem", "{" + Self.key(name) + #","ConsistentRead":true}"#)
    return number(WireValue(body: reply.body)?["Item"])
  }

  /// Each thread reads the counter and writes it one higher on condition that it has not changed.
  /// Every value must be reached by exactly one of them.
  @Test func `optimistic increments lose no update`() throws {
    let database = try database()
    put(database, "counter", 0)
    let reached = Mutex<[Int]>([])
    onThreads(Self.threads) { _ in
      var mine: [Int] = []
      while mine.count < 100 {
        guard let old = read(database, "counter") else { return }
        let body =
          "{" + Self.key("counter") + #","UpdateExpression":"SET n = :new","#
          + #""ConditionExpression":"n = :old","ExpressionAttributeValues":{":new":{"N":"#
          + #""\#(old + 1)"},":old":{"N":"\#(old)"}}}"#
        let reply = call(database, "UpdateItem", body)
        if reply.error == nil { mine.append(old + 1) }
      }
      let values = mine
      reached.withLock { $0 += values }
    }
    let total = Self.threads * 100
    #expect(reached.withLock { $0.sorted() } == Array(1...total))
    #expect(read(database, "counter") == total)
  }

  /// Each answer of an atomic counter is a value that nobody else was given.
  @Test func `ADD gives every caller a number of its own`() throws {
    let database = try database()
    let given = Mutex<[Int]>([])
    let add =
      "{" + Self.key("counter") + #","UpdateExpression":"ADD n :one","ReturnValues":"UPDATED_NEW","#
      + #""ExpressionAttributeValues":{":one":{"N":"1"}}}"#
    onThreads(Self.threads) { _ in
      for _ in 0..<150 {
        let reply = call(database, "UpdateItem", add)
        guard let value = number(WireValue(body: reply.body)?["Attributes"]) else { continue }
        given.withLock { $0.append(value) }
      }
    }
    #expect(given.withLock { $0.sorted() } == Array(1...(Self.threads * 150)))
  }

  /// One of several who want the same lock gets it, round after round.
  @Test func `a conditional put lets one in`() throws {
    let database = try database()
    let winners = Mutex<[Int: Int]>([:])
    onThreads(Self.threads) { thread in
      for round in 0..<60 {
        let body =
          #"{"TableName":"Accounts","Item":{"pk":{"S":"lock \#(round)"},"n":{"N":"\#(thread)"}},"#
          + #""ConditionExpression":"attribute_not_exists(pk)"}"#
        let reply = call(database, "PutItem", body)
        if reply.error == nil { winners.withLock { $0[round, default: 0] += 1 } }
      }
    }
    #expect(winners.withLock { $0.count } == 60)
    #expect(winners.withLock { $0.values.allSatisfy { $0 == 1 } })
  }

  private static let accounts = ["a", "b", "c", "d"]

  /// Moves an amount between two accounts if the first has it.
  private static func transfer(_ amount: Int, from: String, to: String) -> String {
    let value = #""ExpressionAttributeValues":{":x":{"N":"\#(amount)"}}"#
    return #"{"TransactItems":[{"Update":{\#(key(from)),"UpdateExpression":"SET n = n - :x","#
      + #""ConditionExpression":"n >= :x",\#(value)}},{"Update":{\#(key(to)),"#
      + #""UpdateExpression":"SET n = n + :x",\#(value)}}]}"#
  }

  private static let snapshot =
    #"{"TransactItems":["#
    + accounts.map { "{\"Get\":{" + key($0) + "}}" }.joined(separator: ",") + "]}"

  private func balances(_ database: Database) -> [Int] {
    let reply = call(database, "TransactGetItems", Self.snapshot)
    let responses = WireValue(body: reply.body)?["Responses"]?.elements ?? []
    return responses.compactMap { number($0["Item"]) }
  }

  /// The sum of all balances stays, in every snapshot, and nobody is overdrawn; the final balances
  /// are what the accepted transfers make of the first ones.
  @Test(arguments: Seed.some(3))
  func `transfers keep the sum in every snapshot`(seed: Seed) throws {
    let database = try database()
    for account in Self.accounts { put(database, account, 20) }
    let changes = Mutex<[String: Int]>([:])
    let faults = Mutex<[String]>([])
    onThreads(Self.threads) { thread in
      var generator = Seed(seed.value &* 100 &+ UInt64(thread)).generator
      for _ in 0..<80 {
        if generator.integer(in: 0...2) == 0 {
          let seen = balances(database)
          if seen.count != 4 || seen.reduce(0, +) != 80 || seen.contains(where: { $0 < 0 }) {
            faults.withLock { $0.append("a snapshot shows \(seen)") }
          }
          continue
        }
        let from = generator.pick(Self.accounts)
        let to = generator.pick(Self.accounts.filter { $0 != from })
        let amount = generator.integer(in: 1...15)
        let reply = call(
          database, "TransactWriteItems", Self.transfer(amount, from: from, to: to))
        if reply.error == nil {
          changes.withLock {
            $0[from, default: 0] -= amount
            $0[to, default: 0] += amount
          }
        } else if reply.error?.cancellations.map(\.code) != ["ConditionalCheckFailed", "None"] {
          faults.withLock { $0.append("a transfer was refused: \(reply)") }
        }
      }
    }
    #expect(faults.withLock { $0 } == [])
    let expected = changes.withLock { changes in
      Self.accounts.map { 20 + changes[$0, default: 0] }
    }
    #expect(balances(database) == expected)
    #expect(indexed(database) == expected.sorted())
  }

  /// The balances as the index has them.
  private func indexed(_ database: Database) -> [Int] {
    let reply = call(database, "Scan", #"{"TableName":"Accounts","IndexName":"byN"}"#)
    return (WireValue(body: reply.body)?["Items"]?.elements ?? []).compactMap(number).sorted()
  }

  /// A token makes a transaction happen once, however many threads repeat it.
  @Test func `a repeated transaction happens once`() throws {
    let database = try database()
    put(database, "a", 1_000)
    put(database, "b", 0)
    onThreads(Self.threads) { _ in
      for token in 0..<40 {
        let body =
          Self.transfer(1, from: "a", to: "b").dropLast()
          + #","ClientRequestToken":"token-\#(token)"}"#
        #expect(call(database, "TransactWriteItems", String(body)).error == nil)
      }
    }
    #expect(read(database, "a") == 960)
    #expect(read(database, "b") == 40)
  }
}
