// Transactions: reads pass by the cache; writes go to the endpoint, are answered, and then a
// TransactGetItems in the background brings what they wrote into the cache (features.md 2.1), which
// costs two more read units for each 4 KB.

import Caching
import DataModel
import DaxProtocol
import JSON
import Platform
import Synchronization
import Units

/// Items that transactions have written and the cache has yet to read.
struct RefreshQueue: Sendable {
  struct Entry: Sendable {
    var table: TableCatalog.Table
    var key: Item
    var keyBytes: [UInt8]
    var cacheKey: CacheKey
  }

  var waiting: [[Entry]] = []
  var isStopping = false

  /// Transactions that may wait; when the endpoint is too slow the oldest are given up, and their
  /// entries are read when somebody asks for them.
  static let waitingMax = 1_000
}

extension NodeSession {
  func transactGetItems(
    _ gets: [TransactGet], _ options: RequestOptions
  ) throws(DaxError) -> [UInt8] {
    var keys: [(table: TableCatalog.Table, key: Item, paths: [DocumentPath]?)] = []
    for get in gets {
      let table = try cluster.table(get.table)
      keys.append((table, try key(get.key, of: table).item, try paths(get.projection)))
    }
    var request = EndpointRequest()
    request.member("TransactItems") { bytes in
      EndpointRequest.array(keys, to: &bytes) { entry, bytes in
        TransactionBody.appendGet(entry.table.name, entry.key, to: &bytes)
      }
    }
    request.text("ReturnConsumedCapacity", options.returnConsumedCapacity)
    let reply = try EndpointReply(try cluster.endpoint.call("TransactGetItems", request.body))
    return succeed { writer in
      writer.array(2)
      writer.array(keys.count)
      for (index, entry) in keys.enumerated() {
        let item =
          reply.transactionItems.indices.contains(index)
          ? reply.transactionItems[index] : nil
        guard let item else {
          writer.null()
          continue
        }
        if let paths = entry.paths {
          writer.projected(item, on: paths)
        } else {
          writer.byteString(
            cluster.state.withLock {
              $0.lists.wireValue(of: item, without: entry.table.schema.names)
            })
        }
      }
      writer.array(reply.consumed.count)
      for units in reply.consumed { writer.consumedUnitsMap(units) }
    }
  }

  func transactWriteItems(
    _ writes: [TransactWrite], _ options: RequestOptions
  ) throws(DaxError) -> [UInt8] {
    var request = EndpointRequest()
    var actions: [[UInt8]] = []
    var entries: [RefreshQueue.Entry] = []
    var written: [Int] = []
    for (index, write) in writes.enumerated() {
      let table = try cluster.table(write.table)
      let key = try self.key(write.key, of: table)
      entries.append(
        .init(table: table, key: key.item, keyBytes: key.bytes, cacheKey: key.cacheKey))
      if write.action != .check { written.append(index) }
      actions.append(try action(write, key.item))
    }
    request.member("TransactItems") { bytes in
      EndpointRequest.array(actions, to: &bytes) { $1 += $0 }
    }
    request.text("ClientRequestToken", options.clientRequestToken)
    request.text("ReturnConsumedCapacity", options.returnConsumedCapacity)
    request.text("ReturnItemCollectionMetrics", options.returnItemCollectionMetrics)
    let tickets = cluster.state.withLock { state in
      written.map { state.beginWrite(entries[$0].cacheKey) }
    }
    func settle(_ outcome: WriteOutcome) {
      for (index, ticket) in zip(written, tickets) { end(entries[index].cacheKey, outcome, ticket) }
    }
    do throws(DaxError) {
      let reply = try EndpointReply(
        try cluster.endpoint.call("TransactWriteItems", request.body))
      settle(.unknown)
      refresh(written.map { entries[$0] })
      return succeed { writer in
        writer.array(3)
        writer.null()
        writer.array(reply.consumed.count)
        for units in reply.consumed { writer.consumedUnitsMap(units) }
        collections(reply, &writer)
      }
    } catch {
      settle(error.status >= 500 ? .unknown : .failed)
      throw withItems(error, entries)
    }
  }

  /// One action of a transaction in the API's JSON.
  private func action(_ write: TransactWrite, _ key: Item) throws(DaxError) -> [UInt8] {
    var request = EndpointRequest(table: write.table)
    if let value = write.value, write.action == .put {
      request.item("Item", try item(key, value))
    } else {
      request.item("Key", key)
    }
    var text = ExpressionText()
    try understand { () throws(CBORFault) in
      if let update = write.update {
        request.text("UpdateExpression", try text.update(update))
      }
      if let condition = write.condition {
        request.text("ConditionExpression", try text.condition(condition))
      }
    }
    request.placeholders(of: text)
    if write.returnsOldOnFailure {
      request.text("ReturnValuesOnConditionCheckFailure", "ALL_OLD")
    }
    return Array("{\"\(write.action.apiName)\":".utf8) + request.body + [UInt8(ascii: "}")]
  }

  /// The items of cancellation reasons as they go over the wire.
  private func withItems(_ error: DaxError, _ entries: [RefreshQueue.Entry]) -> DaxError {
    var error = error
    for (index, reason) in error.reasons.enumerated() where index < entries.count {
      guard let item = reason.item else { continue }
      error.reasons[index].value = cluster.state.withLock {
        $0.lists.wireValue(of: item, without: entries[index].table.schema.names)
      }
    }
    return error
  }

  private func refresh(_ entries: [RefreshQueue.Entry]) {
    cluster.refreshes.change { queue in
      queue.waiting.append(entries)
      if queue.waiting.count > RefreshQueue.waitingMax { queue.waiting.removeFirst() }
    }
  }
}

/// Pieces of the bodies of transactions.
enum TransactionBody {
  static func appendGet(_ table: String, _ key: Item, to bytes: inout [UInt8]) {
    var get = EndpointRequest(table: table)
    get.item("Key", key)
    JSONBytes.append(raw: "{\"Get\":", to: &bytes)
    bytes += get.body
    bytes.append(UInt8(ascii: "}"))
  }
}

extension DaxCluster {
  /// Reads what transactions have written until told to stop.
  func refreshLoop() {
    while true {
      let next = refreshes.wait { queue -> [RefreshQueue.Entry]?? in
        if queue.isStopping { return .some(nil) }
        return queue.waiting.isEmpty ? nil : .some(queue.waiting.removeFirst())
      }
      guard let next, let entries = next else { return }
      refresh(entries)
    }
  }

  private func refresh(_ entries: [RefreshQueue.Entry]) {
    guard let primary = state.withLock({ $0.membership.primary }) else { return }
    var request = EndpointRequest()
    request.member("TransactItems") { bytes in
      EndpointRequest.array(entries, to: &bytes) { entry, bytes in
        TransactionBody.appendGet(entry.table.name, entry.key, to: &bytes)
      }
    }
    let tickets = state.withLock { state in entries.map { state.beginFill($0.cacheKey) } }
    let reply = try? EndpointReply(try endpoint.call("TransactGetItems", request.body))
    let session = NodeSession(self, node: primary)
    let now = now()
    for (index, entry) in entries.enumerated() {
      var found: CachedItem?
      if let items = reply?.transactionItems, items.indices.contains(index) {
        found = session.cached(items[index], key: entry.keyBytes, of: entry.table)
      }
      state.withLock {
        $0.fill(entry.cacheKey, found, tickets[index], at: primary, now: now)
      }
    }
  }
}
