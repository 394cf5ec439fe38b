// Waits by the bucket: many events that lie some seconds ahead, most of them alike.
//
// A heap of thousands guesses wrong at every level. Here an event waits in the bucket of its time,
// unsorted, and a bucket is sorted when its turn comes: some events then, seldom more. Buckets are
// numbered through; those of later turns of the wheel share places with earlier ones and stay where
// they are. Keys are the calendar's (time, then priority, then the order of scheduling), so that
// both can be merged. The idea is Brown's calendar queue (CACM 31(10), 1988) with whole numbers of
// buckets: a bucket's end kept as a sum loses events (simulation-kernels.md section 3).

/// Pending events, each with a slot of its own, in the order of the calendar's keys.
///
/// `insert` and `first` are O(1) amortised while events spread over the buckets.
struct RetryWheel: ~Copyable {
  /// A bucket is 2^21 ns long, 2.1 ms, and a turn of the wheel 4.3 s.
  private static let shift: Int64 = 21
  private static let mask: Int64 = 2_047
  private static let none = UInt32.max

  /// Events waiting.
  private(set) var count = 0
  /// By bucket: the last slot that came into it.
  private var heads: FixedBuffer<UInt32>
  /// By slot: its key, and the slot before it in its bucket.
  private var keys: UnsafeMutablePointer<UInt128>
  private var links: UnsafeMutablePointer<UInt32>
  private var capacity: Int
  /// The bucket whose turn it is: what lies up to its end stands sorted from `next` on.
  private var bucket: Int64 = -1
  private var sorted: UnsafeMutablePointer<UInt128>
  private var room: Int
  private var next = 0
  private var end = 0

  init(capacity: Int = 1_024) {
    heads = FixedBuffer(Array(repeating: Self.none, count: Int(Self.mask) + 1))
    self.capacity = capacity
    keys = .allocate(capacity: capacity)
    links = .allocate(capacity: capacity)
    room = 64
    sorted = .allocate(capacity: 64)
  }

  deinit {
    keys.deallocate()
    links.deallocate()
    sorted.deallocate()
  }

  /// Adds an event that waits until its key's time; its slot waits for nothing else.
  mutating func insert(_ key: UInt128) {
    let time = EventCalendar.time(of: key)
    count += 1
    guard time >> Self.shift > bucket else {
      insertSorted(key)
      return
    }
    let slot = EventCalendar.slot(of: key)
    if slot >= capacity { grow(toHold: Int(slot)) }
    let place = Int((time >> Self.shift) & Self.mask)
    keys[Int(slot)] = key
    links[Int(slot)] = heads[place]
    heads[place] = slot
  }

  /// Key of the first event if it is due by `limit`, else the largest key. Time goes on: events
  /// that come later are expected behind `limit`, though not required to be.
  @inline(__always)
  mutating func first(upTo limit: Int64) -> UInt128 {
    if next == end { turn(to: limit >> Self.shift) }
    if next == end { return .max }
    let key = sorted[next]
    return EventCalendar.time(of: key) <= limit ? key : .max
  }

  /// Removes the event that `first` gave.
  @inline(__always)
  mutating func removeFirst() {
    precondition(next < end, "removes an event that was not given")
    next += 1
    count -= 1
  }

  /// Goes on to the first bucket up to `last` that holds events of its own turn.
  private mutating func turn(to last: Int64) {
    next = 0
    end = 0
    if count == 0 {
      bucket = max(bucket, last)
      return
    }
    while bucket < last, end == 0 {
      bucket += 1
      let place = Int(bucket & Self.mask)
      if heads[place] != Self.none { collect(place) }
    }
  }

  private mutating func collect(_ place: Int) {
    var slot = heads[place]
    heads[place] = Self.none
    while slot != Self.none {
      let (key, before) = (keys[Int(slot)], links[Int(slot)])
      if EventCalendar.time(of: key) >> Self.shift == bucket {
        insertSorted(key)
      } else {
        links[Int(slot)] = heads[place]
        heads[place] = slot
      }
      slot = before
    }
  }

  /// Buckets hold some events; a short row is sorted fastest by moving its end.
  private mutating func insertSorted(_ key: UInt128) {
    if end == room { makeRoom() }
    var low = next
    var high = end
    if high - low > 32 {
      while low < high {
        let middle = (low + high) / 2
        if sorted[middle] < key { low = middle + 1 } else { high = middle }
      }
      (sorted + low + 1).update(from: sorted + low, count: end - low)
    } else {
      while high > low, sorted[high - 1] > key {
        sorted[high] = sorted[high - 1]
        high -= 1
      }
      low = high
    }
    sorted[low] = key
    end += 1
  }

  /// Moves what is sorted to the front, into more memory if that is full.
  private mutating func makeRoom() {
    let used = end - next
    if used * 2 > room {
      let larger = UnsafeMutablePointer<UInt128>.allocate(capacity: room * 2)
      larger.update(from: sorted + next, count: used)
      sorted.deallocate()
      sorted = larger
      room *= 2
    } else {
      sorted.update(from: sorted + next, count: used)
    }
    next = 0
    end = used
  }

  private mutating func grow(toHold slot: Int) {
    let wanted = max(capacity * 2, slot + 1)
    let longer = UnsafeMutablePointer<UInt128>.allocate(capacity: wanted)
    longer.update(from: keys, count: capacity)
    keys.deallocate()
    keys = longer
    let links = UnsafeMutablePointer<UInt32>.allocate(capacity: wanted)
    links.update(from: self.links, count: capacity)
    self.links.deallocate()
    self.links = links
    capacity = wanted
  }
}
