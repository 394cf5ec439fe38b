// What the engine asks of a store: bytes under byte keys, in order, changed in atomic batches.
//
// Keys sort as unsigned bytes, a prefix before what it begins. No word of the service appears
// here. Callers on a hot path hold the enum `Store`, not `any KeyValueStore`.
//
// Thread contract, for every implementation: all calls may be made from any thread at any time.
// A batch is seen whole or not at all. A write that has returned is seen by every later read. A
// scan and a view see one moment, whatever is written meanwhile. `close` waits for calls that
// are under way; calls that begin after it throw `closed`.

import Platform

/// Something that can be read as of one moment or as of now.
public protocol KeyValueReader: Sendable {
  /// The value under `key`, nil when there is none.
  func get(_ key: [UInt8]) throws(StorageError) -> [UInt8]?

  /// Visits pairs in the order and within the bounds of `scan`, as of one moment, until the limit,
  /// the bound or `.stop`. `visit` may call the store, except `close`.
  func scan(
    _ scan: KeyScan, _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  ) throws(StorageError)
}

/// An ordered map of byte strings.
public protocol KeyValueStore: KeyValueReader {
  associatedtype View: KeyValueReader

  /// Applies every change of `batch` or none; returns when it is as durable as the store's mode
  /// says. After an error the batch is not applied, unless the kind is `failed` or `full` and the
  /// store is on disk: then a reopened store has all of it or nothing.
  func write(_ batch: WriteBatch) throws(StorageError)

  /// As `write`, but returns as soon as the batch is seen by every later read; `mark` names what to
  /// wait for then.
  func append(_ batch: WriteBatch) throws(StorageError)

  /// All that has been appended so far and is not durable by itself.
  var mark: WriteMark { get }

  /// Whether a mark is as durable as the store's mode says.
  func isDurable(_ mark: WriteMark) -> Bool

  /// Calls `call` once, from some thread, when the mark is durable or never will be.
  func whenDurable(_ mark: WriteMark, _ call: @escaping @Sendable (StorageError?) -> Void)

  /// The store as it is now, for as long as the view lives; costs no copy.
  func view() throws(StorageError) -> View

  /// Writes the store as it is now into a new directory at `path`, openable as a store.
  func checkpoint(to path: String) throws(StorageError)

  /// Returns when everything written before is on the device.
  func flush() throws(StorageError)

  /// Makes everything durable and gives the files up; closing again does nothing.
  func close() throws(StorageError)
}

/// A moment in a store's log of writes; later ones are greater.
public struct WriteMark: Hashable, Sendable {
  var number: UInt64

  /// Nothing to wait for.
  public static let none = WriteMark(number: 0)
}

/// Stores whose writes are as durable when they return as they ever will be.
extension KeyValueStore {
  public func append(_ batch: WriteBatch) throws(StorageError) { try write(batch) }

  public var mark: WriteMark { .none }

  public func isDurable(_ mark: WriteMark) -> Bool { true }

  public func whenDurable(_ mark: WriteMark, _ call: @escaping @Sendable (StorageError?) -> Void) {
    call(nil)
  }
}

extension KeyValueStore {
  /// Blocks until the mark is durable; the error when it never will be.
  public func waitUntilDurable(_ mark: WriteMark) -> StorageError? {
    if isDurable(mark) { return nil }
    let outcome = Monitor<(isKnown: Bool, error: StorageError?)>((false, nil))
    whenDurable(mark) { error in outcome.change { $0 = (true, error) } }
    let error: StorageError?? = outcome.wait { $0.isKnown ? .some($0.error) : nil }
    return error ?? nil
  }
}

extension KeyValueReader {
  /// The pairs that `scan` visits, collected; for tests and short scans.
  public func pairs(_ scan: KeyScan = KeyScan()) throws(StorageError) -> [KeyValue] {
    var found: [KeyValue] = []
    try self.scan(scan) { key, value in
      found.append(KeyValue(key: key, value: value))
      return .next
    }
    return found
  }
}

/// One stored pair.
public struct KeyValue: Hashable, Sendable {
  public var key: [UInt8]
  public var value: [UInt8]

  public init(key: [UInt8], value: [UInt8]) {
    self.key = key
    self.value = value
  }
}

/// Whether a scan goes on.
public enum ScanStep: Sendable { case next, stop }

/// Which pairs a scan visits, and in which order.
public struct KeyScan: Hashable, Sendable {
  public enum Direction: Hashable, Sendable {
    /// From the lower bound upwards.
    case ascending
    /// From the upper bound downwards.
    case descending
  }

  /// The smallest key visited; empty for no bound.
  public var lower: [UInt8]
  /// The first key beyond the visited ones; nil for no bound.
  public var upper: [UInt8]?
  public var direction: Direction
  /// The most pairs visited.
  public var limit: Int

  public init(
    from lower: [UInt8] = [], to upper: [UInt8]? = nil, _ direction: Direction = .ascending,
    limit: Int = .max
  ) {
    self.lower = lower
    self.upper = upper
    self.direction = direction
    self.limit = limit
  }

  /// Every key that begins with `prefix`.
  public init(
    prefix: [UInt8], _ direction: Direction = .ascending, limit: Int = .max
  ) {
    self.init(from: prefix, to: KeyScan.successor(ofPrefix: prefix), direction, limit: limit)
  }

  /// The first key beyond all that begin with `prefix`, nil when there is none: `[1, 255]` gives
  /// `[2]`.
  public static func successor(ofPrefix prefix: [UInt8]) -> [UInt8]? {
    guard let last = prefix.lastIndex(where: { $0 < 255 }) else { return nil }
    var bound = Array(prefix[...last])
    bound[last] += 1
    return bound
  }

  /// The first key after `key`: `key` and a zero byte.
  public static func successor(of key: [UInt8]) -> [UInt8] { key + [0] }

  /// Whether no key can lie between the bounds.
  var isEmpty: Bool {
    guard limit > 0 else { return true }
    guard let upper else { return false }
    return !lower.lexicographicallyPrecedes(upper)
  }
}

/// Changes that take effect together, in order: the later of two changes of one key wins.
public struct WriteBatch: Sendable {
  public enum Change: Hashable, Sendable {
    case put(key: [UInt8], value: [UInt8])
    case delete(key: [UInt8])

    public var key: [UInt8] {
      switch self {
      case .put(let key, _), .delete(let key): key
      }
    }
  }

  /// The changes in order. The first one needs no memory of its own, since most batches have no
  /// other.
  public struct Changes: RandomAccessCollection, Hashable, Sendable {
    private var first: Change?
    private var others: [Change] = []

    public var startIndex: Int { 0 }
    public var endIndex: Int { first == nil ? 0 : others.count + 1 }

    public subscript(position: Int) -> Change {
      if position == 0, let first { return first }
      return others[position - 1]
    }

    fileprivate mutating func append(_ change: Change) {
      if first == nil { first = change } else { others.append(change) }
    }

    fileprivate mutating func removeAll() {
      first = nil
      others.removeAll(keepingCapacity: true)
    }
  }

  public private(set) var changes = Changes()

  public init() {}

  public var isEmpty: Bool { changes.isEmpty }

  /// Stores `value` under `key`, replacing any value there.
  public mutating func put(_ key: [UInt8], _ value: [UInt8]) {
    changes.append(.put(key: key, value: value))
  }

  /// Removes `key`, which need not exist.
  public mutating func delete(_ key: [UInt8]) { changes.append(.delete(key: key)) }

  /// Forgets all changes and keeps the memory for the next ones.
  public mutating func removeAll() { changes.removeAll() }
}
