// Error bodies on the wire, and the list of operations.
//
// Why: SDKs find the exception by the prefix-free type and read throttling reasons and cancellation
// reasons by exact member names, which differ between exceptions.

import Capacity
import DataModel
import ServiceAPI
import Testing

@Suite struct ServiceErrorTests {
  private func text(_ error: ServiceError) -> String {
    String(decoding: error.body, as: UTF8.self)
  }

  @Test func prefixesFollowTheLayer() {
    #expect(
      text(.validation("x"))
        == #"{"__type":"com.amazon.coral.validate#ValidationException","message":"x"}"#)
    #expect(
      text(.unknownOperation)
        == #"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#)
    #expect(
      text(.serialization("x"))
        == #"{"__type":"com.amazon.coral.service#SerializationException","Message":"x"}"#)
    #expect(
      text(.noResource)
        == #"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","#
        + #""message":"Requested resource not found"}"#)
  }

  @Test(arguments: [
    ("ProvisionedThroughputExceededException", "ThrottlingReasons"),
    ("ThrottlingException", "throttlingReasons"),
    ("RequestLimitExceeded", "ThrottlingReasons"),
  ])
  func reasonsHaveTwoSpellings(_ code: String, _ member: String) {
    var error = ServiceError(code, message: "m")
    error.throttled = [
      ThrottledResource(
        reason: ThrottlingReason(
          isIndex: true, axis: .write, cause: .keyRangeThroughputExceeded), resource: "arn")
    ]
    #expect(
      text(error)
        == #"{"__type":"com.amazonaws.dynamodb.v20120810#\#(code)","\#(member)":"#
        + #"[{"reason":"IndexWriteKeyRangeThroughputExceeded","resource":"arn"}],"message":"m"}"#)
  }

  @Test func cancellationsStandInOrder() {
    let error = ServiceError.cancelled([
      .none, CancellationReason(code: "ConditionalCheckFailed", message: "x", item: ["a": 1]),
    ])
    #expect(
      text(error)
        == #"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","#
        + #""CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","#
        + #""Item":{"a":{"N":"1"}},"Message":"x"}],"Message":"Transaction cancelled, please refer "#
        + #"cancellation reasons for specific reasons [None, ConditionalCheckFailed]"}"#)
  }

  /// features.md 3.9: 62 operations and 4 of streams.
  @Test func theCatalogIsWhole() {
    #expect(ServiceCatalog.operations.count == 62)
    #expect(Set(ServiceCatalog.operations).count == 62)
    #expect(ServiceCatalog.operations == ServiceCatalog.operations.sorted())
    #expect(ServiceCatalog.streamOperations.count == 4)
  }

  @Test func whatIsNotBuiltIsUnknown() {
    for operation in ServiceCatalog.operations + ["", "putItem", "Nonsense"]
    where ServiceCatalog.shape(of: operation) == nil {
      let error = RequestReadingTests.refusal(operation, "{}")
      #expect(error == .unknownOperation, "\(operation)")
    }
  }
}
