// The calls of version 2017.11.29, and the auto scaling settings of replicas.
//
// Why: infrastructure written for the first version, and tools that ask for both, still call them.

import ServiceAPI
import Storage
import TestSupport
import Testing
import Units

@testable import Engine

@Suite struct LegacyGlobalTableTests {
  @Test func theCallsOf2017Work() throws {
    let bench = try RegionBench()
    let stream =
      #","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}"#
    let create =
      #"{"GlobalTableName":"orders","ReplicationGroup":[{"RegionName":"us-east-1"},"#
      + #"{"RegionName":"eu-west-1"}]}"#
    bench.createTable("us-east-1", units: 5, more: stream)
    #expect(
      bench.call("us-east-1", "CreateGlobalTable", create)
        == "TableNotFoundException: Table not found: orders")
    bench.createTable("eu-west-1", units: 5, more: stream)
    let made = bench.value("us-east-1", "CreateGlobalTable", create)?["GlobalTableDescription"]
    #expect(made?["GlobalTableStatus"]?.text == "ACTIVE")
    #expect(made?["ReplicationGroup"]?.elements?.count == 2)
    #expect(
      bench.call("us-east-1", "CreateGlobalTable", create)
        .hasPrefix("GlobalTableAlreadyExistsException"))
    bench.put("us-east-1", "a", "1")
    bench.replicate()
    #expect(bench.items("eu-west-1") == ["a 1"])
    let name = #"{"GlobalTableName":"orders"}"#
    #expect(
      bench.call("eu-west-1", "ListGlobalTables", "{}").contains(#""GlobalTableName":"orders""#))
    let update = bench.call(
      "us-east-1", "UpdateGlobalTableSettings",
      #"{"GlobalTableName":"orders","GlobalTableProvisionedWriteCapacityUnits":9}"#)
    #expect(update.ranges(of: #"WriteCapacityUnits":9"#).count == 2)
    let settings = bench.call("eu-west-1", "DescribeGlobalTableSettings", name)
    #expect(settings.contains(#""ReplicaProvisionedReadCapacityUnits":5"#))
    _ = bench.call(
      "us-east-1", "UpdateGlobalTable",
      #"{"GlobalTableName":"orders","ReplicaUpdates":[{"Delete":{"RegionName":"eu-west-1"}}]}"#)
    let alone = bench.value("us-east-1", "DescribeGlobalTable", name)?["GlobalTableDescription"]
    #expect(alone?["ReplicationGroup"]?.elements?.count == 1)
    #expect(
      bench.call("eu-west-1", "DescribeGlobalTable", name)
        == "GlobalTableNotFoundException: Global table not found: Global table with name: "
        + "'orders' does not exist.")
    bench.put("us-east-1", "b", "2")
    bench.replicate()
    #expect(bench.items("eu-west-1") == ["a 1"])
  }

  @Test func autoScalingOfReplicasIsRecorded() throws {
    let bench = try RegionBench()
    bench.createTable("us-east-1")
    let name = #"{"TableName":"orders"}"#
    #expect(
      bench.call("us-east-1", "DescribeTableReplicaAutoScaling", name)
        .hasPrefix("ResourceNotFoundException: Global table"))
    bench.addReplica("eu-west-1")
    _ = bench.call(
      "us-east-1", "UpdateTableReplicaAutoScaling",
      #"{"TableName":"orders","ProvisionedWriteCapacityAutoScalingUpdate":{"MinimumUnits":5,"#
        + #""MaximumUnits":50}}"#)
    #expect(
      bench.call("eu-west-1", "DescribeTableReplicaAutoScaling", name)
        .contains(#""MaximumUnits":50"#))
  }
}
