// Encryption at rest: a layer over any store that seals every value.
//
// Envelope encryption: values are sealed under data keys (DataKeys), which lie in the store, and
// which a master key or a customer's key wraps that does not. A value is sealed with AES-256-GCM
// about its key, so a flipped bit, a value moved to another key and a wrong master key are errors,
// never wrong data.
//
// What is not hidden: keys (they have to stay in order), the number of pairs, the sizes of values.
// What is not noticed: a pair that is missing and a value that was there before.

/// A store whose values nobody reads without the master key.
public final class EncryptedStore: KeyValueStore {
  /// The store behind, which holds sealed values and wrapped keys.
  public let base: Store
  private let keys: DataKeys

  /// Whether keys of customers may wrap data keys; if not, asking for one has no effect.
  public let hasCustomers: Bool

  /// Opens what `base` holds, which is nothing or was written by an encrypted store. Data keys that
  /// an older master key wrapped are wrapped anew, and what is written from then on gets new ones.
  /// - Parameters:
  ///   - customers: keys by name that parts of the store may be assigned to; nil: there are none.
  ///   - path: the base's directory, for errors.
  public init(
    _ base: Store, _ masters: MasterKeys, customers: [String: MasterKeys]? = nil,
    path: String = "memory"
  ) throws(StorageError) {
    self.base = base
    hasCustomers = customers != nil
    keys = try DataKeys(base, masters, customers ?? [:], path)
  }

  // MARK: Keys of customers

  /// Whether there is a customer's key of this name.
  public func knows(_ customer: String) -> Bool { keys.knows(customer) }

  /// The customers' keys from now on. What is under a key that is missing is locked: reads and
  /// writes of it throw `locked` until the key is back.
  public func replaceCustomers(_ customers: [String: MasterKeys]) throws(StorageError) {
    try keys.replaceCustomers(customers)
  }

  /// Keeps what lies under keys that begin as `prefix` does (its first five bytes) under the key of
  /// a customer from now on; nil: under the master key.
  public func assign(_ prefix: [UInt8], to customer: String?) throws(StorageError) {
    try keys.assign(prefix, to: customer)
  }

  /// Whether what lies under keys that begin as `prefix` does cannot be read.
  public func isLocked(_ prefix: [UInt8]) -> Bool { keys.isLocked(prefix) }

  /// Seals every value anew and forgets all old data keys; only while nothing else writes. Calls
  /// `progress` with the number of values done, now and then; returns it. O(stored bytes).
  public func reseal(_ progress: (Int) -> Void = { _ in }) throws(StorageError) -> Int {
    try keys.reseal(progress)
  }

  /// Whether a store was written by an encrypted store.
  public static func isEncrypted(_ store: Store) throws(StorageError) -> Bool {
    try store.get(DataKeys.marker) != nil
  }

  /// Whether a key is one of those kept for data keys.
  static func isReserved(_ key: [UInt8]) -> Bool { DataKeys.owns(key) }

  public func get(_ key: [UInt8]) throws(StorageError) -> [UInt8]? {
    guard !DataKeys.owns(key), let sealed = try base.get(key) else { return nil }
    return try keys.open(sealed, under: key)
  }

  public func scan(
    _ scan: KeyScan, _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  ) throws(StorageError) {
    try keys.scan(scan, of: base, visit)
  }

  public func write(_ batch: WriteBatch) throws(StorageError) { try base.write(sealed(batch)) }

  public func append(_ batch: WriteBatch) throws(StorageError) { try base.append(sealed(batch)) }

  public var mark: WriteMark { base.mark }

  public func isDurable(_ mark: WriteMark) -> Bool { base.isDurable(mark) }

  public func whenDurable(_ mark: WriteMark, _ call: @escaping @Sendable (StorageError?) -> Void) {
    base.whenDurable(mark, call)
  }

  /// The batch with its values sealed.
  private func sealed(_ batch: WriteBatch) throws(StorageError) -> WriteBatch {
    var sealed = WriteBatch()
    for change in batch.changes {
      switch change {
      case .put(let key, let value): sealed.put(key, try keys.seal(value, under: key))
      case .delete(let key): sealed.delete(key)
      }
    }
    return sealed
  }

  public func view() throws(StorageError) -> EncryptedView {
    EncryptedView(base: try base.view(), keys: keys)
  }

  public func checkpoint(to path: String) throws(StorageError) { try base.checkpoint(to: path) }
  public func flush() throws(StorageError) { try base.flush() }
  public func close() throws(StorageError) { try base.close() }
}

/// An encrypted store as of one moment.
public struct EncryptedView: KeyValueReader {
  let base: StoreView
  let keys: DataKeys

  public func get(_ key: [UInt8]) throws(StorageError) -> [UInt8]? {
    guard !DataKeys.owns(key), let sealed = try base.get(key) else { return nil }
    return try keys.open(sealed, under: key)
  }

  public func scan(
    _ scan: KeyScan, _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  ) throws(StorageError) {
    try keys.scan(scan, of: base, visit)
  }
}
