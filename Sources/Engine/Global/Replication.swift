// The sending and the receiving end of replication between regions.
//
// A change that a client makes, or time to live, stands in an outbox of its table until the other
// region has it: one entry for each replica, written in the batch of the item. Entries go in order,
// not before their lag has passed. The receiving region applies what is newer than what it has, at
// its own capacity: a throttled change waits (capacity.md 1.8). Delivering twice does no harm.
// Changes of strongly consistent tables are charged as well but never wait, since their writers do.

import Capacity
import DataModel
import Randomness
import ServiceAPI
import Storage
import Units

extension DatabaseState {
  /// What the keys of a table's outboxes begin with.
  static func outboxPrefix(_ table: Table) -> [UInt8] {
    [KeyEncoding.outboxSpace] + table.prefix[1..<5]
  }

  /// The same of its outbox for a region.
  private static func outbox(_ table: Table, to region: String) -> [UInt8] {
    outboxPrefix(table) + Array(region.utf8) + [0]
  }

  /// What the keys of the versions of a table's items begin with.
  static func versionPrefix(_ table: Table) -> [UInt8] {
    [KeyEncoding.versionSpace] + table.prefix[1..<5]
  }

  private static func versionKey(_ key: [UInt8], _ table: Table) -> [UInt8] {
    versionPrefix(table) + key.dropFirst(table.prefix.count)
  }

  /// The version of an item, deleted ones included; nil when it never had one.
  func version(of key: [UInt8], in table: Table) throws(ServiceError) -> ItemVersion? {
    try store.get(Self.versionKey(key, table)).map { ItemVersion($0) }
  }

  // MARK: Sending

  /// Adds a change's version and what its replicas are to be sent.
  func followReplication(
    _ write: ItemWrite, _ batch: inout WriteBatch
  ) throws(ServiceError) {
    let table = write.table
    guard let global = table.definition.global else { return }
    let key = write.place.key
    switch write.origin {
    case .replica(let version), .copy(let version):
      batch.put(Self.versionKey(key, table), version.encode())
      return
    case .client, .expiry: break
    }
    let known = try version(of: key, in: table)
    if global.isStrong, let known, isTravelling(known) { throw Self.replicatedConflict }
    if write.before?.item == write.after?.item { return }
    let version = ItemVersion(
      at: wallMilliseconds, after: max(lastVersion, known?.time ?? 0), region: options.region)
    lastVersion = version.time
    batch.put(Self.versionKey(key, table), version.encode())
    let change = Outgoing(
      table: table.name, key: Array(key.dropFirst(table.prefix.count)), image: write.after?.item,
      version: version)
    for replica in global.replicas { send(change, to: replica.region, from: table, &batch) }
  }

  private func send(
    _ change: Outgoing, to region: String, from table: Table, _ batch: inout WriteBatch
  ) {
    let lag = options.regionLag.draw(&regionGenerator).count / 1_000_000
    let due = change.isInitial ? 0 : wallMilliseconds + lag
    batch.put(nextPlace(in: table, to: region), change.encode(due: due))
  }

  private func nextPlace(in table: Table, to region: String) -> [UInt8] {
    defer { nextOutgoing += 1 }
    var key = Self.outbox(table, to: region)
    KeyEncoding.appendHash(nextOutgoing, to: &key)
    return key
  }

  /// Puts every item, and every deletion that is known, into the outbox for a replica.
  func sendAll(of table: Table, to region: String) throws(ServiceError) {
    let none = ItemVersion(time: 0, region: options.region)
    try pages(under: table.prefix) { (key, value) throws(ServiceError) -> Outgoing? in
      guard let item = ItemReader.decode(value)?.item else { return nil }
      return Outgoing(
        table: table.name, key: Array(key.dropFirst(table.prefix.count)), image: item,
        version: try version(of: key, in: table) ?? none, isInitial: true)
    } send: { change, batch in
      send(change, to: region, from: table, &batch)
    }
    let versions = Self.versionPrefix(table)
    try pages(under: versions) { (key, value) throws(ServiceError) -> Outgoing? in
      let suffix = Array(key.dropFirst(versions.count))
      guard try store.get(table.prefix + suffix) == nil else { return nil }
      return Outgoing(
        table: table.name, key: suffix, image: nil, version: ItemVersion(value), isInitial: true)
    } send: { change, batch in
      send(change, to: region, from: table, &batch)
    }
  }

  /// Sends what waits for one region to another one as well, which is being filled from the first.
  func sendAgain(of table: Table, waitingFor first: String, to region: String)
    throws(ServiceError)
  {
    try pages(under: Self.outbox(table, to: first)) { (_, value) throws(ServiceError) in
      value
    } send: { value, batch in
      batch.put(nextPlace(in: table, to: region), value)
    }
  }

