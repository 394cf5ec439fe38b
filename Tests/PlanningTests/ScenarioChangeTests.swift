// Why: a remedy is believed because it was simulated; that holds only when what is simulated is
// the scenario that the remedy's words describe.
import Caching
import Capacity
import Scenarios
import Testing
import Units
import Workloads

@testable import Planning

@Suite struct ScenarioChangeTests {
  private let table = ResourcePlace(table: 0)

  private func changed(_ scenario: Scenario, _ changes: ScenarioChange...) -> Scenario {
    Remedy(title: "", changes: changes).applied(to: scenario)
  }

  private func write(_ scenario: Scenario) -> ProvisionedCapacity? {
    guard case .provisioned(_, let write) = scenario.tables[0].mode else { return nil }
    return write
  }

  @Test func `a capacity is set and nothing else`() throws {
    let before = try loaded(ordersText())
    let after = changed(before, .provision(table, .write, units: 75))
    #expect(
      after.tables[0].mode
        == .provisioned(
          read: ProvisionedCapacity(units: 100), write: ProvisionedCapacity(units: 75)))
    #expect(after.seed == before.seed)
  }

  @Test func `a policy moves with its capacity`() throws {
    let text = ordersText(
      capacity: "read-capacity: 100;write-capacity: {min: 20, max: 60, target: 70%}")
    let after = changed(try loaded(text), .provision(table, .write, units: 90))
    #expect(write(after)?.units == 90)
    #expect(write(after)?.autoscaling?.minimum == 90)
    #expect(write(after)?.autoscaling?.maximum == 90)
  }

  @Test func `indexes follow their table's billing mode`() throws {
    let index =
      "global-secondary-indexes: [{name: byDay, partition-key: day S, projection: KEYS_ONLY,"
      + " partition-keys: 30, read-capacity: 5, write-capacity: 5}]"
    let after = changed(try loaded(ordersText(table: [index])), .onDemand(table: 0))
    let onDemand = CapacityMode.onDemand(maximumRead: nil, maximumWrite: nil)
    #expect(after.tables[0].mode == onDemand)
    #expect(after.tables[0].globalIndexes[0].mode == onDemand)
  }

  @Test func `warming never lowers`() throws {
    let before = try loaded(ordersText(mode: "PAY_PER_REQUEST", capacity: ""))
    let low = changed(before, .warm(table, .write, units: 10))
    #expect(
      low.tables[0].warmThroughput
        == WarmThroughput(readUnitsPerSecond: 12_000, writeUnitsPerSecond: 4_000))
    let high = changed(low, .warm(table, .write, units: 9_000), .warm(table, .read, units: 1))
    #expect(
      high.tables[0].warmThroughput
        == WarmThroughput(readUnitsPerSecond: 12_000, writeUnitsPerSecond: 9_000))
  }

  @Test(arguments: [
    (
      KeyDistribution.weighted([0.12, 0.01]), 3, KeyDistribution.weighted([0.04, 0.04, 0.04, 0.01])
    ),
    (.hotspot(keys: 0.01, traffic: 0.9), 4, .hotspot(keys: 0.04, traffic: 0.9)),
    (.hotspot(keys: 0.5, traffic: 0.9), 4, .hotspot(keys: 1, traffic: 0.9)),
    (.zipf(exponent: 1), 4, .zipf(exponent: 1)),
  ])
  func `hot keys are split and keep their traffic`(
    keys: KeyDistribution, ways: Int, expected: KeyDistribution
  ) {
    #expect(keys.sharded(ways) == expected)
  }

  @Test func `a cluster stands in front of the named tables`() throws {
    let settings = CacheSettings(nodes: 3, nodeType: "dax.r5.large")
    let after = changed(try loaded(ordersText()), .cache(settings, tables: [0]))
    #expect(after.cache == CacheSpec(settings: settings, tables: [0]))
  }
}
