// The heaviest keys of tables and indexes, by the service's own measure.
//
// Why: a report of hot keys that counts one key for another sends its reader the wrong way. Weights
// are worked out by hand: three times the write units plus the read units of a key (developer
// guide, contributorinsights_HowItWorks).

import DataModel
import ServiceAPI
import TestSupport
import Testing

@testable import Engine

@Suite struct ContributorInsightsTests {
  /// The contributors of a rule as `KEYS=VALUE`, heaviest first.
  private func contributors(
    _ test: TestDatabase, _ rule: String, index: String? = nil
  ) throws -> [String] {
    let report = try #require(WireValue(body: test.database.insightsReport()))
    let resource = (report["Resources"]?.elements ?? []).first {
      $0["IndexName"]?.text == index
    }
    let found = (resource?["Rules"]?.elements ?? []).first {
      $0["RuleName"]?.text?.contains("-\(rule)-") == true
    }
    return (found?["Contributors"]?.elements ?? []).map { entry in
      let keys = ModelText.text(entry["Keys"])
      return "\(keys)=\(ModelText.text(entry["Value"]))"
    }
  }

  private enum ModelText {
    static func text(_ value: WireValue?) -> String {
      var writer = ReplyWriter()
      writer.value(wire: value ?? .null)
      return String(decoding: writer.bytes, as: UTF8.self)
    }
  }

