// What is kept in front of a store on disk must never show an older value than the store, whoever
// reads and writes meanwhile, and must stay within its memory.

import Platform
import Synchronization
import Testing
import Units

@testable import Storage

@Suite struct RecentValuesTests {
  private func value(_ found: RecentValues.Found) -> [UInt8]? {
    if case .value(let value) = found { value } else { nil }
  }

  private func ticket(_ found: RecentValues.Found) throws -> RecentValues.Ticket {
    guard case .nothing(let ticket) = found else { throw Unexpected() }
    return ticket
  }

  private struct Unexpected: Error {}

  private final class Flag: Sendable {
    let isSet = Atomic(false)
  }

  private func batch(_ key: [UInt8], _ value: [UInt8]) -> WriteBatch {
    var batch = WriteBatch()
    batch.put(key, value)
    return batch
  }

  @Test func whatIsReadIsKept() throws {
    let recent = RecentValues(budget: 100_000)
    recent.keep([1], under: [7], try ticket(recent.find([7])))
    #expect(value(recent.find([7])) == [1])
    #expect(value(recent.find([8])) == nil)
  }

  @Test func whatIsWrittenReplacesWhatWasRead() throws {
    let recent = RecentValues(budget: 100_000)
    recent.keep([1], under: [7], try ticket(recent.find([7])))
    recent.replace(batch([7], [2]))
    #expect(value(recent.find([7])) == [2])
  }

  @Test func aReaderThatBeganEarlierLeavesNothing() throws {
    let recent = RecentValues(budget: 100_000)
    let early = try ticket(recent.find([7]))
    recent.replace(batch([7], [UInt8](repeating: 2, count: 10_000)))
    recent.keep([1], under: [7], early)
    #expect(value(recent.find([7])) == nil)
    recent.keep([3], under: [7], try ticket(recent.find([7])))
    #expect(value(recent.find([7])) == [3])
  }

  @Test func aDeletedValueIsGone() throws {
    let recent = RecentValues(budget: 100_000)
    recent.keep([1], under: [7], try ticket(recent.find([7])))
    var deletion = WriteBatch()
    deletion.delete([7])
    recent.replace(deletion)
    #expect(value(recent.find([7])) == nil)
  }

  @Test func memoryIsBounded() throws {
    let recent = RecentValues(budget: 200_000)
    for number in 0..<2_000 {
      let key = Array("key \(number)".utf8)
      recent.keep(
        [UInt8](repeating: 1, count: number % 3_000), under: key, try ticket(recent.find(key)))
      #expect(recent.bytes <= 200_000)
    }
    #expect(recent.bytes > 100_000)
    // Of a value that would take much of it, nothing is kept.
    recent.keep([UInt8](repeating: 1, count: 10_000), under: [7], try ticket(recent.find([7])))
    #expect(value(recent.find([7])) == nil)
  }

  /// One writer counts a key up; no reader may see it go down.
  @Test func readersNeverGoBack() async throws {
    try await withFolder { folder in
      var settings = RocksSettings(durability: .none)
      settings.recent = .kilobytes(20)
      let store = try RocksStore(at: folder, settings)
      let key: [UInt8] = [1, 2, 3]
      func write(_ number: Int) throws {
        try store.append(batch(key, (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }))
      }
      try write(0)
      let isOver = Flag()
      let steps = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<2 {
          group.addTask {
            var (last, rises) = (0, 0)
            while !isOver.isSet.load(ordering: .relaxed) {
              let bytes = try store.get(key) ?? []
              let number = bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
              #expect(number >= last)
              if number > last { rises += 1 }
              last = number
              await Task.yield()
            }
            return rises
          }
        }
        for number in 1...4_000 {
          try write(number)
          if number % 50 == 0 { await Task.yield() }
        }
        isOver.isSet.store(true, ordering: .relaxed)
        return try await group.reduce(0, +)
      }
      #expect(steps > 0)
      try store.close()
    }
  }
}
