// Why: retries that wait on the wheel are merged with the calendar by their keys, so the wheel must
// give them in the order of a sort, whatever turn they wait for and wherever time stands.

import Randomness
import Testing

@testable import Simulation

@Suite struct RetryWheelPropertyTests {
  private static let second: Int64 = 1_000_000_000

  /// How far ahead events lie, in ns, at most.
  @Test(
    "agrees with a sorted list",
    arguments: [1, 2, 3, 4] as [UInt64], [20, 3_000_000, 4 * second, 60 * second])
  func agrees(seed: UInt64, ahead: Int64) {
    var generator = Generator(seed: seed, stream: 1, index: UInt64(ahead))
    var calendar = EventCalendar()
    var wheel = RetryWheel(chunks: 1)
    var reference: [UInt128] = []
    var free = Array((0..<3_000 as Range<UInt32>).reversed())
    var now: Int64 = 0
    for step in 0..<6_000 {
      if let slot = free.last, generator.nextUnit() < (step < 3_000 ? 0.6 : 0.4) {
        free.removeLast()
        let key = calendar.key(
          at: now + Int64(generator.below(UInt64(ahead))), kind: 0, slot: slot)
        wheel.insert(key)
        reference.append(key)
      } else {
        // Limits lie before the first event, between events and behind the last one.
        let limit = now + Int64(generator.below(UInt64(ahead) / 8 + 2))
        let expected = reference.min().map { EventCalendar.time(of: $0) <= limit ? $0 : .max }
        let key = wheel.first(upTo: limit)
        #expect(key == expected ?? .max, "seed \(seed), step \(step)")
        now = limit
        guard key != .max, key == expected else { continue }
        wheel.removeFirst()
        now = EventCalendar.time(of: key)
        reference.remove(at: reference.firstIndex(of: key) ?? 0)
        free.append(EventCalendar.slot(of: key))
      }
      let count = wheel.count
      #expect(count == reference.count, "seed \(seed), step \(step)")
    }
    var left: [UInt128] = []
    while wheel.count > 0 {
      left.append(wheel.first(upTo: .max))
      wheel.removeFirst()
    }
    #expect(left == reference.sorted())
  }

  /// An event that was taken may come back, before others of its bucket and before the present one.
  @Test func takesBackWhatWasTaken() {
    var calendar = EventCalendar()
    var wheel = RetryWheel()
    let keys = [5, 9, 3_000_000, 9 * Self.second].enumerated().map { slot, time in
      calendar.key(at: time, kind: 0, slot: UInt32(slot))
    }
    for key in keys.reversed() { wheel.insert(key) }
    for key in keys.prefix(3) {
      let first = wheel.first(upTo: Self.second)
      #expect(first == key)
      wheel.removeFirst()
    }
    for key in keys.prefix(3) { wheel.insert(key) }
    let again = wheel.first(upTo: 5)
    #expect(again == keys[0])
    let none = wheel.first(upTo: 4)
    #expect(none == .max)
  }
}
