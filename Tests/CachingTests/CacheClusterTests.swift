// Load per node and write-through of a cluster against the sizing guide (features.md 2.2) and the
// documented consistency rules (2.1).

import Caching
import Testing
import Units

/// One cell of the sizing guide's capacity table: one node's column.
struct NodeTypeCase: CustomTestStringConvertible, Sendable {
  let name: String
  let gigabytes: Int64
  let requestsPerSecond: Int
  var testDescription: String { name }
}

@Suite struct CacheClusterTests {
  private func cluster(
    nodes: Int, capacity: Int? = nil, deleteLeavesNegativeEntry: Bool = false
  ) throws -> CacheCluster {
    let settings = CacheSettings(
      nodes: nodes, nodeType: "dax.r5.large", normalizedRequestsPerSecondPerNode: capacity,
      deleteLeavesNegativeEntry: deleteLeavesNegativeEntry, replicationDelay: .zero)
    return CacheCluster(settings, nodeType: try #require(settings.resolvedNodeType))
  }

  @Test(arguments: [
    NodeTypeCase(name: "dax.r5.large", gigabytes: 16, requestsPerSecond: 75_000),
    NodeTypeCase(name: "dax.r5.xlarge", gigabytes: 32, requestsPerSecond: 150_000),
    NodeTypeCase(name: "dax.r5.2xlarge", gigabytes: 64, requestsPerSecond: 300_000),
    NodeTypeCase(name: "dax.r5.4xlarge", gigabytes: 128, requestsPerSecond: 600_000),
    NodeTypeCase(name: "dax.r5.8xlarge", gigabytes: 256, requestsPerSecond: 1_000_000),
    NodeTypeCase(name: "dax.r5.24xlarge", gigabytes: 768, requestsPerSecond: 1_000_000),
  ])
  func nodeTypesHaveThePublishedFigures(_ expected: NodeTypeCase) {
    let type = NodeType.named(expected.name)
    #expect(type?.memory == .gigabytes(expected.gigabytes))
    #expect(type?.normalizedRequestsPerSecond == expected.requestsPerSecond)
  }

  @Test func unpublishedTypesNeedBothFigures() {
    var settings = CacheSettings(nodes: 1, nodeType: "dax.t3.small")
    #expect(settings.resolvedNodeType == nil)
    settings.memoryPerNode = .gigabytes(1)
    #expect(settings.resolvedNodeType == nil)
    settings.normalizedRequestsPerSecondPerNode = 9_000
    #expect(settings.resolvedNodeType?.normalizedRequestsPerSecond == 9_000)
  }

  /// The worked example: 50,000 hits, 1,000 misses and 100 writes per second of 2 KB on 3 nodes are
  /// 100,000 + 20,000 + 15,000 = 135,000 normalized requests, and 3 x r5.large bear them.
  @Test func theGuidesExampleFitsItsCluster() throws {
    var cluster = try cluster(nodes: 3)
    let bytes = 2_048
    let seconds = 3
    for index in 0..<51_000 * seconds {
      let now = Instant(nanoseconds: Int64(index) * 1_000_000_000 / 51_000)
      let node = index % 3
      let admitted = cluster.admit(node: node, cost: NormalizedCost.hit(bytes: bytes), at: now)
      #expect(admitted)
      if index % 51 == 0 {
        let rest = NormalizedCost.miss(bytes: bytes) - NormalizedCost.hit(bytes: bytes)
        cluster.charge(node: node, cost: rest, at: now)
      }
      if index % 510 == 0 {
        let written = cluster.admitWrite(bytes: bytes, at: now)
        #expect(written)
      }
    }
    let load = cluster.nodes.map(\.normalizedRequests).reduce(0, +)
    #expect(load == 135_000 * seconds)
    #expect(cluster.nodes.allSatisfy { $0.throttled == 0 })
  }

  /// Over its capacity a node bears exactly its capacity, plus the second of burst it starts with.
  @Test func anOverloadedNodeBearsItsCapacity() throws {
    var cluster = try cluster(nodes: 2, capacity: 1_000)
    var admitted = 0
    for index in 0..<40_000 {
      let now = Instant(nanoseconds: Int64(index) * 250_000)
      if cluster.admit(node: 1, cost: 1, at: now) { admitted += 1 }
    }
    #expect(abs(admitted - 11_000) <= 1)
    #expect(cluster.nodes[1].throttled == 40_000 - admitted)
    let other = cluster.admit(node: 0, cost: 1, at: .start + .seconds(10))
    #expect(other)
  }

  /// A write costs 25 per KB on every node: at 1,000 a cluster of any size takes 40 writes/s.
  @Test(arguments: [1, 3, 11])
  func writesLoadEveryNode(nodes: Int) throws {
    var cluster = try cluster(nodes: nodes, capacity: 1_000)
    var admitted = 0
    for index in 0..<10_000 {
      let now = Instant(nanoseconds: Int64(index) * 2_000_000)
      if cluster.admitWrite(bytes: 1_024, at: now) { admitted += 1 }
    }
    #expect(abs(admitted - 40 * 21) <= 1)
    #expect(cluster.nodes.allSatisfy { $0.normalizedRequests == 25 * admitted })
  }

  @Test(arguments: [false, true])
  func writesAndDeletesGoThrough(leavesNegative: Bool) throws {
    var cluster = try cluster(nodes: 3, deleteLeavesNegativeEntry: leavesNegative)
    var answers: [CacheLookup] = []
    func at(_ n: Int64) -> Instant { .start + .seconds(n) }
    answers.append(cluster.get(table: 1, key: 5, at: at(0), node: 1))
    cluster.fill(table: 1, key: 5, bytes: 16, isNegative: true, at: at(0))
    answers.append(cluster.get(table: 1, key: 5, at: at(1), node: 2))
    cluster.write(table: 1, key: 5, bytes: 500, at: at(2))
    answers.append(cluster.get(table: 1, key: 5, at: at(3), node: 0))
    cluster.delete(table: 1, key: 5, keyBytes: 16, at: at(4))
    answers.append(cluster.get(table: 1, key: 5, at: at(5), node: 0))
    #expect(answers == [.miss, .negativeHit, .hit, leavesNegative ? .negativeHit : .miss])
    #expect(cluster.nodes[1].items.counts.misses == 1)
    #expect(cluster.nodes[2].items.counts.negativeHits == 1)
  }

  /// A Query never fills the item cache, a write never touches the query cache.
  @Test func theTwoCachesAreIndependent() throws {
    var cluster = try cluster(nodes: 1)
    cluster.fillQuery(table: 1, parameters: 5, bytes: 100, at: .start)
    let item = cluster.get(table: 1, key: 5, at: .start, node: 0)
    cluster.write(table: 1, key: 5, bytes: 100, at: .start)
    cluster.delete(table: 1, key: 5, keyBytes: 10, at: .start)
    let query = cluster.query(table: 1, parameters: 5, at: .start, node: 0)
    #expect(item == .miss && query == .hit)
  }

  /// Memory: half of the node type's for each cache unless the scenario says otherwise.
  @Test func memoryIsSplitBetweenTheCaches() throws {
    let plain = try cluster(nodes: 1)
    #expect(plain.nodes[0].items.capacity == .gigabytes(8))
    let settings = CacheSettings(
      nodes: 1, nodeType: "dax.r5.large", memoryPerNode: .gigabytes(3))
    let given = CacheCluster(settings, nodeType: try #require(settings.resolvedNodeType))
    #expect(given.nodes[0].items.capacity == .gigabytes(3))
  }

  @Test(arguments: [(0, 1), (1, 1), (1_024, 1), (1_025, 2), (409_600, 400)])
  func sizesRoundUpToWholeKilobytes(bytes: Int, kilobytes: Int) {
    #expect(NormalizedCost.hit(bytes: bytes) == kilobytes)
    #expect(NormalizedCost.miss(bytes: bytes) == 10 * kilobytes)
    #expect(NormalizedCost.write(bytes: bytes) == 25 * kilobytes)
  }
}
