// Global tables: regions that replicate, agree in the end, and agree at once where that is asked.
//
// Why: an application in two regions sees no more of replication than what stands in the items;
// that all regions end with the same ones, whatever was cut off meanwhile, is the promise.

import Capacity
import ServiceAPI
import Storage
import TestSupport
import Testing
import Units

@testable import Engine

@Suite struct GlobalTableTests {
  private static let (home, away) = ("us-east-1", "eu-west-1")

  @Test func aReplicaGetsWhatWasThereAndWhatComes() throws {
    let bench = try RegionBench(lag: DelayDistribution(median: .milliseconds(500)))
    bench.createTable(Self.home)
    bench.put(Self.home, "old", "1")
    #expect(bench.addReplica(Self.away).contains(#""GlobalTableVersion":"2019.11.21""#))
    #expect(bench.replicas(Self.home) == ["eu-west-1 ACTIVE"])
    #expect(bench.replicas(Self.away) == ["us-east-1 ACTIVE"])
    bench.replicate()
    #expect(bench.items(Self.away) == ["old 1"])
    bench.put(Self.home, "new", "2")
    bench.put(Self.away, "back", "3")
    bench.now += .milliseconds(499)
    bench.replicate()
    #expect(bench.items(Self.away) == ["back 3", "old 1"])
    bench.now += .milliseconds(1)
    bench.replicate()
    #expect(bench.items(Self.away) == ["back 3", "new 2", "old 1"])
    #expect(bench.items(Self.home) == ["back 3", "new 2", "old 1"])
    bench.delete(Self.away, "old")
    bench.now += .seconds(1)
    bench.replicate()
    #expect(bench.items(Self.home) == ["back 3", "new 2"])
  }

