// How large a DAX cluster must be (features.md 2.2; the service's cluster sizing guide).
//
// A request weighs its item size in whole KB: a hit once, a miss 10 times, a write 25 times on
// every node. The weighted rate with room for losing a node, or for the wanted utilisation when
// that asks for more, is compared with published capacities, which exist for clusters of 1, 3, 5
// and 11 nodes of the r5 family only; t-types and other families have none and are never picked.

public import Units

/// What a cluster has to serve, per second.
public struct DaxDemand: Hashable, Sendable {
  public var hitsPerSecond: Int
  public var missesPerSecond: Int
  public var writesPerSecond: Int
  public var itemSize: ByteCount
  /// Utilisation at the peak with all nodes up, in percent; the guide uses 70.
  public var utilisationPercent: Int
  /// Data that should fit in the cache; zero does not ask for memory.
  public var workingSet: ByteCount

  public init(
    hitsPerSecond: Int, missesPerSecond: Int, writesPerSecond: Int, itemSize: ByteCount,
    utilisationPercent: Int = 70, workingSet: ByteCount = .zero
  ) {
    precondition((1...100).contains(utilisationPercent), "utilisation is 1...100 percent")
    self.hitsPerSecond = hitsPerSecond
    self.missesPerSecond = missesPerSecond
    self.writesPerSecond = writesPerSecond
    self.itemSize = itemSize
    self.utilisationPercent = utilisationPercent
    self.workingSet = workingSet
  }

  /// Item size in KB, rounded up, at least 1.
  public var sizeInKilobytes: Int { Int(max(1, (itemSize.count + 1_023) / 1_024)) }

  /// `hits x size + misses x size x 10 + writes x size x 25 x nodes`.
  ///
  /// 50,000 hits, 1,000 misses, 100 writes of 2 KB on 3 nodes: 135,000.
  public func normalizedRequests(nodes: Int) -> Int {
    sizeInKilobytes * (hitsPerSecond + 10 * missesPerSecond + 25 * writesPerSecond * nodes)
  }

  /// The normalized rate times max(100 / utilisation, nodes / (nodes - 1)), rounded up.
  ///
  /// 135,000 on 3 nodes at 80 %: 202,500. A single node has no spare and only the first factor.
  public func targetRequests(nodes: Int) -> Int {
    let room = Quantity(Int128(100), over: Int128(utilisationPercent))
    let spare = nodes > 1 ? Quantity(Int128(nodes), over: Int128(nodes - 1)) : room
    return Int((Quantity(normalizedRequests(nodes: nodes)) * max(room, spare)).roundedUp)
  }
}

/// A cluster that serves a demand.
public struct DaxCluster: Hashable, Sendable {
  public var nodeType: String
  public var nodes: Int
  /// Published capacity and what is asked of it, in normalized requests/s.
  public var capacity: Int
  public var target: Int
}

/// Result of sizing.
public enum DaxSizing: Hashable, Sendable {
  case cluster(DaxCluster)
  /// Not even the largest cluster serves it: split the keys over this many clusters or more.
  case shards(Int)

  /// Cluster sizes with published capacities.
  public static let nodeCounts = [1, 3, 5, 11]

  /// The cluster with the least capacity that serves the demand; fewer nodes when two are equal.
  ///
  /// Clusters of fewer than `nodesMin` nodes are left out; 3 spread over three zones.
  public static func smallest(for demand: DaxDemand, nodesMin: Int = 3) -> DaxSizing {
    var best: DaxCluster?
    var fewest: Int?
    for nodes in nodeCounts where nodes >= nodesMin {
      let target = demand.targetRequests(nodes: nodes)
      for type in DaxNodeCapacity.published {
        let capacity = type.requestsPerNode * nodes
        guard type.memory >= demand.workingSet else { continue }
        let parts = (target + capacity - 1) / capacity
        fewest = min(fewest ?? parts, parts)
        guard capacity >= target else { continue }
        let isSmaller = best.map { capacity < $0.capacity } ?? true
        if isSmaller {
          best = DaxCluster(nodeType: type.name, nodes: nodes, capacity: capacity, target: target)
        }
      }
    }
    if let best { return .cluster(best) }
    let largest = DaxNodeCapacity.published.map(\.memory).max() ?? .zero
    let byMemory = Int((demand.workingSet.count + largest.count - 1) / largest.count)
    return .shards(max(2, fewest ?? 1, byMemory))
  }
}

/// Published capacity of one node type.
public struct DaxNodeCapacity: Hashable, Sendable {
  public var name: String
  public var memory: ByteCount
  /// Normalized requests/s of one node; clusters scale by the node.
  public var requestsPerNode: Int

  /// features.md 2.2, smallest first.
  public static let published: [DaxNodeCapacity] = [
    .init(name: "dax.r5.large", memory: .gigabytes(16), requestsPerNode: 75_000),
    .init(name: "dax.r5.xlarge", memory: .gigabytes(32), requestsPerNode: 150_000),
    .init(name: "dax.r5.2xlarge", memory: .gigabytes(64), requestsPerNode: 300_000),
    .init(name: "dax.r5.4xlarge", memory: .gigabytes(128), requestsPerNode: 600_000),
    .init(name: "dax.r5.8xlarge", memory: .gigabytes(256), requestsPerNode: 1_000_000),
    .init(name: "dax.r5.12xlarge", memory: .gigabytes(384), requestsPerNode: 1_000_000),
    .init(name: "dax.r5.16xlarge", memory: .gigabytes(512), requestsPerNode: 1_000_000),
    .init(name: "dax.r5.24xlarge", memory: .gigabytes(768), requestsPerNode: 1_000_000),
  ]
}
