// One node of the ordered tree: sorted keys with values (leaf) or with children (inner node).
//
// Arrays live behind fixed pointers that the node allocates once and frees with itself, which
// spares exclusivity checks and a second indirection. Beside each key lies its head, the first
// sixteen bytes as a number: most comparisons of a search end there, without touching the key. Keys
// of the items of one table begin with seven equal bytes and go on with a hash of eight.
// Invariants: keys ascend strictly; key i of an inner node is the lower bound of child i + 1; an
// inner node has one child more than keys. Nodes shared by a snapshot are never changed.

import CRocksDB

/// A node; changed only by a thread that is the sole owner of the tree it belongs to.
///
/// `@unchecked Sendable` holds because a node that several threads can reach is shared, and shared
/// nodes are read only (`OrderedTree` copies them first).
final class TreeNode: @unchecked Sendable {
  /// A node splits when it holds this many keys.
  static let capacity = 64

  private(set) var count = 0
  private let heads: UnsafeMutablePointer<UInt128>
  let keys: UnsafeMutablePointer<[UInt8]>
  /// The values of a leaf, nil in an inner node.
  let values: UnsafeMutablePointer<[UInt8]>?
  /// The children of an inner node; a leaf has none and does not touch it.
  let children: UnsafeMutablePointer<TreeNode>
  var isLeaf: Bool { values != nil }

  /// An empty leaf.
  init() {
    heads = .allocate(capacity: Self.capacity)
    keys = .allocate(capacity: Self.capacity)
    values = .allocate(capacity: Self.capacity)
    children = .allocate(capacity: 0)
  }

  /// An inner node with one child and no key yet.
  init(child: TreeNode) {
    heads = .allocate(capacity: Self.capacity)
    keys = .allocate(capacity: Self.capacity)
    values = nil
    children = .allocate(capacity: Self.capacity + 1)
    children.initialize(to: child)
  }

  deinit {
    keys.deinitialize(count: count)
    if let values {
      values.deinitialize(count: count)
      values.deallocate()
    } else {
      children.deinitialize(count: count + 1)
    }
    heads.deallocate()
    keys.deallocate()
    children.deallocate()
  }

  /// A node with the same content, of which the caller is sole owner.
  func copy() -> TreeNode {
    let twin = isLeaf ? TreeNode() : TreeNode(child: children[0])
    twin.heads.update(from: heads, count: count)
    twin.keys.initialize(from: keys, count: count)
    if let values, let copies = twin.values {
      copies.initialize(from: values, count: count)
    } else {
      (twin.children + 1).initialize(from: children + 1, count: count)
    }
    twin.count = count
    return twin
  }

  // MARK: Searching

  /// Where `key` is, or where it would be inserted. O(log capacity).
  func position(of key: [UInt8]) -> (index: Int, isPresent: Bool) {
    position(of: key, head: TreeNode.head(of: key))
  }

