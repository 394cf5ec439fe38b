// Waits by the bucket: many events that lie some seconds ahead, most of them alike.
//
// A heap of thousands guesses wrong at every level. Here an event waits in the bucket of its time,
// unsorted, and a bucket is sorted when its turn comes: some events then, seldom more. Buckets are
// numbered through; those of later turns of the wheel share places with earlier ones and stay where
// they are. Keys are the calendar's (time, then priority, then the order of scheduling), so that
// both can be merged. The idea is Brown's calendar queue (CACM 31(10), 1988) with whole numbers of
// buckets: a bucket's end kept as a sum loses events (simulation-kernels.md section 3).

/// Pending events in the order of the calendar's keys.
///
/// `insert` and `first` are O(1) amortised while events spread over the buckets.
struct RetryWheel: ~Copyable {
  /// A bucket is 2^21 ns long, 2.1 ms, and a turn of the wheel 4.3 s.
  private static let shift: Int64 = 21
  private static let mask: Int64 = 2_047
  private static let none = UInt32.max
  /// Keys per chunk: a bucket's stand together, and are read without waiting for one another.
  private static let chunk = 16

  /// Events waiting.
  private(set) var count = 0
  /// By place of a bucket: its newest chunk, and how many keys that holds.
  private var heads = FixedBuffer(Array(repeating: none, count: Int(mask) + 1))
  private var fills = FixedBuffer(Array(repeating: 0, count: Int(mask) + 1))
  /// By chunk: its keys, and the chunk before it in its bucket or among the free ones.
  private var keys: UnsafeMutablePointer<UInt128>
  private var links: UnsafeMutablePointer<UInt32>
  private var chunks: Int
  private var free = none
  private var used = 0
  /// The bucket whose turn it is: what lies up to its end stands sorted from `next` on.
  private var bucket: Int64 = -1
  private var sorted: UnsafeMutablePointer<UInt128>
  private var room = 64
  private var next = 0
  private var end = 0

  init(chunks: Int = 256) {
    self.chunks = chunks
    keys = .allocate(capacity: chunks * Self.chunk)
    links = .allocate(capacity: chunks)
    sorted = .allocate(capacity: 64)
  }

  deinit {
    keys.deallocate()
    links.deallocate()
    sorted.deallocate()
  }

  /// Adds an event.
  mutating func insert(_ key: UInt128) {
    count += 1
    if EventCalendar.time(of: key) >> Self.shift > bucket { put(key) } else { insertSorted(key) }
  }

  /// Puts an event into its bucket.
  @inline(__always)
  private mutating func put(_ key: UInt128) {
    let place = Int((EventCalendar.time(of: key) >> Self.shift) & Self.mask)
    if heads[place] == Self.none || fills[place] == Self.chunk { addChunk(place) }
    keys[Int(heads[place]) * Self.chunk + fills[place]] = key
    fills[place] += 1
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
    var (chunk, fill) = (heads[place], fills[place])
    heads[place] = Self.none
    while chunk != Self.none {
      let first = Int(chunk) * Self.chunk
      for position in first..<first + fill {
        let key = keys[position]
        if EventCalendar.time(of: key) >> Self.shift == bucket {
          insertSorted(key)
        } else {
          put(key)
        }
      }
      let before = links[Int(chunk)]
      links[Int(chunk)] = free
      free = chunk
      (chunk, fill) = (before, Self.chunk)
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

  @inline(never)
  private mutating func addChunk(_ place: Int) {
    var chunk = free
    if chunk != Self.none {
      free = links[Int(chunk)]
    } else {
      if used == chunks { grow() }
      chunk = UInt32(used)
      used += 1
    }
    links[Int(chunk)] = heads[place]
    heads[place] = chunk
    fills[place] = 0
  }

  private mutating func grow() {
    let longer = UnsafeMutablePointer<UInt128>.allocate(capacity: chunks * 2 * Self.chunk)
    longer.update(from: keys, count: chunks * Self.chunk)
    keys.deallocate()
    keys = longer
    let links = UnsafeMutablePointer<UInt32>.allocate(capacity: chunks * 2)
    links.update(from: self.links, count: chunks)
    self.links.deallocate()
    self.links = links
    chunks *= 2
  }
}
