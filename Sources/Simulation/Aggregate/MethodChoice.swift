// Which way a scenario is simulated: every request, or many at a time.
//
// Every request is the default as long as it takes no more than some ten seconds a core; beyond
// that the aggregate mode, if it can. What it cannot do is said in the words of the scenario.

import Capacity
import Clients
public import Results
public import Scenarios
import Units
import Workloads

/// The method of a run and why.
public struct MethodChoice: Hashable, Sendable {
  public var method: RunMethod
  /// Why not the other one, as a sentence without its full stop.
  public var reason: String
  /// Open-loop requests expected in one replication.
  public var requests: Double

  /// Requests of one replication above which they are not simulated one by one.
  public static let exactRequestsMax = 100_000_000.0

  /// The method for `scenario`.
  public init(_ scenario: Scenario) {
    requests = Self.expectedRequests(scenario)
    let obstacles = Self.obstacles(scenario)
    if requests <= Self.exactRequestsMax {
      method = .exact
      reason = "every request is simulated"
    } else if let obstacle = obstacles.first {
      method = .exact
      reason = "every request is simulated, because \(obstacle)"
    } else {
      method = .aggregate
      reason =
        "\(significant(requests)) requests are simulated many at a time; --exact simulates each"
    }
  }

  /// Open-loop requests expected in one replication.
  public static func expectedRequests(_ scenario: Scenario) -> Double {
    scenario.traffic.reduce(0) { sum, traffic in
      guard case .open(_, let rate) = traffic.demand else { return sum }
      let end = Instant(nanoseconds: scenario.run.duration.count)
      return sum + RateProfile(rate).integral(to: end)
    }
  }

  /// Share of the transactions that conflict below which the aggregate mode leaves it out.
  public static let conflictsMax = 0.001

  /// What of a scenario only single requests can show; empty when it can be aggregated.
  public static func obstacles(_ scenario: Scenario) -> [String] {
    var found: [String] = []
    if scenario.cache != nil { found.append("a DAX cluster holds single keys") }
    if scenario.model.capacity.combinedPartitionLimit {
      found.append("reads and writes share the ceiling of a partition")
    }
    if scenario.model.capacity.replicaReadUnits != nil {
      found.append("eventually consistent reads are spread over replicas")
    }
    if !scenario.model.capacity.adaptiveCapacity {
      found.append("throughput is divided over the partitions")
    }
    if scenario.model.capacity.admissionRouters != nil {
      found.append("request routers keep tokens for themselves")
    }
    let conflicts = ConflictShare.expected(scenario)
    if conflicts >= conflictsMax {
      found.append("about \(percentage(conflicts)) of the transactions meet an item of another")
    }
    for table in scenario.tables where !table.replicas.isEmpty {
      found.append("table \(table.name) is replicated to other regions")
    }
    for objective in scenario.objectives {
      guard case .latencyMax = objective.measure else { continue }
      found.append("the objective \(objective.text) asks for a single slowest request")
    }
    for traffic in scenario.traffic { found += obstacles(traffic) }
    return found
  }

  private static func obstacles(_ traffic: TrafficSpec) -> [String] {
    var found: [String] = []
    switch traffic.demand {
    case .closed: found.append("the users of \(traffic.name) wait for their answers")
    case .open(.onOff, _): found.append("the requests of \(traffic.name) come in bursts")
    case .open: break
    }
    let client = traffic.client
    if client.concurrency != nil || client.connections != nil {
      found.append("the requests of \(traffic.name) wait for places")
    }
    let policy = RetryPolicy(client.retries)
    if policy.limitsRate { found.append("the clients of \(traffic.name) limit their own rate") }
    if policy.throttleBackoff.jitter == .decorrelated {
      found.append("each wait of \(traffic.name) depends on the one before")
    }
    if traffic.operations.contains(where: { $0.pages != 1 }) {
      found.append("\(traffic.name) reads page after page")
    }
    if traffic.operations.contains(where: { $0.kind == .batchGet || $0.kind == .batchWrite }) {
      found.append("batches of \(traffic.name) come back in part")
    }
    return found
  }
}
