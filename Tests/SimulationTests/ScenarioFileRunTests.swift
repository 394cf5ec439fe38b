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
    let outcome = ScenarioLoader.load(text: Self.text, path: "file.yaml") { _ in
      .unreadable("there is none")
    }
    guard case .loaded(let scenario, _) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    let record = Simulator(scenario, replication: 0).run(replication: 0) { _ in true }
    #expect(record.requests == 900)
    let reads = record.resources[0].read
    let first = try #require(reads.firstThrottle).inSeconds
    #expect(abs(first - 30) <= 1, "\(first)")
    #expect(abs(reads.totalConsumed.inUnits - 1_200) <= 4)
    #expect(reads.consumed.count == 2)
  }
}
