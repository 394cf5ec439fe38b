// The stream of the table Model beside its history: every change once, in order, as it was.
//
// Records are read from storage, as many as are new, and applied to what the records before them
// made; that must be the content that the store has. What is trimmed after a day was followed
// before.

import DataModel
import Storage
import Testing

@testable import Engine

/// What a stream's records make of the items.
struct StreamTrail {
  private typealias State = (sequence: UInt64, items: [String: ModelItem])

  /// The items after each record since the last sync, the latest before that first.
  private var states: [State] = [(0, [:])]

  /// The records of the stream of table Model, whose key alone has the attribute sk.
  private static func records(_ store: Store) throws -> [(sequence: UInt64, record: StreamRecord)] {
    try store.pairs(KeyScan(prefix: [KeyEncoding.streamRecordSpace])).compactMap { pair in
      let record = try #require(StreamRecord(pair.value))
      return record.key["sk"] == nil ? nil : (StreamRecord.sequence(pair.key), record)
    }.sorted { $0.sequence < $1.sequence }
  }

  /// Follows the records that are new in a store; they must lead to `items`.
  mutating func follow(_ store: Store, to items: [String: ModelItem], _ place: String) throws {
    var (latest, found) = states[states.count - 1]
    for (sequence, record) in try Self.records(store) where sequence > latest {
      let key = ChaosModel.text(ModelItem(record.key))
      #expect(
        found[key] == record.oldImage.map { ModelItem($0) },
        "a record follows from those before it, \(place)")
      found[key] = record.newImage.map { ModelItem($0) }
      latest = sequence
      states.append((latest, found))
    }
    #expect(found == items, "the stream tells the history, \(place)")
  }

  /// Notes that no record so far can be lost any more.
  mutating func sync() { states = [states[states.count - 1]] }

  /// Goes back to what a crash left: the items after the last record that is there, or after a
  /// later one that a day has taken away.
  mutating func crash(
    leaving store: Store, with items: [String: ModelItem], _ place: String
  ) throws {
    let last = try Self.records(store).last?.sequence ?? 0
    let kept = states.firstIndex { $0.sequence >= last && $0.items == items }
    #expect(kept != nil, "the stream ends where the items do, \(place)")
    states = [states[kept ?? 0]]
  }
}
