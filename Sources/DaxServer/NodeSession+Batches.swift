// BatchGetItem and BatchWriteItem: every key on its own (features.md 2.1).
//
// What the cache has of a batch of reads is answered from it, and the rest is read with one batch;
// tables that want consistent reads pass by. A batch of writes goes to the endpoint first, then
// what was written enters the cache.

import Caching
import DataModel
import DaxProtocol
import JSON
import Synchronization
import Units

extension NodeSession {
  /// A key of a batch with what became of it.
  private struct BatchKey {
    var item: Item
    var bytes: [UInt8]
    var cacheKey: CacheKey
    var found: CachedItem?
    var ticket: OverlapGuard.Ticket?
    var isUnprocessed = false
  }

  private struct BatchPart {
    var table: TableCatalog.Table
    var isConsistent: Bool
    var paths: [DocumentPath]?
    var keys: [BatchKey]
  }

  func batchGetItem(
    _ tables: [BatchGetTable], _ options: RequestOptions
  ) throws(DaxError) -> [UInt8] {
    var parts: [BatchPart] = []
    for asked in tables { parts.append(try part(asked)) }
    lookUp(&parts)
    var consumed: [ConsumedUnits] = []
    if parts.contains(where: { $0.keys.contains { $0.found == nil } }) {
      do throws(DaxError) {
        let reply = try EndpointReply(
          try cluster.endpoint.call("BatchGetItem", Self.body(parts, options)))
        consumed = reply.consumed
        take(reply, into: &parts)
      } catch {
        giveUp(&parts)
        throw error
      }
    }
    return try batchReply(parts, consumed)
  }

  private func part(_ asked: BatchGetTable) throws(DaxError) -> BatchPart {
    let table = try cluster.table(asked.table)
    var part = BatchPart(
      table: table, isConsistent: asked.isConsistent, paths: try paths(asked.projection), keys: [])
    for bytes in asked.keys {
      let key = try self.key(bytes, of: table)
      part.keys.append(BatchKey(item: key.item, bytes: key.bytes, cacheKey: key.cacheKey))
    }
    return part
  }

  private func lookUp(_ parts: inout [BatchPart]) {
    let now = cluster.now()
    cluster.state.withLock { state in
      for part in parts.indices where !parts[part].isConsistent {
        for place in parts[part].keys.indices {
          let key = parts[part].keys[place]
          switch state.item(key.cacheKey, key.bytes, at: node, now: now) {
          case .hit(let found): parts[part].keys[place].found = found
          case .miss(let ticket): parts[part].keys[place].ticket = ticket
          }
        }
      }
    }
  }

  private static func body(_ parts: [BatchPart], _ options: RequestOptions) -> [UInt8] {
    var request = EndpointRequest()
    let open = parts.filter { $0.keys.contains { $0.found == nil } }
    request.member("RequestItems") { bytes in
      bytes.append(UInt8(ascii: "{"))
      for (number, part) in open.enumerated() {
        if number > 0 { bytes.append(UInt8(ascii: ",")) }
        JSONBytes.append(quoted: part.table.name, to: &bytes)
        JSONBytes.append(
          raw: part.isConsistent ? ":{\"ConsistentRead\":true,\"Keys\":" : ":{\"Keys\":", to: &bytes
        )
        EndpointRequest.array(part.keys.filter { $0.found == nil }, to: &bytes) {
          $0.item.appendJSON(to: &$1)
        }
        bytes.append(UInt8(ascii: "}"))
      }
      bytes.append(UInt8(ascii: "}"))
    }
    request.text("ReturnConsumedCapacity", options.returnConsumedCapacity)
    return request.body
  }

  /// Gives each open key its item, nothing, or the mark of being unprocessed.
  private func take(_ reply: EndpointReply, into parts: inout [BatchPart]) {
    for part in parts.indices {
      let table = parts[part].table
      var items: [[UInt8]: Item] = [:]
      for item in reply.responses[table.name] ?? [] {
        if let key = table.schema.wireKey(of: item) { items[key] = item }
      }
      let open = Set((reply.unprocessedKeys[table.name] ?? []).compactMap(table.schema.wireKey))
      for place in parts[part].keys.indices where parts[part].keys[place].found == nil {
        let key = parts[part].keys[place]
        parts[part].keys[place].isUnprocessed = open.contains(key.bytes)
        let found = cached(items[key.bytes], key: key.bytes, of: table)
        if !open.contains(key.bytes) { parts[part].keys[place].found = found }
        end(key, open.contains(key.bytes) ? nil : found)
      }
    }
  }

  private func giveUp(_ parts: inout [BatchPart]) {
    for part in parts {
      for key in part.keys { end(key, nil) }
    }
  }

  /// Ends the miss of a key, if it was one.
  private func end(_ key: BatchKey, _ found: CachedItem?) {
    guard let ticket = key.ticket else { return }
    let now = cluster.now()
    cluster.state.withLock { $0.fill(key.cacheKey, found, ticket, at: node, now: now) }
  }