  @Test func replicasComeAndGoByTheServicesRules() throws {
    let bench = try RegionBench(["us-east-1", "eu-west-1", "ap-south-1"])
    bench.createTable(Self.home)
    let invalid = "ValidationException: "
    #expect(
      bench.addReplica(Self.home) == invalid
        + "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, "
        + "DeleteTable, or UpdateTable as required.")
    #expect(bench.addReplica("mars-1").hasPrefix(invalid + "Region mars-1 is not supported."))
    bench.addReplica(Self.away)
    #expect(
      bench.addReplica(Self.away) == invalid
        + "Failed to create a the new replica of table with name: 'orders' because one or more "
        + "replicas already existed as tables.")
    // Any member may add another.
    bench.addReplica("ap-south-1", at: Self.away)
    #expect(bench.replicas(Self.home).sorted() == ["ap-south-1 ACTIVE", "eu-west-1 ACTIVE"])
    #expect(bench.replicas("ap-south-1").sorted() == ["eu-west-1 ACTIVE", "us-east-1 ACTIVE"])
    bench.put("ap-south-1", "a", "1")
    bench.replicate()
    #expect(bench.items(Self.home) == ["a 1"] && bench.items(Self.away) == ["a 1"])
    #expect(
      bench.call(
        Self.home, "UpdateTable",
        #"{"TableName":"orders","StreamSpecification":{"StreamEnabled":false}}"#)
        == invalid + "Disabling Stream is not allowed for a Global Table replica")
    let remove =
      #"{"TableName":"orders","ReplicaUpdates":[{"Delete":{"RegionName":"eu-west-1"}}]}"#
    #expect(bench.call(Self.home, "UpdateTable", remove).contains("TableDescription"))
    #expect(bench.replicas(Self.home) == ["ap-south-1 ACTIVE"])
    #expect(
      bench.call(Self.away, "DescribeTable", #"{"TableName":"orders"}"#).contains("not found"))
    #expect(
      bench.call(Self.home, "UpdateTable", remove) == invalid
        + "Update global table operation failed because one or more replicas were not part of the "
        + "global table. Please retry the request without these replicas: [eu-west-1].")
    _ = bench.call("ap-south-1", "DeleteTable", #"{"TableName":"orders"}"#)
    #expect(bench.replicas(Self.home) == [])
    #expect(bench.items(Self.home) == ["a 1"])
  }

  @Test func theLaterWriteWinsEverywhere() throws {
    let bench = try RegionBench(lag: DelayDistribution(median: .seconds(1)))
    bench.createTable(Self.home)
    bench.addReplica(Self.away)
    bench.put(Self.home, "late", "earlier")
    bench.now += .milliseconds(10)
    bench.put(Self.away, "late", "later")
    // Of two at one instant the region whose name sorts later.
    bench.now += .milliseconds(10)
    bench.put(Self.home, "tie", "home")
    bench.put(Self.away, "tie", "away")
    bench.now += .seconds(2)
    bench.replicate()
    for region in bench.regions { #expect(bench.items(region) == ["late later", "tie home"]) }
    #expect(Self.away < Self.home)
  }

  @Test func replicatedWritesAreChargedAndWaitForCapacity() throws {
    let bench = try RegionBench()
    bench.createTable(Self.home, units: 1)
    bench.addReplica(Self.away)
    // A burst of 300 units each; the home region is left with nothing, the replica as well.
    for number in 0..<320 {
      bench.now += .milliseconds(10)
      bench.put(Self.home, "k\(number)", "1")
    }
    let written = bench.items(Self.home).count
    #expect((300...310).contains(written))
    // The replica's own traffic takes what replication needs.
    for number in 0..<100 { bench.put(Self.away, "own\(number)", "1") }
    bench.replicate()
    let first = bench.items(Self.away).count
    #expect(first < written + 100)
    bench.now += .seconds(200)
    for _ in 0..<200 { bench.replicate() }
    #expect(bench.items(Self.away).count == written + 100)
    let units = bench.group.database(Self.away)?.withState { state in
      state.tables["orders"]?.replicatedUnits.inUnits
    }
    #expect(units == Double(written + 100))
  }

  @Test func streamsOfEveryRegionShowEveryChange() throws {
    let bench = try RegionBench()
    bench.createTable(Self.home)
    bench.addReplica(Self.away)
    bench.put(Self.home, "a", "1")
    bench.replicate()
    bench.put(Self.away, "a", "2")
    bench.replicate()
    for region in bench.regions {
      let count = bench.group.database(region)?.withState { state in
        state.tables["orders"]?.streamRecords
      }
      #expect(count == 2)
    }
  }

  @Test func oneRegionExpiresAndTheOthersPay() throws {
    let bench = try RegionBench()
    bench.createTable(Self.home)
    bench.addReplica(Self.away)
    let enabled = bench.call(
      Self.home, "UpdateTimeToLive",
      #"{"TableName":"orders","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"ttl"}}"#)
    #expect(enabled.contains("true"))
    let described = bench.call(Self.away, "DescribeTimeToLive", #"{"TableName":"orders"}"#)
    #expect(described.contains("ENABLED"))
    _ = bench.call(
      Self.away, "PutItem",
      #"{"TableName":"orders","Item":{"pk":{"S":"s"},"ttl":{"N":"1700000010"}}}"#)
    bench.replicate()
    func units(_ region: String) -> (taken: Double, expired: Int64)? {
      bench.group.database(region)?.withState { state in
        state.tables["orders"].map {
          ($0.admission.consumed(.write, at: state.now).inUnits, $0.expiredItems)
        }
      }
    }
    #expect(units(Self.home)?.taken == 1 && units(Self.away)?.taken == 1)
    bench.now += .seconds(20)
    bench.replicate()
    bench.replicate()
    #expect(bench.items(Self.home) == [] && bench.items(Self.away) == [])
    // The writer's region deleted it, free of charge; the other one repeated that for a unit.
    #expect(units(Self.away)?.expired == 1 && units(Self.away)?.taken == 1)
    #expect(units(Self.home)?.expired == 0 && units(Self.home)?.taken == 2)
  }

  @Test func membershipAndChangesOutliveARestart() throws {
    let bench = try RegionBench(lag: DelayDistribution(median: .seconds(5)))
    bench.createTable(Self.home)
    bench.addReplica(Self.away)
    bench.put(Self.home, "a", "1")
    let again = try RegionBench(stores: bench.stores, at: .start + .seconds(10))
    #expect(again.replicas(Self.home) == ["eu-west-1 ACTIVE"])
    again.put(Self.home, "b", "2")
    again.replicate()
    #expect(again.items(Self.away) == ["a 1", "b 2"])
  }
}
