// Tables: keys, capacity, data and features.
//
// Limits checked here: names and keys (API CreateTable), 20 GSIs and 5 LSIs per table, 400 KB per
// item (capacity.md 1.11); a global table must be on demand or auto scaled (features.md 3.7).

import Capacity
import DataModel
import Units
import Workloads
import YAML

extension ScenarioDecoder {
  /// Largest item, names included (capacity.md 1.11).
  static let largestItem = 409_600

  func tables(_ reader: NodeReader?) -> [TableSpec] {
    guard let items = reader?.list(of: "tables") else { return [] }
    if items.isEmpty { reader?.report("'tables' is empty", expected: "at least one table") }
    var seen: Set<String> = []
    return items.compactMap { item in
      guard let fields = item.object(ScenarioFormat.table) else { return nil }
      let table = self.table(fields)
      if !table.name.isEmpty, !seen.insert(table.name).inserted {
        (fields["name"] ?? item).report("two tables are called '\(table.name)'")
      }
      faults.place("table \(table.name)", at: fields["name"]?.range ?? item.range)
      return table
    }
  }

  private func table(_ fields: Fields) -> TableSpec {
    let name = fields["name"].flatMap { serviceName($0) } ?? ""
    let key = keySchema(fields)
    var table = TableSpec(
      name: name, key: key, mode: mode(fields, of: fields["billing-mode"]?.scalarTextOrNil))
    _ = fields["billing-mode"]?.choice(
      BillingModeName.self,
      synonyms: [
        "ON_DEMAND": "PAY_PER_REQUEST", "ON-DEMAND": "PAY_PER_REQUEST",
        "ONDEMAND": "PAY_PER_REQUEST",
      ])
    table.tableClass =
      fields["table-class"]?.choice(
        TableClass.self,
        synonyms: [
          "STANDARD_IA": "STANDARD_INFREQUENT_ACCESS", "STANDARD-IA": "STANDARD_INFREQUENT_ACCESS",
          "IA": "STANDARD_INFREQUENT_ACCESS",
        ]) ?? .standard
    table.warmThroughput = warmThroughput(fields, mode: table.mode)
    table.itemCount = fields["item-count"]?.count() ?? 1
    table.itemSize =
      fields["item-size"].flatMap { sizeDistribution($0) } ?? .constant(1_024)
    table.partitionKeyCount = partitionKeys(
      fields, items: table.itemCount, hasSortKey: key.sort != nil)
    table.stream = stream(fields["stream"])
    table.timeToLive = timeToLive(fields.object("time-to-live", "time-to-live"))
    table.pointInTimeRecovery = fields["point-in-time-recovery"]?.flag() ?? false
    table.backups = backups(fields.object("backups", "backups"))
    table.encryption = encryption(fields["encryption"])
    table.replicas = replicas(fields, table)
    table.partitions = fields["partitions"]?.count(in: 1...10_000)
    table.globalIndexes = globalIndexes(fields["global-secondary-indexes"], of: table)
    table.localIndexes = localIndexes(fields["local-secondary-indexes"], of: table)
    checkIndexNames(table, fields)
    return table
  }

