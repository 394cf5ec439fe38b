// The shape of a table as its creator declares it: keys, projections, indexes by their API names.

/// The scalar types a key attribute may have, by the API's letter.
public enum ScalarType: String, Hashable, Sendable, CaseIterable {
  case string = "S"
  case number = "N"
  case binary = "B"
}

/// One attribute of a primary or index key.
public struct KeyAttribute: Hashable, Sendable {
  public var name: String
  public var type: ScalarType

  public init(name: String, type: ScalarType) {
    self.name = name
    self.type = type
  }
}

/// Partition key and optional sort key of a table or index.
public struct KeySchema: Hashable, Sendable {
  public var partition: KeyAttribute
  public var sort: KeyAttribute?

  public init(partition: KeyAttribute, sort: KeyAttribute? = nil) {
    self.partition = partition
    self.sort = sort
  }
}

/// What an index copies from the item (the API's ProjectionType).
public enum Projection: Hashable, Sendable {
  case all
  case keysOnly
  case include([String])

  /// The API's spelling: ALL, KEYS_ONLY, INCLUDE.
  public var apiName: String {
    switch self {
    case .all: "ALL"
    case .keysOnly: "KEYS_ONLY"
    case .include: "INCLUDE"
    }
  }
}
