// SELECT: a Query of the partitions that WHERE names, one after the other, or a Scan.
//
// Several partitions are read in the order they are named, or in that of ORDER BY, and a page stops
// after ten items evaluated (developer guide, operator IN). NextToken is opaque to clients: where
// the reading goes on, bound to the statement and its parameters. A partition that capacity refuses
// after others have been read ends the page instead of failing it.

import Capacity
import DataModel
import Expressions
import PartiQL
import ServiceAPI
import Storage

/// A page of what a SELECT found.
struct SelectPage {
  var items: [Item] = []
  var lastKey: AttributeMap?
  var token: String?
  var charge = ReadCharge()
  var index: String?
}

/// Where a reading goes on.
private struct Continuation {
  /// Place of the partition among those of the statement.
  var partition = 0
  /// Behind which key; nil: at the partition's beginning.
  var key: WireValue?

  /// Behind which size IN gives pages: ten items.
  static let inPage = 10

  init() {}

  init(_ token: String, of request: WireValue) throws(ServiceError) {
    let invalid = ServiceError.validation(
      "NextToken does not match request; it must come from the same statement with the same "
        + "parameters")
    guard case .success(let bytes) = Base64.decode(token) else { throw invalid }
    let parsed = bytes.withUnsafeBytes { WireValue(body: $0) }
    guard let parsed, parsed["s"]?.text == Self.digest(of: request),
      let partition = parsed["p"]?.integer, partition >= 0
    else { throw invalid }
    self.partition = partition
    key = parsed["k"]
  }

