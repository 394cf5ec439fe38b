// The calendar of pending events: a 4-ary heap of plain 128-bit keys.
//
// An event is one UInt128: time in the high 64 bits, then priority, sequence number, kind and slot.
// One unsigned comparison therefore orders events by time, then priority, then the order in which
// they were scheduled, without a branch per field; ties are resolved the same way in every run.
// Children of a node share one 64-byte cache line, and unused places hold the largest key, so that
// the search for the smallest child needs no bounds test. What an event means (a request's slot,
// a table's tick) is the model's business: the calendar only stores the slot number.

/// An event taken from the calendar.
struct CalendarEvent: Equatable {
  /// Nanoseconds since the start of the run.
  var time: Int64
  /// The model's event type, 0...15.
  var kind: UInt8
  /// The model's payload, 0...16,777,215.
  var slot: UInt32
}

/// Pending events in order of (time, priority, sequence).
///
/// `schedule` and `pop` are O(log4 n); nothing is allocated except when the calendar doubles.
/// At most 2^34 events may be scheduled in one run and 2^24 slots may exist at once.
struct EventCalendar: ~Copyable {
  private var keys: UnsafeMutablePointer<UInt128>
  private var capacity: Int
  private(set) var count = 0
  /// Events scheduled so far; also the tie-breaker.
  private(set) var scheduled: UInt64 = 0

  /// Index of the root: with it, the children of i are 4(i-2)...4(i-2)+3, aligned to 64 bytes.
  private static let root = 3
  private static let cacheLine = 64
  static let slotLimit = 1 << 24
  static let sequenceLimit: UInt64 = 1 << 34

  init(capacity: Int = 1_024) {
    self.capacity = capacity
    self.keys = Self.allocate(capacity)
  }

  deinit { keys.deallocate() }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<UInt128> {
    let slots = capacity + 8
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: slots * MemoryLayout<UInt128>.stride, alignment: cacheLine)
    let keys = raw.bindMemory(to: UInt128.self, capacity: slots)
    keys.initialize(repeating: .max, count: slots)
    return keys
  }

  /// Time of the earliest event; `Int64.max` when there is none.
  var nextTime: Int64 {
    count == 0 ? .max : Int64(truncatingIfNeeded: keys[Self.root] >> 64)
  }

  /// Key of the earliest event; the largest one when there is none.
  var nextKey: UInt128 { keys[Self.root] }

  /// Key of the event that is scheduled now, here or beside the calendar. Among events of equal
  /// time the lowest `priority` (0...3) comes first, then the one scheduled first.
  mutating func key(
    at time: Int64, priority: UInt8 = 1, kind: UInt8, slot: UInt32
  ) -> UInt128 {
    let key = key(at: time, priority: priority, kind: kind, slot: slot, behind: 0)
    scheduled &+= 1
    return key
  }

  /// Key of the event that will be scheduled after `others` more.
  func key(
    at time: Int64, priority: UInt8 = 1, kind: UInt8, slot: UInt32, behind others: Int
  ) -> UInt128 {
    let number = scheduled &+ UInt64(others)
    assert(time >= 0 && priority < 4 && kind < 16 && slot < Self.slotLimit)
    precondition(number < Self.sequenceLimit, "more than 2^34 events in one run")
    let low = UInt64(priority) << 62 | number << 28 | UInt64(kind) << 24 | UInt64(slot)
    return UInt128(UInt64(bitPattern: time)) << 64 | UInt128(low)
  }

  static func time(of key: UInt128) -> Int64 { Int64(truncatingIfNeeded: key >> 64) }
  static func slot(of key: UInt128) -> UInt32 { UInt32(truncatingIfNeeded: key & 0xFF_FFFF) }

  /// Adds an event.
  mutating func schedule(at time: Int64, priority: UInt8 = 1, kind: UInt8, slot: UInt32) {
    let key = key(at: time, priority: priority, kind: kind, slot: slot)
    if count == capacity { grow() }
    var hole = count + Self.root
    count += 1
    while hole > Self.root {
      let parent = hole / 4 + 2
      let above = keys[parent]
      if key >= above { break }
      keys[hole] = above
      hole = parent
    }
    keys[hole] = key
  }

  /// Removes and returns the earliest event.
  /// - Precondition: the calendar is not empty.
  mutating func pop() -> CalendarEvent {
    precondition(count > 0, "pop from an empty calendar")
    let top = keys[Self.root]
    count -= 1
    let lastIndex = count + Self.root
    let last = keys[lastIndex]
    keys[lastIndex] = .max
    if count > 0 { sink(last) }
    let low = UInt64(truncatingIfNeeded: top)
    return CalendarEvent(
      time: Self.time(of: top), kind: UInt8(truncatingIfNeeded: low >> 24) & 15,
      slot: Self.slot(of: top))
  }

  /// Puts `key` into the hole at the root and restores the heap order.
  private mutating func sink(_ key: UInt128) {
    var hole = Self.root
    let end = count + Self.root
    while true {
      let first = 4 * (hole - 2)
      if first >= end { break }
      // Sums, not choices: the compiler makes branches of those, wrong half of the time.
      let left = first &+ (keys[first &+ 1] < keys[first] ? 1 : 0)
      let right = first &+ 2 &+ (keys[first &+ 3] < keys[first &+ 2] ? 1 : 0)
      let child = left &+ (right &- left) &* (keys[right] < keys[left] ? 1 : 0)
      let smallest = keys[child]
      if key <= smallest { break }
      keys[hole] = smallest
      hole = child
    }
    keys[hole] = key
  }

  private mutating func grow() {
    let larger = Self.allocate(capacity * 2)
    larger.update(from: keys, count: count + Self.root)
    keys.deallocate()
    keys = larger
    capacity *= 2
  }

  /// Whether every node is at most its children and unused places hold the largest key.
  func invariantsHold() -> Bool {
    let end = count + Self.root
    for index in (Self.root + 1)..<(capacity + 8) {
      if index < end {
        if keys[index] < keys[index / 4 + 2] { return false }
      } else if keys[index] != .max {
        return false
      }
    }
    return true
  }
}
