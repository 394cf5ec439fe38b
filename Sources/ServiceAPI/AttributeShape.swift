// The JSON types inside an attribute value on the wire, checked before any value is.
//
// {"S": "a"}: one descriptor of ten with its content. That exactly one stands there, that sets are
// not empty and numbers are numbers is AttributeDecoding's concern; here only JSON types and base64
// are, because the service refuses those with another exception and earlier.

/// Walks attribute values for wrong JSON types.
enum AttributeShape {
  static func fault(_ value: WireValue) -> ServiceError? {
    switch value {
    case .null: return nil
    case .object(let members):
      for member in members {
        if let fault = contentFault(member) { return fault }
      }
      return nil
    case .array:
      return .serialization(
        "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue")
    case .boolean, .number, .string:
      return .serialization("Unexpected value type in payload")
    }
  }

  private static func contentFault(_ member: WireMember) -> ServiceError? {
    switch member.name {
    case "S", "N": Shape.anyText.typeFault(member.value)
    case "B": binaryFault(member.value)
    case "BOOL", "NULL": Shape.boolean.typeFault(member.value)
    case "SS", "NS": Shape.list(.anyText, .none).typeFault(member.value)
    case "BS": binariesFault(member.value)
    case "L": Shape.list(.attributeValue, .none).typeFault(member.value)
    case "M": Shape.attributes.typeFault(member.value)
    default: nil
    }
  }

  private static func binaryFault(_ value: WireValue) -> ServiceError? {
    switch value {
    case .null: return nil
    case .string(let text):
      guard case .failure(let fault) = Base64.decode(text) else { return nil }
      return .serialization(fault.message)
    case .boolean, .number:
      return .serialization("only base-64-encoded strings are convertible to bytes")
    case .array:
      return .serialization("Unrecognized collection type class java.nio.ByteBuffer")
    case .object: return Shape.misplacedObject
    }
  }

  private static func binariesFault(_ value: WireValue) -> ServiceError? {
    guard case .array(let values) = value else {
      return Shape.list(.anyText, .none).typeFault(value)
    }
    for value in values {
      if let fault = binaryFault(value) { return fault }
    }
    return nil
  }
}
