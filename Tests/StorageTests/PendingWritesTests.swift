// Writes that wait for the library: seen by readers at once, given on once, bounded.

import Testing

@testable import Storage

@Suite struct PendingWritesTests {
  private func pending(room: Int = 1_000) -> PendingWrites {
    PendingWrites(after: 0, room: room, journal: nil)
  }

  private func put(_ key: UInt8, _ value: [UInt8]) -> WriteBatch { batch { $0.put([key], value) } }

  @Test func `a reader sees the newest change, also while it is leaving`() {
    let pending = pending()
    #expect(pending.find([1]) == nil)
    #expect(pending.add(put(1, [1])) {} == .taken)
    #expect(pending.find([1]) == .put(key: [1], value: [1]))
    let leaving = pending.leave()
    #expect(leaving == [.put(key: [1], value: [1])])
    #expect(pending.find([1]) == .put(key: [1], value: [1]))
    #expect(pending.add(batch { $0.delete([1]) }) {} == .taken)
    #expect(pending.find([1]) == .delete(key: [1]))
    pending.gone()
    #expect(pending.find([1]) == .delete(key: [1]))
    #expect(pending.leave() == [.delete(key: [1])])
    pending.gone()
    #expect(pending.find([1]) == nil)
    #expect(pending.leave() == [])
  }

  @Test func `of several writes of a key the last goes on`() {
    let pending = pending()
    for value in 0..<5 as Range<UInt8> {
      _ = pending.add(
        batch {
          $0.put([1], [value])
          $0.put([value + 2], [value])
        }
      ) {}
    }
    let leaving = pending.leave()
    #expect(leaving.count == 6)
    #expect(leaving.first { $0.key == [1] } == .put(key: [1], value: [4]))
  }

  @Test func `what does not leave stays`() {
    let pending = pending()
    _ = pending.add(put(1, [1])) {}
    let leaving = pending.leave()
    _ = pending.add(put(2, [2])) {}
    #expect(pending.leave() == leaving)
    #expect(pending.find([2]) != nil)
  }

  @Test func `room is bounded, and a batch beyond it goes on at once`() {
    let pending = pending(room: 200)
    var calls = 0
    #expect(pending.add(put(1, [UInt8](repeating: 1, count: 100))) { calls += 1 } == .taken)
    #expect(pending.add(put(2, [UInt8](repeating: 2, count: 100))) { calls += 1 } == .full)
    #expect(pending.find([2]) == nil)
    #expect(pending.add(put(3, [UInt8](repeating: 3, count: 300))) { calls += 1 } == .tooLarge)
    #expect(calls == 2)
    #expect(pending.leave().map(\.key) == [[1], [3]])
    pending.gone()
    #expect(pending.add(put(2, [UInt8](repeating: 2, count: 100))) { calls += 1 } == .taken)
  }
}
