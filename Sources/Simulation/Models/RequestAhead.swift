// What is known of requests before they arrive, drawn in blocks.
//
// When a request is due, which operation it is, which item it names and how long the service takes
// to serve it are functions of its number. Drawn for a block of requests in short loops, one per
// question and operation, the processor works at several requests at once; drawn one by one between
// admissions, each waits for the one before. Whatever asks later (retries, requests that waited,
// played ones) draws again and gets the same.

import Randomness
import RequestStreams
import Scenarios

/// Numbered requests before they arrive: a block of each traffic, at the traffic's position times
/// the block's length.
struct RequestAhead: ~Copyable {
  /// Requests per block.
  static let block = 128

  /// Arrivals in ns: `Int64.max` in a closed loop and behind the last one.
  var instants: FixedBuffer<Int64>
  /// Positions in the traffic's list.
  var operations: FixedBuffer<Int32>
  /// The draws behind those of operation and place.
  var draws: FixedBuffer<Generator>
  /// The items they name, if their operations name fixed ones.
  var places: FixedBuffer<ItemPlace>
  /// Network and service time of the first attempt in ns, without the share of its size.
  var served: FixedBuffer<Int64>

  /// What prepared reads ask for, and where.
  var keys: FixedBuffer<UInt64>
  var positions: FixedBuffer<UInt64>
  var halves: FixedBuffer<Int64>
  /// What their items' sizes add to their latencies, in ns.
  var transfers: FixedBuffer<Int64>

  /// Scratch: positions, within a block, of one operation's requests.
  private var chosen: FixedBuffer<Int32>

  init(traffics: Int) {
    func row<Element>(_ element: Element) -> FixedBuffer<Element> {
      FixedBuffer(Array(repeating: element, count: traffics * Self.block))
    }
    instants = row(.max)
    operations = row(0)
    draws = row(StreamKey(seed: 0).generator(at: 0))
    places = row(.first)
    served = row(0)
    keys = row(0)
    positions = row(0)
    halves = row(0)
    transfers = row(0)
    chosen = FixedBuffer(Array(repeating: 0, count: Self.block + 1))
  }

  /// All rows as pointers, for loops that have checked their places; valid while the owner lives.
  struct Rows {
    let instants: UnsafeMutablePointer<Int64>
    let operations: UnsafeMutablePointer<Int32>
    let places: UnsafeMutablePointer<ItemPlace>
    let served: UnsafeMutablePointer<Int64>
    let keys: UnsafeMutablePointer<UInt64>
    let positions: UnsafeMutablePointer<UInt64>
    let halves: UnsafeMutablePointer<Int64>
    let transfers: UnsafeMutablePointer<Int64>
  }

  var rows: Rows {
    Rows(
      instants: instants.pointer(0), operations: operations.pointer(0),
      places: places.pointer(0), served: served.pointer(0), keys: keys.pointer(0),
      positions: positions.pointer(0), halves: halves.pointer(0), transfers: transfers.pointer(0))
  }

  /// Positions, within the block that begins at `base`, of an operation's requests. Valid until the
  /// next call.
  mutating func requests(of operation: Int, from base: Int) -> UnsafeBufferPointer<Int32> {
    var count = 0
    for place in 0..<Self.block {
      // Without a branch: which operation comes next is anybody's guess.
      chosen[count] = Int32(truncatingIfNeeded: place)
      count += operations[base + place] == Int32(truncatingIfNeeded: operation) ? 1 : 0
    }
    return UnsafeBufferPointer(rebasing: chosen.elements[..<count])
  }
}

extension RequestAhead {
  /// What stands in place of the transfer of a plain read that was refused.
  static let isRefused: Int64 = -1

  /// As `requests(of:from:)` for the plain reads among some places that were not refused.
  mutating func admitted(
    of operation: Int, _ places: Range<Int>, from base: Int
  ) -> UnsafeBufferPointer<Int32> {
    let (transfers, operations) = (transfers.pointer(0), operations.pointer(0))
    let chosen = chosen.pointer(0)
    var count = 0
    for place in places {
      chosen[count] = Int32(truncatingIfNeeded: place - base)
      let isOne =
        transfers[place] != Self.isRefused
        && operations[place] == Int32(truncatingIfNeeded: operation)
      count += isOne ? 1 : 0
    }
    return UnsafeBufferPointer(start: chosen, count: count)
  }
}

extension Simulator {
  /// Draws the next block of a traffic's requests.
  mutating func drawAhead(_ fleet: Int) {
    let first = fleets[fleet].stream.issued
    let base = fleet * RequestAhead.block
    let block = base..<base + RequestAhead.block
    fleets[fleet].firstAhead = first
    fleets[fleet].drawsServedLate = fleets[fleet].refusedOfBlock > RequestAhead.block / 8
    fleets[fleet].refusedOfBlock = 0
    fleets[fleet].prepared = base
    fleets[fleet].stream.take(UnsafeMutableBufferPointer(rebasing: ahead.instants.elements[block]))
    let draws = ahead.draws.pointer(base)
    fleets[fleet].stream.begin(
      first, operations: UnsafeMutableBufferPointer(rebasing: ahead.operations.elements[block]),
      draws: draws)
    let drawn = DrawnBlock(
      first: first, draws: draws, keys: ahead.keys.pointer(base),
      places: ahead.places.pointer(base))
    for local in 0..<fleets[fleet].spec.operations.count {
      let requests = ahead.requests(of: local, from: base)
      if requests.isEmpty { continue }
      let operation = fleets[fleet].firstOperation + local
      if operations[operation].namesFixedItem {
        drawing.places(operations[operation].firstPart, of: requests, in: drawn)
      }
      if fleets[fleet].drawsServedLate, plainTables[operation] >= 0 { continue }
      services[operation].served(
        operations[operation], of: requests, first: first, key: fleets[fleet].firstLatencies,
        into: ahead.served.pointer(base))
    }
    fleets[fleet].nextArrival = ahead.instants[base]
  }

  /// Draws what `drawAhead` left out for the plain reads that were admitted.
  mutating func drawServed(_ row: ReadRow, _ places: Range<Int>) {
    let fleet = row.fleet
    let base = fleet * RequestAhead.block
    for local in 0..<fleets[fleet].spec.operations.count {
      let requests = ahead.admitted(of: local, places, from: base)
      if requests.isEmpty { continue }
      let operation = fleets[fleet].firstOperation + local
      services[operation].served(
        operations[operation], of: requests, first: fleets[fleet].firstAhead,
        key: fleets[fleet].firstLatencies, into: ahead.served.pointer(base))
    }
  }

  /// Takes the number of the next request of a traffic; `position` is its place in `ahead`.
  @inline(__always)
  mutating func nextAhead(_ fleet: Int) -> (sequence: UInt64, position: Int) {
    let sequence = fleets[fleet].stream.issued
    let offset = Int(truncatingIfNeeded: sequence &- fleets[fleet].firstAhead)
    return (sequence, fleet * RequestAhead.block + offset)
  }

  /// Goes on to the request behind the one in hand, which is no longer known ahead when its block
  /// has ended.
  @inline(__always)
  mutating func advance(_ fleet: Int) {
    let position = nextAhead(fleet).position
    if position < (fleet + 1) * RequestAhead.block {
      fleets[fleet].nextArrival = ahead.instants[position]
    } else {
      drawAhead(fleet)
    }
  }
}
