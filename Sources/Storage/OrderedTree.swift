// An ordered map of byte strings in memory: a B+tree whose copies share nodes.
//
// Copying the tree copies one reference; a change copies only those nodes of its path that another
// copy still shares. That is what makes snapshots free. Leaves have no links to each other, which
// sharing forbids; scans descend instead. Figures (1 M items, 24-byte keys): engine-spikes.md
// section 4 asks get about 1 us, put 1.2 us.

/// An ordered map with value semantics; O(log n) for one key.
struct OrderedTree: Sendable {
  private var root = TreeNode()
  /// The number of pairs.
  private(set) var count = 0

  init() {}

  /// The value under `key`.
  func get(_ key: [UInt8]) -> [UInt8]? {
    root.value(of: key, head: TreeNode.head(of: key))
  }

  /// Stores `value` under `key`; the value it replaces.
  @discardableResult
  mutating func put(_ key: [UInt8], _ value: [UInt8]) -> [UInt8]? {
    makeSoleOwner(&root)
    var replaced: [UInt8]?
    let head = TreeNode.head(of: key)
    guard let (bound, right) = put(key, head, value, into: root, &replaced) else { return replaced }
    let top = TreeNode(child: root)
    top.insert(bound, child: right, after: 0)
    root = top
    return nil
  }

  /// Stores below `node`, which is solely owned; what it returns has to be put beside it.
  private mutating func put(
    _ key: [UInt8], _ head: UInt128, _ value: [UInt8], into node: TreeNode,
    _ replaced: inout [UInt8]?
  ) -> (bound: [UInt8], right: TreeNode)? {
    let isAppended: Bool
    let (index, isPresent) = node.position(of: key, head: head)
    if let values = node.values {
      if isPresent {
        let before = values[index]
        values[index] = value
        replaced = before
        return nil
      }
      count += 1
      isAppended = index == node.count
      node.insert(key, value, at: index)
    } else {
      let child = isPresent ? index + 1 : index
      makeSoleOwner(&node.children[child])
      guard let (bound, right) = put(key, head, value, into: node.children[child], &replaced)
      else { return nil }
      isAppended = child == node.count
      node.insert(bound, child: right, after: child)
    }
    guard node.count == TreeNode.capacity else { return nil }
    // Keys that arrive in order would leave every left half for ever half empty.
    return node.split(at: isAppended ? node.count - 2 : node.count / 2)
  }

  /// Removes `key`; false when it was not there.
  @discardableResult
  mutating func remove(_ key: [UInt8]) -> Bool {
    makeSoleOwner(&root)
    guard remove(key, from: root) else { return false }
    count -= 1
    if !root.isLeaf, root.count == 0 { root = root.children[0] }
    return true
  }

  private mutating func remove(_ key: [UInt8], from node: TreeNode) -> Bool {
    if node.isLeaf {
      let (index, isPresent) = node.position(of: key)
      if isPresent { node.removePair(at: index) }
      return isPresent
    }
    let index = node.childIndex(for: key)
    makeSoleOwner(&node.children[index])
    guard remove(key, from: node.children[index]) else { return false }
    if node.children[index].count < TreeNode.capacity / 4 { mergeChild(index, of: node) }
    return true
  }

  /// Joins child `index` with a neighbour if both fit into one node with room to spare.
  private func mergeChild(_ index: Int, of node: TreeNode) {
    guard node.count > 0 else { return }
    let left = max(index - 1, 0)
    let right = node.children[left + 1]
    let counts = (node.children[left].count, right.count)
    let total = counts.0 + counts.1 + (right.isLeaf ? 0 : 1)
    let limit = counts.0 == 0 || counts.1 == 0 ? TreeNode.capacity : TreeNode.capacity * 3 / 4
    guard total < limit else { return }
    makeSoleOwner(&node.children[left])
    node.children[left].absorb(right, bound: node.keys[left])
    node.removeChild(at: left + 1)
  }

  private func makeSoleOwner(_ node: inout TreeNode) {
    if !isKnownUniquelyReferenced(&node) { node = node.copy() }
  }

  // MARK: Scanning

  /// Visits pairs as `scan` says.
  func scan(_ scan: KeyScan, _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep) {
    guard !scan.isEmpty else { return }
    var rest = scan.limit
    let visitCounted = { (key: [UInt8], value: [UInt8]) -> ScanStep in
      rest -= 1
      return visit(key, value) == .stop || rest == 0 ? .stop : .next
    }
    _ =
      switch scan.direction {
      case .ascending: ascend(root, scan.lower, scan.upper, visitCounted)
      case .descending: descend(root, scan.lower, scan.upper, visitCounted)
      }
  }

  private typealias Visit = (_ key: [UInt8], _ value: [UInt8]) -> ScanStep

  /// `lower` is nil below a child whose whole range is above the bound.
  private func ascend(
    _ node: TreeNode, _ lower: [UInt8]?, _ upper: [UInt8]?, _ visit: Visit
  ) -> ScanStep {
    if let values = node.values {
      let start = lower.map { node.position(of: $0).index } ?? 0
      let end = upper.map { node.position(of: $0).index } ?? node.count
      for index in start..<max(start, end)
      where visit(node.keys[index], values[index]) == .stop { return .stop }
      return end < node.count ? .stop : .next
    }
    let start = lower.map { node.childIndex(for: $0) } ?? 0
    for index in start...node.count {
      let bound = index == start ? lower : nil
      if ascend(node.children[index], bound, upper, visit) == .stop { return .stop }
    }
    return .next
  }

  /// `upper` is nil below a child whose whole range is below the bound.
  private func descend(
    _ node: TreeNode, _ lower: [UInt8], _ upper: [UInt8]?, _ visit: Visit
  ) -> ScanStep {
    if let values = node.values {
      let start = node.position(of: lower).index
      let end = upper.map { node.position(of: $0).index } ?? node.count
      for index in (start..<max(start, end)).reversed()
      where visit(node.keys[index], values[index]) == .stop { return .stop }
      return start > 0 ? .stop : .next
    }
    let start = upper.map { node.position(of: $0).index } ?? node.count
    for index in (0...start).reversed() {
      let bound = index == start ? upper : nil
      if descend(node.children[index], lower, bound, visit) == .stop { return .stop }
    }
    return .next
  }
}
