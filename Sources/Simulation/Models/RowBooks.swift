// Scratch of a row of plain reads: who asks, in which order, and who was refused.
//
// Arrivals and retries of one traffic and table are merged into rows, so that admission decides
// them in one loop. Of the refused ones only what others depend on is settled at once: whether the
// quota grants a retry, and how long it waits at least. The rest of their answers, drawn one by one
// between admissions, would cost more than all else.

import Capacity
import Clients
import Units

/// A refused read, before its answer's latency is known.
struct RefusedRead {
  /// Of a first attempt that is sent again: its place ahead; of a retry, `RowBooks.retry`.
  var origin: Int32
  var operation: Int32
  var instance: Int32
  /// Sends so far.
  var attempts: Int32
  var sequence: UInt64
  /// Intended start, and when it was sent, in ns.
  var due: Int64
  var sent: Int64
  /// Of a first attempt: what the item's size adds to its latency, in ns.
  var transfer = Int64(0)
  /// Back-off before its next attempt, in ns.
  var delay = Int64(0)

  static let none = RefusedRead(
    origin: 0, operation: 0, instance: 0, attempts: 0, sequence: 0, due: 0, sent: 0)
}

/// Refused reads in the order of their refusals.
struct RefusedReads: ~Copyable {
  private(set) var count = 0
  var reads = FixedBuffer(Array(repeating: RefusedRead.none, count: RowBooks.room))

  mutating func clear() { count = 0 }

  @inline(__always)
  mutating func append(_ read: RefusedRead) {
    reads[count] = read
    count += 1
  }
}

/// A row while it is decided.
struct RowInHand {
  var asked: AskedUnits
  let origins: UnsafeMutablePointer<Int32>
  /// Retries that come back before its end join it; else it ends before them.
  let takesRetries: Bool

  /// Where a retry belongs that comes back at `instant`: events come before arrivals of the same
  /// instant, and behind those scheduled earlier.
  func place(of instant: Int64, behind place: Int) -> Int {
    var next = asked.count
    while next > place + 1 {
      let other = asked.instants[next - 1]
      if other < instant || other == instant && origins[next - 1] < 0 { break }
      next -= 1
    }
    return next
  }
}

/// What one client's quota holds while a row is decided.
struct RowQuota {
  let terms: RetryQuotaTerms
  var tokens: Int

  /// Gains from calls that went well, as `RetryQuota` does.
  @inline(__always)
  mutating func gain(_ calls: Int, afterThrottles retries: Int) {
    tokens = min(terms.capacity, tokens + terms.gain * calls + terms.throttleCost * retries)
  }

  /// Pays for a retry after a throttle, if it can.
  @inline(__always)
  mutating func pays() -> Bool {
    let isEnough = tokens >= terms.throttleCost
    tokens -= isEnough ? terms.throttleCost : 0
    return isEnough
  }
}

/// Rows in the making, and those of what was decided.
struct RowBooks: ~Copyable {
  /// Reads per row: those it is merged from, and retries that come back within it.
  static let room = 256
  static let length = 112

  /// What the row asks for.
  var instants = RowBooks.row(Int64(0))
  var positions = RowBooks.row(UInt64(0))
  var halves = RowBooks.row(Int64(0))
  /// Where each comes from: a place ahead, or a slot as `retry` codes it.
  var origins = RowBooks.row(Int32(0))
  /// Scratch: places in the row.
  var chosen = FixedBuffer(Array(repeating: Int32(0), count: RowBooks.room + 1))
  /// Of the retries: what they waited by.
  var keys = RowBooks.row(UInt128(0))

  /// Refused reads that are sent again, and the others.
  var granted = RefusedReads()
  var failed = RefusedReads()
  /// Partition keys of all of them, each with one throttle.
  var refusedKeys = RowBooks.row(UInt64(0))
  let ones = RowBooks.row(Int64(1))
  /// What their answers' latencies are drawn from: network, then answer.
  var normals = FixedBuffer(Array(repeating: 0.0, count: 2 * room))

  /// Latencies of answers, in ns.
  var spans = RowBooks.row(Int64(0))

  private static func row<Element>(_ element: Element) -> FixedBuffer<Element> {
    FixedBuffer(Array(repeating: element, count: room))
  }

  /// A slot as an origin, and back: the same either way.
  @inline(__always)
  static func retry(_ slot: Int32) -> Int32 { -1 - slot }

  /// The origin of retries that were refused, and of refused reads whose retries joined the row.
  static let refusedRetry = Int32.min

  var refusals: Int { granted.count + failed.count }

  /// Puts a retry of `key` into a row of `count` reads; what it asks for is for the caller to add.
  mutating func insert(_ key: UInt128, at place: Int, of count: Int) {
    instants.move(place..<count)
    positions.move(place..<count)
    halves.move(place..<count)
    origins.move(place..<count)
    keys.move(place..<count)
    instants[place] = EventCalendar.time(of: key)
    origins[place] = Self.retry(Int32(EventCalendar.slot(of: key)))
    keys[place] = key
  }

  mutating func clear() {
    granted.clear()
    failed.clear()
  }
}
