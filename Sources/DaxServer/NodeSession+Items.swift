// GetItem from the item cache, PutItem, UpdateItem and DeleteItem through it (features.md 2.1).
//
// Whole items are cached whatever the projection, which is applied to what is cached; consistent
// reads pass by. A write asks the endpoint for what the cache needs to know: an update for ALL_NEW
// when the client wants nothing or that; when it wants old or updated attributes the new item is
// not known, and the entry leaves the cache (inferred).

import Caching
import DataModel
import DaxProtocol
import Synchronization
import Units

extension NodeSession {
  func getItem(
    _ name: String, _ wireKey: [UInt8], _ options: RequestOptions
  ) throws(DaxError) -> [UInt8] {
    let table = try cluster.table(name)
    let key = try self.key(wireKey, of: table)
    let paths = try self.paths(options.projection)
    var request = EndpointRequest(table: name)
    request.item("Key", key.item)
    request.flag("ConsistentRead", options.isConsistent ? true : nil)
    request.text("ReturnConsumedCapacity", options.returnConsumedCapacity)
    if options.isConsistent {
      let reply = try EndpointReply(try cluster.endpoint.call("GetItem", request.body))
      let found = cached(reply.item, key: key.bytes, of: table)
      return try itemReply(found, key.item, paths, reply.consumed.first)
    }
    let now = cluster.now()
    let answer = cluster.state.withLock {
      $0.item(key.cacheKey, key.bytes, at: node, now: now)
    }
    switch answer {
    case .hit(let found): return try itemReply(found, key.item, paths, nil)
    case .miss(let ticket):
      do throws(DaxError) {
        let reply = try EndpointReply(try cluster.endpoint.call("GetItem", request.body))
        let found = cached(reply.item, key: key.bytes, of: table)
        let now = cluster.now()
        cluster.state.withLock { $0.fill(key.cacheKey, found, ticket, at: node, now: now) }
        return try itemReply(found, key.item, paths, reply.consumed.first)
      } catch {
        cluster.state.withLock { $0.fill(key.cacheKey, nil, ticket, at: node, now: now) }
        throw error
      }
    }
  }

  private func itemReply(
    _ found: CachedItem, _ key: Item, _ paths: [DocumentPath]?, _ consumed: ConsumedUnits?
  ) throws(DaxError) -> [UInt8] {
    var projected: Item?
    if let value = found.value, paths != nil { projected = try item(key, value) }
    return succeed { writer in
      writer.openMap()
      if let value = found.value {
        fields(&writer, .item)
        if let paths, let projected {
          writer.projected(projected, on: paths)
        } else {
          writer.byteString(value)
        }
      }
      if let consumed {
        fields(&writer, .consumedCapacity)
        writer.consumedUnits(consumed)
      }
      writer.stop()
    }
  }

  func putItem(
    _ name: String, _ wireKey: [UInt8], _ value: [UInt8], _ options: RequestOptions
  ) throws(DaxError) -> [UInt8] {
    let table = try cluster.table(name)
    let key = try self.key(wireKey, of: table)
    let item = try self.item(key.item, value)
    var request = EndpointRequest(table: name)
    request.item("Item", item)
    let found = cached(item, key: key.bytes, of: table)
    let reply = try write("PutItem", request, key.cacheKey, options) { _ in .holds(found) }
    return writeReply(reply, options, table)
  }

  func deleteItem(
    _ name: String, _ wireKey: [UInt8], _ options: RequestOptions
  ) throws(DaxError) -> [UInt8] {
    let table = try cluster.table(name)
    let key = try self.key(wireKey, of: table)
    var request = EndpointRequest(table: name)
    request.item("Key", key.item)
    let leavesNegative = cluster.options.cache.deleteLeavesNegativeEntry
    let nothing = cached(nil, key: key.bytes, of: table)
    let reply = try write("DeleteItem", request, key.cacheKey, options) { _ in
      leavesNegative ? .holds(nothing) : .unknown
    }
    return writeReply(reply, options, table)
  }

  func updateItem(
    _ name: String, _ wireKey: [UInt8], _ options: RequestOptions
  ) throws(DaxError) -> [UInt8] {
    let table = try cluster.table(name)
    let key = try self.key(wireKey, of: table)
    var request = EndpointRequest(table: name)
    request.item("Key", key.item)
    var asked = options
    let wanted = options.returnValues ?? "NONE"
    if wanted == "NONE" { asked.returnValues = "ALL_NEW" }
    let isWhole = wanted == "NONE" || wanted == "ALL_NEW"
    var reply = try write("UpdateItem", request, key.cacheKey, asked) { reply in
      guard isWhole, let item = reply.attributes else { return .unknown }
      return .holds(cached(item, key: key.bytes, of: table))
    }
    if wanted == "NONE" { reply.attributes = nil }
    return writeReply(reply, options, table)
  }

  /// Writes to the endpoint, then to the cache what `outcome` says of the answer.
  private func write(
    _ operation: String, _ request: EndpointRequest, _ key: CacheKey, _ options: RequestOptions,
    outcome: (EndpointReply) -> WriteOutcome
  ) throws(DaxError) -> EndpointReply {
    var request = request
    var text = ExpressionText()
    try understand { () throws(CBORFault) in
      if let update = options.update {
        request.text("UpdateExpression", try text.update(update))
      }
      if let condition = options.condition {
        request.text("ConditionExpression", try text.condition(condition))
      }
    }
    request.placeholders(of: text)
    request.text("ReturnValues", options.returnValues)
    request.text("ReturnConsumedCapacity", options.returnConsumedCapacity)
    request.text("ReturnItemCollectionMetrics", options.returnItemCollectionMetrics)
    let ticket = cluster.state.withLock { $0.beginWrite(key) }
    do throws(DaxError) {
      let reply = try EndpointReply(try cluster.endpoint.call(operation, request.body))
      let left = outcome(reply)
      end(key, left, ticket)
      return reply
    } catch {
      end(key, error.status >= 500 ? .unknown : .failed, ticket)
      throw error
    }
  }

  /// The answer of a single write.
  private func writeReply(
    _ reply: EndpointReply, _ options: RequestOptions, _ table: TableCatalog.Table
  ) -> [UInt8] {
    let isPart = options.returnValues == "UPDATED_OLD" || options.returnValues == "UPDATED_NEW"
    var attributes: [UInt8]?
    if let item = reply.attributes, !item.isEmpty {
      attributes = cluster.state.withLock {
        isPart
          ? $0.lists.wireParts(of: item)
          : $0.lists.wireValue(of: item, without: table.schema.names)
      }
    }
    return succeed { writer in
      writer.openMap()
      if let attributes {
        fields(&writer, .attributes)
        writer.byteString(attributes)
      }
      if let consumed = reply.consumed.first {
        fields(&writer, .consumedCapacity)
        writer.consumedUnits(consumed)
      }
      if let metrics = reply.collections.first?.metrics.first {
        fields(&writer, .itemCollectionMetrics)
        writer.collectionMetrics(metrics)
      }
      writer.stop()
    }
  }
}
