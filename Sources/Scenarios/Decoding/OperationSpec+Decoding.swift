// Operations of the mix: `get: orders`, `batch-write: [{put: orders}, {delete: carts}]`.
//
// Limits: 100 keys per BatchGetItem, 25 per BatchWriteItem, 100 items per transaction; a GSI cannot
// be read with strong consistency (capacity.md 1.3, 1.11). A page evaluates at most 1 MB and the
// item that crosses it (1.2), which is the default of a Scan.

import Capacity
import DataModel
import Units
import Workloads
import YAML

extension ScenarioDecoder {
  func operations(
    _ reader: NodeReader?, of traffic: String, _ names: Names
  ) -> [OperationSpec] {
    guard let reader, let items = reader.list(of: "operations") else { return [] }
    if items.isEmpty { reader.report("'operations' is empty", expected: "at least one operation") }
    var seen: Set<String> = []
    var specs: [OperationSpec] = []
    var faulty = 0
    for item in items {
      guard let spec = operation(item, names) else {
        faulty += 1
        continue
      }
      if !seen.insert(spec.name).inserted {
        item.report(
          "two operations of this traffic are called '\(spec.name)'",
          expected: "a 'name' of its own")
      }
      faults.place("operation \(traffic).\(spec.name)", at: item.range)
      specs.append(spec)
    }
    if faulty == 0, !specs.isEmpty, specs.allSatisfy({ $0.weight == 0 }) {
      reader.report("all weights are 0", expected: "a weight above 0")
    }
    return specs
  }

  private func operation(_ reader: NodeReader, _ names: Names) -> OperationSpec? {
    guard let fields = reader.object(ScenarioFormat.object("operation")),
      let (kindName, value) = fields.chosen,
      let kind = ScenarioFormat.operationKind(kindName)
    else { return nil }
    let weight = fields["weight"]?.number(in: 0...1e12) ?? 1
    let consistency = self.consistency(fields, kind)
    let given = fields["name"]?.text()
    let isGroup = ScenarioFormat.groupOperations.contains(kindName)
    var parts: [OperationPart] = []
    if isGroup, case .sequence = value.node.content {
      parts = self.parts(value, fields, kind, names)
      guard !parts.isEmpty else { return nil }
    } else {
      // The table decides what the other keys mean; without it only they are read, for their
      // faults.
      let table = names.table(value)
      let part = self.part(fields, action: Self.action(kind), table: table ?? 0, names)
      guard let part, table != nil else { return nil }
      parts = [part]
    }
    checkCounts(parts, kind, fields)
    let tables = parts.map { names.tables[$0.table].name }
    var fallback = kindName + " " + tables.joined(separator: "+")
    if let index = fields["index"]?.scalarTextOrNil { fallback += "." + index }
    var spec = OperationSpec(
      name: given ?? fallback, kind: kind, weight: weight, parts: parts, consistency: consistency)
    if let pages = fields["pages"] {
      spec.pages = pages.scalarTextOrNil == "all" ? nil : pages.count(in: 1...1_000_000) ?? 1
    }
    spec.segments = fields["segments"]?.count(in: 1...1_000_000) ?? 1
    return spec
  }

  private func consistency(_ fields: Fields, _ kind: OperationKind) -> ReadConsistency {
    switch kind {
    case .transactGet, .transactWrite: return .transactional
    default:
      return fields["consistency"]?.choice([
        ("eventual", ReadConsistency.eventual), ("strong", .strong),
      ]) ?? .eventual
    }
  }

  /// What a one-table operation does to each of its items.
  static func action(_ kind: OperationKind) -> ItemAction {
    switch kind {
    case .get, .batchGet, .transactGet: .get
    case .put, .batchWrite, .transactWrite: .put
    case .update: .update
    case .delete: .delete
    case .query: .query
    case .scan: .scan
    }
  }

  /// The parts of a batch or transaction written as a list.
  private func parts(
    _ reader: NodeReader, _ operation: Fields, _ kind: OperationKind, _ names: Names
  ) -> [OperationPart] {
    for name in ["keys", "items", "condition-fails", "new-items", "item-size", "index-changes"]
    where operation.has(name) {
      faults.report(
        "'\(name)' belongs to a part when parts are listed", at: operation.keyRange(name),
        expected: "'\(name)' inside the list")
    }
    let allowed: [(name: String, value: ItemAction)]
    switch kind {
    case .batchWrite: allowed = [("put", .put), ("delete", .delete)]
    case .transactWrite:
      allowed = [
        ("put", .put), ("update", .update), ("delete", .delete), ("check", .conditionCheck),
      ]
    default: allowed = [("get", .get)]
    }
    let items = reader.list(of: "parts") ?? []
    if items.isEmpty { reader.report("\(reader.label) is empty", expected: "at least one part") }
    return items.compactMap { item in
      guard let fields = item.object(ScenarioFormat.object("part")),
        let (name, value) = fields.chosen
      else { return nil }
      guard let action = allowed.first(where: { $0.name == name })?.value else {
        faults.report(
          "\(kind.rawValue) does no '\(name)'", at: fields.keyRange(name),
          expected: NodeReader.oneOf(allowed.map(\.name)))
        return nil
      }
      if kind == .batchWrite, fields.has("condition-fails") {
        faults.report(
          "BatchWriteItem has no conditions", at: fields.keyRange("condition-fails"),
          expected: "transact-write, or single writes")
      }
      let table = names.table(value)
      guard let part = self.part(fields, action: action, table: table ?? 0, names), table != nil
      else { return nil }
      return part
    }
  }

