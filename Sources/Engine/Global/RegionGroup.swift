// Several regions in one process: their databases, the links between them, who talks to whom.
//
// Requests on items go to their region's database and nowhere else; `replicate` carries changes
// over. Only what concerns several regions takes the group's turn: replicas added and removed, the
// settings they share, replication itself and requests on strongly consistent tables. A turn is
// taken before a database's lock, never the other way, and one database's lock at a time.
//
// A change travels only when it is durable where it was made, and is forgotten there only when it
// is durable where it arrived, so no crash makes regions differ for good. A region that is cut off
// reaches no other. Eventually consistent tables go on there (features.md 3.7).

public import AccessControl
import ServiceAPI
import Synchronization
public import Units

/// Databases of several regions that replicate global tables.
public final class RegionGroup: Sendable {
  /// Who is cut off; what the group's turn guards.
  struct Links {
    var cut: Set<String> = []

    func reaches(_ a: String, _ b: String) -> Bool { !cut.contains(a) && !cut.contains(b) }
  }

  /// What of an outbox is carried.
  enum Carriage {
    /// What eventually consistent tables send, whose lag has passed, as capacity permits.
    case due
    /// What strongly consistent tables send.
    case strong
    /// Everything of one table, whatever its lag, without asking for capacity.
    case all(of: String)
  }

  /// In the order given.
  public let regions: [String]
  /// Of the regions. Few, so they are looked through.
  private let databases: [Database]
  let turn = Mutex(Links())
  private let hasStrong = Atomic(false)

  /// - Precondition: each database's region differs.
  public init(_ databases: [Database]) {
    regions = databases.map(\.region)
    self.databases = databases
    noteStrong()
  }

  func database(_ region: String) -> Database? {
    for index in regions.indices where regions[index] == region { return databases[index] }
    return nil
  }

  /// Notes whether any table is strongly consistent: only then requests are looked at.
  func noteStrong() {
    let found = databases.contains { database in
      database.withState { state in
        state.tables.values.contains { $0.definition.global?.isStrong == true }
      }
    }
    hasStrong.store(found, ordering: .releasing)
  }

  // MARK: Requests

  /// Runs one operation in a region; like the database's `begin`.
  public func begin(
    _ operation: String, in region: String, body: UnsafeRawBufferPointer, at now: Instant,
    for caller: Caller? = nil
  ) -> Reply {
    guard let database = database(region) else {
      return Self.reply(.internalFailure("Region \(region) is not served"))
    }
    if !PlainRequest.canBe(operation), GlobalTables.operations.contains(operation) {
      return GlobalTables(group: self, region: region, now: now, caller: caller)
        .handle(operation, body, database)
    }
    if hasStrong.load(ordering: .acquiring) {
      return beginStrong(operation, in: region, body, at: now, for: caller)
    }
    return database.begin(operation, body: body, at: now, for: caller)
  }

  static func reply(_ error: ServiceError) -> Reply {
    Reply(status: error.status, body: error.body, error: error)
  }

  // MARK: Links

  /// Cuts a region off from all others, or ends that; returns whether there is such a region, which
  /// may be a witness.
  public func setCut(_ region: String, _ isCut: Bool) -> Bool {
    let isWitness = databases.contains { database in
      database.withState { state in
        state.tables.values.contains { $0.definition.global?.witness == region }
      }
    }
    guard isWitness || database(region) != nil else { return false }
    turn.withLock { links in
      if isCut { links.cut.insert(region) } else { links.cut.remove(region) }
    }
    return true
  }

  /// Regions with what waits in each for the others, as JSON.
  public func report() -> [UInt8] {
    let cut = turn.withLock { $0.cut }
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("Regions")
    writer.beginArray()
    for region in regions {
      writer.beginObject()
      writer.member("Region", region)
      writer.member("IsCut", cut.contains(region))
      writer.key("Waiting")
      writer.beginObject()
      for other in regions where other != region {
        writer.member(other, database(region)?.withState { $0.waiting(for: other) } ?? 0)
      }
      writer.endObject()
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  // MARK: Replication

  private static let most = 200

  /// Carries changes whose lag has passed to the regions that can be reached; returns whether there
  /// may be more at once. What storage refuses is tried again.
  public func replicate(at now: Instant) -> Bool {
    if regions.count < 2 { return false }
    return turn.withLock { links in
      var hasMore = false
      for source in regions {
        for target in regions where source != target && links.reaches(source, target) {
          for carriage in [Carriage.due, .strong] {
            if (try? carry(carriage, from: source, to: target, at: now)) == true { hasMore = true }
          }
        }
      }
      return hasMore
    }
  }

  /// Carries all that there is.
  func carryAll(
    _ carriage: Carriage, from source: String, to target: String, at now: Instant
  ) throws(ServiceError) {
    while try carry(carriage, from: source, to: target, at: now) {}
  }

  /// Carries a batch; returns whether it was a full one, all of which arrived.
  private func carry(
    _ carriage: Carriage, from source: String, to target: String, at now: Instant
  ) throws(ServiceError) -> Bool {
    guard let sender = database(source), let receiver = database(target) else { return false }
    let changes = try sender.withThrowingState { (state) throws(ServiceError) in
      state.begin(at: now)
      return try state.outgoing(to: target, carriage, most: Self.most)
    }
    if changes.isEmpty { return false }
    try sender.waitUntilDurable()
    let (done, failure) = receiver.withState { state in
      state.begin(at: now)
      return state.receive(changes, carriage)
    }
    try receiver.waitUntilDurable()
    try sender.withThrowingState { (state) throws(ServiceError) in try state.sent(done) }
    if let failure { throw failure }
    return done.count == changes.count && changes.count >= Self.most
  }

  /// Waits until all that control requests changed is on the devices.
  func waitUntilDurable() throws(ServiceError) {
    for region in regions { try database(region)?.waitUntilDurable() }
  }
}
