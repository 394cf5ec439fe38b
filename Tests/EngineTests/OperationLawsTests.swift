// Which law a request of a workload gets, from what the wire shows of it.
//
// Why: a scenario's laws belong to operations with names, and requests have none; one taken for
// another would be answered in another's time.

import Randomness
import ServiceAPI
import Testing
import Units

@testable import Engine

@Suite struct OperationLawsTests {
  /// A request and what tells it apart.
  struct Case: CustomTestStringConvertible, Sendable {
    var operation: String
    var body: String
    var shape: RequestShape
    var testDescription: String { "\(operation) \(body)" }
  }

  private static func shape(
    _ operation: String, _ tables: Set<String>, index: String? = nil, isStrong: Bool = false
  ) -> RequestShape {
    RequestShape(operation: operation, tables: tables, index: index, isStrong: isStrong)
  }

  private static let cases = [
    Case(operation: "GetItem", body: #"{"TableName":"a"}"#, shape: shape("GetItem", ["a"])),
    Case(
      operation: "GetItem", body: #"{"TableName":"a","ConsistentRead":true}"#,
      shape: shape("GetItem", ["a"], isStrong: true)),
    Case(
      operation: "PutItem",
      body: #"{"TableName":"arn:aws:dynamodb:us-east-1:123456789012:table/a"}"#,
      shape: shape("PutItem", ["a"])),
    Case(
      operation: "Query", body: #"{"IndexName":"byDay","TableName":"a"}"#,
      shape: shape("Query", ["a"], index: "byDay")),
    Case(
      operation: "BatchGetItem",
      body: #"{"RequestItems":{"b":{"Keys":[]},"a":{"ConsistentRead":true}}}"#,
      shape: shape("BatchGetItem", ["a", "b"], isStrong: true)),
    Case(
      operation: "BatchWriteItem", body: #"{"RequestItems":{"a":[{"PutRequest":{}}]}}"#,
      shape: shape("BatchWriteItem", ["a"])),
    Case(
      operation: "TransactWriteItems",
      body: #"{"TransactItems":[{"Put":{"TableName":"a"}},{"Update":{"TableName":"b"}},"#
        + #"{"ConditionCheck":{"TableName":"a"}}]}"#,
      shape: shape("TransactWriteItems", ["a", "b"])),
    Case(operation: "PutItem", body: "{}", shape: shape("PutItem", [])),
  ]

  @Test(arguments: cases) func `a body shows its shape`(_ example: Case) throws {
    let request = try #require(WireValue(body: Array(example.body.utf8)))
    #expect(RequestShape(example.operation, request) == example.shape)
  }

  @Test func `operations that look alike share their requests by weight`() {
    let put = Self.shape("PutItem", ["a"])
    var laws = OperationLaws()
    laws.add(nil, for: put, weight: 1)
    #expect(laws.isEmpty)
    laws.add(DelayDistribution(median: .milliseconds(1)), for: put, weight: 3)
    #expect(!laws.isEmpty)
    var generator = Generator(seed: 3, stream: 1, index: 0)
    let own = (0..<10_000).count { _ in laws.law(of: put, &generator) != nil }
    // Standard deviation 43; five of them allowed.
    #expect(abs(own - 7_500) < 220)
    #expect(laws.law(of: Self.shape("PutItem", ["b"]), &generator) == nil)
  }
}
