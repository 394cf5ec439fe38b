// Encryption at rest: a layer over any store that seals every value.
//
// Envelope encryption. Each group of keys (those with the same first bytes: a table's items and
// indexes, its change log, a backup) has a data key; data keys lie in the store, wrapped by a
// master key that does not. A value is sealed with AES-256-GCM about its key, so a flipped bit, a
// value moved to another key and a wrong master key are errors, never wrong data.
//
// What is not hidden: keys (they have to stay in order), the number of pairs, the sizes of values.
// What is not noticed: a pair that is missing and a value that was there before.

import Cryptography
import Synchronization

/// A store whose values nobody reads without the master key.
public final class EncryptedStore: KeyValueStore {
  /// The store behind, which holds sealed values and wrapped keys.
  public let base: Store
  private let keys: DataKeys

  /// Opens what `base` holds, which is nothing or was written by an encrypted store. Data keys that
  /// an older master key wrapped are wrapped anew, and what is written from then on gets new ones.
  /// - Parameter path: the base's directory, for errors.
  public init(
    _ base: Store, _ masters: MasterKeys, path: String = "memory"
  ) throws(StorageError) {
    self.base = base
    keys = try DataKeys(base, masters, path)
  }

  /// Whether a store was written by an encrypted store.
  public static func isEncrypted(_ store: Store) throws(StorageError) -> Bool {
    try store.get(DataKeys.marker) != nil
  }

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

/// The data keys of a store, by group and number.
final class DataKeys: Sendable {
  /// What the keys of wrapped data keys begin with; no other key may.
  private static let prefix: [UInt8] = [0xFF, 0xFE] + Array("keys".utf8)
  /// Present in every encrypted store.
  static let marker = prefix
  private static let groupBytes = 5
  private static let numberBytes = 4

  private struct Group {
    var ciphers: [UInt32: AES256GCM] = [:]
    /// The number that new values are sealed with; nil until one is.
    var current: UInt32?
    var next: UInt32 = 1
  }

  private let base: Store
  private let masters: MasterKeys
  private let path: String
  private let groups: Mutex<[[UInt8]: Group]>

  init(_ base: Store, _ masters: MasterKeys, _ path: String) throws(StorageError) {
    self.base = base
    self.masters = masters
    self.path = path
    groups = Mutex(try Self.load(base, masters, path))
  }

  static func owns(_ key: [UInt8]) -> Bool { key.starts(with: prefix) }

  private static func load(
    _ base: Store, _ masters: MasterKeys, _ path: String
  ) throws(StorageError) -> [[UInt8]: Group] {
    var groups: [[UInt8]: Group] = [:]
    var renewed = WriteBatch()
    if try base.get(marker) == nil {
      var isEmpty = true
      try base.scan(KeyScan(limit: 1)) { _, _ in
        isEmpty = false
        return .stop
      }
      guard isEmpty else {
        throw StorageError(
          .failed, path: path,
          detail: "it holds data that is not encrypted; a key is for a new store")
      }
      renewed.put(marker, Array("AES-256-GCM".utf8))
    }
    for pair in try base.pairs(KeyScan(prefix: prefix)) where pair.key != marker {
      let place = Array(pair.key.dropFirst(prefix.count))
      guard place.count >= numberBytes else {
        throw StorageError(.corrupt, path: path, detail: "a data key has no number")
      }
      let group = Array(place.dropLast(numberBytes))
      let number = place.suffix(numberBytes).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      switch masters.unwrap(pair.value, about: pair.key) {
      case .missing(let identifier):
        let digits = identifier.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        throw StorageError(
          .failed, path: path,
          detail: "it is encrypted under master key \(digits), which the key file does not have")
      case .damaged: throw StorageError(.corrupt, path: path, detail: "a data key does not open")
      case .key(let key, let isCurrent):
        var known = groups[group] ?? Group()
        known.ciphers[number] = AES256GCM(key: key)
        known.next = max(known.next, number + 1)
        if isCurrent {
          known.current = max(known.current ?? 0, number)
        } else {
          renewed.put(pair.key, masters.wrap(key, about: pair.key))
        }
        groups[group] = known
      }
    }
    // Keys come in order: a newer one of the current master key was made after the change.
    if !renewed.isEmpty {
      for group in groups.keys where renewed.changes.contains(where: { isOf(group, $0) }) {
        groups[group]?.current = nil
      }
      try base.write(renewed)
    }
    return groups
  }

  private static func isOf(_ group: [UInt8], _ change: WriteBatch.Change) -> Bool {
    guard case .put(let key, _) = change else { return false }
    return key.count == prefix.count + group.count + numberBytes
      && key.dropFirst(prefix.count).starts(with: group)
  }

  private static func group(of key: [UInt8]) -> [UInt8] { Array(key.prefix(groupBytes)) }

  // MARK: Values

  /// The number of the data key, then the sealed value.
  func seal(_ value: [UInt8], under key: [UInt8]) throws(StorageError) -> [UInt8] {
    guard !Self.owns(key) else {
      throw StorageError(
        .failed, path: path, detail: "a key is one of those kept for data keys")
    }
    let (number, cipher) = try current(Self.group(of: key))
    var sealed: [UInt8] = []
    sealed.reserveCapacity(Self.numberBytes + value.count + AES256GCM.overhead)
    Self.append(number, to: &sealed)
    cipher.seal(value, about: key, appendingTo: &sealed)
    return sealed
  }

  func open(_ sealed: [UInt8], under key: [UInt8]) throws(StorageError) -> [UInt8] {
    let number = sealed.prefix(Self.numberBytes).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let group = Self.group(of: key)
    guard let cipher = groups.withLock({ $0[group]?.ciphers[number] }),
      let value = cipher.open(sealed.dropFirst(Self.numberBytes), about: key)
    else { throw StorageError(.corrupt, path: path, detail: "a value is not as it was written") }
    return value
  }

  /// Visits the opened pairs of `scan`; the limit counts what is visited.
  func scan(
    _ scan: KeyScan, of reader: some KeyValueReader,
    _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  ) throws(StorageError) {
    var wide = scan
    wide.limit = .max
    var left = scan.limit
    guard left > 0 else { return }
    var fault: StorageError?
    try reader.scan(wide) { key, sealed in
      if Self.owns(key) { return .next }
      do throws(StorageError) {
        left -= 1
        let step = visit(key, try open(sealed, under: key))
        return left > 0 ? step : .stop
      } catch {
        fault = error
        return .stop
      }
    }
    if let fault { throw fault }
  }

  /// The data key for new values of a group; made, and written wrapped, with the first of them.
  private func current(_ group: [UInt8]) throws(StorageError) -> (UInt32, AES256GCM) {
    try groups.withLock { (groups) throws(StorageError) -> (UInt32, AES256GCM) in
      if let found = groups[group], let number = found.current, let cipher = found.ciphers[number] {
        return (number, cipher)
      }
      let key = AES256GCM.makeKey()
      let number = groups[group]?.next ?? 1
      var place = Self.prefix + group
      Self.append(number, to: &place)
      var batch = WriteBatch()
      batch.put(place, masters.wrap(key, about: place))
      try base.write(batch)
      guard let cipher = AES256GCM(key: key) else { preconditionFailure("a key has 32 bytes") }
      groups[group, default: Group()].ciphers[number] = cipher
      groups[group]?.current = number
      groups[group]?.next = number + 1
      return (number, cipher)
    }
  }

  private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
  }
}
