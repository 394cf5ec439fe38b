// What the tables should hold: the plainest second implementation, and how the real one is read.
//
// An item is a dictionary of attribute names to wire text. Contents of indexes are computed from
// all items at once; the engine keeps them write by write.

import Capacity
import DataModel
import ServiceAPI
import Storage
import Testing
import Units

@testable import Engine

/// An item: attribute name to wire text, keys included.
typealias ModelItem = [String: String]

extension ModelItem {
  init(wire: WireValue) {
    self = [:]
    for member in wire.members ?? [] {
      var writer = ReplyWriter()
      writer.value(wire: member.value)
      self[member.name] = String(decoding: writer.bytes, as: UTF8.self)
    }
  }

  init(_ item: Item) {
    var writer = ReplyWriter()
    writer.attributes(item.content)
    self.init(wire: WireValue(body: writer.bytes) ?? .null)
  }
}

/// The whole content of the two tables.
struct ChaosModel: Hashable {
  /// Of table Model, by key text.
  var items: [String: ModelItem] = [:]
  /// Of table Accounts: balances by name.
  var balances: [String: Int] = [:]

  static func text(_ item: ModelItem) -> String {
    "{" + item.keys.sorted().map { "\"\($0)\":\(item[$0] ?? "")" }.joined(separator: ",") + "}"
  }

  static func key(_ item: ModelItem) -> String {
    text(item.filter { ["pk", "sk"].contains($0.key) })
  }

  static let tables = [
    #"{"TableName":"Model",\#(throughput),"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},"#
      + #"{"AttributeName":"sk","KeyType":"RANGE"}],"AttributeDefinitions":["#
      + #"{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"},"#
      + #"{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"l","AttributeType":"N"}],"#
      + #""GlobalSecondaryIndexes":[{"IndexName":"byG","KeySchema":[{"AttributeName":"g","#
      + #""KeyType":"HASH"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x"]},"#
      + #"\#(throughput)}],"LocalSecondaryIndexes":[{"IndexName":"byL","KeySchema":["#
      + #"{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"l","KeyType":"RANGE"}],"#
      + #""Projection":{"ProjectionType":"ALL"}}],"StreamSpecification":{"StreamEnabled":true,"#
      + #""StreamViewType":"NEW_AND_OLD_IMAGES"}}"#,
    #"{"TableName":"Accounts",\#(throughput),"KeySchema":[{"AttributeName":"pk","#
      + #""KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]}"#,
  ]
  /// Little enough that long runs are throttled once their burst is spent.
  private static let throughput =
    #""ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}"#
}

/// The content of a store as a fresh process sees it, checked against itself.
struct ChaosAudit {
  private let database: Database

  /// Opens the store without faults and without anything that lags.
  init(_ store: Store) throws {
    var options = DatabaseOptions()
    options.enforcesCapacity = false
    database = try Database(store: store, options: options)
  }

  private func value(_ operation: String, _ body: String) throws -> WireValue {
    let reply = database.handle(operation, body: Array(body.utf8), at: .start)
    #expect(reply.error == nil, "the audit's \(operation) was refused: \(reply.error as Any)")
    return try #require(WireValue(body: reply.body))
  }

  private func scan(_ table: String, _ index: String? = nil) throws -> [ModelItem] {
    let name = index.map { #","IndexName":"\#($0)""# } ?? ""
    let answer = try value("Scan", #"{"TableName":"\#(table)"\#(name)}"#)
    return (answer["Items"]?.elements ?? []).map { ModelItem(wire: $0) }
  }

  /// The content; what disagrees within it is recorded as an issue at `place`.
  func content(_ place: String) throws -> ChaosModel {
    var model = ChaosModel()
    let items = try scan("Model")
    for item in items { model.items[ChaosModel.key(item)] = item }
    for account in try scan("Accounts") {
      let name = account["pk"] ?? ""
      let digits = (account["n"] ?? "").split(separator: "\"").dropFirst(3).first
      model.balances[name] = digits.flatMap { Int($0) }
    }
    try compareIndexes(items, place)
    try compareCounts(items, place)
    return model
  }

  private func compareIndexes(_ items: [ModelItem], _ place: String) throws {
    let global = items.filter { $0["g"] != nil }.map { item in
      ChaosModel.text(item.filter { ["pk", "sk", "g", "x"].contains($0.key) })
    }
    let local = items.filter { $0["l"] != nil }.map(ChaosModel.text)
    for (name, expected) in [("byG", global), ("byL", local)] {
      let found = try scan("Model", name).map(ChaosModel.text)
      #expect(found.sorted() == expected.sorted(), "index \(name) disagrees, \(place)")
    }
  }

  /// Sizes of item collections are kept write by write, those of the table are counted at start.
  private func compareCounts(_ items: [ModelItem], _ place: String) throws {
    let table = try value("DescribeTable", #"{"TableName":"Model"}"#)["Table"]
    #expect(table?["ItemCount"]?.integer == items.count, "\(place)")
    let entries = table?["LocalSecondaryIndexes"]?.elements?.first?["IndexSizeBytes"]?.integer
    let bytes = (table?["TableSizeBytes"]?.integer ?? 0) + (entries ?? 0)
    let collections = Set(items.compactMap { $0["pk"] })
    let sizes = try database.withState { state in
      Result { () throws -> Int in
        let running = try state.table("Model")
        var sum = 0
        for name in collections {
          let text = String(name.split(separator: "\"")[3])
          sum += try state.collectionSize(state.collectionKey(.string(text), in: running))
        }
        return sum
      }
    }.get()
    #expect(sizes == bytes, "sizes of item collections, \(place)")
  }
}
