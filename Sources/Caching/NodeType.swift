// Node types of the cache service and the load a node bears.
//
// The sizing guide publishes the r5 family only (features.md 2.2, table of approximate cluster
// capacity, one-node column; more nodes multiply it). For t2, t3, r4 and r7 nothing is published: a
// scenario that names one gives memory and capacity itself.

public import Units

/// Memory and capacity of one node.
public struct NodeType: Hashable, Sendable {
  /// Such as `dax.r5.large`.
  public var name: String
  public var memory: ByteCount
  /// Load the node bears, in normalized requests/s (see `NormalizedCost`).
  public var normalizedRequestsPerSecond: Int

  public init(name: String, memory: ByteCount, normalizedRequestsPerSecond: Int) {
    self.name = name
    self.memory = memory
    self.normalizedRequestsPerSecond = normalizedRequestsPerSecond
  }

  /// The node types with published capacity, smallest first.
  public static let published: [NodeType] = [
    r5("large", gigabytes: 16, thousands: 75), r5("xlarge", gigabytes: 32, thousands: 150),
    r5("2xlarge", gigabytes: 64, thousands: 300), r5("4xlarge", gigabytes: 128, thousands: 600),
    r5("8xlarge", gigabytes: 256, thousands: 1_000),
    r5("12xlarge", gigabytes: 384, thousands: 1_000),
    r5("16xlarge", gigabytes: 512, thousands: 1_000),
    r5("24xlarge", gigabytes: 768, thousands: 1_000),
  ]

  /// The published type of that name, or nil.
  public static func named(_ name: String) -> NodeType? { published.first { $0.name == name } }

  private static func r5(_ size: String, gigabytes: Int64, thousands: Int) -> NodeType {
    NodeType(
      name: "dax.r5." + size, memory: .gigabytes(gigabytes),
      normalizedRequestsPerSecond: thousands * 1_000)
  }
}

extension CacheSettings {
  /// The published node type with the settings' overrides; nil for a type without published figures
  /// unless the settings give both memory and capacity.
  public var resolvedNodeType: NodeType? {
    let known = NodeType.named(nodeType)
    let memory = memoryPerNode.map { $0 * 2 } ?? known?.memory
    let capacity = normalizedRequestsPerSecondPerNode ?? known?.normalizedRequestsPerSecond
    guard let memory, let capacity else { return nil }
    return NodeType(name: nodeType, memory: memory, normalizedRequestsPerSecond: capacity)
  }
}
