// Scratch of a row of plain reads: who asks, in which order, and who was refused.
//
// Arrivals and retries of one traffic and table are merged into rows, so that admission decides
// them in one loop. Of the refused ones only what others depend on is settled at once: whether the
// quota grants a retry, and how long it waits at least. The rest of their answers, drawn one by one
// between admissions, would cost more than all else.

import Capacity
import Units

/// What became of a refused read, before its answer's latency is known.
struct RefusedRead {
  /// Place among what is drawn ahead; of a retry, `RowBooks.retry`.
  var origin: Int32
  var operation: Int32
  var instance: Int32
  /// Sends so far.
  var attempts: Int32
  var sequence: UInt64
  /// When it was sent, in ns.
  var sent: Int64
  /// Back-off before its next attempt, in ns; -1: there is none.
  var delay: Int64
  /// What the item's size adds to its latency, in ns.
  var transfer: Int64
}

/// Rows in the making, and those of what was decided.
struct RowBooks: ~Copyable {
  /// Reads per row.
  static let room = 256

  /// What the row asks for.
  var instants = RowBooks.row(Int64(0))
  var positions = RowBooks.row(UInt64(0))
  var halves = RowBooks.row(Int64(0))
  /// Where each comes from: a place ahead, or a slot as `retry` codes it.
  var origins = RowBooks.row(Int32(0))
  /// Of the retries: what they waited by.
  var keys = RowBooks.row(UInt128(0))

  private(set) var refusals = 0
  var refused: FixedBuffer<RefusedRead>
  /// Their partition keys, each with one throttle.
  var refusedKeys = RowBooks.row(UInt64(0))
  let ones = RowBooks.row(Int64(1))
  /// What their latencies are drawn from: network, then answer.
  var normals = FixedBuffer(Array(repeating: 0.0, count: 2 * room))

  init() {
    refused = Self.row(
      RefusedRead(
        origin: 0, operation: 0, instance: 0, attempts: 0, sequence: 0, sent: 0, delay: 0,
        transfer: 0))
  }

  private static func row<Element>(_ element: Element) -> FixedBuffer<Element> {
    FixedBuffer(Array(repeating: element, count: room))
  }

  /// A slot as an origin, and back: the same either way.
  @inline(__always)
  static func retry(_ slot: Int32) -> Int32 { -1 - slot }

  /// The origin of retries that were refused.
  static let refusedRetry = Int32.min

  mutating func clear() { refusals = 0 }

  @inline(__always)
  mutating func note(_ read: RefusedRead, key: UInt64) {
    refused[refusals] = read
    refusedKeys[refusals] = key
    refusals += 1
  }
}
