// The cluster: shared state, the endpoint, the clock, and who its members are.

import Caching
import DaxProtocol
import Platform
import Synchronization
import Units

/// A cluster of nodes in front of an endpoint.
final class DaxCluster: Sendable {
  let options: DaxOptions
  let endpoint: EndpointClient
  let nodeType: NodeType
  let state: Mutex<ClusterState>
  private let clock = MonotonicClock()
  /// Ports of the nodes, known once all listen.
  private let ports = Mutex<[UInt16]>([])
  /// TransactGetItems that refresh the cache behind transactions, by one thread.
  let refreshes = Monitor(RefreshQueue())

  init(_ options: DaxOptions, _ nodeType: NodeType) {
    self.options = options
    self.nodeType = nodeType
    endpoint = EndpointClient(options)
    state = Mutex(ClusterState(options, nodeType))
  }

  func now() -> Instant { clock.now() }

  func setPorts(_ given: [UInt16]) { ports.withLock { $0 = given } }

  /// Members that are up, the primary as leader.
  func endpoints() -> [DaxEndpoint] {
    let membership = state.withLock { $0.membership }
    let ports = ports.withLock { $0 }
    let address = options.address == "localhost" ? "127.0.0.1" : options.address
    let parts = address.split(separator: ".").compactMap { UInt8($0) }
    return ports.indices.filter { membership.isUp[$0] }.map { node in
      DaxEndpoint(
        node: node + 1, hostname: address, address: parts.count == 4 ? parts : [127, 0, 0, 1],
        port: ports[node], isLeader: membership.primary == node,
        zone: "\(options.region)\(["a", "b", "c"][node % 3])")
    }
  }

  func countBytes(node: Int, received: Int = 0, sent: Int = 0) {
    state.withLock { state in
      state.count(node) {
        $0.bytesIn += received
        $0.bytesOut += sent
      }
    }
  }

  /// A connection that sent what no client sends.
  func complain(node: Int, _ what: String) {
    state.withLock { state in state.count(node) { $0.errors += 1 } }
  }

  /// The key of a table, from the endpoint unless it was asked not long ago.
  func table(_ name: String) throws(DaxError) -> TableCatalog.Table {
    let now = now()
    if let known = state.withLock({ $0.tables.table(name, at: now) }) { return known }
    let body = try endpoint.call("DescribeTable", EndpointRequest(table: name).body)
    guard let description = try EndpointReply(body).table,
      let schema = TableCatalog.schema(in: description)
    else {
      throw DaxError(
        "InternalServerError", "The endpoint's description of \(name) has no key", status: 500)
    }
    return state.withLock { $0.tables.note(name, schema, at: now) }
  }
}
