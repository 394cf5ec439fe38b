// The stores as one concrete type, for callers on a hot path: a switch instead of an existential.

/// Any of the stores.
public enum Store: KeyValueStore {
  case memory(MemoryStore)
  case rocks(RocksStore)
  case faulty(FaultyStore)
  case encrypted(EncryptedStore)

  public func get(_ key: [UInt8]) throws(StorageError) -> [UInt8]? {
    switch self {
    case .memory(let store): try store.get(key)
    case .rocks(let store): try store.get(key)
    case .faulty(let store): try store.get(key)
    case .encrypted(let store): try store.get(key)
    }
  }

  public func scan(
    _ scan: KeyScan, _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  ) throws(StorageError) {
    switch self {
    case .memory(let store): try store.scan(scan, visit)
    case .rocks(let store): try store.scan(scan, visit)
    case .faulty(let store): try store.scan(scan, visit)
    case .encrypted(let store): try store.scan(scan, visit)
    }
  }

  public func write(_ batch: WriteBatch) throws(StorageError) {
    switch self {
    case .memory(let store): try store.write(batch)
    case .rocks(let store): try store.write(batch)
    case .faulty(let store): try store.write(batch)
    case .encrypted(let store): try store.write(batch)
    }
  }

  public func append(_ batch: WriteBatch) throws(StorageError) {
    switch self {
    case .memory(let store): try store.append(batch)
    case .rocks(let store): try store.append(batch)
    case .faulty(let store): try store.append(batch)
    case .encrypted(let store): try store.append(batch)
    }
  }

  public var mark: WriteMark {
    switch self {
    case .memory(let store): store.mark
    case .rocks(let store): store.mark
    case .faulty(let store): store.mark
    case .encrypted(let store): store.mark
    }
  }

  public func isDurable(_ mark: WriteMark) -> Bool {
    switch self {
    case .memory(let store): store.isDurable(mark)
    case .rocks(let store): store.isDurable(mark)
    case .faulty(let store): store.isDurable(mark)
    case .encrypted(let store): store.isDurable(mark)
    }
  }

  public func whenDurable(_ mark: WriteMark, _ call: @escaping @Sendable (StorageError?) -> Void) {
    switch self {
    case .memory(let store): store.whenDurable(mark, call)
    case .rocks(let store): store.whenDurable(mark, call)
    case .faulty(let store): store.whenDurable(mark, call)
    case .encrypted(let store): store.whenDurable(mark, call)
    }
  }

  public func view() throws(StorageError) -> StoreView {
    switch self {
    case .memory(let store): .memory(try store.view())
    case .rocks(let store): .rocks(try store.view())
    case .faulty(let store): try store.view()
    case .encrypted(let store): .encrypted(try store.view())
    }
  }

  public func checkpoint(to path: String) throws(StorageError) {
    switch self {
    case .memory(let store): try store.checkpoint(to: path)
    case .rocks(let store): try store.checkpoint(to: path)
    case .faulty(let store): try store.checkpoint(to: path)
    case .encrypted(let store): try store.checkpoint(to: path)
    }
  }

  public func flush() throws(StorageError) {
    switch self {
    case .memory(let store): try store.flush()
    case .rocks(let store): try store.flush()
    case .faulty(let store): try store.flush()
    case .encrypted(let store): try store.flush()
    }
  }

  public func close() throws(StorageError) {
    switch self {
    case .memory(let store): try store.close()
    case .rocks(let store): try store.close()
    case .faulty(let store): try store.close()
    case .encrypted(let store): try store.close()
    }
  }
}

extension Store {
  /// The store as an encrypted one that keeps keys of customers; nil if it is none.
  public var withCustomers: EncryptedStore? {
    if case .encrypted(let store) = self, store.hasCustomers { return store }
    return nil
  }

  /// Whether what lies under keys that begin as `prefix` does is encrypted under a missing key.
  public func isLocked(_ prefix: [UInt8]) -> Bool {
    if case .encrypted(let store) = self { return store.isLocked(prefix) }
    return false
  }

  /// The keys that `scan` visits, whether or not their values can be read.
  public func keys(_ scan: KeyScan) throws(StorageError) -> [[UInt8]] {
    var found: [[UInt8]] = []
    if case .encrypted(let store) = self {
      var wide = scan
      wide.limit = .max
      try store.base.scan(wide) { key, _ in
        if EncryptedStore.isReserved(key) { return .next }
        found.append(key)
        return found.count < scan.limit ? .next : .stop
      }
      return found
    }
    try self.scan(scan) { key, _ in
      found.append(key)
      return .next
    }
    return found
  }
}

/// A view of any of the stores.
public indirect enum StoreView: KeyValueReader {
  case memory(MemoryView)
  case rocks(RocksView)
  case encrypted(EncryptedView)

  public func get(_ key: [UInt8]) throws(StorageError) -> [UInt8]? {
    switch self {
    case .memory(let view): try view.get(key)
    case .rocks(let view): try view.get(key)
    case .encrypted(let view): try view.get(key)
    }
  }

  public func scan(
    _ scan: KeyScan, _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  ) throws(StorageError) {
    switch self {
    case .memory(let view): try view.scan(scan, visit)
    case .rocks(let view): try view.scan(scan, visit)
    case .encrypted(let view): try view.scan(scan, visit)
    }
  }
}