  private func enable(_ test: TestDatabase, _ more: String = "") -> String {
    test.call(
      "UpdateContributorInsights",
      #"{"TableName":"Games","ContributorInsightsAction":"ENABLE"\#(more)}"#)
  }

  private static let index =
    #","GlobalSecondaryIndexes":[{"IndexName":"byTeam","KeySchema":["#
    + #"{"AttributeName":"team","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"},"#
    + #""ProvisionedThroughput":{"ReadCapacityUnits":9,"WriteCapacityUnits":9}}]"#

  @Test func `accesses weigh by units, writes threefold`() throws {
    let test = try TestDatabase()
    test.createTable(
      "Games", sort: "N", units: 9, more: Self.index,
      attributes: #",{"AttributeName":"team","AttributeType":"S"}"#)
    _ = enable(test)
    _ = enable(test, #","IndexName":"byTeam""#)
    for (name, number, team) in [("a", 1, "red"), ("a", 2, "red"), ("b\\u0000", -1, "blue")] {
      let put = test.call(
        "PutItem",
        #"{"TableName":"Games","Item":{"pk":{"S":"\#(name)"},"sk":{"N":"\#(number)"},"#
          + #""team":{"S":"\#(team)"}}}"#)
      #expect(put == "{}")
    }
    let get = #"{"TableName":"Games","Key":{"pk":{"S":"a"},"sk":{"N":"2"}},"ConsistentRead":true}"#
    for _ in 0..<5 { _ = test.reply("GetItem", get) }
    // Half a unit, for the partition alone.
    _ = test.reply(
      "Query",
      #"{"TableName":"Games","KeyConditionExpression":"pk = :p","#
        + #""ExpressionAttributeValues":{":p":{"S":"a"}}}"#)
    _ = test.reply("Scan", #"{"TableName":"Games"}"#)
    _ = test.reply(
      "Query",
      #"{"TableName":"Games","IndexName":"byTeam","KeyConditionExpression":"team = :t","#
        + #""ExpressionAttributeValues":{":t":{"S":"blue"}}}"#)
    #expect(
      try contributors(test, "PKC") == [
        #"{"pk":{"S":"a"}}=11.5"#, #"{"pk":{"S":"b\u0000"}}=3.0"#,
      ])
    let items = try contributors(test, "SKC")
    #expect(items.first == #"{"pk":{"S":"a"},"sk":{"N":"2"}}=8.0"#)
    #expect(
      Set(items.dropFirst()) == [
        #"{"pk":{"S":"a"},"sk":{"N":"1"}}=3.0"#,
        #"{"pk":{"S":"b\u0000"},"sk":{"N":"-1"}}=3.0"#,
      ])
    #expect(
      try contributors(test, "PKC", index: "byTeam") == [
        #"{"team":{"S":"red"}}=6.0"#, #"{"team":{"S":"blue"}}=3.5"#,
      ])
    #expect(try contributors(test, "PKT").isEmpty)
  }
  @Test func `throttles are counted alone when asked for alone`() throws {
    let test = try TestDatabase()
    test.createTable("Games", units: 1)
    #expect(
      enable(test, #","ContributorInsightsMode":"THROTTLED_KEYS""#)
        == #"{"TableName":"Games","ContributorInsightsStatus":"ENABLING","#
        + #""ContributorInsightsMode":"THROTTLED_KEYS"}"#)
    let filler = String(repeating: "x", count: 300_000)
    let put = #"{"TableName":"Games","Item":{"pk":{"S":"hot"},"x":{"S":"\#(filler)"}}}"#
    while test.reply("PutItem", put).error == nil {}
    _ = test.reply("PutItem", put)
    #expect(try contributors(test, "PKT") == [#"{"pk":{"S":"hot"}}=2"#])
    #expect(try contributors(test, "PKC").isEmpty)
  }

  @Test func `settings outlive a restart, counts do not`() throws {
    let test = try TestDatabase()
    test.createTable("Games", sort: "N")
    let describe = #"{"TableName":"Games"}"#
    #expect(
      test.call("DescribeContributorInsights", describe)
        == #"{"TableName":"Games","ContributorInsightsStatus":"DISABLED"}"#)
    #expect(
      test.call("ListContributorInsights", "{}") == #"{"ContributorInsightsSummaries":[]}"#)
    _ = enable(test)
    _ = test.reply("GetItem", #"{"TableName":"Games","Key":{"pk":{"S":"a"},"sk":{"N":"1"}}}"#)
    let before = test.call("DescribeContributorInsights", describe)
    #expect(before.contains("DynamoDBContributorInsights-SKT-Games-1700000000000"))
    #expect(before.contains(#""ContributorInsightsStatus":"ENABLED""#))
    #expect(try contributors(test, "SKC").count == 1)

    let again = try TestDatabase(store: test.store)
    #expect(again.call("DescribeContributorInsights", describe) == before)
    #expect(try contributors(again, "SKC").isEmpty)
    _ = again.reply(
      "UpdateContributorInsights",
      #"{"TableName":"Games","ContributorInsightsAction":"DISABLE"}"#)
    #expect(
      again.call("ListContributorInsights", "{}")
        == #"{"ContributorInsightsSummaries":[{"TableName":"Games","#
        + #""ContributorInsightsStatus":"DISABLED","#
        + #""ContributorInsightsMode":"ACCESSED_AND_THROTTLED_KEYS"}]}"#)
  }

  @Test(arguments: Seed.some(20)) func `keys come back from storage keys`(_ seed: Seed) throws {
    var generator = seed.generator
    for _ in 0..<100 {
      let digits = Int64.random(in: -99_999...99_999, using: &generator)
      let exponent = Int.random(in: -130...110, using: &generator)
      let bytes = (0..<generator.integer(in: 0...6)).map { _ in
        generator.pick([UInt8(0), 1, 7, 0xFF])
      }
      let values: [AttributeValue] = [
        .number(Number("\(digits)e\(exponent)") ?? .zero), .binary(bytes),
        .string(generator.pick(["", "a\u{0}b", "ü"])),
      ]
      let types: [ScalarType] = [.number, .binary, .string]
      let order = [0, 1, 2].shuffled(using: &generator)
      var key = KeyEncoding.prefix(table: 1, index: 0)
      KeyEncoding.appendHash(0, to: &key)
      for place in order { KeyEncoding.append(values[place], to: &key) }
      var decoder = KeyDecoder(storageKey: key[...])
      for place in order {
        #expect(decoder.next(types[place]) == values[place], "\(seed.testDescription)")
      }
      #expect(decoder.isAtEnd && decoder.next(.string) == nil)
    }
  }
}
