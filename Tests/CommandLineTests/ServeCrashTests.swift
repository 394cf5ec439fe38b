// Why: the promise of `--durability sync` is that an acknowledged write survives whatever happens
// to the process, and that no index ever disagrees with its table. The real program is killed while
// several connections write; then the store is opened again and everything is looked at.
//
// A handful of seeds in an ordinary run; PLIMSOLL_CRASHES=500 runs as many, PLIMSOLL_SEED=17 one.

import Foundation
import Synchronization
import TestSupport
import Testing

/// What one connection knows of its keys: the last value acknowledged for each, and the one under
/// way when the connection ended. 0: no item.
private struct Writes {
  var acknowledged: [String: Int] = [:]
  var underWay: [String: Int] = [:]
  var count = 0
}

@Suite struct ServeCrashTests {
  static var seeds: [Seed] {
    let asked = ProcessInfo.processInfo.environment["PLIMSOLL_CRASHES"].flatMap { Int($0) }
    return Seed.some(asked ?? 4)
  }

  private static let create =
    #"{"TableName":"Crash","BillingMode":"PAY_PER_REQUEST","KeySchema":["#
    + #"{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],"#
    + #""AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},"#
    + #"{"AttributeName":"sk","AttributeType":"S"},{"AttributeName":"g","AttributeType":"N"},"#
    + #"{"AttributeName":"l","AttributeType":"N"}],"GlobalSecondaryIndexes":[{"IndexName":"byG","#
    + #""KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"#
    + #""Projection":{"ProjectionType":"ALL"}}],"#
    + #""LocalSecondaryIndexes":[{"IndexName":"byL","KeySchema":[{"AttributeName":"pk","#
    + #""KeyType":"HASH"},{"AttributeName":"l","KeyType":"RANGE"}],"#
    + #""Projection":{"ProjectionType":"ALL"}}]}"#

  @Test(.serialized, arguments: seeds)
  func `kill -9 loses no acknowledged write and splits no index from its table`(
    seed: Seed
  ) throws {
    var generator = seed.generator
    let folder = try TemporaryFolder()
    let arguments = ["--data", folder.path + "/data", "--durability", "sync", "--enforce", "off"]
    var known: [String: Int] = [:]
    // The second round crashes what a recovery has left.
    for round in 0..<2 {
      let served = try ServedProgram(arguments)
      if round == 0 {
        #expect(ServeClient(served.port).call("CreateTable", Self.create)?.status == 200)
      }
      let moment = generator.integer(in: 5_000...250_000)
      let ends = write(to: served, seed: generator.next(), killedAfter: UInt32(moment), known)
      let again = try ServedProgram(arguments)
      let base = try contents(again, index: nil)
      try check(base, ends, known, "seed \(seed.value), round \(round), \(moment) us")
      for index in ["byG", "byL"] {
        let entries = try contents(again, index: index)
        // An item with value n has its index keys exactly when n is odd.
        let members = base.filter { $0.value % 2 == 1 }
        #expect(entries == members, "seed \(seed.value): \(index) disagrees with its table")
      }
      known = base
      #expect(again.end(SIGTERM) == 0)
    }
  }

  /// Four connections write keys of their own until the server is killed.
  private func write(
    to served: ServedProgram, seed: UInt64, killedAfter moment: UInt32, _ known: [String: Int]
  ) -> [Writes] {
    let ends = Mutex<[Writes]>([])
    onThreads(5) { worker in
      if worker == 4 {
        usleep(moment)
        _ = served.end(SIGKILL)
        return
      }
      var generator = Seed(seed &+ UInt64(worker)).generator
      let client = ServeClient(served.port)
      var writes = Writes()
      while true {
        let changes = Self.changes(worker, &generator, &writes.count, known.values.max() ?? 0)
        let (operation, body) = Self.request(changes, &generator)
        writes.underWay = changes
        guard let answer = client.call(operation, body) else { break }
        if answer.status != 200 {
          Issue.record("\(operation) was refused: \(answer.body)")
          break
        }
        writes.acknowledged.merge(changes) { $1 }
        writes.underWay = [:]
      }
      ends.withLock { $0.append(writes) }
    }
    return ends.withLock { $0 }
  }

