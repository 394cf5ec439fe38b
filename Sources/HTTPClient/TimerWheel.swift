// One deadline per slot, fixed memory: a hashed timing wheel with its lists inside the slots.
//
// Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (SOSP 1987), scheme 6. Setting and
// clearing a deadline costs a few writes, however many there are; that matters because nearly every
// deadline of a client is cleared by its answer. Deadlines are met to one tick.

/// Deadlines of numbered slots.
struct TimerWheel: ~Copyable {
  static let tick: Int64 = 1_000_000
  private static let spokes = 1_024
  private static let none: Int32 = -1

  private let heads: UnsafeMutablePointer<Int32>
  private let next: UnsafeMutablePointer<Int32>
  private let previous: UnsafeMutablePointer<Int32>
  private let deadlines: UnsafeMutablePointer<Int64>
  private let slots: Int
  /// Deadlines that stand.
  private(set) var count = 0
  /// The tick up to which all deadlines have been met.
  private var done: Int64 = 0

  init(slots: Int) {
    self.slots = slots
    heads = .allocate(capacity: Self.spokes)
    heads.initialize(repeating: Self.none, count: Self.spokes)
    next = .allocate(capacity: max(1, slots))
    next.initialize(repeating: Self.none, count: max(1, slots))
    previous = .allocate(capacity: max(1, slots))
    previous.initialize(repeating: Self.none, count: max(1, slots))
    deadlines = .allocate(capacity: max(1, slots))
    deadlines.initialize(repeating: .max, count: max(1, slots))
  }

  deinit {
    heads.deallocate()
    next.deallocate()
    previous.deallocate()
    deadlines.deallocate()
  }

  private static func spoke(_ deadline: Int64) -> Int { Int((deadline / tick) & 1_023) }

  /// Sets the deadline of `slot`, in ns, instead of any it had. O(1).
  mutating func set(_ slot: Int, _ deadline: Int64) {
    clear(slot)
    // What is due already is met at the next look.
    let deadline = max(deadline, (done + 1) * Self.tick)
    let spoke = Self.spoke(deadline)
    deadlines[slot] = deadline
    next[slot] = heads[spoke]
    previous[slot] = Self.none
    if heads[spoke] != Self.none { previous[Int(heads[spoke])] = Int32(slot) }
    heads[spoke] = Int32(slot)
    count += 1
  }

  /// Takes the deadline of `slot` away, if it has one. O(1).
  mutating func clear(_ slot: Int) {
    guard deadlines[slot] != .max else { return }
    let (before, after) = (previous[slot], next[slot])
    if before == Self.none {
      heads[Self.spoke(deadlines[slot])] = after
    } else {
      next[Int(before)] = after
    }
    if after != Self.none { previous[Int(after)] = before }
    deadlines[slot] = .max
    count -= 1
  }

  /// A slot whose deadline has passed at `now`, which it loses; nil when there is none left.
  ///
  /// O(1) when less than a tick has passed since the last look, else O(spokes passed + slots on
  /// them).
  mutating func popExpired(at now: Int64) -> Int? {
    let current = now / Self.tick
    if count == 0 { done = max(done, current - 1) }
    while done < current {
      let spoke = Int((done + 1) & 1_023)
      var slot = heads[spoke]
      while slot != Self.none {
        if deadlines[Int(slot)] <= now {
          clear(Int(slot))
          return Int(slot)
        }
        slot = next[Int(slot)]
      }
      // The current tick is looked at again: not all of it has passed.
      if done + 1 == current { return nil }
      done += 1
    }
    return nil
  }
}
