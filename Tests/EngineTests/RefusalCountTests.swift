// Refused requests under the names of CloudWatch's metrics.
//
// Why: dashboards are built on these names and on what each counts; a refusal in the wrong one
// sends people looking in the wrong place. Semantics: capacity.md 6.

import Testing

@testable import Engine

@Suite struct RefusalCountTests {
  @Test func everyRefusalHasItsMetric() throws {
    let database = try TestDatabase()
    database.createTable("Small", units: 1)
    let put = #"{"TableName":"Small","Item":{"pk":{"S":"a"}}}"#
    let conditional =
      #"{"TableName":"Small","Item":{"pk":{"S":"a"}},"#
      + #""ConditionExpression":"attribute_not_exists(pk)"}"#
    #expect(database.reply("PutItem", put).error == nil)
    #expect(database.reply("PutItem", conditional).error != nil)
    #expect(database.reply("PutItem", "{").error != nil)
    #expect(database.reply("GetItem", #"{"TableName":"Small","Key":{}}"#).error != nil)
    #expect(database.reply("Nonsense", "{}").error != nil)
    while database.reply("PutItem", put).error == nil {}
    #expect(
      database.reply("DeleteItem", #"{"TableName":"Small","Key":{"pk":{"S":"a"}}}"#).error != nil)
    let text = String(decoding: database.database.metrics(at: database.now), as: UTF8.self)
    for line in [
      #"ConditionalCheckFailedRequests{TableName="Small"} 1"#, "UserErrors 3",
      #"ThrottledRequests{TableName="Small",Operation="PutItem"} 1"#,
      #"ThrottledRequests{TableName="Small",Operation="DeleteItem"} 1"#,
      #"WriteThrottleEvents{TableName="Small"} 2"#,
      #"WriteProvisionedThroughputThrottleEvents{TableName="Small"} 2"#,
      #"ReadThrottleEvents{TableName="Small"} 0"#,
    ] {
      #expect(text.contains("\n" + line + "\n"), "\(line)")
    }
    #expect(!text.contains("SystemErrors{"))
  }
}
