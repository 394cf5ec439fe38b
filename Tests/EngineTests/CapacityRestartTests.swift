// What capacity remembers over a restart, and what a Scan costs in many partitions.
//
// Why: a server that is stopped and started must not hand out a new burst, nor forget that a table
// has grown. Amounts follow from rate x time, worked out beside each case.

import Capacity
import ServiceAPI
import Storage
import Testing
import Units

@testable import Engine

@Suite struct CapacityRestartTests {
  private static let write = #"{"TableName":"Small","Item":{"pk":{"S":"a"}}}"#

  /// Writes of one unit that pass until one is refused.
  private func passing(_ database: TestDatabase) -> Int {
    for count in 0..<100_000 where database.reply("PutItem", Self.write).error != nil {
      return count
    }
    return 100_000
  }

  /// The same store in another process, `seconds` later by the clock on the wall.
  private func restart(_ database: TestDatabase, after seconds: Int64) throws -> TestDatabase {
    try TestDatabase(
      { $0.epochMilliseconds += (database.now - .start).count / 1_000_000 + seconds * 1_000 },
      store: database.store)
  }

  @Test func `a spent burst stays spent and refills over the stop`() throws {
    let first = try TestDatabase()
    first.createTable("Small", units: 5)
    #expect(passing(first) == 1_500)
    try first.database.close()
    #expect(passing(try restart(first, after: 0)) == 0)
    // 5 units/s for 60 s.
    #expect(passing(try restart(first, after: 60)) == 300)
    #expect(passing(try restart(first, after: 3_600)) == 1_500)
  }

  @Test func `a crash loses the last minute`() throws {
    let first = try TestDatabase()
    first.createTable("Small", units: 5)
    for _ in 0..<600 { _ = first.reply("PutItem", Self.write) }
    first.now = .start + .seconds(60)
    // The minute's record: 1,500 - 600 + 5 x 60.
    #expect(first.reply("PutItem", Self.write).error == nil)
    #expect(passing(first) > 0)
    #expect(passing(try restart(first, after: 0)) == 1_200)
  }

  @Test func `decreases of the day stay used`() throws {
    let first = try TestDatabase()
    first.createTable("Small", units: 50)
    func lower(_ database: TestDatabase, _ units: Int) -> String {
      database.call(
        "UpdateTable",
        #"{"TableName":"Small","ProvisionedThroughput":{"ReadCapacityUnits":\#(units),"#
          + #""WriteCapacityUnits":\#(units)}}"#)
    }
    for units in [40, 30, 20, 10] { #expect(lower(first, units).contains("TableDescription")) }
    #expect(lower(first, 9).hasPrefix("LimitExceededException"))
    try first.database.close()
    #expect(lower(try restart(first, after: 1), 9).hasPrefix("LimitExceededException"))
    #expect(lower(try restart(first, after: 86_400), 9).contains("TableDescription"))
  }

  @Test func `partitions that were cut stay cut`() throws {
    let first = try TestDatabase()
    first.createTable("Small")
    let warm =
      #"{"TableName":"Small","WarmThroughput":{"ReadUnitsPerSecond":30000,"#
      + #""WriteUnitsPerSecond":12000}}"#
    #expect(first.call("UpdateTable", warm).contains("TableDescription"))
    func partitions(_ database: TestDatabase) -> Int? {
      // The change is in force when the table is looked at after its time.
      _ = database.call("DescribeTable", #"{"TableName":"Small"}"#)
      return WireValue(body: database.database.capacityReport(at: database.now))?["Resources"]?
        .elements?.first?["Partitions"]?.elements?.count
    }
    let count = partitions(first)
    // Twelve are needed for 12,000 writes; four double to sixteen.
    #expect(count == 16)
    try first.database.close()
    #expect(partitions(try restart(first, after: 1)) == count)
  }

  /// Measured on the service: 4.0 strong and 2.0 eventually consistent (capacity.md 1.2), which
  /// four partitions of a new on-demand table explain.
  @Test func `a Scan costs at least one unit in every partition`() throws {
    let database = try TestDatabase()
    database.createTable("Small")
    #expect(database.reply("PutItem", Self.write).error == nil)
    func cost(_ more: String) -> String? {
      let units = database.value(
        "Scan", #"{"TableName":"Small","ReturnConsumedCapacity":"TOTAL"\#(more)}"#,
        "ConsumedCapacity", "CapacityUnits")
      guard case .number(let text)? = units else { return nil }
      return text
    }
    #expect(cost("") == "2.0")
    #expect(cost(#","ConsistentRead":true"#) == "4.0")
    // A fourth of the hash is one partition.
    #expect(cost(#","ConsistentRead":true,"Segment":1,"TotalSegments":4"#) == "1.0")
    #expect(cost(#","ConsistentRead":true,"Segment":1,"TotalSegments":2"#) == "2.0")
  }
}
