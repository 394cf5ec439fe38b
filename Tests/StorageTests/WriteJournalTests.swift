// What the journal gives back after a crash: the writes that the library lacks, whole, in order,
// and none that it has or that were never finished.

import Platform
import Testing

@testable import Storage

@Suite struct WriteJournalTests {
  private static let room = 4_096

  private func put(_ key: UInt8, _ count: Int = 10) -> WriteBatch {
    batch { $0.put([key], [UInt8](repeating: key, count: count)) }
  }

  private func open(_ folder: String) throws -> WriteJournal {
    try WriteJournal(folder + "/journal", room: Self.room)
  }

  private func add(_ batch: WriteBatch, to journal: inout WriteJournal) -> Bool {
    journal.add(batch, size: WriteJournal.size(of: batch))
  }

  private func missing(_ folder: String, after last: UInt64) throws -> [WriteBatch.Changes] {
    var journal = try open(folder)
    return journal.missing(after: last).map(\.changes)
  }

  @Test func `a new journal holds nothing`() async throws {
    try await withFolder { folder in
      for last in [0, 1, .max] as [UInt64] {
        let found = try missing(folder, after: last)
        #expect(found.isEmpty)
      }
    }
  }

  @Test func `batches come back as they were`() async throws {
    try await withFolder { folder in
      let batches = [
        batch {
          $0.put([1], [])
          $0.delete([2, 3])
          $0.put([], [9])
        },
        put(7, 1_000), batch { $0.delete([]) },
      ]
      var journal = try open(folder)
      journal.open(after: 5)
      for batch in batches { #expect(add(batch, to: &journal)) }
      #expect(try missing(folder, after: 5) == batches.map(\.changes))
      #expect(try missing(folder, after: 4).isEmpty)
      #expect(try missing(folder, after: 6).isEmpty)
    }
  }

  /// Both sides are used in turns; the library has what the first two held, or less.
  @Test(arguments: [(0, []), (10, [1, 2]), (12, [2]), (13, [3]), (14, [])] as [(UInt64, [UInt8])])
  func `what follows the library's end comes back`(last: UInt64, keys: [UInt8]) async throws {
    try await withFolder { folder in
      var journal = try open(folder)
      if last < 13 {
        journal.open(after: 10)
        _ = add(put(1), to: &journal)
        journal.open(after: 12)
        _ = add(put(2), to: &journal)
      } else {
        for (base, key) in [(10, 1), (12, 2), (13, 3)] as [(UInt64, UInt8)] {
          journal.open(after: base)
          _ = add(put(key), to: &journal)
        }
      }
      let found = try missing(folder, after: last)
      #expect(found.map { $0.map(\.key) } == keys.map { [[$0]] })
    }
  }

  @Test func `a full side takes no more and loses nothing`() async throws {
    try await withFolder { folder in
      var journal = try open(folder)
      journal.open(after: 0)
      var taken = 0
      while add(put(UInt8(taken), 300), to: &journal) { taken += 1 }
      #expect(taken == (Self.room - 24) / (300 + 1 + 32))
      #expect(try missing(folder, after: 0).count == taken)
    }
  }

  /// An earlier use of a side left longer contents, all of them behind the new end.
  @Test func `nothing of an earlier use comes back`() async throws {
    try await withFolder { folder in
      var journal = try open(folder)
      for base in 0..<4 as Range<UInt64> {
        journal.open(after: base)
        for key in 0..<UInt8(10 - base) { _ = add(put(key), to: &journal) }
      }
      #expect(try missing(folder, after: 3).count == 7)
      journal.open(after: 4)
      #expect(try missing(folder, after: 4).isEmpty)
      journal.forget()
      for last in 0..<5 as Range<UInt64> { #expect(try missing(folder, after: last).isEmpty) }
    }
  }

  /// Any damaged byte ends what comes back before the record it is in, or voids the side.
  @Test func `damage cuts off and never changes`() async throws {
    try await withFolder { folder in
      var journal = try open(folder)
      journal.open(after: 0)
      let batches = (0..<3 as Range<UInt8>).map { put($0, 40) }
      for batch in batches { _ = add(batch, to: &journal) }
      let size = WriteJournal.size(of: batches[0])
      let path = folder + "/journal"
      let whole = try FileSystem.read(path)
      let start = Self.room  // the side opened first is the second
      for place in 0..<24 + 3 * size {
        var damaged = whole
        damaged[start + place] ^= 0x10
        try FileSystem.replace(path, with: damaged)
        let expected = place < 24 ? 0 : (place - 24) / size
        #expect(
          try missing(folder, after: 0) == batches.prefix(expected).map(\.changes),
          "byte \(place)")
      }
    }
  }
}
