// Where a value stands inside an item: an attribute, then map names and list indexes.
//
// Paths are compared step by step. Two paths overlap when one is the start of the other (or both
// are the same); they conflict when at some place one goes on by a name and the other by an index.

/// A step from a value into what it contains.
public enum PathStep: Hashable, Sendable {
  /// The member of a map.
  case name(String)
  /// The element of a list, from 0.
  case index(Int)
}

/// A place in an item: `root.name[2].other`.
public struct DocumentPath: Hashable, Sendable {
  /// The top-level attribute.
  public var root: String
  /// From the attribute inwards; empty for the attribute itself.
  public var steps: [PathStep]

  public init(_ root: String, _ steps: [PathStep] = []) {
    self.root = root
    self.steps = steps
  }

  /// Whether the path goes into an attribute's value.
  public var isNested: Bool { !steps.isEmpty }

  /// The value at the path; nil when there is none. O(depth x log of the maps' sizes).
  public func value(in item: Item) -> AttributeValue? {
    guard var value = item[root] else { return nil }
    for step in steps {
      guard let next = value[step] else { return nil }
      value = next
    }
    return value
  }

  /// How two paths stand to each other.
  public enum Relation: Hashable, Sendable {
    case apart
    /// One is the start of the other.
    case overlapping
    /// They treat one value as a map and as a list.
    case conflicting
  }

  public func relation(to other: DocumentPath) -> Relation {
    guard UTF8Order.areEqual(root, other.root) else { return .apart }
    for (a, b) in zip(steps, other.steps) {
      switch (a, b) {
      case (.name(let x), .name(let y)): if !UTF8Order.areEqual(x, y) { return .apart }
      case (.index(let x), .index(let y)): if x != y { return .apart }
      default: return .conflicting
      }
    }
    return .overlapping
  }
}

extension DocumentPath: CustomStringConvertible {
  /// As the service's messages have it: [a, [1], b].
  public var description: String {
    var parts = [root]
    for step in steps {
      switch step {
      case .name(let name): parts.append(name)
      case .index(let index): parts.append("[\(index)]")
      }
    }
    return "[\(parts.joined(separator: ", "))]"
  }
}

extension AttributeValue {
  /// The map member or list element a step leads to; nil when there is none.
  public subscript(step: PathStep) -> AttributeValue? {
    switch (self, step) {
    case (.map(let map), .name(let name)): map[name]
    case (.list(let values), .index(let index)):
      values.indices.contains(index) ? values[index] : nil
    default: nil
    }
  }

  /// Maps and lists inside each other, this one included; 0 for all other values. O(content).
  public var containerDepth: Int {
    switch self {
    case .list(let values): 1 + (values.lazy.map(\.containerDepth).max() ?? 0)
    case .map(let map): 1 + (map.attributes.lazy.map(\.value.containerDepth).max() ?? 0)
    default: 0
    }
  }
}
