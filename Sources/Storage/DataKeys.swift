// The data keys of an encrypted store: made at random, kept wrapped beside the data.
//
// Each group of keys (those with the same first five bytes: a table's items and indexes, its change
// log, a stream, a backup) has data keys of its own, numbered; new values take the newest. They are
// wrapped by the master key, or by a customer's key where a group was assigned to one. A customer's
// key may be missing: its groups are locked then, and nothing else is. A record says with which key
// it was wrapped, so keys of any age open what they wrapped.

import Cryptography
import Synchronization

/// The data keys of a store, by group and number.
final class DataKeys: Sendable {
  /// What records of data keys under the master key begin with; no other key may begin with its
  /// first two bytes.
  private static let masterPrefix: [UInt8] = [0xFF, 0xFE] + Array("keys".utf8)
  /// The same under customers' keys, whose records name them: length, name, wrapped key.
  private static let customerPrefix: [UInt8] = [0xFF, 0xFE] + Array("cust".utf8)
  /// Present in every encrypted store.
  static let marker = masterPrefix
  private static let groupBytes = 5
  static let numberBytes = 4

  private struct Group {
    var ciphers: [UInt32: AES256GCM] = [:]
    /// The number that new values are sealed with; nil until one is.
    var current: UInt32?
    var next: UInt32 = 1
    /// The customer's key that wraps the group's data keys; nil: the master key.
    var owner: String?
    /// Whether a data key cannot be opened, because the customer's key is missing.
    var isLocked = false
  }

  /// A data key as it lies in the store.
  private struct Record {
    var place: [UInt8]
    var group: [UInt8]
    var number: UInt32
    var owner: String?
    var wrapped: [UInt8]
  }

  private struct Books {
    var groups: [[UInt8]: Group] = [:]
    var customers: [String: MasterKeys]
  }

  private let base: Store
  private let masters: MasterKeys
  private let path: String
  private let books: Mutex<Books>

  init(
    _ base: Store, _ masters: MasterKeys, _ customers: [String: MasterKeys], _ path: String
  ) throws(StorageError) {
    self.base = base
    self.masters = masters
    self.path = path
    var fresh = Books(customers: customers)
    if try base.get(Self.marker) == nil {
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
      var batch = WriteBatch()
      batch.put(Self.marker, Array("AES-256-GCM".utf8))
      try base.write(batch)
    }
    try Self.load(&fresh, base, masters, path)
    books = Mutex(fresh)
  }

  static func owns(_ key: [UInt8]) -> Bool { key.starts(with: masterPrefix.prefix(2)) }

  static func group(of key: [UInt8]) -> [UInt8] { Array(key.prefix(groupBytes)) }

  // MARK: Records

  private static func place(_ group: [UInt8], _ number: UInt32, _ owner: String?) -> [UInt8] {
    var place = (owner == nil ? masterPrefix : customerPrefix) + group
    append(number, to: &place)
    return place
  }

