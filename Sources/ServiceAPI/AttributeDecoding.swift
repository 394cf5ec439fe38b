// From attribute values on the wire to attribute values, with the service's refusals.
//
// JSON types have been checked by then (AttributeShape). What is refused is a ValidationException:
// no or several descriptors, empty or repeating sets, NULL that is false, numbers out of range or
// precision, nesting beyond 32 levels. Numbers are normalised on the way in, as the service stores
// them. Messages are the service's.

import Capacity
public import DataModel

/// Decodes attribute values of a request.
public enum AttributeDecoding {
  /// Attributes by name, in any order on the wire.
  public static func attributes(_ value: WireValue) throws(ServiceError) -> AttributeMap {
    try attributes(value, depth: 0)
  }

  /// One attribute value.
  public static func value(_ value: WireValue) throws(ServiceError) -> AttributeValue {
    try self.value(value, depth: 0)
  }

  private static func attributes(
    _ value: WireValue, depth: Int
  ) throws(ServiceError) -> AttributeMap {
    var map = AttributeMap()
    guard let members = value.members else { return map }
    // In order of the names every insertion is at the end; for few that is not worth a sort.
    let sorted =
      members.count <= 32
      ? members
      : members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    for member in sorted {
      map[member.name] = try self.value(member.value, depth: depth)
    }
    return map
  }

  private static let empty = ServiceError.validation(
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
  private static let ambiguous = ServiceError.validation(
    "Supplied AttributeValue has more than one datatypes set, "
      + "must contain exactly one of the supported datatypes")

  private static func value(_ value: WireValue, depth: Int) throws(ServiceError) -> AttributeValue {
    if depth > ServiceConstants.nestingDepth {
      throw .validation(
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested "
          + "levels beyond supported limit")
    }
    guard let members = value.members else { throw empty }
    var found: AttributeValue?
    var count = 0
    for member in members {
      guard let content = try content(member, depth: depth) else { continue }
      found = content
      count += 1
    }
    guard let found else { throw empty }
    if count > 1 { throw ambiguous }
    return found
  }

  private static func content(
    _ member: WireMember, depth: Int
  ) throws(ServiceError) -> AttributeValue? {
    if case .null = member.value { return nil }
    switch member.name {
    case "S": return member.value.text.map(AttributeValue.string)
    case "N": return .number(try number(member.value.text ?? ""))
    case "B": return member.value.text.map { .binary(binary($0)) }
    case "BOOL": return member.value.flag.map(AttributeValue.boolean)
    case "NULL":
      guard member.value.flag == true else {
        throw .invalidParameter("Null attribute value types must have the value of true")
      }
      return .null
    case "SS", "NS", "BS": return try set(member.name, member.value.elements ?? [])
    case "L":
      var values: [AttributeValue] = []
      for element in member.value.elements ?? [] {
        values.append(try value(element, depth: depth + 1))
      }
      return .list(values)
    case "M": return .map(try attributes(member.value, depth: depth + 1))
    default: return nil
    }
  }

  private static func binary(_ text: String) -> [UInt8] {
    guard case .success(let content) = Base64.decode(text) else { return [] }
    return content
  }

  private static func number(_ text: String) throws(ServiceError) -> Number {
    switch Number.parse(text) {
    case .success(let number): return number
    case .failure(let fault): throw .validation(fault.message)
    }
  }

  private static func set(
    _ name: String, _ elements: [WireValue]
  ) throws(ServiceError) -> AttributeValue {
    let texts = elements.map { $0.text ?? "" }
    let dump = "[" + texts.joined(separator: ", ") + "]"
    switch name {
    case "SS":
      if texts.isEmpty { throw .invalidParameter("An string set  may not be empty") }
      if Set(texts.map { Array($0.utf8) }).count < texts.count {
        throw .invalidParameter("Input collection \(dump) contains duplicates.")
      }
      return .stringSet(texts)
    case "NS":
      if texts.isEmpty { throw .invalidParameter("An number set  may not be empty") }
      var numbers: [Number] = []
      for text in texts { numbers.append(try number(text)) }
      if Set(numbers).count < numbers.count {
        throw .validation("Input collection contains duplicates")
      }
      return .numberSet(numbers)
    default:
      if texts.isEmpty { throw .invalidParameter("Binary sets should not be empty") }
      let contents = texts.map(binary)
      if Set(contents).count < contents.count {
        throw .invalidParameter("Input collection \(dump)of type BS contains duplicates.")
      }
      return .binarySet(contents)
    }
  }
}
