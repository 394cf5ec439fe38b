// What a node counts, by the names of the service's metrics (features.md 2.3), as Prometheus text.
//
// CPUUtilization is the node's load in normalized requests against its capacity, over the last full
// ten seconds: the service measures a processor, this a model of it. Metrics of network packets and
// of CPU credits have no counterpart here.

import Caching
import Units

/// Counts of one node since it was started.
struct NodeMetrics: Sendable {
  var requests: [MeteredRequest: Int] = [:]
  var itemHits = 0
  var itemMisses = 0
  var queryHits = 0
  var queryMisses = 0
  var scanHits = 0
  var scanMisses = 0
  /// Errors of the client, throttles included.
  var errors = 0
  var throttledRequests = 0
  /// Internal faults.
  var faults = 0
  var bytesIn = 0
  var bytesOut = 0
  private(set) var normalizedRequests = 0
  private var windowStart = Instant.start
  private var windowLoad = 0
  private var lastWindowLoad = 0

  private static let window = Nanoseconds.seconds(10)

  mutating func addLoad(_ cost: Int, at now: Instant) {
    normalizedRequests += cost
    roll(at: now)
    windowLoad += cost
  }

  private mutating func roll(at now: Instant) {
    guard now - windowStart >= Self.window else { return }
    let isNext = now - windowStart < Self.window + Self.window
    lastWindowLoad = isNext ? windowLoad : 0
    windowLoad = 0
    windowStart += Nanoseconds((now - windowStart).count / Self.window.count * Self.window.count)
  }

  /// Percent of the capacity that the last full window took, at most 100.
  mutating func utilisation(capacity: Int, at now: Instant) -> Double {
    roll(at: now)
    return min(100, Double(lastWindowLoad) / Self.window.inSeconds / Double(capacity) * 100)
  }
}

/// Requests that the service counts by kind.
enum MeteredRequest: String, CaseIterable, Sendable {
  case getItem = "get_item_request_count"
  case batchGetItem = "batch_get_item_request_count"
  case batchWriteItem = "batch_write_item_request_count"
  case deleteItem = "delete_item_request_count"
  case putItem = "put_item_request_count"
  case updateItem = "update_item_request_count"
  case query = "query_request_count"
  case scan = "scan_request_count"
  case transactWriteItems = "transact_write_items_count"
  case transactGetItems = "transact_get_items_count"
}

/// The metrics of all nodes as text.
struct MetricsText {
  private(set) var text = ""

  /// One metric with a value for each node that is up.
  mutating func metric(
    _ name: String, _ type: String, _ nodes: [(node: Int, state: NodeState)],
    _ value: (NodeState) -> Double
  ) {
    text += "# TYPE aws_dax_\(name) \(type)\n"
    for (node, state) in nodes {
      let number = value(state)
      let written =
        number == number.rounded() && abs(number) < 1e15
        ? String(Int(number)) : String(number)
      text += "aws_dax_\(name){node=\"\(node + 1)\"} \(written)\n"
    }
  }

  /// All metrics.
  /// - Parameter connections: open connections by node.
  static func of(
    _ nodes: [(node: Int, state: NodeState)], connections: [Int], capacity: Int, at now: Instant
  ) -> String {
    var metrics = MetricsText()
    func count(_ name: String, _ value: (NodeState) -> Int) {
      metrics.metric(name, "counter", nodes) { Double(value($0)) }
    }
    for request in MeteredRequest.allCases {
      count(request.rawValue) { $0.metrics.requests[request] ?? 0 }
    }
    count("total_request_count") { $0.metrics.requests.values.reduce(0, +) }
    count("item_cache_hits") { $0.metrics.itemHits }
    count("item_cache_misses") { $0.metrics.itemMisses }
    count("query_cache_hits") { $0.metrics.queryHits }
    count("query_cache_misses") { $0.metrics.queryMisses }
    count("scan_cache_hits") { $0.metrics.scanHits }
    count("scan_cache_misses") { $0.metrics.scanMisses }
    count("error_request_count") { $0.metrics.errors }
    count("throttled_request_count") { $0.metrics.throttledRequests }
    count("fault_request_count") { $0.metrics.faults }
    count("failed_request_count") { $0.metrics.errors + $0.metrics.faults }
    count("network_bytes_in") { $0.metrics.bytesIn }
    count("network_bytes_out") { $0.metrics.bytesOut }
    count("evicted_size") {
      $0.items.decisions.counts.evictedBytes + $0.queries.decisions.counts.evictedBytes
    }
    count("normalized_requests") { $0.metrics.normalizedRequests }
    gauges(nodes, capacity, now, &metrics)
    metrics.text += "# TYPE aws_dax_client_connections gauge\n"
    for (node, _) in nodes {
      metrics.text += "aws_dax_client_connections{node=\"\(node + 1)\"} \(connections[node])\n"
    }
    return metrics.text
  }

  private static func gauges(
    _ nodes: [(node: Int, state: NodeState)], _ capacity: Int, _ now: Instant,
    _ metrics: inout MetricsText
  ) {
    func size(_ state: NodeState) -> Double {
      Double((state.items.decisions.bytes + state.queries.decisions.bytes).count)
    }
    metrics.metric("estimated_db_size", "gauge", nodes, size)
    metrics.metric("cache_memory_utilization", "gauge", nodes) { state in
      let room = state.items.decisions.capacity + state.queries.decisions.capacity
      return room.count == 0 ? 0 : size(state) / Double(room.count) * 100
    }
    metrics.metric("cpu_utilization", "gauge", nodes) { state in
      var counts = state.metrics
      return counts.utilisation(capacity: capacity, at: now)
    }
  }
}
