// Document paths of one expression, joined at their common beginnings.
//
// Projections and updates visit an item once per attribute instead of once per path, and list
// indexes of one list meet at one node, which is what lets all of them refer to the list as it was.

import DataModel

/// Paths that do not overlap, as a tree. Each ends in a leaf that carries its path's number.
struct PathTree: Hashable, Sendable {
  /// A step and what lies behind it.
  struct Branch: Hashable, Sendable {
    let step: PathStep
    var node: PathTree
  }

  /// The number of the path that ends here.
  private(set) var leaf: Int?
  /// In the order of their paths; indexes ascending.
  private(set) var branches: [Branch] = []

  init(_ paths: [DocumentPath]) {
    for (number, path) in paths.enumerated() {
      insert([.name(path.root)] + path.steps, number)
    }
  }

  private init() {}

  private mutating func insert(_ steps: ArraySlice<PathStep>, _ number: Int) {
    guard let step = steps.first else {
      leaf = number
      return
    }
    if let place = branches.firstIndex(where: { $0.step == step }) {
      branches[place].node.insert(steps.dropFirst(), number)
      return
    }
    var node = PathTree()
    node.insert(steps.dropFirst(), number)
    branches.insert(Branch(step: step, node: node), at: place(of: step))
  }

  private mutating func insert(_ steps: [PathStep], _ number: Int) { insert(steps[...], number) }

  /// Before the first larger index; names go to the end.
  private func place(of step: PathStep) -> Int {
    guard case .index(let index) = step else { return branches.count }
    return branches.firstIndex {
      if case .index(let other) = $0.step { return other > index }
      return false
    } ?? branches.count
  }

  /// The numbers of all paths below.
  var leaves: [Int] { (leaf.map { [$0] } ?? []) + branches.flatMap(\.node.leaves) }

  /// The part of an item that the paths reach: maps keep the members named, lists the elements,
  /// moved together; what has none of them is left out. O(part x log of the maps' sizes).
  func project(_ item: Item) -> Item {
    var result = Item()
    for branch in branches {
      guard case .name(let name) = branch.step, let value = item[name] else { continue }
      result[name] = branch.node.project(value)
    }
    return result
  }

  private func project(_ value: AttributeValue) -> AttributeValue? {
    if leaf != nil { return value }
    switch value {
    case .map(let map):
      var part = AttributeMap()
      for branch in branches {
        guard case .name(let name) = branch.step, let member = map[name] else { continue }
        part[name] = branch.node.project(member)
      }
      return part.isEmpty ? nil : .map(part)
    case .list:
      let part = branches.compactMap { branch in
        value[branch.step].flatMap { branch.node.project($0) }
      }
      return part.isEmpty ? nil : .list(part)
    default:
      return nil
    }
  }
}

/// The check of paths that stand beside each other in one expression.
enum PathChecks {
  /// Up to so many paths are compared with each other; more, by their beginnings first.
  private static let comparedPathsMax = 16

  /// Refuses overlapping paths, then conflicting ones; of several, the first found in order.
  static func checkApart(
    _ paths: [DocumentPath], kind: ExpressionKind
  ) throws(ExpressionFault) {
    if paths.count > comparedPathsMax, areApart(paths) { return }
    var conflict: ExpressionFault?
    // Paths of different attributes never meet.
    var byRoot: [String: [DocumentPath]] = [:]
    for path in paths {
      for earlier in byRoot[path.root, default: []] {
        switch earlier.relation(to: path) {
        case .apart: continue
        case .overlapping: throw fault("overlap", earlier, path, kind)
        case .conflicting: conflict = conflict ?? fault("conflict", earlier, path, kind)
        }
      }
      byRoot[path.root, default: []].append(path)
    }
    if let conflict { throw conflict }
  }

  /// Whether paths surely stand apart, by hashing their beginnings: an expression can hold a
  /// thousand paths into one list. O(all steps).
  private static func areApart(_ paths: [DocumentPath]) -> Bool {
    var ends: Set<DocumentPath> = []
    var goesByIndex: [DocumentPath: Bool] = [:]
    for path in paths {
      var start = DocumentPath(path.root)
      for step in path.steps {
        if ends.contains(start) { return false }
        var isIndex = false
        if case .index = step { isIndex = true }
        if goesByIndex.updateValue(isIndex, forKey: start) == !isIndex { return false }
        start.steps.append(step)
      }
      if goesByIndex[path] != nil || !ends.insert(path).inserted { return false }
    }
    return true
  }

  private static func fault(
    _ verb: String, _ one: DocumentPath, _ two: DocumentPath, _ kind: ExpressionKind
  ) -> ExpressionFault {
    kind.fault(
      "Two document paths \(verb) with each other; must remove or rewrite one of these paths; "
        + "path one: \(one), path two: \(two)")
  }
}