  /// Reads the keys of one action; `table` may be a placeholder.
  private func part(
    _ fields: Fields, action: ItemAction, table: Int, _ names: Names
  ) -> OperationPart? {
    let isOperation = fields.description.name == "operation"
    var part = OperationPart(
      action: action, table: table,
      keys: fields["keys"].flatMap { keyDistribution($0) } ?? .uniform)
    part.conditionFailure = fields["condition-fails"]?.share() ?? 0
    part.newItems = fields["new-items"]?.share() ?? 0
    part.size = fields["item-size"].flatMap { sizeDistribution($0) }
    guard names.tables.indices.contains(table) else { return nil }
    let spec = names.tables[table]
    if isOperation, action == .query || action == .scan {
      readIndex(fields, spec, &part, names)
    }
    part.count = itemCount(fields, action, spec, part.index)
    part.globalEffects = spec.globalIndexes.map { Self.usualEffect($0.projection) }
    part.localEffects = spec.localIndexes.map { Self.usualEffect($0.projection) }
    for (name, range, value) in fields["index-changes"]?.freeMap(of: "index changes") ?? [] {
      let effect = value.choice([
        ("none", IndexEffect.unchanged), ("projected", .projectedChange), ("key", .keyMove),
      ])
      guard let index = names.index(name, of: table, at: range, faults), let effect else {
        continue
      }
      switch index {
      case .global(let position): part.globalEffects[position] = effect
      case .local(let position): part.localEffects[position] = effect
      }
    }
    return part
  }

  /// Overwriting an item changes what the index copies, unless that is the keys alone.
  static func usualEffect(_ projection: Projection) -> IndexEffect {
    projection == .keysOnly ? .unchanged : .projectedChange
  }

  private func readIndex(
    _ fields: Fields, _ table: TableSpec, _ part: inout OperationPart, _ names: Names
  ) {
    if let reader = fields["index"], let name = reader.text() {
      part.index = names.index(name, of: part.table, at: reader.range, faults)
    }
    if case .global = part.index, fields["consistency"]?.scalarTextOrNil == "strong" {
      fields["consistency"]?.report(
        "a global secondary index cannot be read with strong consistency",
        expected: "consistency: eventual")
    }
    if part.action == .query, part.index == nil, table.key.sort == nil, !fields.has("index") {
      fields.chosen?.value.report(
        "'\(table.name)' has no sort key, so a Query finds at most one item",
        expected: "get, an 'index', or a table with a sort key")
    }
  }

  private func itemCount(
    _ fields: Fields, _ action: ItemAction, _ table: TableSpec, _ index: IndexReference?
  ) -> Int {
    if let written = fields["items"] { return written.count(in: 1...1_000_000) ?? 1 }
    switch action {
    case .query where fields.isAttempted("items"): return 1
    case .query:
      fields.reader.report(
        "a query needs 'items'", expected: "items: how many items a page evaluates, such as 20")
      return 1
    case .scan:
      let entry: Double
      switch index {
      case .global(let position): entry = Self.entryBytes(table.globalIndexes[position], table)
      case .local(let position): entry = Self.entryBytes(table.localIndexes[position], table)
      case nil: entry = SizeSampler(table.itemSize).mean
      }
      return max(1, Int(Double(1 << 20) / max(1, entry)) + 1)
    default: return 1
    }
  }

  /// Mean bytes of an index's entry.
  static func entryBytes(_ index: IndexSpec, _ table: TableSpec) -> Double {
    index.entrySize.map(Double.init) ?? SizeSampler(table.itemSize).mean
  }

  private func checkCounts(_ parts: [OperationPart], _ kind: OperationKind, _ fields: Fields) {
    let limit: Int
    switch kind {
    case .batchGet, .transactGet, .transactWrite: limit = 100
    case .batchWrite: limit = 25
    default: return
    }
    let total = parts.reduce(0) { $0 + $1.count }
    if total > limit {
      let range = fields["items"]?.range ?? fields.keyRange(fields.chosen?.name ?? "")
      faults.report(
        "\(kind.rawValue) with \(total) items", at: range, expected: "at most \(limit) items")
    }
  }
}
