// Which nodes of a cluster are up, and which of them is the primary.
//
// When the primary is lost a replica is promoted (features.md 2.1). Which one is not published:
// here the first that is up (inferred). A node that comes back is a replica.

/// The nodes of a cluster and their roles.
public struct ClusterMembership: Hashable, Sendable {
  public private(set) var isUp: [Bool]
  /// nil when no node is up.
  public private(set) var primary: Int?

  /// All nodes up, the first one the primary.
  /// - Precondition: 1 to 11 nodes.
  public init(nodes: Int) {
    precondition(1...11 ~= nodes, "a cluster has a primary and up to 10 replicas")
    isUp = Array(repeating: true, count: nodes)
    primary = 0
  }

  public var nodes: Int { isUp.count }

  /// Nodes that are up.
  public var upCount: Int { isUp.count { $0 } }

  /// What the loss of a node did to the roles.
  public enum Loss: Hashable, Sendable {
    /// It was down before.
    case none
    case replica
    /// The primary; carries the node that was promoted, nil when none was left.
    case primary(promoted: Int?)
  }

  /// Takes a node away and promotes another if need be.
  public mutating func lose(_ node: Int) -> Loss {
    guard isUp[node] else { return .none }
    isUp[node] = false
    guard primary == node else { return .replica }
    primary = isUp.firstIndex(of: true)
    return .primary(promoted: primary)
  }

  /// Brings a node back; false when it was up.
  public mutating func join(_ node: Int) -> Bool {
    guard !isUp[node] else { return false }
    isUp[node] = true
    primary = primary ?? node
    return true
  }
}
