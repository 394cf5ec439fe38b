// Updates as the engine uses them, and how they change an item.
//
// All values are computed from the item as it was before the update, and all list indexes refer to
// it: "REMOVE a[1] SET a[3] = :v" sets what was the fourth element. Elements set behind a list's
// end are appended in the order of their indexes; removing what is not there changes nothing; but
// the path to the last step must exist, unless the whole item is absent and nothing is to be
// stored. Developer guide, update expressions; suites against the service.

public import DataModel

/// A value to be set.
public indirect enum UpdateValue: Hashable, Sendable {
  case path(DocumentPath)
  case literal(AttributeValue)
  case ifNotExists(DocumentPath, UpdateValue)
  case listAppend(UpdateValue, UpdateValue)
  case sum(UpdateValue, UpdateValue)
  case difference(UpdateValue, UpdateValue)

  /// Every path that the value is read from, in order.
  var paths: [DocumentPath] {
    switch self {
    case .path(let path): [path]
    case .literal: []
    case .ifNotExists(let path, let value): [path] + value.paths
    case .listAppend(let a, let b), .sum(let a, let b), .difference(let a, let b):
      a.paths + b.paths
    }
  }
}

/// What an update does at one path.
public struct UpdateAction: Hashable, Sendable {
  public enum Change: Hashable, Sendable {
    case set(UpdateValue)
    case remove
    case add(AttributeValue)
    case delete(AttributeValue)
  }

  public let path: DocumentPath
  public let change: Change

  public init(path: DocumentPath, change: Change) {
    self.path = path
    self.change = change
  }

  /// Every path that the action writes or reads.
  public var paths: [DocumentPath] {
    if case .set(let value) = change { [path] + value.paths } else { [path] }
  }

  /// Whether the action only takes something away.
  var isRemoval: Bool {
    switch change {
    case .remove, .delete: true
    case .set, .add: false
    }
  }
}

/// A compiled UpdateExpression, or the legacy AttributeUpdates in the same form.
public struct UpdateExpression: Hashable, Sendable {
  let actions: [UpdateAction]
  let tree: PathTree
  /// AttributeUpdates words a wrong type differently, and its ADD appends to lists.
  let isLegacy: Bool

  init(_ actions: [UpdateAction], isLegacy: Bool = false) {
    self.actions = actions
    self.isLegacy = isLegacy
    tree = PathTree(actions.map(\.path))
  }

  /// An update built by other means than parsing; its paths must stand apart.
  public static func checked(
    _ actions: [UpdateAction]
  ) throws(ExpressionFault) -> UpdateExpression {
    try PathChecks.checkApart(actions.map(\.path), kind: .update)
    return UpdateExpression(actions)
  }

  /// Parses and checks an expression. O(length).
  public static func parse(
    _ text: String, with placeholders: inout ExpressionPlaceholders
  ) throws(ExpressionFault) -> UpdateExpression {
    UpdateExpression(try UpdateCompiler.compile(text, with: &placeholders))
  }

  /// The item after the update. O(changed attributes).
  /// - Parameters:
  ///   - item: the stored item; nil when there is none.
  ///   - key: the key attributes, which a new item starts with.
  public func apply(to item: Item?, key: Item) throws(ExpressionFault) -> Item {
    var update = UpdateApplication(self, to: item, key: key)
    return try update.run()
  }

  /// The attributes, or parts of them, that the update names: ReturnValues UPDATED_OLD and
  /// UPDATED_NEW are this part of the item before and after it.
  public func touchedPart(of item: Item) -> Item { tree.project(item) }

  /// Whether an absent item comes into being: not when everything only takes away.
  public var createsItem: Bool { actions.isEmpty || !actions.allSatisfy(\.isRemoval) }

  /// The top-level attributes the update changes, each once.
  public var roots: [String] { actions.map(\.path.root).uniqued }

  /// Those of them that it changes inside.
  public var nestedRoots: [String] {
    actions.map(\.path).filter(\.isNested).map(\.root).uniqued
  }

  /// The value a top-level attribute is certain to be given, from a value of the request: SET to
  /// it, or ADD of it to nothing. nil when it depends on the item.
  public func literal(for attribute: String) -> AttributeValue? {
    for action in actions where !action.path.isNested && action.path.root == attribute {
      switch action.change {
      case .set(.literal(let value)), .add(let value): return value
      case .set, .remove, .delete: return nil
      }
    }
    return nil
  }
}
