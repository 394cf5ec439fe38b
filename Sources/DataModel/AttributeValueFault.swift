// What can be wrong with an attribute value or a key that is well-formed JSON.
//
// All are ValidationExceptions. The words are the service's, odd spaces included, as suites run
// against it record them. A fault is kept beside the decoded value instead of thrown, because the
// service reports it only after checks that come first (the request's parameters).

/// Why the service refuses an attribute value; carries the service's message.
public struct AttributeValueFault: Error, Hashable, Sendable {
  public let message: String

  public init(_ message: String) { self.message = message }

  private static let prefix = "One or more parameter values were invalid: "

  public static let empty = AttributeValueFault(
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
  public static let severalTypes = AttributeValueFault(
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
      + "supported datatypes")
  public static let falseNull = AttributeValueFault(
    prefix + "Null attribute value types must have the value of true")
  public static let emptyStringSet = AttributeValueFault(
    prefix + "An string set  may not be empty")
  public static let emptyNumberSet = AttributeValueFault(
    prefix + "An number set  may not be empty")
  public static let emptyBinarySet = AttributeValueFault(
    prefix + "Binary sets should not be empty")
  public static let duplicateNumbers = AttributeValueFault("Input collection contains duplicates")
  public static let nesting = AttributeValueFault(
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
      + "beyond supported limit")

  public static func number(_ fault: NumberFault) -> AttributeValueFault {
    AttributeValueFault(fault.message)
  }

  static func duplicateStrings(_ values: [String]) -> AttributeValueFault {
    AttributeValueFault(
      prefix + "Input collection [\(values.joined(separator: ", "))] contains duplicates.")
  }

  static func duplicateBinaries(_ texts: [String]) -> AttributeValueFault {
    AttributeValueFault(
      prefix + "Input collection [\(texts.joined(separator: ", "))]of type BS contains duplicates.")
  }
}
