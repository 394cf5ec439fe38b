// Writes that a store on disk has taken and its library has not got yet.
//
// A write to the library takes a lock, a record of its log, a call of the kernel; many writes of a
// few milliseconds together take these once. Meanwhile reads find them here, by key, and a journal
// keeps them from dying with the process. Of several writes of one key only the last goes on. When
// the library refuses them they stay here, for readers, and in the journal, for the next start.

import Synchronization

/// Taken writes by key, safe from any thread.
final class PendingWrites: Sendable {
  /// Whether a batch was taken.
  enum Room {
    case taken
    /// Not before what is here has gone on.
    case full
    /// Never with a journal's record: it has to go on at once.
    case tooLarge
  }

  private struct Gathered {
    var places = KeyPlaces()
    var changes: [WriteBatch.Change] = []
    var bytes = 0

    func find(_ key: [UInt8]) -> WriteBatch.Change? {
      if changes.isEmpty { return nil }
      return places.find(KeyPlaces.hash(key)) { changes[$0].key == key }.map { changes[$0] }
    }

    mutating func removeAll() {
      let keeps = changes.count < 4_096
      places.removeAll(keepingCapacity: keeps)
      changes.removeAll(keepingCapacity: keeps)
      bytes = 0
    }

    mutating func add(_ batch: WriteBatch) {
      for change in batch.changes {
        let hash = KeyPlaces.hash(change.key)
        if let place = places.find(hash, { changes[$0].key == change.key }) {
          changes[place] = change
        } else {
          places.append(hash)
          changes.append(change)
        }
      }
    }
  }

  private struct State: ~Copyable {
    var gathered = Gathered()
    /// What the library is being given.
    var leaving = Gathered()
    /// The library's sequence number when all that is leaving has been written.
    var base: UInt64
    var journal: WriteJournal?
  }

  private let room: Int
  private let state: Mutex<State>

  /// - Parameters:
  ///   - base: The library's latest sequence number; each change of a batch counts as one.
  ///   - room: The bytes that may wait, as a journal counts them.
  init(after base: UInt64, room: Int, journal: consuming WriteJournal?) {
    self.room = journal?.room ?? room
    journal?.open(after: base)
    state = Mutex(State(base: base, journal: journal))
  }

  /// The change of `key` that waits, nil when there is none.
  func find(_ key: [UInt8]) -> WriteBatch.Change? {
    state.withLock { state in
      state.gathered.find(key) ?? state.leaving.find(key)
    }
  }

  /// All changes that wait, the newest of each key.
  func all() -> [WriteBatch.Change] {
    state.withLock { state in
      state.gathered.changes
        + state.leaving.changes.filter { state.gathered.find($0.key) == nil }
    }
  }

  /// Takes a batch, seen by all readers that come later, and calls `taken` before any other batch
  /// is taken.
  func add(_ batch: WriteBatch, _ taken: () -> Void) -> Room {
    let size = WriteJournal.size(of: batch)
    return state.withLock { state in
      let isTooLarge = size > room
      if !isTooLarge {
        guard state.gathered.bytes + size <= room else { return .full }
        if state.journal?.add(batch, size: size) == false { return .full }
        state.gathered.bytes += size
      }
      state.gathered.add(batch)
      taken()
      return isTooLarge ? .tooLarge : .taken
    }
  }

  /// The changes to give to the library, empty when none wait; `gone` must follow before the next
  /// ones are taken.
  func leave() -> [WriteBatch.Change] {
    state.withLock { state in
      guard state.leaving.changes.isEmpty, !state.gathered.changes.isEmpty else {
        return state.leaving.changes
      }
      swap(&state.leaving, &state.gathered)
      state.base += UInt64(state.leaving.changes.count)
      let base = state.base
      state.journal?.open(after: base)
      return state.leaving.changes
    }
  }

  /// The library has what was leaving.
  func gone() { state.withLock { $0.leaving.removeAll() } }
}
