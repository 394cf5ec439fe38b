// Items of transactions under way, and whom they turn away.
//
// A TransactWriteItems prepares and commits; between the two its items are held (capacity.md 1.6,
// features.md 3.4). Another transaction that names one is cancelled with TransactionConflict, a
// single write is refused with TransactionConflictException, an item of a BatchWriteItem comes back
// unprocessed; GetItem, Query and Scan are never turned away. The SDKs retry none of these errors
// (features.md 1.0). A cancelled transaction holds nothing.
//
// So an item is a server without a queue: of the transactions that name it at a rate r and hold it
// for a mean time h, r h / (1 + r h) conflict, however the time is distributed (Erlang's loss
// formula for one server).

/// An item of a table in one region.
struct HeldItem: Hashable {
  var table: Int
  var site: Int
  var item: UInt64
}

/// Items held by transactions, with the end of each hold.
struct TransactionHolds {
  private var ends: [HeldItem: Int64] = [:]
  private var sweepsAt = 256

  /// Whether a transaction holds the item at `now`, in ns.
  @inline(__always)
  func holds(_ item: HeldItem, at now: Int64) -> Bool {
    if ends.isEmpty { return false }
    return ends[item].map { $0 > now } ?? false
  }

  /// Holds an item from `now` to `end`. Amortised O(1).
  mutating func hold(_ item: HeldItem, from now: Int64, until end: Int64) {
    ends[item] = end
    guard ends.count > sweepsAt else { return }
    ends = ends.filter { $0.value > now }
    sweepsAt = max(256, ends.count * 2)
  }
}
