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

  public init() {}
}

/// Passes calls on to `base`, except those that its plan lets fail.
public final class FaultyStore: KeyValueStore {
  private struct Counts {
    var plan: FaultPlan
    var writes = 0
    var reads = 0
  }

  /// The store behind, which never fails on purpose.
  public let base: Store
  private let counts: Mutex<Counts>

  public init(_ base: Store, _ plan: FaultPlan) {
    self.base = base
    counts = Mutex(Counts(plan: plan))
  }

  /// How many writes were asked for so far, refused ones included.
  public var writes: Int { counts.withLock { $0.writes } }

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

  public var mark: WriteMark { base.mark }

  public func isDurable(_ mark: WriteMark) -> Bool { base.isDurable(mark) }

  public func whenDurable(_ mark: WriteMark, _ call: @escaping @Sendable (StorageError?) -> Void) {
    base.whenDurable(mark, call)
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
