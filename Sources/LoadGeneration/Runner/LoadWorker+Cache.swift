// The scenario's DAX cluster in front of its tables, in the generator's own process.
//
// The generator speaks the tables' protocol, so the cluster stands on its side: the code that the
// simulator drives decides on the run's clock what is a hit, and what it misses goes to the tables
// and fills it when it comes back. Hits, misses, evictions, expiry and what the tables are left to
// do are real; the latency of a hit is not, because there is no network in between. The reads with
// which a cluster follows a transaction are not sent. One thread owns the cluster.

import Caching
import Capacity
import Clients
import RequestStreams
import Scenarios
import Units

extension LoadWorker {
  /// What the cluster makes of an attempt.
  private enum CacheAnswer {
    case hit, refused
    /// It goes on to the tables.
    case passes
  }

  /// Shows an attempt to the cluster; whether it ended there.
  mutating func endsAtCache(_ slot: Int) -> Bool {
    draw(slot)
    let time = now
    let answer = ask(slot, at: Instant(nanoseconds: time))
    guard answer != .passes else { return false }
    countAttempt(slot)
    if answer == .hit {
      end(slot, succeeded: true, at: time)
    } else {
      noteThrottled(slot)
      count(
        flights[slot].operation, "ThrottlingException", reason: "the node's capacity",
        resource: "DAX")
      retryOrEnd(slot, .throttled, hint: -1, at: time)
    }
    return true
  }

  private mutating func ask(_ slot: Int, at time: Instant) -> CacheAnswer {
    let plan = maker.operations[flights[slot].operation]
    switch plan.kind {
    case .get, .query, .scan, .batchGet:
      return plan.consistency == .eventual ? askReads(slot, plan, at: time) : .passes
    case .put, .update, .delete, .batchWrite:
      for item in maker.items where item.isSent && maker.tables[item.table].isCached {
        let bytes = max(item.before, item.after)
        if cache?.admitWrite(bytes: bytes, at: time) == false { return .refused }
      }
      return .passes
    case .transactGet, .transactWrite: return .passes
    }
  }

  /// Asks for every item, or for the page; what is found need not be asked of the tables.
  private mutating func askReads(
    _ slot: Int, _ plan: OperationPlan, at time: Instant
  ) -> CacheAnswer {
    var isWhole = true
    for position in maker.items.indices where maker.items[position].isSent {
      let item = maker.items[position]
      guard maker.tables[item.table].isCached else {
        isWhole = false
        continue
      }
      let outcome: CacheOutcome?
      if plan.kind == .query || plan.kind == .scan {
        let bytes = maker.drawing.pageBytes(
          item.part, key: item.identity.partitionKey, scanFrom: maker.segmentDraw)
        outcome = cache?.query(item.table, Self.page(item, plan), bytes: bytes, at: time)
      } else {
        outcome = cache?.read(item.table, item.identity.item, bytes: item.before, at: time)
      }
      switch outcome {
      case .hit: if maker.items.count > 1 { flights[slot].answered[position] = true }
      case .throttled: return .refused
      case .miss, nil: isWhole = false
      }
    }
    return isWhole ? .hit : .passes
  }

  /// Tells pages apart as the simulator does.
  private static func page(_ item: DrawnItem, _ plan: OperationPlan) -> UInt64 {
    hashPlace(item.identity.partitionKey, seed: plan.number)
  }

  /// Keeps what a read found in the tables.
  mutating func fillCache(_ slot: Int, at time: Int64) {
    let plan = maker.operations[flights[slot].operation]
    let time = Instant(nanoseconds: time)
    guard plan.consistency == .eventual, let first = maker.items.first else { return }
    switch plan.kind {
    case .query, .scan:
      guard maker.tables[first.table].isCached else { return }
      let bytes = reader.items.reduce(0) { $0 + $1.size }
      cache?.fillQuery(first.table, Self.page(first, plan), bytes: bytes, at: time)
    case .get, .batchGet:
      for item in maker.items where item.isSent && maker.tables[item.table].isCached {
        let found = reader.items.first { $0.names(item) }
        cache?.fill(item.table, item.identity.item, bytes: found?.size ?? 0, at: time)
      }
    default: break
    }
  }
}
