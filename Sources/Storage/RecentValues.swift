// Values that were read or written a short while ago, in front of a store on disk.
//
// RocksDB keeps blocks of files and recent writes in memory too, but a get still walks a skip list
// or an index of blocks, which costs more than all else that a plain read does. Here a key has one
// place, found by its hash; whatever comes to the same place replaces what is there. Memory is
// bounded by bytes; a hand that goes round makes room. Nothing is kept about keys without a value.
//
// Why a reader never sees an older value than another reader has seen: writes come here in the
// order in which the store takes them, and a place that was written since a reader looked takes
// nothing from that reader.

import Synchronization

/// The most recent values by key, safe from any thread. O(length of the key).
final class RecentValues: Sendable {
  /// What a reader that found nothing needs to leave what it read.
  struct Ticket {
    fileprivate let place: Int
    fileprivate let version: UInt32
  }

  enum Found {
    case value([UInt8])
    case nothing(Ticket)
  }

  private struct Place {
    var key: [UInt8] = []
    var value: [UInt8] = []
    var isHeld = false
    /// Counts writes.
    var version: UInt32 = 0
  }

  private struct State {
    var places: [Place] = []
    var bytes = 0
    var hand = 0
  }

  /// What a pair takes beyond its own bytes: two arrays' heads and their slack.
  private static let pairOverhead = 96
  /// One place for so many bytes of the budget.
  private static let bytesPerPlace = 512

  private let budget: Int
  private let count: Int
  private let state = Mutex(State())

  /// Keeps pairs of up to `budget` bytes in all; memory is taken as pairs come.
  init(budget: Int) {
    self.budget = budget
    var count = 1
    while count * Self.bytesPerPlace < budget { count *= 2 }
    self.count = count
  }

  /// Bytes that are held.
  var bytes: Int { state.withLock { $0.bytes } }

  // MARK: Readers

  func find(_ key: [UInt8]) -> Found {
    let place = place(of: key)
    return state.withLock { state in
      guard !state.places.isEmpty else { return .nothing(Ticket(place: place, version: 0)) }
      if state.places[place].isHeld, state.places[place].key == key {
        return .value(state.places[place].value)
      }
      return .nothing(Ticket(place: place, version: state.places[place].version))
    }
  }

  /// Keeps what a reader with this ticket has read, unless it may be of yesterday.
  func keep(_ value: [UInt8], under key: [UInt8], _ ticket: Ticket) {
    state.withLock { state in
      prepare(&state)
      let isCurrent = state.places[ticket.place].version == ticket.version
      if isCurrent { hold(key, value, at: ticket.place, &state) }
    }
  }

  // MARK: Writers

  /// A batch is being taken by the store, behind those of earlier calls.
  func replace(_ batch: WriteBatch) {
    state.withLock { state in
      prepare(&state)
      for change in batch.changes {
        let place = place(of: change.key)
        drop(place, &state)
        state.places[place].version &+= 1
        if case .put(let key, let value) = change { hold(key, value, at: place, &state) }
      }
    }
  }

  // MARK: Places

  private func prepare(_ state: inout State) {
    if state.places.isEmpty { state.places = Array(repeating: Place(), count: count) }
  }

  private func place(of key: [UInt8]) -> Int {
    key.withUnsafeBytes { Int(byteHash($0) & UInt64(count - 1)) }
  }

  private func hold(_ key: [UInt8], _ value: [UInt8], at place: Int, _ state: inout State) {
    drop(place, &state)
    let bytes = key.count + value.count + Self.pairOverhead
    guard bytes <= budget / 64 else { return }
    while state.bytes + bytes > budget {
      drop(state.hand, &state)
      state.hand = (state.hand + 1) & (count - 1)
    }
    state.places[place].key = key
    state.places[place].value = value
    state.places[place].isHeld = true
    state.bytes += bytes
  }

  private func drop(_ place: Int, _ state: inout State) {
    guard state.places[place].isHeld else { return }
    state.bytes -=
      state.places[place].key.count + state.places[place].value.count + Self.pairOverhead
    state.places[place].isHeld = false
    state.places[place].key = []
    state.places[place].value = []
  }
}
