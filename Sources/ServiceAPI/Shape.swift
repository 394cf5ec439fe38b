// What a request body must look like: the JSON types of its members and the constraints on them.
//
// Two checks walk a shape over a body, in the service's order: types first (one error, of the
// framework), then constraints (up to ten errors in one message, of the validator). Rules that
// compare several members, and everything about attribute values, belong to the operations.
//
// Members a shape does not name are ignored, as the service ignores them; null counts as absent.

/// Constraints on a text.
public struct TextRule: Sendable {
  public var lengthMin: Int?
  public var lengthMax: Int?
  /// The pattern as messages show it; only `[a-zA-Z0-9_.-]+` is ever checked.
  public var pattern: String?
  public var allowed: [String]

  public init(
    min: Int? = nil, max: Int? = nil, pattern: String? = nil, allowed: [String] = []
  ) {
    lengthMin = min
    lengthMax = max
    self.pattern = pattern
    self.allowed = allowed
  }
}

/// Inclusive bounds of a count or a number.
public struct BoundRule: Sendable {
  public var min: Int?
  public var max: Int?

  public init(min: Int? = nil, max: Int? = nil) {
    self.min = min
    self.max = max
  }

  public static let none = BoundRule()
}

/// The type of one member and its constraints.
public indirect enum Shape: Sendable {
  case text(TextRule)
  /// The Java type that messages name: Integer or Long.
  case integer(typeName: String, BoundRule)
  case boolean
  /// S, N, B, ... as an object; only its JSON types are checked here.
  case attributeValue
  case list(Shape, BoundRule)
  /// Values by free names; `typeName` is the Java type of a value. The rule bounds the entries.
  case map(Shape, typeName: String, BoundRule)
  case structure(typeName: String, [ShapeMember])
}

/// A named member of a structure.
public struct ShapeMember: Sendable {
  public var name: String
  public var shape: Shape
  public var isRequired: Bool

  public init(_ name: String, _ shape: Shape, required: Bool = false) {
    self.name = name
    self.shape = shape
    isRequired = required
  }
}

extension Shape {
  /// A text without constraints.
  public static let anyText = Shape.text(TextRule())

  public static func oneOf(_ allowed: String...) -> Shape { .text(TextRule(allowed: allowed)) }

  /// Attribute values by name.
  public static let attributes = Shape.map(
    .attributeValue, typeName: "AttributeValue", .none)

  /// The first wrong JSON type in `value`, as the service refuses it; nil when there is none.
  public func typeFault(_ value: WireValue) -> ServiceError? {
    switch self {
    case .text: textFault(value)
    case .integer(let typeName, _): integerFault(value, typeName)
    case .boolean: booleanFault(value)
    case .attributeValue: AttributeShape.fault(value)
    case .list(let element, _): listFault(value, element)
    case .map(let element, let typeName, _): mapFault(value, element, typeName)
    case .structure(let typeName, let members): structureFault(value, members, typeName)
    }
  }

  static let misplacedObject = ServiceError.serialization(
    "Start of structure or map found where not expected")

  /// `TRUE_VALUE cannot be converted to String` and its like.
  static func cannotConvert(_ value: WireValue, _ typeName: String) -> ServiceError {
    let token =
      switch value {
      case .boolean(let flag): flag ? "TRUE_VALUE" : "FALSE_VALUE"
      case .number(let text):
        text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || ($0 >= 0x30 && $0 <= 0x39) }
          ? "NUMBER_VALUE" : "DECIMAL_VALUE"
      default: "STRING_VALUE"
      }
    return .serialization("\(token) cannot be converted to \(typeName)")
  }

  private static func collection(_ typeName: String) -> ServiceError {
    .serialization("Unrecognized collection type class \(typeName)")
  }

  private func textFault(_ value: WireValue) -> ServiceError? {
    switch value {
    case .null, .string: nil
    case .array: Self.collection("java.lang.String")
    case .object: Self.misplacedObject
    case .boolean, .number: Self.cannotConvert(value, "String")
    }
  }

  private func integerFault(_ value: WireValue, _ typeName: String) -> ServiceError? {
    switch value {
    case .null, .number: nil
    case .array: Self.collection("java.lang." + typeName)
    case .object: Self.misplacedObject
    case .boolean, .string: Self.cannotConvert(value, typeName)
    }
  }

  private func booleanFault(_ value: WireValue) -> ServiceError? {
    switch value {
    case .null, .boolean: nil
    case .string:
      value.flag == nil ? .serialization("Unexpected token received from parser") : nil
    case .array: Self.collection("java.lang.Boolean")
    case .object: Self.misplacedObject
    case .number: Self.cannotConvert(value, "Boolean")
    }
  }

  private func listFault(_ value: WireValue, _ element: Shape) -> ServiceError? {
    switch value {
    case .null: return nil
    case .array(let values):
      for value in values {
        if let fault = element.typeFault(value) { return fault }
      }
      return nil
    case .object: return Self.misplacedObject
    case .boolean, .number, .string: return .serialization("Unexpected field type")
    }
  }

  private func mapFault(
    _ value: WireValue, _ element: Shape, _ typeName: String
  ) -> ServiceError? {
    switch value {
    case .null: return nil
    case .object(let members):
      for member in members {
        if let fault = element.typeFault(member.value) { return fault }
      }
      return nil
    case .array:
      let name = typeName.contains(".") ? typeName : "com.amazonaws.dynamodb.v20120810." + typeName
      return .serialization(
        "Unrecognized collection type java.util.Map<java.lang.String, \(name)>")
    case .boolean, .number, .string: return .serialization("Unexpected field type")
    }
  }

  private func structureFault(
    _ value: WireValue, _ members: [ShapeMember], _ typeName: String
  ) -> ServiceError? {
    switch value {
    case .null: return nil
    case .object:
      for member in members {
        guard let value = value[member.name] else { continue }
        if let fault = member.shape.typeFault(value) { return fault }
      }
      return nil
    case .array: return Self.collection("com.amazonaws.dynamodb.v20120810." + typeName)
    case .boolean, .number, .string: return .serialization("Unexpected field type")
    }
  }
}

extension Shape {
  /// The value as the service prints it inside a validation message, in its Java's own manner:
  /// `KeySchemaElement(attributeName=pk, keyType=HASH)`.
  public func dump(_ value: WireValue) -> String {
    switch (self, value) {
    case (.list(let element, _), .array(let values)):
      return "[" + values.map(element.dump).joined(separator: ", ") + "]"
    case (.map(let element, _, _), .object(let members)):
      let parts = members.map { $0.name + "=" + element.dump($0.value) }
      return "{" + parts.joined(separator: ", ") + "}"
    case (.structure(let typeName, let members), .object):
      let parts = members.map { member in
        let content = value[member.name].map(member.shape.dump) ?? "null"
        return ConstraintCheck.lowerFirst(member.name) + "=" + content
      }
      return typeName + "(" + parts.joined(separator: ", ") + ")"
    case (.attributeValue, .object(let members)):
      let parts = members.map { $0.name.lowercased() + "=" + $0.value.dump }
      return "AttributeValue(" + parts.joined(separator: ", ") + ")"
    default: return value.dump
    }
  }
}
