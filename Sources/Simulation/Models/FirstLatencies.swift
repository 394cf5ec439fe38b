// Latencies of requests that ended with their first attempt: most requests of most scenarios.
//
// Each belongs into several histograms (response, attempt, the minute's). They are noted in rows,
// counted by the row, and brought into all of them only when somebody is about to read one.

import Statistics

/// Measured latencies by operation, on their way into the record.
struct FirstLatencies: ~Copyable {
  private static let room = 512

  private var rows: FixedBuffer<Int64>
  private var counts: FixedBuffer<Int>
  /// Behind by what was noted since `tally`.
  var histograms: FixedBuffer<Histogram>

  init(operations: Int) {
    rows = FixedBuffer(Array(repeating: 0, count: operations * Self.room))
    counts = FixedBuffer(Array(repeating: 0, count: operations))
    histograms = FixedBuffer(Array(repeating: Histogram(), count: operations))
  }

  /// Notes a latency in ns, if it counts: without a branch, which of many do is anybody's guess.
  @inline(__always)
  mutating func note(_ latency: Int64, of operation: Int, counts isCounted: Bool = true) {
    let count = counts.pointer(operation)
    rows.pointer(operation * Self.room)[count.pointee] = latency
    count.pointee += isCounted ? 1 : 0
    if count.pointee == Self.room { tally(operation) }
  }

  /// Where the next latencies of an operation are noted, up to `most` of them; the caller says with
  /// `noted` how many it was.
  /// - Precondition: `most` is at most 256.
  @inline(__always)
  mutating func room(for most: Int, of operation: Int) -> UnsafeMutablePointer<Int64> {
    precondition(most <= Self.room / 2)
    if counts[operation] + most >= Self.room { tally(operation) }
    return rows.pointer(operation * Self.room) + counts[operation]
  }

  @inline(__always)
  mutating func noted(_ count: Int, of operation: Int) { counts[operation] += count }

  /// Counts the noted ones.
  @inline(never)
  mutating func tally(_ operation: Int) {
    let first = operation * Self.room
    histograms[operation].record(
      rows.slice(first..<first + counts[operation]))
    counts[operation] = 0
  }
}
