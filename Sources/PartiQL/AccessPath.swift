// How the items of a WHERE clause are reached: by key, by partition, or by reading everything.
//
// Of the conditions joined by AND, an equality, IN or OR of equalities on every partition attribute
// makes it a Query of those partitions, narrowed by a condition on the sort key if there is one;
// anything else is a Scan (developer guide, PartiQL select statements). The whole condition is
// still evaluated on every item read, so what the path leaves out is never lost.

public import DataModel
public import Expressions

/// What a SELECT reads.
public enum AccessPath: Hashable, Sendable {
  /// Parts of partitions, in the order in which they are named, each once.
  case partitions([KeyCondition])
  case everything

  /// Most values of a partition key that IN and OR may name. Developer guide, PartiQL operators.
  public static let partitionsMax = 50

  /// The path of a condition on a table or index with keys `layout`.
  public static func choose(
    _ condition: Condition?, layout: KeyLayout
  ) throws(ExpressionFault) -> AccessPath {
    let parts = condition?.conjuncts ?? []
    var combinations: [[KeyAttributeCondition]] = [[]]
    for attribute in layout.partition {
      guard let values = parts.lazy.compactMap({ $0.alternatives(of: attribute.name) }).first
      else { return .everything }
      combinations = combinations.flatMap { combination in
        values.map {
          combination + [KeyAttributeCondition(attribute: attribute.name, comparison: .equal($0))]
        }
      }
      guard combinations.count <= partitionsMax else {
        throw ExpressionFault(
          "The WHERE clause names \(combinations.count) values of the partition key; "
            + "the most is \(partitionsMax)")
      }
    }
    let sort = sortConditions(parts, layout.sort)
    var conditions: [KeyCondition] = []
    for combination in combinations {
      let condition = try KeyCondition.bind(combination + sort, to: layout)
      if !conditions.contains(condition) { conditions.append(condition) }
    }
    return .partitions(conditions)
  }

  /// One comparison for each sort attribute up to the first without equality.
  private static func sortConditions(
    _ parts: [Condition], _ sort: [KeyAttribute]
  ) -> [KeyAttributeCondition] {
    var result: [KeyAttributeCondition] = []
    for attribute in sort {
      let comparison = parts.lazy.compactMap { $0.keyComparison(of: attribute.name) }.first {
        $0.values.allSatisfy { $0.scalarType == attribute.type && !$0.isEmptyKey }
      }
      guard let comparison else { break }
      result.append(KeyAttributeCondition(attribute: attribute.name, comparison: comparison))
      guard case .equal = comparison else { break }
    }
    return result
  }
}

/// The one item a WHERE clause names, and what else it says.
public struct NamedItem: Hashable, Sendable {
  public var key: AttributeMap
  /// What is left of the condition without the equalities on the key; nil: nothing.
  public var rest: Condition?

  /// nil when an equality on some key attribute is missing.
  public init?(_ condition: Condition?, schema: KeySchema) {
    var parts = condition?.conjuncts ?? []
    key = AttributeMap()
    for name in schema.attributeNames {
      let place = parts.firstIndex { $0.equality(of: name) != nil }
      guard let place, let value = parts[place].equality(of: name) else { return nil }
      key[name] = value
      parts.remove(at: place)
    }
    rest = parts.isEmpty ? nil : (parts.count == 1 ? parts[0] : .and(parts))
  }
}

extension Condition {
  /// What is joined by AND at the top.
  fileprivate var conjuncts: [Condition] {
    if case .and(let parts) = self { return parts.flatMap(\.conjuncts) }
    return [self]
  }

  /// The value an attribute must equal.
  fileprivate func equality(of name: String) -> AttributeValue? {
    if case .equal(let value)? = keyComparison(of: name) { return value }
    return nil
  }

  /// The values of which an attribute must equal one.
  fileprivate func alternatives(of name: String) -> [AttributeValue]? {
    switch self {
    case .isIn(.path(DocumentPath(name)), let candidates):
      var values: [AttributeValue] = []
      for candidate in candidates {
        guard case .value(let value) = candidate else { return nil }
        values.append(value)
      }
      return values
    case .or(let parts):
      var values: [AttributeValue] = []
      for part in parts {
        guard let more = part.alternatives(of: name) else { return nil }
        values += more
      }
      return values
    default: return equality(of: name).map { [$0] }
    }
  }

  /// The comparison of an attribute with values, if this is one that keys allow.
  fileprivate func keyComparison(of name: String) -> KeyComparison? {
    let path = Operand.path(DocumentPath(name))
    switch self {
    case .compare(let comparator, path, .value(let value)):
      return Self.comparison(comparator, value)
    case .compare(let comparator, .value(let value), path):
      return Self.comparison(comparator.mirrored, value)
    case .between(path, .value(let low), .value(let high)): return .between(low, high)
    case .beginsWith(path, .value(let prefix)) where prefix.apiName != "N":
      return .beginsWith(prefix)
    default: return nil
    }
  }

  private static func comparison(
    _ comparator: Comparator, _ value: AttributeValue
  ) -> KeyComparison? {
    switch comparator {
    case .equal: .equal(value)
    case .less: .less(value)
    case .lessOrEqual: .lessOrEqual(value)
    case .greater: .greater(value)
    case .greaterOrEqual: .greaterOrEqual(value)
    case .notEqual: nil
    }
  }
}
