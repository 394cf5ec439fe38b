// Requests that are made before they are due: drawn, priced, written and signed while the thread
// has nothing to send. A due instant then costs a send and no more, and what fell due while the
// machine was away is caught up with as fast as sends go.
//
// What a request says depends on the items it names. When an answer changes one of them, what was
// made for it no longer holds, and it is made again when it is due. Signatures are dated when they
// are made, a tenth of a second before they are due at most, and are made again when they are a
// second old; the service takes those of five minutes.

import RequestStreams
import Scenarios
import Units

/// A request that is not due yet.
private struct ReadyRequest {
  var flight = Flight()
  /// What was made of it still holds.
  var isMade = false
  var items: [DrawnItem] = []
  var asked: [Asked] = []
  var bytes: [UInt8] = []
}

/// The next requests of a schedule, in its order; fixed memory once warm.
struct RequestsAhead: ~Copyable {
  /// Enough for stalls of 8 ms at 60,000/s.
  static let most = 512
  /// Bytes beyond which no more are made.
  static let mostBytes = 1 << 20
  /// How long before they are due they are made, in ns of the run's clock.
  let horizon: Int64
  private let clockSpeed: Int64
  private let capacity: Int
  private let ring: UnsafeMutablePointer<ReadyRequest>
  /// What each hangs on, apart because all are looked through.
  private let names: UnsafeMutablePointer<UInt64>
  private var first = 0
  private(set) var count = 0
  private var bytes = 0
  /// When the next is due; `Int64.max` when there is none.
  private(set) var nextDue = Int64.max
  /// Position of the next one's traffic.
  private(set) var nextTraffic = 0
  /// How long making one takes, in ns of the run's clock: a mean that fades.
  private(set) var effort: Int64

  init(isUsed: Bool, clockSpeed: Int) {
    self.clockSpeed = Int64(clockSpeed)
    horizon = 100_000_000 * self.clockSpeed
    effort = 4_000 * self.clockSpeed
    capacity = isUsed ? Self.most : 0
    ring = .allocate(capacity: Self.most)
    ring.initialize(repeating: ReadyRequest(), count: Self.most)
    names = .allocate(capacity: Self.most)
    names.initialize(repeating: Self.nothing, count: Self.most)
  }

  deinit {
    ring.deinitialize(count: Self.most)
    ring.deallocate()
    names.deallocate()
  }

  var hasRoom: Bool { count < capacity && bytes < Self.mostBytes }

  /// Takes what was made last out of `maker` and `head`, whose buffers it exchanges.
  /// - Precondition: `hasRoom`.
  mutating func append(
    _ flight: Flight, isMade: Bool, from maker: inout RequestMaker, _ head: inout RequestHead
  ) {
    let place = (first + count) & (Self.most - 1)
    count += 1
    ring[place].flight = flight
    ring[place].isMade = isMade
    names[place] = Self.name(maker.items, maker.operations[flight.operation].kind)
    maker.exchange(&ring[place].items, &ring[place].asked)
    head.exchange(&ring[place].bytes)
    bytes += ring[place].bytes.count
    if count == 1 { (nextDue, nextTraffic) = (flight.due, flight.traffic) }
  }

  /// Takes the next at `time`, and puts what was made of it back where it was made, if it still
  /// holds.
  /// - Precondition: there is one.
  mutating func popFirst(
    at time: Int64, into maker: inout RequestMaker, _ head: inout RequestHead
  ) -> (flight: Flight, isMade: Bool) {
    let place = first
    let flight = ring[place].flight
    bytes -= ring[place].bytes.count
    let isMade = ring[place].isMade && time - flight.due < 9 * horizon
    if isMade {
      maker.exchange(&ring[place].items, &ring[place].asked)
      head.exchange(&ring[place].bytes)
    }
    first = (first + 1) & (Self.most - 1)
    count -= 1
    if count > 0 {
      (nextDue, nextTraffic) = (ring[first].flight.due, ring[first].flight.traffic)
    } else {
      nextDue = .max
    }
    return (flight, isMade)
  }

  /// Takes in how long making one took; of a stall in it no more than a little.
  mutating func learn(_ took: Int64) {
    effort = max(effort + (min(took, 4 * effort) - effort) / 8, 500 * clockSpeed)
  }

  // MARK: Items that change

  private static let nothing: UInt64 = 0
  private static let anything = UInt64.max

  private static func name(_ item: ItemReference) -> UInt64 {
    item.item << 8 | UInt64(item.table) + 1
  }

  /// What a request hangs on: one item, any that several of them may be, or none.
  private static func name(_ items: [DrawnItem], _ kind: OperationKind) -> UInt64 {
    switch kind {
    case .get, .put, .update, .delete: items.first.map { name(ItemReference($0)) } ?? anything
    case .batchWrite, .transactWrite: anything
    // Their keys stay what they are.
    case .query, .scan, .batchGet, .transactGet: nothing
    }
  }

  /// What was made for an item no longer holds: it has changed. O(requests ahead).
  mutating func forget(_ item: ItemReference) {
    let name = Self.name(item)
    for step in 0..<count {
      let place = (first + step) & (Self.most - 1)
      if names[place] == name || names[place] == Self.anything { ring[place].isMade = false }
    }
  }
}
