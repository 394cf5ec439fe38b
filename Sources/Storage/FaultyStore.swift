// A store that fails on purpose, at chosen calls: for tests of what is built on a store.
//
// Faults are counted, not random: a test draws the numbers from its seed and can print them. A
// torn batch cannot be asked for, since no store may ever show one: a batch is refused whole.

import Synchronization

/// Which calls of a `FaultyStore` fail, and how. Calls are counted from 1.
public struct FaultPlan: Sendable {
  /// These writes fail and change nothing.
  public var refusedWrites: Set<Int> = []
  /// These writes take effect but report an error, as when an answer is lost.
  public var unacknowledgedWrites: Set<Int> = []
  /// From this write on the device is full, and every write is refused.
  public var fullFromWrite: Int?
  /// These gets and scans fail.
  public var refusedReads: Set<Int> = []
  /// From after this many writes every call fails, as in a crash; `FaultyStore.base` keeps what was
  /// written.
  public var crashAfterWrites: Int?
  /// Writes become durable by `sync` alone, as on a device that is slow; what `afterCrash` finds
  /// may lack the others. Asked for when the store is made.
  public var holdsSyncs = false
  /// A slow device syncs at once when somebody waits for it: for tests of one thread.
  public var syncsWhenWaitedFor = false

  public init() {}
}

/// Passes calls on to `base`, except those that its plan lets fail.
public final class FaultyStore: KeyValueStore {
  private struct Counts {
    var plan: FaultPlan
    var writes = 0
    var reads = 0
    /// Appended and not synced.
    var pending: [WriteBatch] = []
    var appended: UInt64 = 0
    var waiters: [@Sendable (StorageError?) -> Void] = []
  }

  /// The store behind, which never fails on purpose.
  public let base: Store
  private let counts: Mutex<Counts>
  /// What the device has, when syncs are held.
  private let device: MemoryStore?

  public init(_ base: Store, _ plan: FaultPlan) {
    self.base = base
    counts = Mutex(Counts(plan: plan))
    device = plan.holdsSyncs ? try? Self.copy(base) : nil
  }

  private static func copy(_ store: some KeyValueReader) throws(StorageError) -> MemoryStore {
    let copy = MemoryStore()
    var batch = WriteBatch()
    for pair in try store.pairs() { batch.put(pair.key, pair.value) }
    try copy.write(batch)
    return copy
  }

  /// Whether writes wait for `sync`.
  public var isHoldingSyncs: Bool { device != nil }

  /// How many writes a crash could lose.
  public var unsynced: Int { counts.withLock { $0.pending.count } }

  /// Makes everything appended so far durable.
  public func sync() {
    guard let device else { return }
    let waiters = counts.withLock { counts in
      for batch in counts.pending { try? device.write(batch) }
      counts.pending = []
      defer { counts.waiters = [] }
      return counts.waiters
    }
    for waiter in waiters { waiter(nil) }
  }

  /// What a process finds that starts after a crash: all that is durable, and the first `count`
  /// writes that are not.
  public func afterCrash(keeping count: Int) throws(StorageError) -> MemoryStore {
    guard let device else { return try Self.copy(base) }
    let found = try Self.copy(device)
    for batch in counts.withLock({ $0.pending.prefix(count) }) { try found.write(batch) }
    return found
  }

  /// How many writes were asked for so far, refused ones included.
  public var writes: Int { counts.withLock { $0.writes } }

  /// How many gets and scans were asked for so far.
  public var reads: Int { counts.withLock { $0.reads } }

  /// Exchanges the plan; the counts go on.
  public func setPlan(_ plan: FaultPlan) { counts.withLock { $0.plan = plan } }

  public func get(_ key: [UInt8]) throws(StorageError) -> [UInt8]? {
    try countRead()
    return try base.get(key)
  }

  public func scan(
    _ scan: KeyScan, _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  ) throws(StorageError) {
    try countRead()
    try base.scan(scan, visit)
  }

  public var mark: WriteMark {
    device == nil ? base.mark : WriteMark(number: counts.withLock { $0.appended })
  }

  public func isDurable(_ mark: WriteMark) -> Bool {
    if device == nil { return base.isDurable(mark) }
    return counts.withLock { $0.appended - UInt64($0.pending.count) >= mark.number }
  }

  public func whenDurable(_ mark: WriteMark, _ call: @escaping @Sendable (StorageError?) -> Void) {
    if device == nil { return base.whenDurable(mark, call) }
    if counts.withLock({ $0.plan.syncsWhenWaitedFor }) { sync() }
    if isDurable(mark) { return call(nil) }
    counts.withLock { $0.waiters.append(call) }
  }

  public func write(_ batch: WriteBatch) throws(StorageError) {
    try append(batch)
    if let failure = waitUntilDurable(mark) { throw failure }
  }

  public func append(_ batch: WriteBatch) throws(StorageError) {
    let (number, plan) = counts.withLock { counts in
      counts.writes += 1
      return (counts.writes, counts.plan)
    }
    if let last = plan.crashAfterWrites, number > last { throw fault("crashed") }
    if let first = plan.fullFromWrite, number >= first {
      throw StorageError(.full, path: "test", detail: "no space for write \(number), on purpose")
    }
    if plan.refusedWrites.contains(number) { throw fault("write \(number) refused") }
    try base.append(batch)
    if device != nil {
      counts.withLock { counts in
        counts.pending.append(batch)
        counts.appended += 1
      }
    }
    if plan.unacknowledgedWrites.contains(number) { throw fault("answer to \(number) lost") }
  }

  public func view() throws(StorageError) -> StoreView {
    try countRead()
    return try base.view()
  }

  public func checkpoint(to path: String) throws(StorageError) {
    try refuseAfterCrash()
    try base.checkpoint(to: path)
  }

  public func flush() throws(StorageError) {
    try refuseAfterCrash()
    try base.flush()
  }

  public func close() throws(StorageError) { try base.close() }

  private func countRead() throws(StorageError) {
    try refuseAfterCrash()
    let refused = counts.withLock { counts in
      counts.reads += 1
      return counts.plan.refusedReads.contains(counts.reads) ? counts.reads : nil
    }
    if let refused { throw fault("read \(refused) refused") }
  }

  private func refuseAfterCrash() throws(StorageError) {
    let hasCrashed = counts.withLock { counts in
      counts.plan.crashAfterWrites.map { counts.writes > $0 } ?? false
    }
    if hasCrashed { throw fault("crashed") }
  }

  private func fault(_ detail: String) -> StorageError {
    StorageError(.injected, path: "test", detail: detail)
  }
}
