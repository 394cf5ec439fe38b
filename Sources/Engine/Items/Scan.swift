// Scan: everything in a table or index, by pages; a segment is a range of the hash.

import Capacity
import DataModel
import Expressions
import ServiceAPI
import Storage

extension DatabaseState {
  func scan(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    var parameters = try ExpressionParameters(
      request, expressions: [.projection, .filter],
      legacy: ["AttributesToGet", "ScanFilter", "ConditionalOperator"])
    let segment = try Self.segment(request)
    let legacyFilter = try parameters.legacyFilter("ScanFilter")
    try checkSelect(request)
    try parameters.readPlaceholders()
    let filter = try parameters.condition(.filter) ?? legacyFilter
    let projection = try parameters.projection()
    try parameters.checkUsed()
    let table = try self.table(request["TableName"]?.text ?? "")
    let index = try self.index(request, of: table)
    let needsFetch = try needsFetch(request, index, projection, in: table)
    let prefix = index.map { table.indexes[$0].prefix } ?? table.prefix
    let range = segment.scan(prefix: prefix)
    var read = PageRead(
      table: table, index: index, scan: range, limit: request["Limit"]?.integer ?? .max,
      filter: filter, projection: projection, isCount: request["Select"]?.text == "COUNT",
      needsFetch: needsFetch, consistency: request.readConsistency)
    // A page of a scan is nobody's: it is counted for no key.
    var place = ItemPlace(key: [], position: segment.position)
    if let start = try start(request, index, in: table) {
      if start.key.lexicographicallyPrecedes(range.lower)
        || range.upper.map({ !start.key.lexicographicallyPrecedes($0) }) ?? false
      {
        throw .validation(
          "The provided starting key is invalid: "
            + "Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
            + "TotalSegments: \(segment.total) Segment: \(segment.number)")
      }
      read.scan.lower = KeyScan.successor(of: start.key)
      place.position = start.position
    }
    read.positions = place.position...max(place.position, segment.end)
    try ask(read, at: place)
    let page = try self.read(read)
    take(page.charge, for: read, at: place)
    return answer(page, read, request)
  }

  private static func segment(_ request: WireValue) throws(ServiceError) -> ScanSegment {
    let number = request["Segment"]?.integer
    let total = request["TotalSegments"]?.integer
    switch (number, total) {
    case (nil, nil): return ScanSegment(number: 0, total: 1)
    case (nil, _?):
      throw .validation(
        "The Segment parameter is required but was not present in the request when parameter "
          + "TotalSegments is present")
    case (_?, nil):
      throw .validation(
        "The TotalSegments parameter is required but was not present in the request when Segment "
          + "parameter is present")
    case (let number?, let total?):
      guard number < total else {
        throw .validation(
          "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            + "Segment: \(number) is not less than TotalSegments: \(total)")
      }
      return ScanSegment(number: number, total: total)
    }
  }
}

/// One of several equal parts of the hash space.
struct ScanSegment {
  var number: Int
  var total: Int

  /// The first hash of segment `number`, rounded up.
  private func bound(_ number: Int) -> UInt64? {
    let product = UInt128(number) << 64
    let (quotient, rest) = product.quotientAndRemainder(dividingBy: UInt128(total))
    return UInt64(exactly: rest == 0 ? quotient : quotient + 1)
  }

  /// Place of the segment's start among the partitions.
  var position: UInt64 { bound(number) ?? 0 }

  /// The last position of the segment.
  var end: UInt64 { bound(number + 1).map { $0 - 1 } ?? .max }

  func scan(prefix: [UInt8]) -> KeyScan {
    guard total > 1 else { return KeyScan(prefix: prefix) }
    var lower = prefix
    KeyEncoding.appendHash(bound(number) ?? .max, to: &lower)
    guard let end = bound(number + 1) else {
      return KeyScan(from: lower, to: KeyScan.successor(ofPrefix: prefix))
    }
    var upper = prefix
    KeyEncoding.appendHash(end, to: &upper)
    return KeyScan(from: lower, to: upper)
  }
}
