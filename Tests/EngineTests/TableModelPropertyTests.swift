// A random sequence of writes against the plainest model of a table: a dictionary of items.
//
// Why: indexes are kept beside the items by code of their own; only a comparison with what they
// should hold, computed from all items at once, shows that no order of writes leaves them wrong.

import ServiceAPI
import TestSupport
import Testing

@testable import Engine

@Suite struct TableModelPropertyTests {
  private static let indexes =
    #","GlobalSecondaryIndexes":[{"IndexName":"byG","KeySchema":[{"AttributeName":"g","KeyType":"#
    + #""HASH"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x"]}}],"#
    + #""LocalSecondaryIndexes":[{"IndexName":"byL","KeySchema":[{"AttributeName":"pk","KeyType":"#
    + #""HASH"},{"AttributeName":"l","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]"#
  private static let attributes =
    #",{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"l","AttributeType":"N"}"#

  /// An item of the model: attribute name to wire text, keys included.
  typealias ModelItem = [String: String]

  private func text(_ item: ModelItem) -> String {
    "{" + item.keys.sorted().map { "\"\($0)\":\(item[$0] ?? "")" }.joined(separator: ",") + "}"
  }

  private func key(_ item: ModelItem) -> String {
    text(item.filter { ["pk", "sk"].contains($0.key) })
  }

  private func randomItem(_ generator: inout TestGenerator) -> ModelItem {
    var item: ModelItem = [
      "pk": #"{"S":"p\#(Int.random(in: 0..<3, using: &generator))"}"#,
      "sk": #"{"N":"\#(Int.random(in: 0..<6, using: &generator))"}"#,
    ]
    if Bool.random(using: &generator) {
      item["g"] = #"{"S":"g\#(Int.random(in: 0..<3, using: &generator))"}"#
    }
    if Bool.random(using: &generator) {
      item["l"] = #"{"N":"\#(Int.random(in: -3..<3, using: &generator))"}"#
    }
    if Bool.random(using: &generator) {
      item["x"] = #"{"S":"\#(Int.random(in: 0..<100, using: &generator))"}"#
    }
    return item
  }

  /// What a scan finds, item by item, in an order of no meaning.
  private func scanned(_ database: TestDatabase, _ index: String?) -> [String] {
    let name = index.map { #","IndexName":"\#($0)""# } ?? ""
    let items = database.value("Scan", #"{"TableName":"Model"\#(name)}"#, "Items")?.elements ?? []
    return items.map { item in
      var writer = ReplyWriter()
      writer.value(wire: item)
      return String(decoding: writer.bytes, as: UTF8.self)
    }.sorted()
  }

  @Test(arguments: Seed.some(12)) func indexesHoldWhatItemsSay(_ seed: Seed) throws {
    var generator = seed.generator
    let database = try TestDatabase { $0.enforcesCapacity = false }
    database.createTable("Model", sort: "N", more: Self.indexes, attributes: Self.attributes)
    var model: [String: ModelItem] = [:]
    for step in 0..<300 {
      let item = randomItem(&generator)
      let key = key(item)
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<5:
        _ = database.call("PutItem", #"{"TableName":"Model","Item":\#(text(item))}"#)
        model[key] = item
      case 5..<7:
        _ = database.call("DeleteItem", #"{"TableName":"Model","Key":\#(key)}"#)
        model[key] = nil
      case 7..<9:
        update(database, item, key, &model)
      default:
        let body =
          #"{"TransactItems":[{"Put":{"TableName":"Model","Item":\#(text(item)),"#
          + #""ConditionExpression":"attribute_not_exists(pk)"}}]}"#
        let isFree = model[key] == nil
        #expect((database.reply("TransactWriteItems", body).error == nil) == isFree)
        if isFree { model[key] = item }
      }
      if step % 50 == 49 { compare(database, model, "\(seed), step \(step)") }
    }
  }

  /// Sets g and x as the item says, or removes them.
  private func update(
    _ database: TestDatabase, _ item: ModelItem, _ key: String,
    _ model: inout [String: ModelItem]
  ) {
    let g = item["g"] ?? #"{"S":"fixed"}"#
    let body =
      #"{"TableName":"Model","Key":\#(key),"UpdateExpression":"SET g = :g REMOVE x","#
      + #""ExpressionAttributeValues":{":g":\#(g)}}"#
    #expect(database.reply("UpdateItem", body).error == nil)
    var after = model[key] ?? item.filter { ["pk", "sk"].contains($0.key) }
    after["g"] = g
    after["x"] = nil
    model[key] = after
  }

  private func compare(
    _ database: TestDatabase, _ model: [String: ModelItem], _ place: String
  ) {
    #expect(scanned(database, nil) == model.values.map(text).sorted(), "\(place)")
    let global = model.values.filter { $0["g"] != nil }.map { item in
      text(item.filter { ["pk", "sk", "g", "x"].contains($0.key) })
    }
    #expect(scanned(database, "byG") == global.sorted(), "\(place)")
    let local = model.values.filter { $0["l"] != nil }.map(text)
    #expect(scanned(database, "byL") == local.sorted(), "\(place)")
    let table = database.value("DescribeTable", #"{"TableName":"Model"}"#, "Table")
    #expect(table?["ItemCount"]?.integer == model.count, "\(place)")
    let counts = ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"].map {
      table?[$0]?.elements?.first?["ItemCount"]?.integer
    }
    #expect(counts == [global.count, local.count], "\(place)")
  }
}
