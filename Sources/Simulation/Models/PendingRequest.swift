// A logical request between its arrival and its end: what the calendar's slots hold.
//
// Only what cannot be recomputed is stored. Operation, keys and sizes are pure functions of
// (seed, traffic, k) and are drawn again for every attempt from a generator at that index.

import Clients
import RequestStreams
import Units

/// A request in progress.
struct PendingRequest {
  /// Traffic stream and the request's number in it.
  var fleet: Int32
  var sequence: UInt64
  /// Position among all traffic's operations.
  var operation: Int32
  /// Client process that sends it.
  var instance: Int32
  /// Intended start, in ns.
  var due: Int64
  /// When the current attempt was sent, in ns.
  var sent: Int64 = 0
  /// Sends so far.
  var attempts: Int32 = 0
  /// Sends of the current call: a batch that comes back in part starts a new call for the rest.
  var callAttempts: Int32 = 0
  /// Calls so far; more than one only for batches and for requests of several pages.
  var round: Int32 = 1
  /// Delay before the current attempt, for decorrelated jitter.
  var previousDelay: Nanoseconds = .zero
  /// First number, behind the initial items, reserved for the puts that create items.
  var firstNewItem: UInt64 = 0
  /// Number behind the newest item of the first part's table when the request was first sent.
  var newest: UInt64 = 0
  /// Items of a batch that were answered, one bit each (at most 100).
  var answered = BitRow()
  /// Outcome of the attempt before the current one.
  var lastFailure: AttemptOutcome?
  var wasThrottled = false
  var wasTimedOut = false
  var metConflict = false
  /// An earlier attempt of the transaction took effect, though its client gave up on it.
  var isCommitted = false
  /// Arrived after warm-up: counts in the statistics.
  var isMeasured = false
  /// Outcome of the attempt in flight, decided when it was sent.
  var outcome = AttemptState.idle

  /// Position from which the next page of a Scan reads; a Scan creates no items.
  var cursor: UInt64 {
    get { firstNewItem }
    set { firstNewItem = newValue }
  }

  static let none = PendingRequest(fleet: 0, sequence: 0, operation: 0, instance: 0, due: 0)
}

/// A plain read that waits for its retry: every attempt asks the same of a table whose items stay
/// as they are. One cache line.
struct WaitingRead {
  /// The request's number in its traffic.
  var sequence: UInt64
  /// Intended start, in ns.
  var due: Int64
  /// Partition key, and place in the hash range.
  var key: UInt64
  var position: UInt64
  /// What the item's size adds to its latency, in ns.
  var transfer: Int64
  /// Delay before the next attempt, for decorrelated jitter.
  var delay = Nanoseconds.zero
  /// Half-units.
  var halves: Int32
  /// Position among all traffic's operations.
  var operation: Int32
  /// Client process that sends it.
  var instance: Int32
  /// Sends so far.
  var attempts: Int32 = 1

  static let none = WaitingRead(
    sequence: 0, due: 0, key: 0, position: 0, transfer: 0, halves: 0, operation: 0, instance: 0)
}

/// What the attempt in flight will turn out to be.
enum AttemptState: UInt8 {
  case idle, succeeded, conditionFailed, throttled, partlyThrottled, cancelled, timedOut
  /// A page was read and another one follows.
  case morePages
  /// An item is held by another transaction.
  case conflicted
  /// The same transaction is still under way from an earlier attempt.
  case inProgress
}
