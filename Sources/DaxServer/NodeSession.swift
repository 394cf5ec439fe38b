// One connection's conversation with a node: every request answered, every fault in the protocol's
// terms.

import AccessControl
import Caching
import Cryptography
import DataModel
import DaxProtocol
import Platform
import Synchronization
import Units

/// Answers the requests of a connection.
struct NodeSession {
  let cluster: DaxCluster
  let node: Int
  /// The key that the connection was last authorized with, or what that lacked, which the next
  /// requests are told. Of no use when everybody is let in.
  private var client: Result<AccessKey, DaxError>

  init(_ cluster: DaxCluster, node: Int) {
    self.cluster = cluster
    self.node = node
    client = .failure(.authentication("The connection has not been authorized"))
  }

  /// The reply to a request; empty when the protocol has none.
  mutating func reply(to method: DaxMethod, _ arguments: ArraySlice<UInt8>) -> [UInt8] {
    do throws(DaxError) {
      let request = try Self.read(method, arguments)
      if let users = cluster.options.users {
        let now = SigningTime(seconds: WallClock.secondsSinceEpoch())
        if case .authorizeConnection(let credentials) = request {
          client = Result { () throws(DaxError) in
            try ConnectionAuthorization.key(of: credentials, among: users, at: now)
          }
          return []
        }
        try ConnectionAuthorization.check(
          request, by: client.get(), on: cluster.options.arn, at: now)
      }
      return try answer(request)
    } catch {
      count(error)
      return error.wire
    }
  }

  private static func read(
    _ method: DaxMethod, _ arguments: ArraySlice<UInt8>
  ) throws(DaxError) -> DaxRequest {
    do throws(CBORFault) {
      return try DaxRequest.read(method, arguments)
    } catch {
      throw DaxError("ValidationException", error.description)
    }
  }

  private func count(_ error: DaxError) {
    cluster.state.withLock { state in
      state.count(node) { metrics in
        if error.status >= 500 { metrics.faults += 1 } else { metrics.errors += 1 }
      }
    }
  }

  private func answer(_ request: DaxRequest) throws(DaxError) -> [UInt8] {
    switch request {
    case .authorizeConnection: return []
    case .endpoints:
      return succeed { $0.endpoints(cluster.endpoints(), session: 0) }
    case .defineKeySchema(let name):
      let table = try cluster.table(name)
      return succeed { $0.keySchema(table.schema) }
    case .defineAttributeList(let number):
      guard let names = cluster.state.withLock({ $0.lists.names(of: number) }) else {
        throw DaxError("ValidationException", "Attribute list \(number) is not known")
      }
      return succeed { writer in
        writer.array(names.count)
        for name in names { writer.text(name) }
      }
    case .defineAttributeListId(let names):
      let number = cluster.state.withLock { $0.lists.number(of: names) }
      return succeed { $0.integer(number) }
    default: return try answerMetered(request)
    }
  }

  private func answerMetered(_ request: DaxRequest) throws(DaxError) -> [UInt8] {
    switch request {
    case .getItem(let table, let key, let options):
      try admit(.getItem)
      return try getItem(table, key, options)
    case .putItem(let table, let key, let value, let options):
      try admit(.putItem)
      return try putItem(table, key, value, options)
    case .updateItem(let table, let key, let options):
      try admit(.updateItem)
      return try updateItem(table, key, options)
    case .deleteItem(let table, let key, let options):
      try admit(.deleteItem)
      return try deleteItem(table, key, options)
    case .query(let table, let condition, let options):
      try admit(.query)
      return try page("Query", table, condition, options)
    case .scan(let table, let options):
      try admit(.scan)
      return try page("Scan", table, nil, options)
    case .batchGetItem(let tables, let options):
      try admit(.batchGetItem)
      return try batchGetItem(tables, options)
    case .batchWriteItem(let tables, let options):
      try admit(.batchWriteItem)
      return try batchWriteItem(tables, options)
    case .transactGetItems(let gets, let options):
      try admit(.transactGetItems)
      return try transactGetItems(gets, options)
    case .transactWriteItems(let writes, let options):
      try admit(.transactWriteItems)
      return try transactWriteItems(writes, options)
    default: return []
    }
  }

  /// Counts a request and refuses it when the node has no capacity left.
  private func admit(_ request: MeteredRequest) throws(DaxError) {
    let now = cluster.now()
    let isAdmitted = cluster.state.withLock { state in
      state.count(node) { $0.requests[request, default: 0] += 1 }
      return state.admits(node, at: now)
    }
    guard isAdmitted else {
      throw DaxError(
        "ThrottlingException", "Rate of requests exceeds the allowed throughput of the node")
    }
  }

  // MARK: Shared pieces

  func succeed(_ payload: (inout CBORWriter) -> Void) -> [UInt8] {
    var writer = CBORWriter()
    writer.success()
    payload(&writer)
    return writer.bytes
  }

  /// What `body` reads from bytes of the client; its faults are the client's.
  func understand<R>(_ body: () throws(CBORFault) -> R) throws(DaxError) -> R {
    do throws(CBORFault) {
      return try body()
    } catch {
      throw DaxError("ValidationException", error.description)
    }
  }

  /// The key attributes of a key on the wire, and the key's one form here.
  func key(
    _ bytes: [UInt8], of table: TableCatalog.Table
  ) throws(DaxError) -> (item: Item, bytes: [UInt8], cacheKey: CacheKey) {
    let item = try understand { () throws(CBORFault) in try table.schema.key(fromWire: bytes) }
    let canonical = table.schema.wireKey(of: item) ?? bytes
    return (item, canonical, CacheKey(table: table.number, bytes: canonical))
  }

  /// The item of a key and the values of its other attributes on the wire.
  func item(_ key: Item, _ value: [UInt8]) throws(DaxError) -> Item {
    let lists = cluster.state.withLock { $0.lists }
    var item = try understand { () throws(CBORFault) in try lists.item(fromWire: value) }
    for attribute in key.attributes { item[attribute.name] = attribute.value }
    return item
  }

  /// An item as it is cached and answered.
  func cached(_ item: Item?, key: [UInt8], of table: TableCatalog.Table) -> CachedItem {
    guard let item else { return CachedItem(key: key, value: nil, bytes: key.count) }
    let value = cluster.state.withLock {
      $0.lists.wireValue(of: item, without: table.schema.names)
    }
    return CachedItem(key: key, value: value, bytes: item.sizeInBytes)
  }

  /// Ends a write: what it left enters the cache, and every node pays for it.
  func end(_ key: CacheKey, _ outcome: WriteOutcome, _ ticket: OverlapGuard.Ticket) {
    let now = cluster.now()
    cluster.state.withLock { $0.endWrite(key, outcome, ticket, now: now) }
  }

  func paths(_ projection: [UInt8]?) throws(DaxError) -> [DocumentPath]? {
    guard let projection else { return nil }
    return try understand { () throws(CBORFault) in try ExpressionText.paths(of: projection) }
  }

  func fields(_ writer: inout CBORWriter, _ field: ReplyField) { writer.integer(field.rawValue) }
}
