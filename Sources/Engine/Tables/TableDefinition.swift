// What a table is by its creator's description: keys, indexes, billing, options.
//
// A value, kept beside the table's running state and written to storage whenever it changes. Units
// are as given; effective limits are the admission's concern.

import Capacity
import DataModel

/// Read and write units of a table or index, by axis.
struct ThroughputPair: Hashable, Sendable {
  var read: Int
  var write: Int
}

/// Optional limits of an on-demand table or index.
struct OnDemandMaximum: Hashable, Sendable {
  var read: Int?
  var write: Int?
}

/// A global or local secondary index.
struct SecondaryIndex: Hashable, Sendable {
  /// Number inside the table, never used again; the table itself is 0.
  var number: UInt16
  var name: String
  var isGlobal: Bool
  var partition: [KeyAttribute]
  var sort: [KeyAttribute]
  var projection: Projection
  /// nil while on demand, and for local indexes.
  var provisioned: ThroughputPair?
  var maximum = OnDemandMaximum()
  var warm: ThroughputPair?

  var keys: [KeyAttribute] { partition + sort }

  var schema: IndexSchema {
    IndexSchema(name: name, keyAttributes: keys.map(\.name), projection: projection)
  }
}

/// A resource tag.
struct ResourceTag: Hashable, Sendable {
  var key: String
  var value: String
}

/// Everything about a table that outlives a restart.
struct TableDefinition: Hashable, Sendable {
  var number: UInt32
  var name: String
  var identifier: String
  var attributes: [KeyAttribute]
  var key: KeySchema
  var indexes: [SecondaryIndex]
  /// nil: on demand.
  var provisioned: ThroughputPair?
  var maximum = OnDemandMaximum()
  var warm: ThroughputPair?
  /// Whether BillingMode was ever given or changed; DescribeTable shows a summary then.
  var showsBillingMode = false
  var createdAtMilliseconds: Int64
  var switchedToOnDemandAtMilliseconds: Int64?
  /// nil: never stated.
  var tableClass: TableClass?
  var isProtected = false
  var streamViewType: String?
  var streamLabel: String?
  /// nil: a table of one region.
  var global: GlobalMembership?
  var kinesisDestinations: [KinesisDestination] = []
  /// By index name; the table's own under "".
  var insights: [String: InsightsSetting] = [:]
  var tags: [ResourceTag] = []
  var timeToLiveAttribute: String?
  var timeToLiveChangedAtMilliseconds: Int64?
  /// nil: point-in-time recovery is off.
  var recovery: RecoverySetting?
  /// Where the table was restored from.
  var restore: RestoreSummary?
  /// Whether items are still being put in by a restore or import; a start then removes the table.
  var isFilling = false
  var encryptionKey: String?
  var policies: [ResourcePolicy] = []
  /// The next index created gets this number.
  var nextIndexNumber: UInt16 = 1

  var globalIndexes: [SecondaryIndex] { indexes.filter(\.isGlobal) }
  var localIndexes: [SecondaryIndex] { indexes.filter { !$0.isGlobal } }

  var schema: TableSchema {
    TableSchema(
      key: key, globalIndexes: globalIndexes.map(\.schema),
      localIndexes: localIndexes.map(\.schema))
  }
}
