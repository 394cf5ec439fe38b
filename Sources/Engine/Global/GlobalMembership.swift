// What a table knows of its replicas in other regions, and how their changes are told apart.
//
// Every region's table lists the others. Each item carries a version, kept beside it: the time of
// its last write and the region that made it. The later version wins, of two at one time the region
// whose name sorts later, so all regions end up with the same item (features.md 3.7: last writer
// wins by an internal timestamp). A write is always later than what its region has seen.

import ServiceAPI

/// A replica in another region.
struct GlobalReplica: Hashable, Sendable {
  var region: String
  /// Wall-clock milliseconds when it was added.
  var createdAt: Int64
  /// STANDARD or STANDARD_INFREQUENT_ACCESS where it differs from the table's.
  var tableClass: String?
  var readUnits: Int?
}

/// A table's part in a global table.
struct GlobalMembership: Hashable, Sendable {
  /// 2019.11.21, or 2017.11.29 for one made with CreateGlobalTable.
  var version: String
  /// Multi-Region strong consistency.
  var isStrong = false
  var witness: String?
  var createdAt: Int64
  /// The other regions, oldest first.
  var replicas: [GlobalReplica] = []
  /// Auto scaling settings by name, as they were given; recorded, not acted upon.
  var scaling: [WireMember] = []

  static let current = "2019.11.21"
  static let legacy = "2017.11.29"

  /// Replicas and, with it, the witness.
  var others: [String] { replicas.map(\.region) + (witness.map { [$0] } ?? []) }

  // MARK: Storage

  func write(to writer: inout ReplyWriter) {
    writer.beginObject()
    writer.member("Version", version)
    writer.member("IsStrong", isStrong)
    if let witness { writer.member("Witness", witness) }
    writer.member("Created", Int(createdAt))
    writer.key("Replicas")
    writer.beginArray()
    for replica in replicas {
      writer.beginObject()
      writer.member("Region", replica.region)
      writer.member("Created", Int(replica.createdAt))
      if let name = replica.tableClass { writer.member("TableClass", name) }
      if let units = replica.readUnits { writer.member("ReadUnits", units) }
      writer.endObject()
    }
    writer.endArray()
    writer.key("Scaling")
    writer.value(wire: .object(scaling))
    writer.endObject()
  }

  init(version: String, createdAt: Int64) {
    self.version = version
    self.createdAt = createdAt
  }

  init?(_ value: WireValue?) {
    guard let value, let version = value["Version"]?.text else { return nil }
    self.version = version
    isStrong = value["IsStrong"]?.flag ?? false
    witness = value["Witness"]?.text
    createdAt = Int64(value["Created"]?.integer ?? 0)
    replicas = (value["Replicas"]?.elements ?? []).compactMap { element in
      element["Region"]?.text.map {
        GlobalReplica(
          region: $0, createdAt: Int64(element["Created"]?.integer ?? 0),
          tableClass: element["TableClass"]?.text, readUnits: element["ReadUnits"]?.integer)
      }
    }
    scaling = value["Scaling"]?.members ?? []
  }
}

/// Which write of an item is the later one.
struct ItemVersion: Hashable, Comparable, Sendable {
  /// Wall-clock milliseconds in the upper bits, a count in the lower 20.
  var time: UInt64
  var region: String

  /// When the item was written, in milliseconds since 1970.
  var wallMilliseconds: Int64 { Int64(time >> Self.countBits) }

  private static let countBits: UInt64 = 20

  /// A version of a write at a time, in milliseconds since 1970, later than `latest`.
  init(at wallMilliseconds: Int64, after latest: UInt64, region: String) {
    time = max(UInt64(max(0, wallMilliseconds)) << Self.countBits, latest + 1)
    self.region = region
  }

  static func < (a: ItemVersion, b: ItemVersion) -> Bool {
    (a.time, a.region) < (b.time, b.region)
  }

  func encode() -> [UInt8] {
    var bytes: [UInt8] = []
    KeyEncoding.appendHash(time, to: &bytes)
    return bytes + Array(region.utf8)
  }

  init(time: UInt64, region: String) {
    self.time = time
    self.region = region
  }

  init(_ bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    time = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    region = String(decoding: bytes.dropFirst(8), as: UTF8.self)
  }
}