  /// New values, higher than any before, of one key or of three; sometimes a deletion.
  private static func changes(
    _ worker: Int, _ generator: inout TestGenerator, _ count: inout Int, _ highest: Int
  ) -> [String: Int] {
    var changes: [String: Int] = [:]
    for _ in 0..<generator.pick([1, 1, 3]) {
      count += 1
      let key = "w\(worker)/\(generator.integer(in: 0...19))"
      changes[key] = generator.integer(in: 0...4) == 0 ? 0 : highest + count
    }
    return changes
  }

  private static func key(_ name: String) -> String {
    let parts = name.split(separator: "/")
    return #""pk":{"S":"\#(parts[0])"},"sk":{"S":"\#(parts[1])"}"#
  }

  private static func item(_ name: String, _ value: Int) -> String {
    let indexed =
      value % 2 == 1 ? #","g":{"N":"\#(value % 7)"},"l":{"N":"\#(value)"}"# : ""
    return "{" + key(name) + #","n":{"N":"\#(value)"}"# + indexed + "}"
  }

  /// One key: PutItem, UpdateItem or DeleteItem. More: a transaction or a batch.
  private static func request(
    _ changes: [String: Int], _ generator: inout TestGenerator
  ) -> (String, String) {
    let sorted = changes.sorted { $0.key < $1.key }
    if sorted.count > 1 {
      let actions = sorted.map { name, value in
        value == 0
          ? #"{"Delete":{"TableName":"Crash","Key":{\#(key(name))}}}"#
          : #"{"Put":{"TableName":"Crash","Item":\#(item(name, value))}}"#
      }
      return ("TransactWriteItems", #"{"TransactItems":[\#(actions.joined(separator: ","))]}"#)
    }
    let (name, value) = (sorted[0].key, sorted[0].value)
    if value == 0 { return ("DeleteItem", #"{"TableName":"Crash","Key":{\#(key(name))}}"#) }
    if generator.integer(in: 0...1) == 0 {
      return ("PutItem", #"{"TableName":"Crash","Item":\#(item(name, value))}"#)
    }
    let update =
      value % 2 == 1
      ? #""UpdateExpression":"SET n = :n, l = :n, g = :g","ExpressionAttributeValues":{":n":{"N":"#
        + #""\#(value)"},":g":{"N":"\#(value % 7)"}}"#
      : #""UpdateExpression":"SET n = :n REMOVE g, l","ExpressionAttributeValues":{":n":{"N":"#
        + #""\#(value)"}}"#
    return ("UpdateItem", #"{"TableName":"Crash","Key":{\#(key(name))},\#(update)}"#)
  }

  /// Values by key of the table or an index.
  private func contents(_ served: ServedProgram, index: String?) throws -> [String: Int] {
    let client = ServeClient(served.port)
    var found: [String: Int] = [:]
    var start = ""
    while true {
      let name = index.map { #","IndexName":"\#($0)""# } ?? ""
      let answer = try #require(client.call("Scan", #"{"TableName":"Crash"\#(name)\#(start)}"#))
      let page = try object(answer.body)
      for item in try #require(page["Items"] as? [[String: [String: String]]]) {
        let name = "\(item["pk"]?["S"] ?? "?")/\(item["sk"]?["S"] ?? "?")"
        #expect(found[name] == nil, "\(name) is there twice")
        found[name] = item["n"]?["N"].flatMap { Int($0) }
      }
      guard let last = page["LastEvaluatedKey"] else { return found }
      let text = try JSONSerialization.data(withJSONObject: last)
      start = #","ExclusiveStartKey":"# + String(decoding: text, as: UTF8.self)
    }
  }

  /// Every key holds what was acknowledged last; what was under way is there in whole or not.
  private func check(
    _ base: [String: Int], _ ends: [Writes], _ known: [String: Int], _ place: String
  ) throws {
    #expect(ends.count == 4)
    #expect(ends.contains { !$0.acknowledged.isEmpty }, "\(place): nothing was written")
    var expected = known
    for writes in ends {
      expected.merge(writes.acknowledged) { $1 }
      let isDone =
        writes.underWay.contains { base[$0.key, default: 0] == $0.value }
        && writes.underWay.allSatisfy { base[$0.key, default: 0] == $0.value }
      if isDone { expected.merge(writes.underWay) { $1 } }
    }
    expected = expected.filter { $0.value != 0 }
    for name in Set(expected.keys).union(base.keys).sorted() {
      #expect(
        base[name] == expected[name],
        "\(place): \(name) is \(base[name] ?? 0), not \(expected[name] ?? 0)")
    }
  }
}
