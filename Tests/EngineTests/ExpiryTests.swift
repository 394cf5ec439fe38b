// Time to live: what expires, when it goes, what it leaves and what it costs.
//
// Why: the moment of deletion is the service's choice, and all else about it is a promise: nothing
// is deleted that should stay, nothing is charged, and consumers can tell who deleted.

import Capacity
import ServiceAPI
import Storage
import TestSupport
import Testing
import Units

@testable import Engine

@Suite struct ExpiryTests {
  /// Wall-clock second of instant 0 in `TestDatabase`.
  private static let start: Int64 = 1_700_000_000
  private static let index =
    #","GlobalSecondaryIndexes":[{"IndexName":"byG","KeySchema":[{"AttributeName":"g","KeyType":"#
    + #""HASH"}],"Projection":{"ProjectionType":"ALL"}}]"#

  private func database(
    lag: DelayDistribution = .none, store: Store? = nil
  ) throws -> TestDatabase {
    try TestDatabase({ $0.expiryLag = lag }, store: store)
  }

  private func sessions(_ database: TestDatabase, isEnabled: Bool = true) {
    database.createTable(
      "Sessions",
      more: Self.index
        + #","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"OLD_IMAGE"}"#,
      attributes: #",{"AttributeName":"g","AttributeType":"S"}"#)
    if isEnabled { #expect(enable(database).contains(#""Enabled":true"#)) }
  }

  private func enable(
    _ database: TestDatabase, _ flag: Bool = true, _ name: String = "ttl"
  ) -> String {
    database.call(
      "UpdateTimeToLive",
      #"{"TableName":"Sessions","TimeToLiveSpecification":{"Enabled":\#(flag),"#
        + #""AttributeName":"\#(name)"}}"#)
  }

  private func put(_ database: TestDatabase, _ key: String, _ ttl: String) {
    let answer = database.call(
      "PutItem",
      #"{"TableName":"Sessions","Item":{"pk":{"S":"\#(key)"},"g":{"S":"all"},"ttl":\#(ttl)}}"#)
    #expect(answer == "{}")
  }

  private func keys(_ database: TestDatabase, index: Bool = false) -> [String] {
    let name = index ? #","IndexName":"byG""# : ""
    return (database.value("Scan", #"{"TableName":"Sessions"\#(name)}"#, "Items")?.elements ?? [])
      .compactMap { $0["pk"]?["S"]?.text }.sorted()
  }

  @Test func itemsGoWhenTheirSecondHasPassed() throws {
    let database = try database()
    sessions(database)
    put(database, "soon", #"{"N":"\#(Self.start + 60)"}"#)
    put(database, "later", #"{"N":"\#(Self.start + 120)"}"#)
    put(database, "text", #"{"S":"\#(Self.start + 60)"}"#)
    put(database, "ancient", #"{"N":"\#(Self.start - 6 * 365 * 86_400)"}"#)
    put(database, "old", #"{"N":"\#(Self.start - 4 * 365 * 86_400)"}"#)
    put(database, "fraction", #"{"N":"\#(Self.start + 60).75"}"#)
    put(database, "huge", #"{"N":"1E+30"}"#)
    database.now += .milliseconds(59_999)
    #expect(
      keys(database) == ["ancient", "fraction", "huge", "later", "soon", "text"])
    database.now += .seconds(1)
    #expect(keys(database) == ["ancient", "huge", "later", "text"])
    #expect(keys(database, index: true) == ["ancient", "huge", "later", "text"])
    let table = database.value("DescribeTable", #"{"TableName":"Sessions"}"#, "Table")
    #expect(table?["ItemCount"]?.integer == 4)
    #expect(table?["GlobalSecondaryIndexes"]?.elements?.first?["ItemCount"]?.integer == 4)
  }

  @Test func aLagKeepsExpiredItemsReadable() throws {
    let database = try database(
      lag: DelayDistribution(median: .hours(10), p99: .hours(48), longest: .days(14)))
    sessions(database)
    for number in 0..<200 { put(database, "s\(number)", #"{"N":"\#(Self.start + 1)"}"#) }
    database.now += .seconds(30)
    #expect(keys(database).count == 200)
    var left = 200
    for hour in 1...10 {
      database.now = .start + .hours(Int64(hour))
      let now = keys(database).count
      #expect(now <= left)
      left = now
    }
    // Half of a log-normal lies below its median: 200 draws, five standard deviations.
    #expect((65...135).contains(left))
    database.now += .days(14)
    #expect(keys(database) == [])
  }

  @Test func whatChangesBeforeItsTimeStays() throws {
    let database = try database(lag: DelayDistribution(median: .minutes(5)))
    sessions(database)
    for key in ["renewed", "plain", "deleted", "kept"] {
      put(database, key, #"{"N":"\#(Self.start + 10)"}"#)
    }
    database.now += .seconds(60)
    put(database, "renewed", #"{"N":"\#(Self.start + 3_600)"}"#)
    put(database, "plain", #"{"S":"never"}"#)
    let delete = #"{"TableName":"Sessions","Key":{"pk":{"S":"deleted"}}}"#
    _ = database.call("DeleteItem", delete)
    database.now += .minutes(10)
    #expect(keys(database) == ["plain", "renewed"])
    database.now += .hours(2)
    #expect(keys(database) == ["plain"])
  }

  @Test func deletionsAreFreeAndTheStreamNamesTheService() throws {
    let database = try database()
    sessions(database)
    put(database, "expired", #"{"N":"\#(Self.start + 5)"}"#)
    put(database, "deleted", #"{"N":"\#(Self.start + 500)"}"#)
    let before = taken(database)
    database.now += .seconds(10)
    #expect(keys(database) == ["deleted"])
    #expect(taken(database) == before)
    let key = #"{"TableName":"Sessions","Key":{"pk":{"S":"deleted"}}}"#
    _ = database.call("DeleteItem", key)
    let arn =
      database.value(
        "DescribeTable", #"{"TableName":"Sessions"}"#, "Table", "LatestStreamArn")?.text ?? ""
    var removals: [String: WireValue] = [:]
    for record in StreamBench.records(database, arn) where record["eventName"]?.text == "REMOVE" {
      removals[record["dynamodb"]?["Keys"]?["pk"]?["S"]?.text ?? ""] =
        record["userIdentity"] ?? .null
    }
    let service = WireValue.object([
      WireMember(name: "PrincipalId", value: .string("dynamodb.amazonaws.com")),
      WireMember(name: "Type", value: .string("Service")),
    ])
    #expect(removals == ["expired": service, "deleted": .null])
  }

  /// Half write units that table and index took so far.
  private func taken(_ database: TestDatabase) -> [Int64] {
    let now = database.now
    return database.database.withState { state in
      guard let table = state.tables["Sessions"] else { return [] }
      return [table.admission.consumed(.write, at: now).halves]
        + table.indexes.compactMap { $0.admission?.consumed(.write, at: now).halves }
    }
  }

  @Test func theSettingStandsForAnHour() throws {
    let database = try database()
    sessions(database)
    let refusal = "ValidationException: "
    #expect(enable(database) == refusal + "TimeToLive is already enabled")
    #expect(
      enable(database, true, "other") == refusal
        + "TimeToLive is active on a different AttributeName: current AttributeName is ttl")
    let early =
      refusal + "Time to live has been modified multiple times within a fixed interval"
    #expect(enable(database, false) == early)
    put(database, "session", #"{"N":"\#(Self.start + 7_200)"}"#)
    database.now += .hours(1)
    #expect(enable(database, false).contains(#""Enabled":false"#))
    #expect(enable(database, false) == refusal + "TimeToLive is already disabled")
    #expect(enable(database) == early)
    database.now += .hours(2)
    #expect(keys(database) == ["session"])
    // Enabled again, the items that are there are found.
    #expect(enable(database).contains(#""Enabled":true"#))
    database.now += .seconds(1)
    #expect(keys(database) == [])
  }

  @Test func aRestartForgetsNothing() throws {
    let database = try database()
    sessions(database)
    put(database, "session", #"{"N":"\#(Self.start + 60)"}"#)
    let restarted = try self.database(store: database.store)
    let shown = restarted.value(
      "DescribeTimeToLive", #"{"TableName":"Sessions"}"#, "TimeToLiveDescription")
    #expect(shown?["TimeToLiveStatus"]?.text == "ENABLED")
    #expect(keys(restarted) == ["session"])
    restarted.now += .seconds(61)
    #expect(keys(restarted) == [])
  }

  /// Against a model that knows every item's second: whatever is written and whenever it is looked
  /// at, exactly the expired items are gone.
  @Test(arguments: Seed.some(15)) func theTableHoldsWhatHasNotExpired(_ seed: Seed) throws {
    var generator = seed.generator
    let database = try database()
    sessions(database)
    var expiries: [String: Int64?] = [:]
    for _ in 0..<150 {
      let key = "s\(generator.integer(in: 0...20))"
      let second = Self.start + database.now.nanoseconds / 1_000_000_000
      switch generator.integer(in: 0...9) {
      case 0:
        let body = #"{"TableName":"Sessions","Key":{"pk":{"S":"\#(key)"}}}"#
        _ = database.call("DeleteItem", body)
        expiries[key] = nil
      case 1:
        put(database, key, #"{"S":"x"}"#)
        expiries[key] = .some(nil)
      case 2...6:
        let expiry = second + Int64(generator.integer(in: 1...300))
        put(database, key, #"{"N":"\#(expiry)"}"#)
        expiries[key] = expiry
      default:
        database.now += .seconds(Int64(generator.integer(in: 0...60)))
        let now = Self.start + database.now.nanoseconds / 1_000_000_000
        expiries = expiries.filter { $0.value.map { $0 > now } ?? true }
      }
      #expect(keys(database) == expiries.keys.sorted())
    }
  }
}
