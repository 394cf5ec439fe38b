// An answer of the service that is not a result: code, message, HTTP status and what goes with it.
//
// The wire type carries one of three prefixes, by the layer that refuses: the framework for bodies
// it cannot read and operations it does not know, the validator for values it does not accept, the
// database for the rest. The spelling of the members differs by exception too: `Message` from the
// framework and in cancelled transactions, `message` elsewhere; `throttlingReasons` in
// ThrottlingException, `ThrottlingReasons` in the other two (capacity.md 3.4, features.md 3.8).

public import Capacity
public import DataModel

/// Where a throttled request was refused, as the API reports it.
public struct ThrottledResource: Hashable, Sendable {
  public var reason: ThrottlingReason
  /// ARN of the table or index.
  public var resource: String

  public init(reason: ThrottlingReason, resource: String) {
    self.reason = reason
    self.resource = resource
  }
}

/// What one action of a cancelled transaction ran into.
public struct CancellationReason: Hashable, Sendable {
  /// `None` for an action that was not the cause.
  public var code: String
  public var message: String?
  /// The stored item, where the action asked for it.
  public var item: Item?

  public init(code: String, message: String? = nil, item: Item? = nil) {
    self.code = code
    self.message = message
    self.item = item
  }

  public static let none = CancellationReason(code: "None")
}

/// A refusal by the service.
public struct ServiceError: Error, Hashable, Sendable {
  /// The layer that refuses; gives the prefix of the wire type.
  public enum Layer: String, Hashable, Sendable {
    case framework = "com.amazon.coral.service"
    case validator = "com.amazon.coral.validate"
    case database = "com.amazonaws.dynamodb.v20120810"
  }

  public var code: String
  public var layer: Layer
  /// nil: the body has no message.
  public var message: String?
  /// HTTP status.
  public var status: Int
  public var throttled: [ThrottledResource]
  public var cancellations: [CancellationReason]
  /// ConditionalCheckFailedException with ReturnValuesOnConditionCheckFailure.
  public var item: Item?

  public init(
    _ code: String, layer: Layer = .database, message: String?, status: Int = 400
  ) {
    self.code = code
    self.layer = layer
    self.message = message
    self.status = status
    throttled = []
    cancellations = []
    item = nil
  }

  /// `prefix#Code`.
  public var wireType: String { layer.rawValue + "#" + code }

  /// The response body.
  public var body: [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.member("__type", wireType)
    if !throttled.isEmpty {
      writer.key(code == "ThrottlingException" ? "throttlingReasons" : "ThrottlingReasons")
      writer.beginArray()
      for entry in throttled {
        writer.beginObject()
        writer.member("reason", entry.reason.apiName)
        writer.member("resource", entry.resource)
        writer.endObject()
      }
      writer.endArray()
    }
    if !cancellations.isEmpty { writeCancellations(&writer) }
    if let message {
      let isCapital = layer == .framework || !cancellations.isEmpty
      writer.member(isCapital ? "Message" : "message", message)
    }
    if let item {
      writer.key("Item")
      writer.attributes(item.content)
    }
    writer.endObject()
    return writer.bytes
  }

  private func writeCancellations(_ writer: inout ReplyWriter) {
    writer.key("CancellationReasons")
    writer.beginArray()
    for reason in cancellations {
      writer.beginObject()
      writer.member("Code", reason.code)
      if let item = reason.item {
        writer.key("Item")
        writer.attributes(item.content)
      }
      if let message = reason.message { writer.member("Message", message) }
      writer.endObject()
    }
    writer.endArray()
  }
}

extension ServiceError {
  /// ValidationException.
  public static func validation(_ message: String) -> ServiceError {
    ServiceError("ValidationException", layer: .validator, message: message)
  }

  /// ValidationException with the commonest beginning.
  public static func invalidParameter(_ message: String) -> ServiceError {
    validation("One or more parameter values were invalid: " + message)
  }

  /// A body that is not JSON has no message; one with a wrong type has one.
  public static func serialization(_ message: String?) -> ServiceError {
    ServiceError("SerializationException", layer: .framework, message: message)
  }

  public static let unknownOperation = ServiceError(
    "UnknownOperationException", layer: .framework, message: nil)

  /// An operation on items names a table that does not exist or is not ready.
  public static let noResource = ServiceError(
    "ResourceNotFoundException", message: "Requested resource not found")

  /// An operation on tables names one that does not exist.
  public static func noTable(_ name: String) -> ServiceError {
    ServiceError(
      "ResourceNotFoundException",
      message: "Requested resource not found: Table: \(name) not found")
  }

  public static func inUse(_ message: String) -> ServiceError {
    ServiceError("ResourceInUseException", message: message)
  }

  public static func limitExceeded(_ message: String) -> ServiceError {
    ServiceError("LimitExceededException", message: message)
  }

  public static func conditionFailed(_ item: Item?) -> ServiceError {
    var error = ServiceError(
      "ConditionalCheckFailedException", message: "The conditional request failed")
    error.item = item
    return error
  }

  public static func internalFailure(_ message: String) -> ServiceError {
    ServiceError("InternalServerError", message: message, status: 500)
  }

  /// TransactionCanceledException with one reason per action.
  public static func cancelled(_ reasons: [CancellationReason]) -> ServiceError {
    let codes = reasons.map(\.code).joined(separator: ", ")
    var error = ServiceError(
      "TransactionCanceledException",
      message: "Transaction cancelled, please refer cancellation reasons for specific reasons "
        + "[\(codes)]")
    error.cancellations = reasons
    return error
  }
}