  private static func record(_ pair: KeyValue, _ path: String) throws(StorageError) -> Record {
    let isMaster = pair.key.starts(with: masterPrefix)
    let rest = Array(pair.key.dropFirst(masterPrefix.count))
    guard rest.count >= numberBytes, isMaster || pair.key.starts(with: customerPrefix) else {
      throw StorageError(.corrupt, path: path, detail: "a data key has no number")
    }
    var record = Record(
      place: pair.key, group: Array(rest.dropLast(numberBytes)),
      number: rest.suffix(numberBytes).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }, owner: nil,
      wrapped: pair.value)
    guard !isMaster else { return record }
    let length = Int(pair.value.first ?? 0)
    guard length > 0, pair.value.count > length else {
      throw StorageError(.corrupt, path: path, detail: "a data key names no key")
    }
    record.owner = String(decoding: pair.value[1...length], as: UTF8.self)
    record.wrapped = Array(pair.value.dropFirst(length + 1))
    return record
  }

  /// Whose key wraps a data key: the name, nil for the master key, and the key.
  private struct Wrapping {
    var owner: String?
    var ring: MasterKeys
  }

  /// Adds the record of a data key to `batch`.
  private static func put(
    _ key: [UInt8], _ number: UInt32, of group: [UInt8], _ wrapping: Wrapping,
    to batch: inout WriteBatch
  ) {
    let place = place(group, number, wrapping.owner)
    let name = Array((wrapping.owner ?? "").utf8)
    let header = wrapping.owner == nil ? [] : [UInt8(name.count)] + name
    batch.put(place, header + wrapping.ring.wrap(key, about: place + name))
  }

  private static func unwrap(
    _ record: Record, _ ring: MasterKeys, _ path: String
  ) throws(StorageError) -> MasterKeys.Unwrapped {
    let outcome = ring.unwrap(
      record.wrapped, about: record.place + Array((record.owner ?? "").utf8))
    if case .damaged = outcome {
      throw StorageError(.corrupt, path: path, detail: "a data key does not open")
    }
    return outcome
  }

  private static func records(_ base: Store, _ path: String) throws(StorageError) -> [Record] {
    var found: [Record] = []
    for prefix in [customerPrefix, masterPrefix] {
      for pair in try base.pairs(KeyScan(prefix: prefix)) where pair.key != marker {
        found.append(try record(pair, path))
      }
    }
    return found
  }

  /// Reads all data keys. Those that an older key wrapped are wrapped anew, and what is written
  /// from then on gets new ones.
  private static func load(
    _ books: inout Books, _ base: Store, _ masters: MasterKeys, _ path: String
  ) throws(StorageError) {
    var groups: [[UInt8]: Group] = [:]
    var renewed: Set<[UInt8]> = []
    var batch = WriteBatch()
    // Records come in order: a newer one of the current key was made after the change.
    for record in try records(base, path) {
      var group = groups[record.group] ?? Group()
      group.owner = record.owner
      group.next = max(group.next, record.number + 1)
      let ring = record.owner.map { books.customers[$0] } ?? masters
      switch try ring.map({ (ring) throws(StorageError) in try unwrap(record, ring, path) }) {
      case .key(let key, let isCurrent)?:
        group.ciphers[record.number] = AES256GCM(key: key)
        if isCurrent {
          group.current = max(group.current ?? 0, record.number)
        } else if let ring {
          put(
            key, record.number, of: record.group, Wrapping(owner: record.owner, ring: ring),
            to: &batch)
          renewed.insert(record.group)
        }
      case .missing(let identifier)? where record.owner == nil:
        let digits = identifier.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        throw StorageError(
          .failed, path: path,
          detail: "it is encrypted under master key \(digits), which the key file does not have")
      case .missing?, .damaged?, nil: group.isLocked = true
      }
      groups[record.group] = group
    }
    for group in renewed { groups[group]?.current = nil }
    for group in groups.keys where groups[group]?.isLocked == true {
      groups[group]?.ciphers = [:]
      groups[group]?.current = nil
    }
    if !batch.isEmpty { try base.write(batch) }
    books.groups = groups
  }

  // MARK: Keys of customers

  /// Whether a customer's key of this name is there.
  func knows(_ owner: String) -> Bool { books.withLock { $0.customers[owner] != nil } }

  /// The customers' keys from now on; groups are locked and unlocked accordingly.
  func replaceCustomers(_ customers: [String: MasterKeys]) throws(StorageError) {
    try books.withLock { (books) throws(StorageError) in
      books.customers = customers
      try Self.load(&books, base, masters, path)
    }
  }

  func isLocked(_ key: [UInt8]) -> Bool {
    books.withLock { $0.groups[Self.group(of: key)]?.isLocked ?? false }
  }

  /// Lets `owner` (nil: the master key) wrap the data keys of the group of `key`: those that there
  /// are and, for what is written from now on, a new one.
  func assign(_ key: [UInt8], to owner: String?) throws(StorageError) {
    let name = Self.group(of: key)
    try books.withLock { (books) throws(StorageError) in
      let group = books.groups[name] ?? Group()
      if group.owner == owner { return }
      if group.isLocked { throw locked(group) }
      let wrapping = Wrapping(owner: owner, ring: try ring(of: owner, books))
      var batch = WriteBatch()
      for record in try Self.records(base, path) where record.group == name {
        let old = try self.ring(of: record.owner, books)
        guard case .key(let key, _) = try Self.unwrap(record, old, path) else {
          throw locked(group)
        }
        batch.delete(record.place)
        Self.put(key, record.number, of: name, wrapping, to: &batch)
      }
      if !batch.isEmpty { try base.write(batch) }
      books.groups[name, default: Group()].owner = owner
      books.groups[name]?.current = nil
      _ = try current(name, &books)
    }
  }

  private func ring(of owner: String?, _ books: Books) throws(StorageError) -> MasterKeys {
    guard let owner else { return masters }
    guard let ring = books.customers[owner] else {
      throw StorageError(.locked, path: path, detail: "there is no key \(owner)")
    }
    return ring
  }

  private func locked(_ group: Group) -> StorageError {
    StorageError(
      .locked, path: path, detail: "the key \(group.owner ?? "") that opens it is missing")
  }

  // MARK: Values

  /// The number of the data key, then the sealed value.
  func seal(_ value: [UInt8], under key: [UInt8]) throws(StorageError) -> [UInt8] {
    guard !Self.owns(key) else {
      throw StorageError(
        .failed, path: path, detail: "a key is one of those kept for data keys")
    }
    let (number, cipher) = try books.withLock {
      (books) throws(StorageError) in try current(Self.group(of: key), &books)
    }
    var sealed: [UInt8] = []
    sealed.reserveCapacity(Self.numberBytes + value.count + AES256GCM.overhead)
    Self.append(number, to: &sealed)
    cipher.seal(value, about: key, appendingTo: &sealed)
    return sealed
  }

  func open(_ sealed: [UInt8], under key: [UInt8]) throws(StorageError) -> [UInt8] {
    let number = sealed.prefix(Self.numberBytes).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let name = Self.group(of: key)
    let cipher = try books.withLock { (books) throws(StorageError) -> AES256GCM? in
      guard let group = books.groups[name] else { return nil }
      if group.isLocked { throw locked(group) }
      return group.ciphers[number]
    }
    guard let value = cipher?.open(sealed.dropFirst(Self.numberBytes), about: key) else {
      throw StorageError(.corrupt, path: path, detail: "a value is not as it was written")
    }
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
  private func current(
    _ name: [UInt8], _ books: inout Books
  ) throws(StorageError) -> (UInt32, AES256GCM) {
    let group = books.groups[name] ?? Group()
    if let number = group.current, let cipher = group.ciphers[number] { return (number, cipher) }
    if group.isLocked { throw locked(group) }
    let key = AES256GCM.makeKey()
    var batch = WriteBatch()
    let wrapping = Wrapping(owner: group.owner, ring: try ring(of: group.owner, books))
    Self.put(key, group.next, of: name, wrapping, to: &batch)
    try base.write(batch)
    guard let cipher = AES256GCM(key: key) else { preconditionFailure("a key has 32 bytes") }
    books.groups[name, default: Group()].ciphers[group.next] = cipher
    books.groups[name]?.current = group.next
    books.groups[name]?.next = group.next + 1
    return (group.next, cipher)
  }

  private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
  }

  // MARK: Sealing anew

  /// Bytes of values that are written together.
  private static let batchBytes = 4 << 20

  /// The groups that hold something.
  private func groupsWithValues() throws(StorageError) -> Set<[UInt8]> {
    var found: Set<[UInt8]> = []
    var last: [UInt8] = []
    try base.scan(KeyScan()) { key, _ in
      if Self.owns(key) || (last.count == Self.groupBytes && key.starts(with: last)) {
        return .next
      }
      last = Self.group(of: key)
      found.insert(last)
      return .next
    }
    return found
  }

  /// Seals every value under a new data key and forgets the old data keys. Only while nothing else
  /// writes; an interrupted run leaves all readable. Calls `progress` with the number of values
  /// done, now and then; returns it. O(stored bytes).
  func reseal(_ progress: (Int) -> Void) throws(StorageError) -> Int {
    let used = try groupsWithValues()
    let old = try books.withLock { (books) throws(StorageError) -> [Record] in
      for (name, group) in books.groups where group.isLocked && used.contains(name) {
        throw locked(group)
      }
      // A locked group without values stays as it is: whose it is must not be forgotten. The others
      // get new data keys at once, so that an empty one stays its owner's too.
      let open = Set(books.groups.filter { !$0.value.isLocked }.keys)
      let old = try Self.records(base, path).filter { open.contains($0.group) }
      for name in open {
        books.groups[name]?.current = nil
        _ = try current(name, &books)
      }
      return old
    }
    var done = 0
    var batch = WriteBatch()
    var bytes = 0
    var fault: StorageError?
    try base.scan(KeyScan()) { key, sealed in
      if Self.owns(key) { return .next }
      do throws(StorageError) {
        let fresh = try seal(try open(sealed, under: key), under: key)
        batch.put(key, fresh)
        done += 1
        bytes += fresh.count
        if bytes >= Self.batchBytes {
          try base.write(batch)
          batch.removeAll()
          bytes = 0
          progress(done)
        }
        return .next
      } catch {
        fault = error
        return .stop
      }
    }
    if let fault { throw fault }
    if !batch.isEmpty { try base.write(batch) }
    try base.flush()
    var removal = WriteBatch()
    for record in old { removal.delete(record.place) }
    if !removal.isEmpty { try base.write(removal) }
    try books.withLock { (books) throws(StorageError) in
      try Self.load(&books, base, masters, path)
    }
    return done
  }
}
