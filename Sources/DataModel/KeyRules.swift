// What the values of key attributes must be: present, of the declared type, not empty, not too
// long.
//
// The same wrong key is worded differently by place: a Key parameter must "match the schema", an
// item to be put names the attribute, an index key names the index. Texts as suites against the
// service record them, "of2048" included; the limits: constraints page, partition key 1...2,048
// bytes, sort key 1...1,024 bytes.

/// Limits of key values.
public enum KeyLimits {
  public static let partitionBytesMax = 2_048
  public static let sortBytesMax = 1_024
}

extension AttributeValueFault {
  public static let keySchemaMismatch = AttributeValueFault(
    "The provided key element does not match the schema")
  public static let partitionKeyTooLong = AttributeValueFault(
    "One or more parameter values were invalid: "
      + "Size of hashkey has exceeded the maximum size limit of2048 bytes")
  public static let sortKeyTooLong = AttributeValueFault(
    "One or more parameter values were invalid: "
      + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes")

  static func missingKey(_ name: String) -> AttributeValueFault {
    AttributeValueFault(
      "One or more parameter values were invalid: Missing the key \(name) in the item")
  }

  static func keyTypeMismatch(
    _ name: String, expected: ScalarType, actual: AttributeValue
  ) -> AttributeValueFault {
    AttributeValueFault(
      "One or more parameter values were invalid: Type mismatch for key \(name) expected: "
        + "\(expected.rawValue) actual: \(actual.apiName)")
  }

  static func emptyKey(_ name: String, _ type: ScalarType) -> AttributeValueFault {
    AttributeValueFault(
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
        + "contain an empty \(type == .binary ? "binary" : "string") value. Key: \(name)")
  }

  /// An index key attribute of another type than declared.
  public static func indexKeyTypeMismatch(
    _ name: String, expected: ScalarType, actual: AttributeValue, index: String
  ) -> AttributeValueFault {
    AttributeValueFault(
      "One or more parameter values were invalid: Type mismatch for Index Key \(name) Expected: "
        + "\(expected.rawValue) Actual: \(actual.apiName) IndexName: \(index)")
  }

  /// An index key attribute that is an empty string or empty bytes.
  public static func emptyIndexKey(
    _ name: String, _ type: ScalarType, index: String
  ) -> AttributeValueFault {
    AttributeValueFault(
      "One or more parameter values are not valid. A value specified for a secondary index key is "
        + "not supported. The AttributeValue for a key attribute cannot contain an empty "
        + "\(type == .binary ? "binary" : "string") value. IndexName: \(index), IndexKey: \(name)")
  }
}

extension AttributeValue {
  /// Whether the value is "" or no bytes, which a key must not be.
  public var isEmptyKey: Bool {
    switch self {
    case .string(let text): text.utf8.isEmpty
    case .binary(let bytes): bytes.isEmpty
    default: false
    }
  }
}

extension KeySchema {
  /// What is wrong with a Key parameter: exactly the key's attributes, typed as declared.
  public func fault(ofKey key: Item) -> AttributeValueFault? {
    guard key.count == (sort == nil ? 1 : 2) else { return .keySchemaMismatch }
    guard let value = key[partition.name], value.scalarType == partition.type else {
      return .keySchemaMismatch
    }
    if let sort {
      guard let value = key[sort.name], value.scalarType == sort.type else {
        return .keySchemaMismatch
      }
    }
    return faultOfContent(in: key)
  }

  /// What is wrong with the key attributes of an item to be put.
  public func fault(ofItem item: Item) -> AttributeValueFault? {
    for attribute in attributes {
      guard let value = item[attribute.name] else { return .missingKey(attribute.name) }
      guard value.scalarType == attribute.type else {
        return .keyTypeMismatch(attribute.name, expected: attribute.type, actual: value)
      }
    }
    return faultOfContent(in: item)
  }

  /// The key attributes of an item that has them, and nothing else.
  public func key(of item: Item) -> Item { item.projected(on: attributeNames) }

  /// Partition key, then sort key if there is one.
  public var attributes: [KeyAttribute] {
    guard let sort else { return [partition] }
    return [partition, sort]
  }

  private func faultOfContent(in item: Item) -> AttributeValueFault? {
    for attribute in attributes {
      guard let value = item[attribute.name] else { continue }
      if value.isEmptyKey { return .emptyKey(attribute.name, attribute.type) }
    }
    if let value = item[partition.name], partition.type != .number,
      value.sizeInBytes > KeyLimits.partitionBytesMax
    {
      return .partitionKeyTooLong
    }
    if let sort, sort.type != .number, let value = item[sort.name],
      value.sizeInBytes > KeyLimits.sortBytesMax
    {
      return .sortKeyTooLong
    }
    return nil
  }
}
