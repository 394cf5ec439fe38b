// A table as it runs: its definition, states, admission and statistics.
//
// A reference, guarded by the database's lock; nothing of it leaves the lock. States change when
// their time has come, looked at whenever the table is (no timer).

import Capacity
import DataModel
import Units

/// TableStatus and IndexStatus by their API names.
enum ResourceStatus: String {
  case creating = "CREATING"
  case active = "ACTIVE"
  case updating = "UPDATING"
  case deleting = "DELETING"
}

/// A table or index while it changes state.
struct StatusClock {
  private(set) var status: ResourceStatus
  /// When a transient state ends.
  private(set) var readyAt: Instant

  init(_ status: ResourceStatus, until readyAt: Instant) {
    self.status = status
    self.readyAt = readyAt
  }

  /// Whether the state has just ended.
  mutating func settle(at now: Instant) -> Bool {
    guard status != .active, now >= readyAt else { return false }
    if status != .deleting { status = .active }
    return true
  }
}

/// An index as it runs.
struct RunningIndex {
  var definition: SecondaryIndex
  var schema: IndexSchema
  var prefix: [UInt8]
  var clock: StatusClock
  /// nil for local indexes, which use the table's.
  var admission: ResourceAdmission?
  var decreases: DecreaseAllowance
  var itemCount = 0
  var byteCount = 0
}

/// A table as it runs.
final class Table {
  var definition: TableDefinition {
    didSet {
      schema = definition.schema
      noteObservers()
    }
  }
  /// The enabled stream.
  var stream: TableStream? {
    didSet { noteObservers() }
  }
  /// Whether a change of an item has consequences besides the item and its index entries, which
  /// need both images.
  private(set) var isObserved = false
  /// What insights count, by index name and under "" for the table; nil: none are enabled.
  var insights: [String: ContributorCounts]?
  /// Stream records written since the start.
  var streamRecords: Int64 = 0
  /// Items that time to live deleted since the start.
  var expiredItems: Int64 = 0
  /// Replicated write units of changes made here and received, since the start.
  var replicatedUnits = CapacityUnits.zero
  private(set) var schema: TableSchema
  var clock: StatusClock
  var admission: ResourceAdmission
  var decreases: DecreaseAllowance
  /// Global indexes first, as the schema lists them.
  var indexes: [RunningIndex]
  var itemCount = 0
  var byteCount = 0
  let prefix: [UInt8]
  /// Its name in UTF-8.
  let nameBytes: [UInt8]
  /// Whether items, entries and bytes have been counted; not while a key is missing at the start.
  var isCounted = true
  /// When it was noticed that the key of the table's data is missing, in wall-clock milliseconds;
  /// nil: it is there.
  var inaccessibleSince: Int64?
  /// Changed once more when a state ends: what UpdateTable asked for.
  var pending: TableDefinition?
  /// Switches to on-demand mode within a day.
  var switches: [Instant] = []

  init(
    _ definition: TableDefinition, admission: ResourceAdmission, indexes: [RunningIndex],
    clock: StatusClock, decreases: DecreaseAllowance
  ) {
    self.definition = definition
    schema = definition.schema
    self.admission = admission
    self.indexes = indexes
    self.clock = clock
    self.decreases = decreases
    prefix = KeyEncoding.prefix(table: definition.number, index: 0)
    nameBytes = Array(definition.name.utf8)
    noteObservers()
  }

  private func noteObservers() {
    isObserved =
      stream != nil || definition.timeToLiveAttribute != nil || definition.global != nil
  }

  var name: String { definition.name }
  /// Whether a write must know the image that it replaces, beyond its size.
  var needsImages: Bool { isObserved || !indexes.isEmpty }
  var key: KeySchema { definition.key }
  var isOnDemand: Bool { definition.provisioned == nil }

  func index(named name: String) -> Int? {
    indexes.firstIndex { $0.definition.name == name }
  }
}
