// The calendar must return events in the order of a stable sort by (time, priority): every tie rule
// of the simulator rests on it.

import Randomness
import Testing

@testable import Simulation

@Suite struct EventCalendarPropertyTests {
  struct Reference {
    var pending: [(time: Int64, priority: UInt8, order: Int, kind: UInt8, slot: UInt32)] = []
    mutating func popFirst() -> CalendarEvent {
      let first = pending.indices.min {
        let (a, b) = (pending[$0], pending[$1])
        return (a.time, a.priority, a.order) < (b.time, b.priority, b.order)
      }
      let event = pending.remove(at: first ?? 0)
      return CalendarEvent(time: event.time, kind: event.kind, slot: event.slot)
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func agreesWithSortedReference(seed: UInt64) {
    var generator = Generator(seed: seed, stream: 1, index: 0)
    var calendar = EventCalendar(capacity: 4)
    var reference = Reference()
    var now: Int64 = 0
    for step in 0..<2_000 {
      if reference.pending.isEmpty || generator.nextUnit() < 0.52 {
        let time = now + Int64(generator.below(20))
        let priority = UInt8(generator.below(3))
        let kind = UInt8(generator.below(16))
        let slot = UInt32(generator.below(1 << 24))
        calendar.schedule(at: time, priority: priority, kind: kind, slot: slot)
        reference.pending.append((time, priority, step, kind, slot))
      } else {
        let nextTime = calendar.nextTime
        let event = calendar.pop()
        #expect(event == reference.popFirst(), "seed \(seed), step \(step)")
        #expect(nextTime == event.time, "seed \(seed), step \(step)")
        now = event.time
      }
      let count = calendar.count
      #expect(count == reference.pending.count, "seed \(seed), step \(step)")
      if step % 100 == 0 {
        let holds = calendar.invariantsHold()
        #expect(holds, "seed \(seed), step \(step)")
      }
    }
  }

  @Test func largestTimesAndSlotsSurvive() {
    var calendar = EventCalendar(capacity: 1)
    calendar.schedule(at: .max - 1, priority: 3, kind: 15, slot: 0xFF_FFFF)
    calendar.schedule(at: 0, priority: 0, kind: 0, slot: 0)
    let first = calendar.pop()
    let second = calendar.pop()
    #expect(first == CalendarEvent(time: 0, kind: 0, slot: 0))
    #expect(second == CalendarEvent(time: .max - 1, kind: 15, slot: 0xFF_FFFF))
  }
}
