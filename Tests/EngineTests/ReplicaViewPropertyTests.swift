// What every copy shows while items change at random: old images, but never a mixture.
//
// Why: an item, its local entries and its global entries are different stored keys, and every one
// has images of its own; only a look at whole views of each copy shows that they move together,
// forward, and end where the store is.

import DataModel
import Storage
import TestSupport
import Testing
import Units

@testable import Engine

@Suite struct ReplicaViewPropertyTests {
  private static let indexes =
    #","GlobalSecondaryIndexes":[{"IndexName":"byG","KeySchema":[{"AttributeName":"g","KeyType":"#
    + #""HASH"}],"Projection":{"ProjectionType":"ALL"}}],"LocalSecondaryIndexes":["#
    + #"{"IndexName":"byL","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},"#
    + #"{"AttributeName":"l","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]"#
  private static let attributes =
    #",{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"l","AttributeType":"N"}"#

  /// Pairs that one copy shows; nil: the newest.
  private func view(
    _ database: TestDatabase, _ replica: Replica?, index: Int?, backwards: Bool = false
  ) -> [KeyValue] {
    database.database.withState { state in
      guard let table = state.tables["Lags"] else { return [] }
      let prefix = index.map { table.indexes[$0].prefix } ?? table.prefix
      var pairs: [KeyValue] = []
      let scan = KeyScan(prefix: prefix, backwards ? .descending : .ascending)
      do {
        try state.scan(scan, on: replica) { key, value in
          pairs.append(KeyValue(key: key, value: value))
          return true
        }
      } catch {
        Issue.record("\(error)")
      }
      return pairs
    }
  }

  /// Version of each item in a view, by sort key; every item must be there at most once.
  private func versions(_ pairs: [KeyValue], _ place: String) -> [String: Int] {
    var found: [String: Int] = [:]
    for pair in pairs {
      guard let item = ItemReader.decode(pair.value)?.item.content,
        case .number(let version)? = item["v"], case .number(let key)? = item["sk"],
        let number = Int("\(version)")
      else {
        Issue.record("an entry without version, \(place)")
        continue
      }
      #expect(found["\(key)"] == nil, "twice \(key), \(place)")
      found["\(key)"] = number
    }
    return found
  }

  private func change(
    _ database: TestDatabase, _ version: Int, _ generator: inout TestGenerator
  ) {
    let sort = Int.random(in: 0..<5, using: &generator)
    let g = Int.random(in: 0..<3, using: &generator)
    let l = Int.random(in: 0..<3, using: &generator)
    let key = #""pk":{"S":"a"},"sk":{"N":"\#(sort)"}"#
    let item =
      #"{\#(key),"g":{"S":"g\#(g)"},"l":{"N":"\#(l)"},"v":{"N":"\#(version)"}}"#
    let (operation, body) =
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: ("DeleteItem", #"{"TableName":"Lags","Key":{\#(key)}}"#)
      case 1: ("BatchWriteItem", #"{"RequestItems":{"Lags":[{"PutRequest":{"Item":\#(item)}}]}}"#)
      case 2:
        (
          "TransactWriteItems",
          #"{"TransactItems":[{"Put":{"TableName":"Lags","Item":\#(item)}}]}"#
        )
      default: ("PutItem", #"{"TableName":"Lags","Item":\#(item)}"#)
      }
    #expect(database.reply(operation, body).error == nil)
  }

  @Test(arguments: Seed.some(6)) func viewsMoveForwardTogetherAndConverge(_ seed: Seed) throws {
    var generator = seed.generator
    let database = try TestDatabase {
      $0.enforcesCapacity = false
      $0.readLag = DelayDistribution(median: .milliseconds(20), p99: .milliseconds(200))
      $0.indexLag = DelayDistribution(median: .milliseconds(30), p99: .milliseconds(300))
    }
    database.createTable("Lags", sort: "N", more: Self.indexes, attributes: Self.attributes)
    var last: [String: [String: Int]] = [:]
    for version in 1...250 {
      change(database, version, &generator)
      database.now += .milliseconds(Int64.random(in: 0..<20, using: &generator))
      touch(database)
      for replica in Replica.allCases {
        let table = versions(view(database, replica, index: nil), "\(seed) \(version)")
        for (name, index) in [("table", nil), ("byG", 0), ("byL", 1)] as [(String, Int?)] {
          let place = "\(name) of \(replica), \(seed), version \(version)"
          let pairs = view(database, replica, index: index)
          #expect(zip(pairs, pairs.dropFirst()).allSatisfy { precede($0.key, $1.key) }, "\(place)")
          let backwards = view(database, replica, index: index, backwards: true)
          #expect(Array(backwards.reversed()) == pairs, "\(place)")
          let shown = versions(pairs, place)
          if name == "byL" { #expect(shown == table, "\(place)") }
          let before = last["\(name)\(replica)", default: [:]]
          for (key, value) in shown { #expect(value >= before[key] ?? 0, "\(place)") }
          last["\(name)\(replica)"] = before.merging(shown) { max($0, $1) }
        }
      }
      let leader = view(database, .leader, index: nil)
      #expect(leader == view(database, nil, index: nil), "\(seed), version \(version)")
    }
    database.now += DelayDistribution.longest + DelayDistribution.longest
    touch(database)
    for index in [nil, 0, 1] {
      for replica in Replica.allCases {
        let isNewest = view(database, replica, index: index) == view(database, nil, index: index)
        #expect(isNewest, "\(seed), \(replica), index \(index ?? -1)")
      }
    }
  }

  /// Takes the database to the present.
  private func touch(_ database: TestDatabase) { _ = database.call("ListTables", "{}") }

  private func precede(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.lexicographicallyPrecedes(other)
  }
}
