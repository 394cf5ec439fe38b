// Key schemas of tables, and a number for each table in the caches' keys.

import DataModel
import JSON
import Units

/// What the cluster knows about tables.
struct TableCatalog: Sendable {
  /// A table's key, and its number.
  struct Table: Sendable {
    let name: String
    let number: UInt32
    let schema: KeySchema
  }

  /// A schema is asked for again after this time, as the public client does (features.md 2.4).
  static let lifetime = Nanoseconds.seconds(60)

  private var tables: [String: (table: Table, readAt: Instant)] = [:]
  private var numbers: [String: UInt32] = [:]

  /// A table that was described not long ago.
  func table(_ name: String, at now: Instant) -> Table? {
    guard let known = tables[name], now - known.readAt < Self.lifetime else { return nil }
    return known.table
  }

  /// Notes a table's key. A table whose key has changed is another table: it gets a new number, and
  /// old entries are found no more.
  mutating func note(_ name: String, _ schema: KeySchema, at now: Instant) -> Table {
    if let known = tables[name]?.table, known.schema == schema {
      tables[name] = (known, now)
      return known
    }
    let next = UInt32(truncatingIfNeeded: numbers.count + 1)
    let identity = "\(name)/\(schema.partition)/\(String(describing: schema.sort))"
    let number = numbers[identity] ?? next
    numbers[identity] = number
    let table = Table(name: name, number: number, schema: schema)
    tables[name] = (table, now)
    return table
  }

  /// The key schema in the description of a table; nil when it has none.
  static func schema(in description: JSONValue) -> KeySchema? {
    var types: [String: ScalarType] = [:]
    for attribute in description["AttributeDefinitions"]?.elements ?? [] {
      guard let name = attribute["AttributeName"]?.string else { continue }
      types[name] = attribute["AttributeType"]?.string.flatMap(ScalarType.init(rawValue:))
    }
    var partition: KeyAttribute?
    var sort: KeyAttribute?
    for element in description["KeySchema"]?.elements ?? [] {
      guard let name = element["AttributeName"]?.string, let type = types[name] else { return nil }
      let attribute = KeyAttribute(name: name, type: type)
      if element["KeyType"]?.string == "HASH" { partition = attribute } else { sort = attribute }
    }
    return partition.map { KeySchema(partition: $0, sort: sort) }
  }
}
