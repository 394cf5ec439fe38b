// From the text of a scenario file to a record: the keys of the format must arrive where the
// simulator reads them.

import Capacity
import Results
import Scenarios
import Testing
import Units

@testable import Simulation

@Suite struct ScenarioFileRunTests {
  private static let text = """
    version: 1
    name: file
    seed: 3
    tables:
      - name: orders
        partition-key: id S
        billing-mode: PROVISIONED
        read-capacity: 10
        write-capacity: 100
        item-count: 1000
        item-size: 5000B
    traffic:
      - name: shop
        arrivals: constant
        rate: 10/s
        operations:
          - get: orders
            name: read
            consistency: strong
        client:
          retries: none
    model:
      initial-burst: 10%
    run:
      duration: 90s
    """

  /// 20 units/s on 10 with 300 held: the first throttle at 30 s.
  @Test func aFileRuns() throws {
    let scenario = try load(Self.text)
    let record = Simulator(scenario, replication: 0).run(replication: 0) { _ in true }
    #expect(record.requests == 900)
    let reads = record.resources[0].read
    let first = try #require(reads.firstThrottle).inSeconds
    #expect(abs(first - 30) <= 1, "\(first)")
    #expect(abs(reads.totalConsumed.inUnits - 1_200) <= 4)
    #expect(reads.consumed.count == 2)
  }

  /// One key of four partitions is asked for 20 of the table's 40 units/s: with throughput divided
  /// evenly its partition serves 10, and nothing is throttled without.
  @Test(arguments: [("true", 1_800.0), ("false", 900)])
  func throughputMayBeDividedEvenly(isAdaptive: String, units: Double) throws {
    let text = Self.text.replacing("read-capacity: 10", with: "read-capacity: 40")
      .replacing("item-count: 1000", with: "item-count: 1\n    partitions: 4")
      .replacing(
        "initial-burst: 10%", with: "initial-burst: empty\n  adaptive-capacity: \(isAdaptive)")
    let record = Simulator(try load(text), replication: 0).run(replication: 0) { _ in true }
    let reads = record.resources[0].read
    #expect(abs(reads.totalConsumed.inUnits - units) <= 4)
    // The first request of all meets an empty bucket.
    #expect(isAdaptive == "false" ? reads.totalThrottles > 400 : reads.totalThrottles <= 1)
  }

  /// Routers hold tokens of their own; none of them makes a table serve more than it is given.
  @Test func routersStandBeforeATable() throws {
    let text = Self.text.replacing(
      "initial-burst: 10%",
      with: "initial-burst: empty\n  admission-routers: 4\n  token-lease: 2s")
    let record = Simulator(try load(text), replication: 0).run(replication: 0) { _ in true }
    let served = record.resources[0].read.totalConsumed.inUnits
    #expect(served > 450 && served <= 904, "\(served)")
  }

  /// 8,000 items of 5,000 bytes: eight workers read an eighth each, all its pages in one request.
  @Test func aScanIsDividedIntoSegments() throws {
    let text = Self.text.replacing("read-capacity: 10", with: "read-capacity: 20000")
      .replacing("item-count: 1000", with: "item-count: 8000")
      .replacing("arrivals: constant\n    rate: 10/s", with: "users: 8\n    think-time: 1s")
      .replacing("get: orders", with: "scan: orders\n        pages: all\n        segments: 8")
      .replacing("initial-burst: 10%", with: "initial-burst: full")
    let record = Simulator(try load(text), replication: 0).run(replication: 0) { _ in true }
    let scans = record.operations[0]
    #expect(scans.failed == 0 && scans.succeeded > 100)
    // An eighth is 1,000 x 5,000 bytes: 1,221 units of 4,096 bytes, and at most one more a page.
    let each = record.resources[0].read.totalConsumed.inUnits / Double(scans.requests)
    #expect(each > 1_200 && each < 1_232, "\(each)")
  }

  private func load(_ text: String) throws -> Scenario {
    let outcome = ScenarioLoader.load(text: text, path: "file.yaml") { _ in
      .unreadable("there is none")
    }
    guard case .loaded(let scenario, _) = outcome else {
      Issue.record("\(outcome)")
      throw Unloaded()
    }
    return scenario
  }

  private struct Unloaded: Error {}
}
