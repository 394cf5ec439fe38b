// Waits by the bucket: many events that lie some seconds ahead, most of them alike.
//
// A heap of thousands guesses wrong at every level. Here an event waits unsorted in the window of
// its time, or in a bucket of it once the window has begun, and a bucket is sorted when its turn
// comes: some events then, seldom more. There are few windows and buckets, so that the ends of
// their lists stay in the cache; what a window held goes into its buckets in one pass. Windows of
// later turns of the wheel share places with earlier ones and stay where they are. Keys are the
// calendar's (time, then priority, then the order of scheduling), so that both can be merged. The
// idea is Brown's calendar queue (CACM 31(10), 1988) with whole numbers of buckets: a bucket's end
// kept as a sum loses events (simulation-kernels.md section 3).

/// Pending events in the order of the calendar's keys.
///
/// `insert` and `first` are O(1) amortised while events spread over the buckets.
struct RetryWheel: ~Copyable {
  /// A bucket is 2^18 ns long, 0.3 ms; a window holds 256 of them, 67 ms, a turn of the wheel 256
  /// windows, 17 s.
  private static let shift: Int64 = 18
  private static let bits: Int64 = 8
  private static let mask: Int64 = 1 << bits - 1
  /// Keys per chunk: a list's stand together, and are read without waiting for one another.
  private static let chunk = 16

  /// Events waiting.
  private(set) var count = 0
  /// Of these, in buckets of the present window.
  private var near = 0
  /// By bucket of the present window, then by window: where its next key goes, 0 while it has none.
  /// Behind a chunk's last key a new chunk begins.
  private var tails = FixedBuffer(Array(repeating: 0, count: 2 << Int(bits)))
  /// By chunk: its keys, and the end of the chunk before it in its list, or the next free one.
  private var keys: UnsafeMutablePointer<UInt128>
  private var links: UnsafeMutablePointer<Int>
  private var chunks: Int
  /// A released chunk; -1: none.
  private var free = -1
  private var used = 0
  /// The bucket whose turn it is: what lies up to its end stands sorted from `next` on.
  private var bucket: Int64 = -1
  private var sorted: UnsafeMutablePointer<UInt128>
  private var room = 64
  private var next = 0
  private var end = 0

  init(chunks: Int = 256) {
    self.chunks = chunks
    keys = AlignedMemory.allocate(chunks * Self.chunk)
    links = .allocate(capacity: chunks)
    sorted = .allocate(capacity: 64)
  }

  deinit {
    keys.deallocate()
    links.deallocate()
    sorted.deallocate()
  }

  private static func bucket(of key: UInt128) -> Int64 { EventCalendar.time(of: key) >> shift }

  /// Adds an event.
  @inline(__always)
  mutating func insert(_ key: UInt128) {
    count += 1
    let bucket = Self.bucket(of: key)
    if bucket <= self.bucket { return insertSorted(key) }
    let isNear = (bucket ^ self.bucket) >> Self.bits == 0
    near += isNear ? 1 : 0
    put(key, at: Int(isNear ? bucket & Self.mask : Self.place(of: bucket >> Self.bits)))
  }

  /// Adds some events.
  mutating func insert(_ keys: UnsafeMutablePointer<UInt128>, count: Int) {
    for position in 0..<count { insert(keys[position]) }
  }

  /// Where the list of a window stands.
  private static func place(of window: Int64) -> Int64 { mask + 1 + (window & mask) }

  @inline(__always)
  private mutating func put(_ key: UInt128, at place: Int) {
    var tail = tails[place]
    if tail & (Self.chunk - 1) == 0 { tail = addChunk(behind: tail) }
    keys[tail] = key
    tails[place] = tail + 1
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

  /// Goes on to the first bucket up to `last` that holds events.
  private mutating func turn(to last: Int64) {
    next = 0
    end = 0
    if count == 0 {
      bucket = max(bucket, last)
      return
    }
    while bucket < last, end == 0 {
      if near == 0 {
        // Nothing is left of this window.
        bucket |= Self.mask
        if bucket >= last {
          bucket = last
          return
        }
      }
      bucket += 1
      if bucket & Self.mask == 0 { open(window: bucket >> Self.bits) }
      let place = Int(bucket & Self.mask)
      if tails[place] != 0 { collect(place) }
    }
  }

  /// Moves the events of a window into its buckets.
  private mutating func open(window: Int64) {
    let place = Int(Self.place(of: window))
    var tail = tails[place]
    tails[place] = 0
    while tail != 0 {
      let first = (tail - 1) & ~(Self.chunk - 1)
      for position in first..<tail {
        let key = keys[position]
        let bucket = Self.bucket(of: key)
        let isDue = bucket >> Self.bits == window
        near += isDue ? 1 : 0
        put(key, at: isDue ? Int(bucket & Self.mask) : place)
      }
      tail = release(first)
    }
  }

  /// Sorts the events of a bucket.
  private mutating func collect(_ place: Int) {
    var tail = tails[place]
    tails[place] = 0
    while tail != 0 {
      let first = (tail - 1) & ~(Self.chunk - 1)
      near -= tail - first
      for position in first..<tail { insertSorted(keys[position]) }
      tail = release(first)
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

  /// Frees the chunk that begins at `first`; returns the end of the one before it in its list.
  private mutating func release(_ first: Int) -> Int {
    let chunk = first / Self.chunk
    let before = links[chunk]
    links[chunk] = free
    free = chunk
    return before
  }

  /// Where the first key of a new chunk goes, whose list ended at `tail`.
  @inline(never)
  private mutating func addChunk(behind tail: Int) -> Int {
    var chunk = free
    if chunk >= 0 {
      free = links[chunk]
    } else {
      if used == chunks { grow() }
      chunk = used
      used += 1
    }
    links[chunk] = tail
    return chunk * Self.chunk
  }

  private mutating func grow() {
    let longer: UnsafeMutablePointer<UInt128> = AlignedMemory.allocate(chunks * 2 * Self.chunk)
    longer.update(from: keys, count: chunks * Self.chunk)
    keys.deallocate()
    keys = longer
    let links = UnsafeMutablePointer<Int>.allocate(capacity: chunks * 2)
    links.update(from: self.links, count: chunks)
    self.links.deallocate()
    self.links = links
    chunks *= 2
  }
}
