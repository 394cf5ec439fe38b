// Query: items of one partition key, in the order of their sort keys, by pages.

import Capacity
import DataModel
import Expressions
import ServiceAPI
import Storage

extension DatabaseState {
  func query(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    var parameters = try ExpressionParameters(
      request, expressions: [.projection, .filter, .keyCondition], legacy: legacyOfQuery(request))
    if let limit = request["Limit"]?.integer, limit < 1 {
      throw .validation(
        "1 validation error detected: Value at 'Limit' failed to satisfy constraint: "
          + "Member must have value greater than or equal to 1")
    }
    let legacyKeys = try parameters.conditions("KeyConditions")
    let legacyFilter = try parameters.legacyFilter("QueryFilter")
    try checkSelect(request)
    try parameters.readPlaceholders()
    let keyExpression = try parameters.keyCondition()
    let filter = try parameters.condition(.filter) ?? legacyFilter
    let projection = try parameters.projection()
    try parameters.checkUsed()
    let conditions = try keyConditions(keyExpression, legacyKeys)
    let table = try self.table(request["TableName"]?.text ?? "")
    let index = try self.index(request, of: table)
    let layout =
      index.map {
        KeyLayout(
          partition: table.indexes[$0].definition.partition,
          sort: table.indexes[$0].definition.sort)
      } ?? KeyLayout(table.key)
    let condition = try refusing { () throws(ExpressionFault) in
      try KeyCondition.bind(conditions, to: layout)
    }
    try check(filter, request, layout, table)
    let needsFetch = try needsFetch(request, index, projection, in: table)
    let range = QueryRange(
      condition, prefix: index.map { table.indexes[$0].prefix } ?? table.prefix)
    var read = PageRead(
      table: table, index: index, scan: range.scan, limit: request["Limit"]?.integer ?? .max,
      filter: filter, projection: projection, isCount: request["Select"]?.text == "COUNT",
      needsFetch: needsFetch, consistency: request.readConsistency)
    try applyStart(request, range, to: &read)
    try ask(read, at: range.place)
    let page = try self.read(read)
    take(page.charge, for: read, at: range.place)
    return answer(page, read, request)
  }

  /// KeyConditions may stand beside other expressions when there is no key condition expression.
  private func legacyOfQuery(_ request: WireValue) -> [String] {
    let names = ["AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"]
    let keepsKeys = request["KeyConditions"] != nil && request["KeyConditionExpression"] == nil
    return keepsKeys ? names.dropLast() : names
  }

  private func keyConditions(
    _ expression: KeyConditionExpression?, _ legacy: [LegacyCondition]?
  ) throws(ServiceError) -> [KeyAttributeCondition] {
    if let expression {
      return try refusing { () throws(ExpressionFault) in try expression.conditions() }
    }
    guard let legacy else {
      throw .validation(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
          + "request.")
    }
    return legacy.map(\.keyCondition)
  }

  private func check(
    _ filter: ConditionExpression?, _ request: WireValue, _ layout: KeyLayout, _ table: Table
  ) throws(ServiceError) {
    guard let filter else { return }
    let parameter = request["FilterExpression"] != nil ? "Filter Expression" : "QueryFilter"
    let fault = KeyAccess.filterFault(
      filter.roots, key: layout.attributeNames, parameter: parameter)
    if let fault { throw .validation(fault.message) }
  }

  /// Starts the page behind ExclusiveStartKey, in the direction of ScanIndexForward.
  func applyStart(
    _ request: WireValue, _ range: QueryRange, to read: inout PageRead
  ) throws(ServiceError) {
    let isForward = request["ScanIndexForward"]?.flag ?? true
    if !isForward { read.scan.direction = .descending }
    guard let start = try start(request, read.index, in: read.table) else { return }
    let isInside =
      !start.key.lexicographicallyPrecedes(range.scan.lower)
      && (range.scan.upper.map { start.key.lexicographicallyPrecedes($0) } ?? true)
    if !start.key.starts(with: range.partition) {
      throw .validation(
        "The provided starting key is outside query boundaries based on provided conditions")
    }
    guard isInside else {
      throw .validation(
        "The provided starting key does not match the range key predicate")
    }
    if isForward {
      read.scan.lower = KeyScan.successor(of: start.key)
    } else {
      read.scan.upper = start.key
    }
  }
}

/// The storage keys that a key condition selects.
struct QueryRange {
  var scan: KeyScan
  /// What all keys of the queried partition begin with.
  var partition: [UInt8]
  /// Where the partition stands among the partitions of the table.
  var place: ItemPlace

  init(_ condition: KeyCondition, prefix: [UInt8]) {
    var bytes: [UInt8] = []
    for value in condition.partition { KeyEncoding.append(value, to: &bytes) }
    place = PrimaryKey.place(prefix: prefix, partition: bytes, sort: [])
    partition = place.key
    var fixed = place.key
    for comparison in condition.sort.dropLast() {
      if case .equal(let value) = comparison { KeyEncoding.append(value, to: &fixed) }
    }
    scan = Self.scan(fixed, condition.sort.last)
  }

  private static func scan(_ fixed: [UInt8], _ comparison: KeyComparison?) -> KeyScan {
    func key(_ value: AttributeValue) -> [UInt8] {
      var key = fixed
      KeyEncoding.append(value, to: &key)
      return key
    }
    let end = KeyScan.successor(ofPrefix: fixed)
    switch comparison {
    case .equal(let value): return KeyScan(prefix: key(value))
    case .less(let value): return KeyScan(from: fixed, to: key(value))
    case .lessOrEqual(let value):
      return KeyScan(from: fixed, to: KeyScan.successor(ofPrefix: key(value)))
    case .greater(let value):
      return KeyScan(from: KeyScan.successor(ofPrefix: key(value)) ?? fixed, to: end)
    case .greaterOrEqual(let value): return KeyScan(from: key(value), to: end)
    case .between(let low, let high):
      return KeyScan(from: key(low), to: KeyScan.successor(ofPrefix: key(high)))
    case .beginsWith(let value):
      var prefix = fixed
      KeyEncoding.appendPrefix(value, to: &prefix)
      return KeyScan(prefix: prefix)
    case .unsupported, nil: return KeyScan(from: fixed, to: end)
    }
  }
}
