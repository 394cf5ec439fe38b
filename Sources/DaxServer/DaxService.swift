// A running cache cluster: nodes on their ports, metrics and control on another.
//
// Control is two requests of HTTP: a node is lost, as by a crash, and it comes back. Nothing else
// reaches into a running cluster.

import Caching
import DaxProtocol
import HTTP
public import Platform
import Synchronization
import Units

/// Why a cluster did not start.
public enum DaxServiceError: Error, Sendable, CustomStringConvertible {
  case system(SystemError)
  case http(String)
  /// The settings contradict each other.
  case options(String)

  public var description: String {
    switch self {
    case .system(let error): error.description
    case .http(let text), .options(let text): text
    }
  }
}

/// A cluster of cache nodes in front of an endpoint, until stopped.
public final class DaxService: Sendable {
  /// Ports of the nodes in their order.
  public let ports: [UInt16]
  /// Where metrics and control are, such as http://127.0.0.1:9111.
  public let adminURL: String
  private let cluster: DaxCluster
  private let nodes: [CacheNodeServer]
  private let admin: HTTPServer
  private let isStopped = Mutex(false)

  /// Listens on all ports; serves until stopped.
  public init(_ options: DaxOptions) throws(DaxServiceError) {
    guard let type = options.cache.resolvedNodeType else {
      throw .options(
        "no capacity is published for \(options.cache.nodeType); give --memory and --capacity")
    }
    Signals.ignoreBrokenPipes()
    let certificate = options.identity.flatMap(NodeCertificate.init)
    if options.identity != nil, certificate == nil {
      throw .options("the certificate and its key do not go together")
    }
    let cluster = DaxCluster(options, type)
    self.cluster = cluster
    var nodes: [CacheNodeServer] = []
    do throws(SystemError) {
      for index in 0..<options.cache.nodes {
        nodes.append(
          try CacheNodeServer(
            index, of: cluster, port: options.port == 0 ? 0 : options.port &+ UInt16(index),
            certificate))
      }
      _ = try Worker("dax-refresh") { cluster.refreshLoop() }
    } catch {
      for node in nodes { node.close() }
      throw .system(error)
    }
    self.nodes = nodes
    ports = nodes.map(\.port)
    cluster.setPorts(ports)
    let control = NodeControl(cluster, nodes)
    var settings = HTTPServerSettings()
    settings.address = options.address
    settings.port = options.adminPort
    settings.threads = 1
    do throws(HTTPServerError) {
      admin = try HTTPServer(settings) { request, response in control.answer(request, &response) }
    } catch {
      for node in nodes { node.close() }
      throw .http(error.description)
    }
    adminURL = admin.url
  }

  /// Ends all connections. A second call does nothing.
  public func stop() {
    let isFirst = isStopped.withLock { isStopped in
      defer { isStopped = true }
      return !isStopped
    }
    guard isFirst else { return }
    admin.stop(grace: .seconds(1))
    for node in nodes { node.close() }
    cluster.refreshes.change { $0.isStopping = true }
  }

  /// Takes a node (from 0) away as a crash would; a replica takes over from a primary.
  public func lose(_ node: Int) { NodeControl(cluster, nodes).lose(node) }

  /// Brings a node back, with the primary's content.
  public func join(_ node: Int) -> Bool { NodeControl(cluster, nodes).join(node) }

  /// The item cache's hits and misses of a node since the start.
  public func itemLookups(_ node: Int) -> (hits: Int, misses: Int) {
    cluster.state.withLock { ($0.nodes[node].metrics.itemHits, $0.nodes[node].metrics.itemMisses) }
  }

  /// Entries that a node's item cache holds.
  public func itemCount(_ node: Int) -> Int {
    cluster.state.withLock { $0.nodes[node].items.decisions.count }
  }
}

/// Metrics, the state of the cluster, and the loss and return of nodes, over HTTP.
struct NodeControl: Sendable {
  private let cluster: DaxCluster
  private let nodes: [CacheNodeServer]

  init(_ cluster: DaxCluster, _ nodes: [CacheNodeServer]) {
    self.cluster = cluster
    self.nodes = nodes
  }

  private static let prefix = "/_plimsoll/dax/nodes/"

  func answer(_ request: borrowing HTTPRequest, _ response: inout HTTPResponse) {
    let path = request.path
    switch (request.method, path) {
    case (.get, "/metrics"), (.get, "/_plimsoll/metrics"):
      response.addHeader("Content-Type", "text/plain; version=0.0.4")
      response.body = Array(metrics().utf8)
    case (.get, "/_plimsoll/dax"):
      response.addHeader("Content-Type", "application/json")
      response.body = Array(members().utf8)
    case (.post, _) where path.hasPrefix(Self.prefix):
      control(path.dropFirst(Self.prefix.count), &response)
    default:
      response.refuse(
        404, "here are GET /metrics, GET /_plimsoll/dax and POST \(Self.prefix)N/lose or /join")
    }
  }

  private func control(_ rest: Substring, _ response: inout HTTPResponse) {
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int(parts[0]), nodes.indices.contains(number - 1) else {
      return response.refuse(404, "nodes are 1 to \(nodes.count)")
    }
    switch parts[1] {
    case "lose": lose(number - 1)
    case "join":
      guard join(number - 1) else {
        return response.refuse(409, "node \(number) is up, or its port is taken")
      }
    default: return response.refuse(404, "a node can be told to lose or join")
    }
    response.addHeader("Content-Type", "application/json")
    response.body = Array(members().utf8)
  }

  func lose(_ node: Int) {
    _ = cluster.state.withLock { $0.lose(node) }
    nodes[node].close()
  }

  func join(_ node: Int) -> Bool {
    guard cluster.state.withLock({ !$0.membership.isUp[node] }) else { return false }
    guard (try? nodes[node].reopen()) != nil else { return false }
    return cluster.state.withLock { $0.join(node) }
  }

  private func metrics() -> String {
    let state = cluster.state.withLock { $0 }
    let up = state.nodes.indices.filter { state.membership.isUp[$0] }
    return MetricsText.of(
      up.map { ($0, state.nodes[$0]) }, connections: nodes.map(\.connections),
      capacity: cluster.nodeType.normalizedRequestsPerSecond, at: cluster.now())
  }

  private func members() -> String {
    let state = cluster.state.withLock { $0 }
    let nodes = nodes.map { node in
      let role =
        !state.membership.isUp[node.index]
        ? "lost" : state.membership.primary == node.index ? "primary" : "replica"
      let items = state.nodes[node.index].items.decisions
      return
        "{\"node\":\(node.index + 1),\"port\":\(node.port),\"role\":\"\(role)\","
        + "\"items\":\(items.count),\"bytes\":\(items.bytes.count)}"
    }
    return "{\"nodes\":[\(nodes.joined(separator: ","))]}\n"
  }
}
