// A logical request between its dispatch and its end, and the instants at which something is due.

import Clients
import RequestStreams
import Units

/// A request in progress: what cannot be drawn again.
struct Flight {
  var traffic = 0
  /// Position among all traffic's operations.
  var operation = 0
  var sequence: UInt64 = 0
  /// Client process that sends it.
  var instance = 0
  /// The five clocks, in ns of the run's clock; received and done are known at the end.
  var due: Int64 = 0
  var dispatched: Int64 = 0
  var sent: Int64 = 0
  var backoff: Int64 = 0
  var attempts = 0
  /// Sends of the current call: a batch that comes back in part starts a new call for the rest.
  var callAttempts = 0
  var round = 1
  var previousDelay = Nanoseconds.zero
  var newest: UInt64 = 0
  var firstNewItem: UInt64 = 0
  var answered = BitRow()
  var lastFailure: AttemptOutcome?
  var wasThrottled = false
  var wasTimedOut = false
  var isMeasured = false
  /// The write was sent on an item whose state is not known.
  var isUncertain = false
  /// Sizes as the attempt on the wire was made, of operations on one item.
  var before = 0
  var after = 0

  /// A version for the writes of the request; above 0 and different for every request.
  var stamp: UInt64 { UInt64(traffic + 1) << 48 | (sequence + 1) & 0xFFFF_FFFF_FFFF }
}

/// Requests of a traffic that wait until fewer of its requests are in progress, in their order.
struct HeldRequests {
  /// With more than these the whole schedule waits: each takes some 200 bytes.
  static let most = 100_000
  private var ring: [Flight] = []
  private var first = 0
  private(set) var count = 0

  var hasRoom: Bool { count < Self.most }

  /// O(1) amortised.
  mutating func append(_ flight: Flight) {
    if count == ring.count {
      ring = (0..<count).map { ring[(first + $0) % count] }
      ring.append(contentsOf: repeatElement(Flight(), count: max(16, count)))
      first = 0
    }
    ring[(first + count) % ring.count] = flight
    count += 1
  }

  mutating func popFirst() -> Flight? {
    guard count > 0 else { return nil }
    let flight = ring[first]
    first = (first + 1) % ring.count
    count -= 1
    return flight
  }
}

/// What is due for a slot.
enum Due: UInt8 {
  /// A retry: takes its turn in the client's own rate limit.
  case send
  /// The client's own rate limit has let an attempt through.
  case connect
  /// A closed-loop user issues its next request; the slot is its traffic.
  case user
}

/// A binary heap of instants; room for one entry per request in flight and user.
struct DueQueue: ~Copyable {
  struct Entry {
    var time: Int64
    var slot: Int32
    var kind: Due
  }

  private let entries: UnsafeMutablePointer<Entry>
  private let capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = max(1, capacity)
    entries = .allocate(capacity: self.capacity)
  }

  deinit { entries.deallocate() }

  /// The earliest instant; `Int64.max` when empty.
  var next: Int64 { count == 0 ? .max : entries[0].time }

  mutating func push(_ time: Int64, _ slot: Int, _ kind: Due) {
    precondition(count < capacity, "more is due than can be in flight")
    var place = count
    count += 1
    while place > 0, entries[(place - 1) / 2].time > time {
      entries[place] = entries[(place - 1) / 2]
      place = (place - 1) / 2
    }
    entries[place] = Entry(time: time, slot: Int32(slot), kind: kind)
  }

  /// - Precondition: not empty.
  mutating func pop() -> Entry {
    let first = entries[0]
    count -= 1
    let last = entries[count]
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < count else { break }
      if child + 1 < count, entries[child + 1].time < entries[child].time { child += 1 }
      guard entries[child].time < last.time else { break }
      entries[place] = entries[child]
      place = child
    }
    entries[place] = last
    return first
  }
}

/// Slots that wait for a connection, first come, first served; fixed capacity.
struct SlotRing: ~Copyable {
  private let slots: UnsafeMutablePointer<Int32>
  private let capacity: Int
  private var first = 0
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = max(1, capacity)
    slots = .allocate(capacity: self.capacity)
  }

  deinit { slots.deallocate() }

  mutating func append(_ slot: Int) {
    precondition(count < capacity)
    let place = first + count
    slots[place >= capacity ? place - capacity : place] = Int32(slot)
    count += 1
  }

  mutating func popFirst() -> Int? {
    guard count > 0 else { return nil }
    let slot = slots[first]
    first = first + 1 == capacity ? 0 : first + 1
    count -= 1
    return Int(slot)
  }
}
