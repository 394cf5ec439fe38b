// Items of transactions under way.
//
// The service writes a transaction in two phases and refuses other writes of its items between them
// (features.md 3.4): single writes with TransactionConflictException, transactions by cancelling
// them. Here a transaction takes effect at its first instant, whole, and its items are held until
// its answer leaves: a reader in between sees the new items, which the service allows too. Without
// a duration of transactions nothing is ever held. Holds are kept in memory alone: after a restart
// no transaction is under way.

import Randomness
import ServiceAPI
import Units

/// Stored keys that transactions hold.
struct TransactionHolds {
  /// When each key is free again.
  private var ends: [[UInt8]: Instant] = [:]
  private var sweepsAt = 256
  private let phase: DelayDistribution
  private let laws: OperationLaws
  private var generator: Generator

  init(_ options: DatabaseOptions) {
    phase = options.transactionPhase
    laws = options.transactionLaws
    generator = StreamKey(seed: options.lagSeed).child("transactions").generator(at: 0)
  }

  /// Whether a transaction holds the item under `key`.
  func hold(_ key: [UInt8], at now: Instant) -> Bool {
    if ends.isEmpty { return false }
    return ends[key].map { $0 > now } ?? false
  }

  /// How long a transaction on `tables` that begins now lasts, in wall-clock time.
  mutating func drawDuration(on tables: @autoclosure () -> [String]) -> Nanoseconds {
    if !laws.isEmpty {
      let shape = RequestShape(operation: "TransactWriteItems", tables: Set(tables()))
      if let whole = laws.law(of: shape, &generator) { return whole.draw(&generator) }
    }
    if phase.isNone { return .zero }
    let prepare = phase.draw(&generator)
    return prepare + phase.draw(&generator)
  }

  /// Holds `keys` until `end`.
  mutating func hold(_ keys: [[UInt8]], until end: Instant, at now: Instant) {
    guard end > now else { return }
    for key in keys { ends[key] = end }
    guard ends.count > sweepsAt else { return }
    ends = ends.filter { $0.value > now }
    sweepsAt = max(256, ends.count * 2)
  }
}

extension DatabaseState {
  static let conflictMessage = "Transaction is ongoing for the item"

  static let conflict = ServiceError("TransactionConflictException", message: conflictMessage)

  static let conflictReason = CancellationReason(
    code: "TransactionConflict", message: conflictMessage)
}