  /// 3 to 255 letters, digits, '_', '-' and '.' (API CreateTable).
  func serviceName(_ reader: NodeReader) -> String? {
    let expected = "3 to 255 letters, digits, '.', '_' and '-'"
    guard let text = reader.scalarText(expected: expected) else { return nil }
    let isPlain = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == 0x2D || byte == 0x2E || byte == 0x5F
    }
    if !isPlain || text.utf8.count < 3 || text.utf8.count > 255 {
      reader.report("'\(text)' is not a name the service accepts", expected: expected)
    }
    return text
  }

  func keySchema(_ fields: Fields) -> KeySchema {
    let partition =
      fields["partition-key"].flatMap { keyAttribute($0) } ?? KeyAttribute(name: "", type: .string)
    let sort = fields["sort-key"].flatMap { keyAttribute($0) }
    if let sort, sort.name == partition.name, !sort.name.isEmpty {
      fields["sort-key"]?.report(
        "the sort key is the partition key '\(sort.name)'",
        expected: "another attribute")
    }
    return KeySchema(partition: partition, sort: sort)
  }

  /// "customerId S"
  func keyAttribute(_ reader: NodeReader) -> KeyAttribute? {
    let expected = "a name and a type (S, N or B) such as 'customerId S'"
    guard let text = reader.scalarText(expected: expected) else { return nil }
    let words = text.split { $0 == " " || $0 == ":" }.map(String.init)
    guard words.count == 2 else {
      reader.report(
        words.count == 1 ? "the key '\(text)' has no type" : "'\(text)' is not a key",
        expected: expected, suggestion: words.count == 1 ? "\(text) S" : nil)
      return nil
    }
    guard let type = ScalarType(rawValue: words[1]) else {
      let spelt: [String: String] = [
        "string": "S", "str": "S", "s": "S", "number": "N", "num": "N", "n": "N", "binary": "B",
        "b": "B",
      ]
      reader.report(
        "'\(words[1])' is not a key type", expected: "S (string), N (number) or B (binary)",
        suggestion: spelt[words[1].lowercased()].map { "\(words[0]) \($0)" })
      return nil
    }
    return KeyAttribute(name: words[0], type: type)
  }

  /// Distinct partition keys: as written, or one per item, or a tenth of the items with a sort key.
  func partitionKeys(_ fields: Fields, items: Int, hasSortKey: Bool) -> Int {
    let fallback = items == 0 ? 0 : hasSortKey ? max(1, items / 10) : items
    guard let reader = fields["partition-keys"], let keys = reader.count(in: 1...1_000_000_000_000)
    else { return fallback }
    if keys > items, items > 0 {
      reader.report(
        "\(keys) partition keys are more than the \(items) items", expected: "at most \(items)")
    }
    return keys
  }

  private func stream(_ reader: NodeReader?) -> StreamSpec? {
    guard let reader else { return nil }
    if case .mapping = reader.node.content {
      guard let fields = reader.object(ScenarioFormat.object("stream")) else { return nil }
      let views = ScenarioFormat.streamViews.map { (name: $0, value: $0) }
      return StreamSpec(
        viewType: fields["view"]?.choice(views) ?? "NEW_AND_OLD_IMAGES",
        payingConsumers: fields["consumers"]?.count(in: 0...100) ?? 0,
        pollInterval: fields["poll"]?.duration(atLeast: .milliseconds(1)) ?? .seconds(1),
        batch: fields["batch"]?.count(in: 1...1_000) ?? 1_000,
        kinesis: fields["kinesis"]?.flag() ?? false)
    }
    let words: [(name: String, value: String?)] =
      ScenarioFormat.streamViews.map { ($0, $0) } + [("off", nil)]
    guard let view = reader.choice(words), let view else { return nil }
    return StreamSpec(viewType: view)
  }

  private func timeToLive(_ fields: Fields?) -> TimeToLiveSpec? {
    guard let fields else { return nil }
    return TimeToLiveSpec(
      after: fields["after"]?.duration(atLeast: .seconds(1)) ?? .hours(1),
      share: fields["share"]?.share() ?? 1,
      deletionLag: fields["deletion-lag"]?.duration() ?? .minutes(10))
  }

  private func backups(_ fields: Fields?) -> BackupSpec? {
    guard let fields else { return nil }
    return BackupSpec(
      every: fields["every"]?.duration(atLeast: .minutes(1)) ?? .days(1),
      keep: fields["keep"]?.duration(atLeast: .minutes(1)) ?? .days(30))
  }

  private func encryption(_ reader: NodeReader?) -> EncryptionSpec? {
    guard let reader else { return nil }
    if case .mapping = reader.node.content {
      guard let fields = reader.object(ScenarioFormat.object("encryption")) else { return nil }
      return EncryptionSpec(
        key: fields["key"]?.scalarText(expected: "a name for the key"),
        rotations: fields["rotations"]?.count(in: 0...2) ?? 0,
        callers: fields["callers"]?.count(in: 1...1_000_000) ?? 1)
    }
    let words: [(name: String, value: EncryptionSpec?)] = [
      ("AWS_OWNED", nil), ("AWS_MANAGED", EncryptionSpec()),
    ]
    return reader.choice(words, orMap: "{key: NAME} for a key of your own") ?? nil
  }

  private func replicas(_ fields: Fields, _ table: TableSpec) -> [String] {
    guard let reader = fields["replicas"], let items = reader.list(of: "regions") else { return [] }
    var regions: [String] = []
    for item in items {
      guard let region = self.region(item) else { continue }
      if regions.contains(region) { item.report("the region '\(region)' stands twice") }
      regions.append(region)
    }
    if case .provisioned(_, let write) = table.mode, write.autoscaling == nil, !regions.isEmpty {
      faults.report(
        "a global table needs PAY_PER_REQUEST or auto scaled writes",
        at: fields.keyRange("replicas"),
        expected: "write-capacity: {min: …, max: …}")
    }
    return regions
  }

  /// A region's name by its pattern; whether its prices are known is the price list's business.
  func region(_ reader: NodeReader) -> String? {
    let expected = "a region such as us-east-1 or eu-west-1"
    guard let text = reader.scalarText(expected: expected) else { return nil }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    let lowercase = parts.dropLast().allSatisfy { part in
      !part.isEmpty && part.utf8.allSatisfy { (0x61...0x7A).contains($0) }
    }
    guard parts.count >= 3, lowercase, parts[0].count == 2, let last = parts.last,
      last.count == 1, last.first?.isNumber == true
    else {
      reader.report("'\(text)' is not a region", expected: expected)
      return nil
    }
    return text
  }
}

/// BillingMode by its API names.
enum BillingModeName: String, CaseIterable {
  case provisioned = "PROVISIONED"
  case onDemand = "PAY_PER_REQUEST"
}