  /// The same for a key whose head is known.
  func position(of key: [UInt8], head: UInt128) -> (index: Int, isPresent: Bool) {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      let order = heads[middle]
      var isBefore = order < head
      if order == head {
        let exact = compareBytes(keys[middle], key)
        if exact == 0 { return (middle, true) }
        isBefore = exact < 0
      }
      if isBefore { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }

  /// The value under `key` in this node or below it. O(height log capacity).
  func value(of key: [UInt8], head: UInt128) -> [UInt8]? {
    // The root holds them all: counting references on the way down would cost more than the search.
    var node = Unmanaged.passUnretained(self)
    while true {
      let (index, isPresent) = node._withUnsafeGuaranteedRef { $0.position(of: key, head: head) }
      if let values = node._withUnsafeGuaranteedRef({ $0.values }) {
        return isPresent ? values[index] : nil
      }
      node = node._withUnsafeGuaranteedRef {
        .passUnretained($0.children[isPresent ? index + 1 : index])
      }
    }
  }

  /// The child of an inner node below which `key` belongs.
  func childIndex(for key: [UInt8]) -> Int {
    let (index, isPresent) = position(of: key)
    return isPresent ? index + 1 : index
  }

  /// The first sixteen bytes as a number in big-endian order, zeros where the key is shorter; heads
  /// order as their keys do, but equal heads decide nothing.
  static func head(of key: [UInt8]) -> UInt128 {
    key.withUnsafeBytes { bytes in
      if bytes.count >= 16 { return UInt128(bigEndian: bytes.loadUnaligned(as: UInt128.self)) }
      var head: UInt128 = 0
      for byte in bytes { head = head << 8 | UInt128(byte) }
      return bytes.isEmpty ? 0 : head << UInt128(8 * (16 - bytes.count))
    }
  }

  // MARK: Changing, by the sole owner

  /// Inserts a pair into a leaf that is not full.
  func insert(_ key: [UInt8], _ value: [UInt8], at index: Int) {
    guard let values else { return }
    insertKey(key, at: index)
    (values + index + 1).moveInitialize(from: values + index, count: count - 1 - index)
    (values + index).initialize(to: value)
  }

  /// Inserts a child and its lower bound to the right of child `index` of an inner node.
  func insert(_ key: [UInt8], child: TreeNode, after index: Int) {
    insertKey(key, at: index)
    let place = children + index + 1
    (place + 1).moveInitialize(from: place, count: count - 1 - index)
    place.initialize(to: child)
  }

  private func insertKey(_ key: [UInt8], at index: Int) {
    (heads + index + 1).update(from: heads + index, count: count - index)
    heads[index] = TreeNode.head(of: key)
    (keys + index + 1).moveInitialize(from: keys + index, count: count - index)
    (keys + index).initialize(to: key)
    count += 1
  }

  /// Removes the pair at `index` of a leaf.
  func removePair(at index: Int) {
    guard let values else { return }
    removeKey(at: index)
    (values + index).deinitialize(count: 1)
    (values + index).moveInitialize(from: values + index + 1, count: count - index)
  }

  private func removeKey(at index: Int) {
    count -= 1
    (heads + index).update(from: heads + index + 1, count: count - index)
    (keys + index).deinitialize(count: 1)
    (keys + index).moveInitialize(from: keys + index + 1, count: count - index)
  }

  /// Moves what lies from `index` on to a new right neighbour and returns it with its lower bound.
  /// In an inner node the key at `index` becomes that bound and leaves the node.
  func split(at index: Int) -> (bound: [UInt8], right: TreeNode) {
    if let values {
      let right = TreeNode()
      let moved = count - index
      right.heads.update(from: heads + index, count: moved)
      right.keys.moveInitialize(from: keys + index, count: moved)
      right.values?.moveInitialize(from: values + index, count: moved)
      right.count = moved
      count = index
      return (right.keys[0], right)
    }
    let moved = count - index - 1
    let right = TreeNode(child: children[index + 1])
    (children + index + 1).deinitialize(count: 1)
    (right.children + 1).moveInitialize(from: children + index + 2, count: moved)
    right.heads.update(from: heads + index + 1, count: moved)
    right.keys.moveInitialize(from: keys + index + 1, count: moved)
    right.count = moved
    let bound = (keys + index).move()
    count = index
    return (bound, right)
  }

  /// Appends what the right neighbour `right`, whose lower bound is `bound`, holds; both together
  /// must stay below the capacity. `right` is left as it is.
  func absorb(_ right: TreeNode, bound: [UInt8]) {
    if let values, let others = right.values {
      (values + count).initialize(from: others, count: right.count)
    } else {
      heads[count] = TreeNode.head(of: bound)
      (keys + count).initialize(to: bound)
      (children + count + 1).initialize(from: right.children, count: right.count + 1)
      count += 1
    }
    (heads + count).update(from: right.heads, count: right.count)
    (keys + count).initialize(from: right.keys, count: right.count)
    count += right.count
  }

  /// Drops child `index` (not the first) of an inner node, with its lower bound.
  func removeChild(at index: Int) {
    removeKey(at: index - 1)
    (children + index).deinitialize(count: 1)
    (children + index).moveInitialize(from: children + index + 1, count: count + 1 - index)
  }
}

/// Negative, zero or positive as `a` sorts before, with or after `b`; a prefix sorts first.
func compareBytes(_ a: [UInt8], _ b: [UInt8]) -> Int {
  let shared = min(a.count, b.count)
  let order = a.withUnsafeBytes { left in
    b.withUnsafeBytes { right -> Int32 in
      guard shared > 0, let left = left.baseAddress, let right = right.baseAddress else { return 0 }
      return bytes_compare(left, right, shared)
    }
  }
  return order != 0 ? Int(order) : a.count - b.count
}
