// Reusable storage for what is in progress: a request keeps its slot from arrival to end, and the
// calendar refers to it by number.

import CPlatform

/// A pool of numbered slots with a free list; grows by doubling, never shrinks. A released slot
/// keeps its element until its next owner replaces it.
struct SlotPool<Element>: ~Copyable {
  private var base: UnsafeMutablePointer<Element>
  private var capacity: Int
  /// Released slots, the last one on top.
  private var free: UnsafeMutablePointer<UInt32>
  private var freeCount = 0
  private var used = 0
  private let empty: Element

  init(capacity: Int = 1_024, empty: Element) {
    self.capacity = capacity
    self.empty = empty
    base = AlignedMemory.allocate(capacity)
    free = .allocate(capacity: capacity)
  }

  deinit {
    base.deinitialize(count: used)
    base.deallocate()
    free.deallocate()
  }

  /// Slots handed out and not yet released.
  var inUse: Int { used - freeCount }

  /// Takes a slot; what it holds is for the caller to replace, in place. O(1) amortised.
  mutating func take() -> UInt32 {
    if freeCount > 0 {
      freeCount -= 1
      return free[freeCount]
    }
    precondition(used < EventCalendar.slotLimit, "more than 2^24 requests in progress")
    if used == capacity { grow() }
    (base + used).initialize(to: empty)
    used += 1
    return UInt32(used - 1)
  }

  mutating func release(_ slot: UInt32) {
    precondition(freeCount < used, "a slot was released twice")
    free[freeCount] = slot
    freeCount += 1
  }

  private mutating func grow() {
    let larger: UnsafeMutablePointer<Element> = AlignedMemory.allocate(capacity * 2)
    larger.moveInitialize(from: base, count: used)
    base.deallocate()
    base = larger
    let longer = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity * 2)
    longer.update(from: free, count: freeCount)
    free.deallocate()
    free = longer
    capacity *= 2
  }

  /// Begins to fetch a slot that will soon be read.
  @inline(__always)
  func prefetch(_ slot: UInt32) { platform_prefetch(base + Int(slot)) }

  subscript(slot: UInt32) -> Element {
    @inline(__always) unsafeAddress { UnsafePointer(base + Int(slot)) }
    @inline(__always) unsafeMutableAddress { base + Int(slot) }
  }
}

/// First in, first out, in one growing ring; used for requests that wait for a place.
struct SlotQueue {
  private var ring: [UInt32] = Array(repeating: 0, count: 16)
  private var head = 0
  private(set) var count = 0

  mutating func append(_ slot: UInt32) {
    if count == ring.count {
      var larger = Array(repeating: UInt32(0), count: ring.count * 2)
      for offset in 0..<count { larger[offset] = ring[(head + offset) & (ring.count - 1)] }
      ring = larger
      head = 0
    }
    ring[(head + count) & (ring.count - 1)] = slot
    count += 1
  }

  mutating func popFirst() -> UInt32? {
    guard count > 0 else { return nil }
    let slot = ring[head]
    head = (head + 1) & (ring.count - 1)
    count -= 1
    return slot
  }
}
