// Query and Scan from the query cache: whole answers by their whole parameter set, never by the
// items in them (features.md 2.1). Consistent reads pass by.
//
// Projections go to the endpoint, so that it reads no more than the client wants; the values of a
// path are then found in the answer. A list loses the elements that were not asked for, so a path
// through a list asks for the whole list.

import Caching
import DataModel
import DaxProtocol
import Synchronization
import Units

/// The fields of an answer, encoded, without the capacity consumed.
struct PageFields: Sendable {
  let encoded: [UInt8]
  /// Items in it.
  let count: Int
}

extension NodeSession {
  /// Query, or Scan when there is no key condition.
  func page(
    _ operation: String, _ name: String, _ keyCondition: [UInt8]?, _ options: RequestOptions
  ) throws(DaxError) -> [UInt8] {
    let table = try cluster.table(name)
    let paths = try self.paths(options.projection)
    var request = try pageRequest(table, keyCondition, options, paths)
    let parameters = Array(operation.utf8) + request.bytes + (options.projection ?? [])
    let key = CacheKey(table: table.number, bytes: parameters)
    if !options.isConsistent, let page = cachedPage(operation, key, parameters) {
      return succeed { writer in
        writer.openMap()
        writer.raw(page.fields.encoded)
        writer.stop()
      }
    }
    request.text("ReturnConsumedCapacity", options.returnConsumedCapacity)
    let reply = try EndpointReply(try cluster.endpoint.call(operation, request.body))
    let fields = try self.fields(of: reply, table, options, paths)
    if !options.isConsistent {
      let size = (reply.items ?? []).reduce(0) { $0 + $1.sizeInBytes }
      let page = CachedPage(
        parameters: parameters, fields: fields, bytes: max(1, size))
      let now = cluster.now()
      cluster.state.withLock { $0.fill(key, page, at: node, now: now) }
    }
    return succeed { writer in
      writer.openMap()
      writer.raw(fields.encoded)
      if let consumed = reply.consumed.first {
        self.fields(&writer, .consumedCapacity)
        writer.consumedUnits(consumed)
      }
      writer.stop()
    }
  }

  private func cachedPage(
    _ operation: String, _ key: CacheKey, _ parameters: [UInt8]
  ) -> CachedPage? {
    let now = cluster.now()
    return cluster.state.withLock { state in
      let page = state.page(key, parameters, at: node, now: now)
      state.count(node) { metrics in
        switch (operation, page == nil) {
        case ("Query", false): metrics.queryHits += 1
        case ("Query", true): metrics.queryMisses += 1
        case (_, false): metrics.scanHits += 1
        case (_, true): metrics.scanMisses += 1
        }
      }
      return page
    }
  }

  /// The body without what the client asks about the capacity.
  private func pageRequest(
    _ table: TableCatalog.Table, _ keyCondition: [UInt8]?, _ options: RequestOptions,
    _ paths: [DocumentPath]?
  ) throws(DaxError) -> EndpointRequest {
    var request = EndpointRequest(table: table.name)
    var text = ExpressionText()
    request.text("IndexName", options.indexName)
    try understand { () throws(CBORFault) in
      if let keyCondition {
        request.text("KeyConditionExpression", try text.condition(keyCondition))
      }
      if let filter = options.filter {
        request.text("FilterExpression", try text.condition(filter))
      }
    }
    if let paths {
      let names = Self.withWholeLists(paths).map { text.text(of: $0) }
      request.text("ProjectionExpression", names.joined(separator: ", "))
    }
    request.placeholders(of: text)
    request.integer("Limit", options.limit)
    request.flag("ConsistentRead", options.isConsistent ? true : nil)
    request.flag("ScanIndexForward", options.scansForward)
    request.text("Select", options.select)
    request.integer("Segment", options.segment)
    request.integer("TotalSegments", options.totalSegments)
    if let start = options.exclusiveStartKey {
      let isIndex = options.indexName != nil
      request.item(
        "ExclusiveStartKey",
        try understand { () throws(CBORFault) in
          guard isIndex else { return try table.schema.key(fromWire: start) }
          var reader = CBORReader(start)
          return try reader.readItem()
        })
    }
    return request
  }

  /// Paths cut before their first list index; none that another one contains, if any was cut.
  static func withWholeLists(_ paths: [DocumentPath]) -> [DocumentPath] {
    let cut = paths.map { path in
      DocumentPath(
        path.root,
        Array(
          path.steps.prefix { step in
            if case .index = step { false } else { true }
          }))
    }
    guard cut != paths else { return paths }
    var kept: [DocumentPath] = []
    for path in cut.sorted(by: { $0.steps.count < $1.steps.count })
    where !kept.contains(where: { $0.relation(to: path) == .overlapping }) {
      kept.append(path)
    }
    return kept
  }

  private func fields(
    of reply: EndpointReply, _ table: TableCatalog.Table, _ options: RequestOptions,
    _ paths: [DocumentPath]?
  ) throws(DaxError) -> PageFields {
    var writer = CBORWriter()
    if let items = reply.items {
      fields(&writer, .items)
      writer.array(items.count)
      for item in items {
        if let paths {
          writer.projected(item, on: paths)
          continue
        }
        writer.array(2)
        writer.byteString(table.schema.wireKey(of: item) ?? [])
        writer.byteString(
          cluster.state.withLock {
            $0.lists.wireValue(of: item, without: table.schema.names)
          })
      }
    }
    for (field, number) in [(ReplyField.count, reply.count), (.scannedCount, reply.scannedCount)] {
      guard let number else { continue }
      fields(&writer, field)
      writer.integer(number)
    }
    if let last = reply.lastEvaluatedKey {
      fields(&writer, .lastEvaluatedKey)
      if options.indexName != nil {
        writer.nested { $0.compoundKey(last) }
      } else {
        writer.byteString(table.schema.wireKey(of: last) ?? [])
      }
    }
    return PageFields(encoded: writer.bytes, count: reply.items?.count ?? reply.count ?? 0)
  }
}
