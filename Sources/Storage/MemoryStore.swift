// A store without files: an ordered tree behind one lock.
//
// The choice for tests and for `--memory`: no background threads, several times faster than any
// library (engine-spikes.md section 4). It is gone with the process; a checkpoint writes it to a
// file from which another memory store can start.

import Platform
import Synchronization

/// An ordered map in memory, safe from any thread.
///
/// A read holds the lock for its search (below 1 us), a write for its whole batch; a scan takes
/// the lock once and then walks a snapshot. While a snapshot lives, the first write to each node
/// copies that node.
public final class MemoryStore: KeyValueStore {
  private struct State {
    var tree = OrderedTree()
    var isClosed = false
  }

  private let state: Mutex<State>

  /// An empty store.
  public init() { state = Mutex(State()) }

  /// A store with what a checkpoint at `path` holds.
  public init(restoring path: String) throws(StorageError) {
    let tree = try MemoryImage.read(from: path)
    state = Mutex(State(tree: tree))
  }

  static let closed = StorageError(.closed, path: "memory", detail: "closed before the call")

  /// The number of pairs.
  public var count: Int { state.withLock { $0.tree.count } }

  public func get(_ key: [UInt8]) throws(StorageError) -> [UInt8]? {
    try state.withLock { state throws(StorageError) in
      if state.isClosed { throw Self.closed }
      return state.tree.get(key)
    }
  }

  public func scan(
    _ scan: KeyScan, _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  ) throws(StorageError) {
    try view().scan(scan, visit)
  }

  public func write(_ batch: WriteBatch) throws(StorageError) {
    try state.withLock { state throws(StorageError) in
      if state.isClosed { throw Self.closed }
      for change in batch.changes {
        switch change {
        case .put(let key, let value): state.tree.put(key, value)
        case .delete(let key): state.tree.remove(key)
        }
      }
    }
  }

  /// Stores one value; the value it replaces, found in the same search.
  public func exchange(_ key: [UInt8], _ value: [UInt8]) throws(StorageError) -> [UInt8]? {
    try state.withLock { state throws(StorageError) in
      if state.isClosed { throw Self.closed }
      return state.tree.put(key, value)
    }
  }

  public func view() throws(StorageError) -> MemoryView {
    try state.withLock { state throws(StorageError) in
      if state.isClosed { throw Self.closed }
      return MemoryView(tree: state.tree)
    }
  }

  public func checkpoint(to path: String) throws(StorageError) {
    let tree = try view().tree
    try MemoryImage.write(tree, to: path)
  }

  public func flush() throws(StorageError) {
    try state.withLock { state throws(StorageError) in
      if state.isClosed { throw Self.closed }
    }
  }

  public func close() throws(StorageError) {
    state.withLock { $0 = State(isClosed: true) }
  }
}

/// A memory store as it was at one moment; stays readable after the store is closed.
public struct MemoryView: KeyValueReader {
  fileprivate let tree: OrderedTree

  public func get(_ key: [UInt8]) throws(StorageError) -> [UInt8]? { tree.get(key) }

  public func scan(
    _ scan: KeyScan, _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  ) throws(StorageError) {
    tree.scan(scan, visit)
  }
}
