// The places of a client that bound what it has in flight: its concurrency limit or its connection
// pool.
//
// Counters only. Who waits, and in which order, is the caller's queue (first come, first served in
// both drivers); this says whether a request may start and whether a finished one lets the next in.

/// A number of places, and how many requests hold one or wait for one.
public struct PoolModel: Hashable, Sendable {
  /// Places in all.
  public let places: Int
  public private(set) var busy = 0
  public private(set) var waiting = 0
  /// The most requests that ever waited at once.
  public private(set) var waitingMax = 0

  /// - Precondition: `places > 0`.
  public init(places: Int) {
    precondition(places > 0, "a pool without places serves nobody")
    self.places = places
  }

  /// Whether a request may start now; otherwise it waits, and the caller queues it.
  public mutating func enter() -> Bool {
    if busy < places {
      busy += 1
      return true
    }
    waiting += 1
    waitingMax = max(waitingMax, waiting)
    return false
  }

  /// Gives a place back; true when it passes at once to the request that waited longest, which the
  /// caller takes from its queue and starts.
  /// - Precondition: a request holds a place.
  public mutating func leave() -> Bool {
    precondition(busy > 0, "nobody holds a place")
    if waiting > 0 {
      waiting -= 1
      return true
    }
    busy -= 1
    return false
  }

  /// A waiting request gives up, for example because its timeout passed.
  /// - Precondition: a request waits.
  public mutating func abandon() {
    precondition(waiting > 0, "nobody waits")
    waiting -= 1
  }
}