  /// Goes through the pairs under a prefix, a page and a batch at a time.
  private func pages<Part>(
    under prefix: [UInt8],
    _ read: (_ key: [UInt8], _ value: [UInt8]) throws(ServiceError) -> Part?,
    send: (_ part: Part, _ batch: inout WriteBatch) -> Void
  ) throws(ServiceError) {
    var lower = prefix
    let upper = KeyScan.successor(ofPrefix: prefix)
    while true {
      var page: [KeyValue] = []
      try store.scan(KeyScan(from: lower, to: upper, limit: 500)) { key, value in
        page.append(KeyValue(key: key, value: value))
        return true
      }
      guard let last = page.last else { return }
      var batch = WriteBatch()
      for pair in page {
        if let part = try read(pair.key, pair.value) { send(part, &batch) }
      }
      try store.commit(batch)
      lower = KeyScan.successor(of: last.key)
    }
  }

  /// Changes for a region in their order, at most `most` of a table.
  func outgoing(
    to region: String, _ carriage: RegionGroup.Carriage, most: Int
  ) throws(ServiceError) -> [Outgoing] {
    var found: [Outgoing] = []
    for name in tables.keys.sorted() {
      guard let table = tables[name], let global = table.definition.global else { continue }
      let latest: Int64
      switch carriage {
      case .due:
        if global.isStrong { continue }
        latest = wallMilliseconds
      case .strong:
        if !global.isStrong { continue }
        latest = .max
      case .all(let wanted):
        if wanted != name { continue }
        latest = .max
      }
      var isDamaged = false
      try store.scan(KeyScan(prefix: Self.outbox(table, to: region), limit: most)) { key, value in
        guard Outgoing.due(value) <= latest else { return false }
        guard let change = Outgoing(value, at: key, table: name) else {
          isDamaged = true
          return false
        }
        found.append(change)
        return true
      }
      if isDamaged { throw .internalFailure("A stored change for another Region is damaged") }
    }
    return found
  }

  /// Takes delivered changes out of the outbox.
  func sent(_ places: [[UInt8]]) throws(ServiceError) {
    var batch = WriteBatch()
    for place in places { batch.delete(place) }
    try store.commit(batch)
  }

  /// Changes that wait for a region.
  func waiting(for region: String) -> Int {
    var count = 0
    for table in tables.values where table.definition.global != nil {
      try? store.scan(KeyScan(prefix: Self.outbox(table, to: region))) { _, _ in
        count += 1
        return true
      }
    }
    return count
  }

  /// Forgets what waits for a region, or all that a table's part in a global table left.
  func forgetReplication(of table: Table, to region: String? = nil) throws(ServiceError) {
    if let region { return try store.clear(Self.outbox(table, to: region)) }
    try store.clear(Self.outboxPrefix(table))
    try store.clear(Self.versionPrefix(table))
  }

  // MARK: Receiving

  /// Applies changes from another region in their order; returns the places of those that are done
  /// with, and what failed. A table that is throttled holds back its own changes, not others'.
  func receive(
    _ changes: [Outgoing], _ carriage: RegionGroup.Carriage
  ) -> (done: [[UInt8]], failure: ServiceError?) {
    var done: [[UInt8]] = []
    var held: Set<String> = []
    var waits = false
    if case .due = carriage { waits = true }
    for change in changes where !held.contains(change.table) {
      do throws(ServiceError) {
        if try receive(change, asksCapacity: waits) {
          done.append(change.place)
        } else {
          held.insert(change.table)
        }
      } catch {
        return (done, error)
      }
    }
    return (done, nil)
  }

  /// Applies a change; false when it has to wait.
  private func receive(_ change: Outgoing, asksCapacity: Bool) throws(ServiceError) -> Bool {
    if let table = tables[change.table] { try settle(table) }
    guard let table = tables[change.table], table.definition.global != nil else { return true }
    if table.clock.status == .creating { return false }
    let key = table.prefix + change.key
    if let known = try version(of: key, in: table), known >= change.version { return true }
    let before = try store.get(key).map { bytes throws(ServiceError) in
      guard let item = ItemReader.decode(bytes) else {
        throw ServiceError.internalFailure("A stored item is damaged")
      }
      return item
    }
    guard let attributes = (change.image ?? before?.item)?.content else {
      // There is nothing to delete; that it was deleted is kept.
      var batch = WriteBatch()
      batch.put(Self.versionKey(key, table), change.version.encode())
      try store.commit(batch)
      return true
    }
    let place = PrimaryKey.place(of: attributes, in: table)
    var write = write(table, at: place, from: before, to: change.image)
    write.origin = change.isInitial ? .copy(change.version) : .replica(change.version)
    if asksCapacity, !change.isInitial {
      if ask(table, .write, at: place) != nil || askIndexes(write) != nil { return false }
    }
    try commit([write])
    return true
  }

  // MARK: Start

  /// Finds the last number given out.
  func loadReplication() throws(ServiceError) {
    try store.scan(KeyScan(prefix: [KeyEncoding.outboxSpace])) { key, _ in
      let number = key.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      nextOutgoing = max(nextOutgoing, number + 1)
      return true
    }
  }
}
