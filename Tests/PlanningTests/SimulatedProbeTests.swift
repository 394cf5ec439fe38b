// Search by simulation: a throttled table's two capacities, and the limit that is named.

import Results
import Scenarios
import Statistics
import Testing
import Units

@testable import Planning

/// Burst and sustained capacity of a provisioned table follow from its bucket alone.
@Suite struct SimulatedProbeTests {
  private func found(_ horizon: CapacityHorizon) async throws -> CapacitySearch {
    // Writes of 1 KB on 10 WCU, constant arrivals.
    let text = ordersText(
      capacity: "read-capacity: 10;write-capacity: 10",
      sections: ["objectives: ['throttled{write} / requests{write} < 0.1%']"]
    )
    .replacing("{get: orders, name: read, weight: 1}", with: "{put: orders, name: write}")
    .replacing("      - {put: orders, name: write, weight: 1}\n", with: "")
    .replacing("duration: 2m", with: "duration: 5m")
    let scenario = try loaded(text)
    let probe = try #require(
      SimulatedProbe(scenario, objectives: [], horizon: horizon, replicationsMax: 4))
    var search = CapacitySearch(from: probe.nominalRate / 2, to: 40, resolution: 0.05)
    while let rate = search.next {
      let (outcome, interrupted) = await probe.probe(rate: rate, threads: 2) { _ in true }
      #expect(!interrupted)
      search.record(outcome)
    }
    return search
  }

  /// With 300 s of 10 units saved, 20 units/s last just 300 s.
  @Test func burstCapacityIsTwiceTheProvisioned() async throws {
    let search = try await found(.burst)
    let held = try #require(search.held)
    #expect(held > 18.5 && held < 20.6, "\(held)")
    #expect(search.limit?.contains("orders") == true, "\(search.limit ?? "")")
  }

  @Test func sustainedCapacityIsTheProvisioned() async throws {
    let search = try await found(.sustained)
    let held = try #require(search.held)
    #expect(held > 9.2 && held < 10.4, "\(held)")
  }

  @Test func closedLoopsHaveNoRate() throws {
    let text = ordersText().replacing("arrivals: constant", with: "users: 5")
      .replacing("rate: 10/s", with: "think-time: 1s")
    let scenario = try loaded(text)
    #expect(SimulatedProbe(scenario, objectives: [], horizon: .burst) == nil)
  }
}