  private func batchReply(
    _ parts: [BatchPart], _ consumed: [ConsumedUnits]
  ) throws(DaxError) -> [UInt8] {
    var writer = CBORWriter()
    writer.success()
    writer.array(2)
    writer.map(parts.count)
    for part in parts {
      let present = part.keys.filter { $0.found?.value != nil }
      writer.text(part.table.name)
      writer.array(part.paths == nil ? 2 * present.count : present.count)
      for key in present {
        guard let value = key.found?.value else { continue }
        if let paths = part.paths {
          writer.projected(try item(key.item, value), on: paths)
        } else {
          writer.byteString(key.bytes)
          writer.byteString(value)
        }
      }
    }
    let unprocessed = parts.filter { $0.keys.contains { $0.isUnprocessed } }
    writer.map(unprocessed.count)
    for part in unprocessed {
      let keys = part.keys.filter(\.isUnprocessed)
      writer.text(part.table.name)
      writer.array(keys.count)
      for key in keys { writer.byteString(key.bytes) }
    }
    writer.array(consumed.count)
    for units in consumed { writer.consumedUnits(units) }
    return writer.bytes
  }

  // MARK: Writes

  /// A write of a batch.
  private struct PlannedWrite {
    var table: TableCatalog.Table
    var key: Item
    var keyBytes: [UInt8]
    var cacheKey: CacheKey
    /// nil deletes.
    var item: Item?
  }

  func batchWriteItem(
    _ tables: [BatchWriteTable], _ options: RequestOptions
  ) throws(DaxError) -> [UInt8] {
    var writes: [[PlannedWrite]] = []
    for asked in tables {
      let table = try cluster.table(asked.table)
      var planned: [PlannedWrite] = []
      for write in asked.writes {
        let key = try self.key(write.key, of: table)
        var item: Item?
        if let value = write.value { item = try self.item(key.item, value) }
        planned.append(
          PlannedWrite(
            table: table, key: key.item, keyBytes: key.bytes, cacheKey: key.cacheKey, item: item))
      }
      writes.append(planned)
    }
    let body = Self.body(writes, options)
    let tickets = cluster.state.withLock { state in
      writes.map { $0.map { state.beginWrite($0.cacheKey) } }
    }
    do throws(DaxError) {
      let reply = try EndpointReply(try cluster.endpoint.call("BatchWriteItem", body))
      settle(writes, tickets, reply)
      return batchWriteReply(reply, writes)
    } catch {
      for (planned, tickets) in zip(writes, tickets) {
        for (write, ticket) in zip(planned, tickets) {
          end(write.cacheKey, error.status >= 500 ? .unknown : .failed, ticket)
        }
      }
      throw error
    }
  }

  private static func body(_ writes: [[PlannedWrite]], _ options: RequestOptions) -> [UInt8] {
    var request = EndpointRequest()
    request.member("RequestItems") { bytes in
      bytes.append(UInt8(ascii: "{"))
      for (number, planned) in writes.filter({ !$0.isEmpty }).enumerated() {
        if number > 0 { bytes.append(UInt8(ascii: ",")) }
        JSONBytes.append(quoted: planned[0].table.name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        EndpointRequest.array(planned, to: &bytes) { write, bytes in
          JSONBytes.append(
            raw: write.item == nil ? "{\"DeleteRequest\":{\"Key\":" : "{\"PutRequest\":{\"Item\":",
            to: &bytes)
          (write.item ?? write.key).appendJSON(to: &bytes)
          JSONBytes.append(raw: "}}", to: &bytes)
        }
      }
      bytes.append(UInt8(ascii: "}"))
    }
    request.text("ReturnConsumedCapacity", options.returnConsumedCapacity)
    request.text("ReturnItemCollectionMetrics", options.returnItemCollectionMetrics)
    return request.body
  }

  private func settle(
    _ writes: [[PlannedWrite]], _ tickets: [[OverlapGuard.Ticket]], _ reply: EndpointReply
  ) {
    for (planned, tickets) in zip(writes, tickets) {
      guard let table = planned.first?.table else { continue }
      let open = Set(
        (reply.unprocessedWrites[table.name] ?? []).compactMap { table.schema.wireKey(of: $0.item) }
      )
      for (write, ticket) in zip(planned, tickets) {
        let outcome: WriteOutcome
        if open.contains(write.keyBytes) {
          outcome = .failed
        } else if write.item != nil || cluster.options.cache.deleteLeavesNegativeEntry {
          outcome = .holds(cached(write.item, key: write.keyBytes, of: table))
        } else {
          outcome = .unknown
        }
        end(write.cacheKey, outcome, ticket)
      }
    }
  }

  private func batchWriteReply(_ reply: EndpointReply, _ writes: [[PlannedWrite]]) -> [UInt8] {
    succeed { writer in
      let open = writes.compactMap { $0.first?.table }.filter {
        !(reply.unprocessedWrites[$0.name] ?? []).isEmpty
      }
      writer.map(open.count)
      for table in open {
        let left = reply.unprocessedWrites[table.name] ?? []
        writer.text(table.name)
        writer.array(2 * left.count)
        for write in left {
          writer.byteString(table.schema.wireKey(of: write.item) ?? [])
          guard write.isPut else {
            writer.null()
            continue
          }
          writer.byteString(
            cluster.state.withLock {
              $0.lists.wireValue(of: write.item, without: table.schema.names)
            })
        }
      }
      writer.array(reply.consumed.count)
      for units in reply.consumed { writer.consumedUnits(units) }
      collections(reply, &writer)
    }
  }

  /// Sizes of item collections by table.
  func collections(_ reply: EndpointReply, _ writer: inout CBORWriter) {
    writer.map(reply.collections.count)
    for (table, metrics) in reply.collections {
      writer.text(table)
      writer.array(metrics.count)
      for entry in metrics { writer.collectionMetrics(entry) }
    }
  }
}