  static func token(partition: Int, key: AttributeMap?, of request: WireValue) -> String {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.member("s", digest(of: request))
    writer.member("p", partition)
    if let key {
      writer.key("k")
      writer.attributes(key)
    }
    writer.endObject()
    var text: [UInt8] = []
    Base64.append(writer.bytes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private static func digest(of request: WireValue) -> String {
    let text = (request["Statement"]?.text ?? "") + "\n" + (request["Parameters"]?.dump ?? "")
    return String(KeyEncoding.hash(text.utf8), radix: 16)
  }
}

extension DatabaseState {
  /// Reads a page of a SELECT and takes what it costs.
  func read(_ select: SelectStatement, _ request: WireValue) throws(ServiceError) -> SelectPage {
    let table = try self.table(select.table)
    let index = try self.index(select, request, of: table)
    let layout =
      index.map {
        KeyLayout(
          partition: table.indexes[$0].definition.partition,
          sort: table.indexes[$0].definition.sort)
      } ?? KeyLayout(table.key)
    let path = try refusing { () throws(ExpressionFault) in
      try AccessPath.choose(select.condition, layout: layout)
    }
    try KeyNesting.check(select.condition.map(ConditionExpression.init), in: table)
    let isDescending = try direction(select, path, layout)
    let read = PageRead(
      table: table, index: index, scan: KeyScan(prefix: table.prefix),
      limit: request["Limit"]?.integer ?? .max,
      filter: select.condition.map(ConditionExpression.init), projection: nil, isCount: false,
      needsFetch: try needsFetch(select, index, in: table), consistency: request.readConsistency)
    var start = Continuation()
    if let token = request["NextToken"]?.text { start = try Continuation(token, of: request) }
    var page: SelectPage
    switch path {
    case .everything: page = try scan(read, from: start, request)
    case .partitions(let partitions):
      let ordered = sorted(partitions, select.order, layout)
      page = try query(ordered, read, from: start, request, isDescending: isDescending)
    }
    page.items = page.items.map(select.project)
    page.index = index.map { table.indexes[$0].definition.name }
    return page
  }

  private func scan(
    _ template: PageRead, from start: Continuation, _ request: WireValue
  ) throws(ServiceError) -> SelectPage {
    var read = template
    let segment = ScanSegment(number: 0, total: 1)
    read.scan = segment.scan(
      prefix: read.index.map { read.table.indexes[$0].prefix } ?? read.table.prefix)
    var place = ItemPlace(key: [], position: segment.position)
    if let behind = try self.start(Self.startRequest(start.key), read.index, in: read.table) {
      read.scan.lower = KeyScan.successor(of: behind.key)
      place.position = behind.position
    }
    try ask(read, at: place)
    let found = try self.read(read)
    take(found.charge, for: read, at: place)
    var page = SelectPage(items: found.items, lastKey: found.lastKey, charge: found.charge)
    if let key = found.lastKey {
      page.token = Continuation.token(partition: 0, key: key, of: request)
    }
    return page
  }

  private func query(
    _ partitions: [KeyCondition], _ template: PageRead, from start: Continuation,
    _ request: WireValue, isDescending: Bool
  ) throws(ServiceError) -> SelectPage {
    var page = SelectPage()
    var left = min(template.limit, partitions.count > 1 ? Continuation.inPage : .max)
    let prefix = template.index.map { template.table.indexes[$0].prefix } ?? template.table.prefix
    for number in partitions.indices.dropFirst(start.partition) {
      let range = QueryRange(partitions[number], prefix: prefix)
      var read = template
      read.scan = range.scan
      read.limit = left
      let from = number == start.partition ? start.key : nil
      try applyStart(Self.startRequest(from, isDescending: isDescending), range, to: &read)
      do throws(ServiceError) { try ask(read, at: range.place) } catch {
        if number == start.partition { throw error }
        page.token = Continuation.token(partition: number, key: nil, of: request)
        return page
      }
      let found = try self.read(read)
      take(found.charge, for: read, at: range.place)
      page.items += found.items
      page.charge = page.charge + found.charge
      left -= found.scannedCount
      if let key = found.lastKey {
        page.lastKey = key
        page.token = Continuation.token(partition: number, key: key, of: request)
        return page
      }
      if left <= 0, number + 1 < partitions.count {
        page.token = Continuation.token(partition: number + 1, key: nil, of: request)
        return page
      }
    }
    return page
  }

  private static func startRequest(_ key: WireValue?, isDescending: Bool = false) -> WireValue {
    var members = [WireMember(name: "ScanIndexForward", value: .boolean(!isDescending))]
    if let key { members.append(WireMember(name: "ExclusiveStartKey", value: key)) }
    return .object(members)
  }

  // MARK: Checks

  private func index(
    _ select: SelectStatement, _ request: WireValue, of table: Table
  ) throws(ServiceError) -> Int? {
    guard let name = select.index else { return nil }
    guard let index = table.index(named: name) else {
      throw .validation("The table does not have the specified index")
    }
    let running = table.indexes[index]
    // The service does so too (public suite, see StatementFault); its words are not on record.
    if running.definition.partition.count > 1 || running.definition.sort.count > 1 {
      throw .validation(
        "Statements cannot read an index with several partition or sort attributes: \(name)")
    }
    if running.definition.isGlobal, request["ConsistentRead"]?.flag == true {
      throw .validation("Strongly consistent read is not supported on Global Secondary Indexes")
    }
    if running.definition.isGlobal, running.clock.status == .creating {
      throw .validation("Cannot read from backfilling global secondary index: \(name)")
    }
    return index
  }

  /// Whether a local index has to be completed from the table; refuses what an index cannot answer.
  private func needsFetch(
    _ select: SelectStatement, _ index: Int?, in table: Table
  ) throws(ServiceError) -> Bool {
    guard let index else { return false }
    let definition = table.indexes[index].definition
    guard definition.projection != .all else { return false }
    var covered = Set(definition.keys.map(\.name) + table.key.attributeNames)
    if case .include(let names) = definition.projection { covered.formUnion(names) }
    func missing(_ paths: [DocumentPath]) -> [String] {
      var names: [String] = []
      for path in paths where !covered.contains(path.root) && !names.contains(path.root) {
        names.append(path.root)
      }
      return names
    }
    let filtered = missing(select.condition?.paths ?? [])
    if !filtered.isEmpty {
      throw .invalidParameter(
        "Secondary index \(definition.name) does not project one or more filter attributes: "
          + "[\(filtered.joined(separator: ", "))]")
    }
    let wanted = missing(select.projection ?? [])
    if !wanted.isEmpty, definition.isGlobal {
      throw .invalidParameter(
        "Global secondary index \(definition.name) does not project "
          + "[\(wanted.joined(separator: ", "))]")
    }
    return !wanted.isEmpty
  }

  /// Whether the sort key goes down; refuses orders that reading cannot give.
  private func direction(
    _ select: SelectStatement, _ path: AccessPath, _ layout: KeyLayout
  ) throws(ServiceError) -> Bool {
    guard let first = select.order.first else { return false }
    guard select.condition != nil else {
      throw .validation("Must have WHERE clause in the statement when using ORDER BY clause.")
    }
    for order in select.order where !layout.attributeNames.contains(order.attribute) {
      throw .validation(
        "Attribute \(order.attribute) in ORDER BY clause must be part of the primary key")
    }
    guard case .partitions(let partitions) = path else {
      throw .validation(
        "Must have at least one non-optional hash key condition in WHERE clause when using "
          + "ORDER BY clause.")
    }
    if partitions.count > 1, first.attribute != layout.partition[0].name {
      throw .validation(
        "Must have hash key in ORDER BY clause when more than one hash key condition specified in "
          + "WHERE clause.")
    }
    let sort = select.order.first { order in layout.sort.contains { $0.name == order.attribute } }
    return sort?.isDescending ?? false
  }

  /// Partitions in the order of ORDER BY, if it says so.
  private func sorted(
    _ partitions: [KeyCondition], _ order: [SelectStatement.Order], _ layout: KeyLayout
  ) -> [KeyCondition] {
    guard let first = order.first, first.attribute == layout.partition[0].name else {
      return partitions
    }
    func encoded(_ condition: KeyCondition) -> [UInt8] {
      var bytes: [UInt8] = []
      for value in condition.partition { KeyEncoding.append(value, to: &bytes) }
      return bytes
    }
    return partitions.sorted {
      first.isDescending
        ? encoded($1).lexicographicallyPrecedes(encoded($0))
        : encoded($0).lexicographicallyPrecedes(encoded($1))
    }
  }
}
