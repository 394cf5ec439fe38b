// Global and local secondary indexes.
//
// An entry's size decides what the index costs. ALL copies the item; KEYS_ONLY is estimated from
// the key attributes' names and typical values (a 36-character text, a 13-digit number, 16 bytes:
// all far below the 1 KB at which a second unit starts); INCLUDE must state it, since nothing else
// knows.

import Capacity
import DataModel
import Workloads
import YAML

extension ScenarioDecoder {
  func globalIndexes(_ reader: NodeReader?, of table: TableSpec) -> [IndexSpec] {
    guard let reader, let items = reader.list(of: "indexes") else { return [] }
    if items.count > 20 {
      reader.report("\(items.count) global secondary indexes", expected: "at most 20 per table")
    }
    return items.compactMap { item in
      guard let fields = item.object(ScenarioFormat.object("global-index")) else { return nil }
      var index = self.index(fields, key: keySchema(fields), of: table)
      let isOnDemand = if case .onDemand = table.mode { true } else { false }
      let mode = self.mode(
        fields,
        of: (isOnDemand ? BillingModeName.onDemand : BillingModeName.provisioned).rawValue)
      index.mode = mode
      index.warmThroughput = warmThroughput(fields, mode: mode)
      let entries = Int((Double(table.itemCount) * index.share).rounded(.up))
      if index.key.partition == table.key.partition, !fields.has("partition-keys") {
        index.partitionKeyCount = max(1, table.partitionKeyCount)
      } else {
        index.partitionKeyCount = max(
          1, partitionKeys(fields, items: entries, hasSortKey: index.key.sort != nil))
      }
      index.keyDistribution = fields["keys"].flatMap { keyDistribution($0) } ?? .uniform
      return index
    }
  }

  func localIndexes(_ reader: NodeReader?, of table: TableSpec) -> [IndexSpec] {
    guard let reader, let items = reader.list(of: "indexes") else { return [] }
    if items.count > 5 {
      reader.report("\(items.count) local secondary indexes", expected: "at most 5 per table")
    }
    if table.key.sort == nil {
      reader.report(
        "a table without a sort key has no local secondary indexes", expected: "a 'sort-key'")
    }
    return items.compactMap { item in
      guard let fields = item.object(ScenarioFormat.object("local-index")) else { return nil }
      let sort = fields["sort-key"].flatMap { keyAttribute($0) }
      if let sort, sort.name == table.key.sort?.name || sort.name == table.key.partition.name {
        fields["sort-key"]?.report(
          "'\(sort.name)' is already a key of the table", expected: "another attribute")
      }
      let key = KeySchema(partition: table.key.partition, sort: sort)
      var index = self.index(fields, key: key, of: table)
      index.partitionKeyCount = max(1, table.partitionKeyCount)
      return index
    }
  }

  private func index(_ fields: Fields, key: KeySchema, of table: TableSpec) -> IndexSpec {
    let name = fields["name"].flatMap { serviceName($0) } ?? ""
    faults.place("index \(table.name).\(name)", at: fields["name"]?.range ?? fields.range)
    var index = IndexSpec(
      name: name, key: key,
      projection: fields["projection"].flatMap { projection($0) } ?? .all)
    index.share = fields["share"]?.share() ?? 1
    index.entrySize = entrySize(fields, index, of: table)
    return index
  }

  private func projection(_ reader: NodeReader) -> Projection? {
    guard case .mapping = reader.node.content else {
      if reader.scalarTextOrNil == "INCLUDE" {
        reader.report("INCLUDE needs its attributes", expected: "{INCLUDE: [name, …]}")
        return nil
      }
      return reader.choice([("ALL", .all), ("KEYS_ONLY", .keysOnly)])
    }
    guard let fields = reader.object(ScenarioFormat.object("projection")),
      let list = fields["INCLUDE"], let items = list.list(of: "attribute names")
    else { return nil }
    if items.isEmpty {
      list.report("INCLUDE names no attribute", expected: "[name, …], or KEYS_ONLY")
    }
    return .include(items.compactMap { $0.text() })
  }

  private func entrySize(_ fields: Fields, _ index: IndexSpec, of table: TableSpec) -> Int? {
    if let reader = fields["entry-size"] {
      if case .all = index.projection, !fields.has("projection") || index.projection == .all {
        faults.report(
          "'entry-size' has no meaning for the projection ALL", at: fields.keyRange("entry-size"),
          expected: "KEYS_ONLY or {INCLUDE: […]}, or no 'entry-size'")
      }
      return reader.size(in: 1...Self.largestItem)
    }
    switch index.projection {
    case .all: return nil
    case .keysOnly: return Self.keyBytes(index.key, table.key)
    case .include:
      fields.reader.report(
        "an index with INCLUDE needs 'entry-size'",
        expected: "entry-size: bytes of one entry, such as 300B")
      return nil
    }
  }

  /// Estimated bytes of the distinct key attributes of an index and its table.
  static func keyBytes(_ index: KeySchema, _ table: KeySchema) -> Int {
    var seen: Set<String> = []
    let attributes = [index.partition, index.sort, table.partition, table.sort].compactMap { $0 }
    return attributes.reduce(0) { sum, attribute in
      guard seen.insert(attribute.name).inserted else { return sum }
      let value =
        switch attribute.type {
        case .string: 36
        case .number: 8
        case .binary: 16
        }
      return sum + attribute.name.utf8.count + value
    }
  }

  /// One name for one index, and one type for one attribute (API: AttributeDefinitions).
  func checkIndexNames(_ table: TableSpec, _ fields: Fields) {
    var names: Set<String> = []
    var types: [String: ScalarType] = [:]
    func check(_ attribute: KeyAttribute?, at range: SourceRange) {
      guard let attribute, !attribute.name.isEmpty else { return }
      if let known = types[attribute.name], known != attribute.type {
        faults.report(
          "the attribute '\(attribute.name)' is \(known.rawValue) in one key and "
            + "\(attribute.type.rawValue) in another", at: range, expected: "one type")
      }
      types[attribute.name] = types[attribute.name] ?? attribute.type
    }
    check(table.key.partition, at: fields.range)
    check(table.key.sort, at: fields.range)
    for index in table.globalIndexes + table.localIndexes {
      let range = faults.places["index \(table.name).\(index.name)"] ?? fields.range
      if !index.name.isEmpty, !names.insert(index.name).inserted {
        faults.report(
          "two indexes of '\(table.name)' are called '\(index.name)'", at: range)
      }
      check(index.key.partition, at: range)
      check(index.key.sort, at: range)
    }
  }
}
