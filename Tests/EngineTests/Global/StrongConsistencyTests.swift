// Multi-Region strong consistency: what is acknowledged anywhere is seen everywhere.
//
// Why: an application chooses it to be able to lose a region and no write; a stale strong read, or
// two writes of one item that do not know of each other, would be the loss.

import ServiceAPI
import Storage
import TestSupport
import Testing
import Units

@testable import Engine

@Suite struct StrongConsistencyTests {
  private static let regions = ["us-east-1", "us-east-2", "us-west-2"]

  private func bench(lag: DelayDistribution = .none, witness: Bool = false) throws -> RegionBench {
    let bench = try RegionBench(witness ? Array(Self.regions.prefix(2)) : Self.regions, lag: lag)
    let answer = bench.makeStrong(witness: witness)
    #expect(answer.contains(#""MultiRegionConsistency":"STRONG""#), "\(answer)")
    return bench
  }

  @Test func strongReadsSeeEveryAcknowledgedWrite() throws {
    let bench = try bench(lag: DelayDistribution(median: .seconds(30)))
    for (number, region) in Self.regions.enumerated() {
      bench.put(region, "k\(number)", "1")
      for other in Self.regions { #expect(bench.get(other, "k\(number)") == "1") }
    }
  }

  @Test func writesThatMeetAreRefused() throws {
    let bench = try bench(lag: DelayDistribution(median: .milliseconds(80)))
    #expect(bench.put("us-east-1", "a", "1") == "{}")
    bench.now += .milliseconds(79)
    #expect(bench.put("us-east-1", "a", "2") == "{}")
    #expect(
      bench.put("us-west-2", "a", "3").hasPrefix("ReplicatedWriteConflictException"))
    #expect(bench.put("us-west-2", "b", "3") == "{}")
    bench.now += .milliseconds(80)
    #expect(bench.put("us-west-2", "a", "4") == "{}")
    #expect(bench.get("us-east-2", "a") == "4")
  }

  @Test(arguments: [false, true]) func anIsolatedRegionServesNothingStrong(_ witness: Bool) throws {
    let bench = try bench(witness: witness)
    bench.put("us-east-1", "a", "1")
    bench.cut("us-east-2")
    #expect(bench.put("us-east-2", "a", "2").hasPrefix("InternalServerError"))
    #expect(bench.get("us-east-2", "a").hasPrefix("InternalServerError"))
    #expect(bench.get("us-east-2", "a", isStrong: false) == "1")
    #expect(bench.put("us-east-1", "a", "3") == "{}")
    #expect(bench.get("us-east-2", "a", isStrong: false) == "1")
    bench.cut("us-east-2", false)
    #expect(bench.get("us-east-2", "a") == "3")
    if witness {
      // Two members of three must see a write: without witness and replica there is none.
      bench.cut("us-west-2")
      bench.cut("us-east-2")
      #expect(bench.put("us-east-1", "a", "4").hasPrefix("InternalServerError"))
    }
  }

  @Test func whatSuchTablesLackIsRefused() throws {
    let bench = try bench()
    let invalid = "ValidationException: "
    #expect(
      bench.call(
        "us-east-1", "TransactWriteItems",
        #"{"TransactItems":[{"Put":{"TableName":"orders","Item":{"pk":{"S":"a"}}}}]}"#)
        == invalid
        + "Transactional operations are not supported on multi-Region strongly consistent tables")
    #expect(
      bench.call(
        "us-east-1", "UpdateTimeToLive",
        #"{"TableName":"orders","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"t"}}"#)
        == invalid + "Time to live is not supported with multi-Region strong consistency")
    let other = try RegionBench(Self.regions)
    other.createTable("us-east-1")
    let one =
      #"{"TableName":"orders","MultiRegionConsistency":"STRONG","#
      + #""ReplicaUpdates":[{"Create":{"RegionName":"us-east-2"}}]}"#
    #expect(
      other.call("us-east-1", "UpdateTable", one)
        .hasPrefix(invalid + "A multi-Region strongly consistent table needs exactly three"))
    other.put("us-east-1", "a", "1")
    let three = one.replacing(
      "}}]}", with: #"}},{"Create":{"RegionName":"us-west-2"}}]}"#)
    #expect(
      other.call("us-east-1", "UpdateTable", three).hasPrefix(invalid + "The table must be empty"))
  }

  @Test func statementsAreStrongToo() throws {
    let bench = try bench()
    let insert = #"{"Statement":"INSERT INTO \"orders\" VALUE {'pk':'a','v':'1'}"}"#
    #expect(bench.call("us-west-2", "ExecuteStatement", insert) == #"{"Items":[]}"#)
    #expect(bench.get("us-east-1", "a") == "1")
    let select =
      #"{"ConsistentRead":true,"Statement":"SELECT v FROM \"orders\" WHERE pk='a'"}"#
    bench.put("us-east-1", "a", "2")
    #expect(bench.call("us-east-2", "ExecuteStatement", select).contains(#"{"S":"2"}"#))
    bench.cut("us-east-2")
    #expect(
      bench.call("us-east-2", "ExecuteStatement", select).hasPrefix("InternalServerError"))
    #expect(
      bench.call("us-east-2", "ExecuteStatement", insert).hasPrefix("InternalServerError"))
  }

  /// What one member acknowledged together with a second, a third sees when the first is gone.
  @Test func aWriteOutlivesItsRegion() throws {
    let bench = try bench()
    bench.cut("us-west-2")
    bench.put("us-east-1", "a", "1")
    bench.cut("us-west-2", false)
    bench.cut("us-east-1")
    #expect(bench.get("us-west-2", "a") == "1")
    #expect(bench.put("us-west-2", "a", "2") == "{}")
    bench.cut("us-east-1", false)
    #expect(bench.get("us-east-1", "a") == "2")
  }

  @Test func regionsMustBeOfOneSet() throws {
    let bench = try RegionBench(["us-east-1", "us-east-2", "eu-west-1"])
    bench.createTable("us-east-1")
    func create(_ region: String) -> String { #"{"Create":{"RegionName":"\#(region)"}}"# }
    let answer = bench.call(
      "us-east-1", "UpdateTable",
      #"{"TableName":"orders","MultiRegionConsistency":"STRONG","ReplicaUpdates":["#
        + create("us-east-2") + "," + create("eu-west-1") + "]}")
    #expect(answer.contains("must be of one set"))
  }
}
