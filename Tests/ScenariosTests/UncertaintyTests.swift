// Why: any number may be an interval. What is drawn must be what the file says, draw by draw the
// same, and the scenario itself must be the middle one.
import Scenarios
import Statistics
import Testing
import Workloads

@Suite struct UncertaintyTests {
  private func text(_ extra: String = "", rate: String = "{low: 100/s, mid: 200/s, high: 400/s}")
    -> String
  {
    """
    version: 1
    tables:
      - name: orders
        partition-key: id S
        billing-mode: PAY_PER_REQUEST
        item-count: {low: 1000, high: 3000, shape: uniform}
        item-size:
          lognormal: {median: {low: 600B, mid: 700B, high: 900B}, p99: 30KB}
    traffic:
      - name: shop
        rate: \(rate)
        operations:
          - get: orders
            keys: {zipf: {low: 0.7, mid: 0.9, high: 1.0}}
    run: {duration: 1m}
    \(extra)
    """
  }

  private func middle(_ text: String) throws -> Scenario {
    guard case .loaded(let scenario, _) = ScenarioLoader.load(text: text, path: "t.yaml") else {
      throw Wrong(text: "\(ScenarioLoader.load(text: text, path: "t.yaml"))")
    }
    return scenario
  }

  private func draws(_ text: String, seed: UInt64 = 1) throws -> [ScenarioDraw] {
    let outcome = ScenarioLoader.draws(text: text, path: "t.yaml", seed: seed) { _ in
      .unreadable("")
    }
    guard case .drawn(let draws) = outcome else { throw Wrong(text: "\(outcome)") }
    return draws
  }

  private struct Wrong: Error { var text: String }

  @Test func `the scenario is the middle one`() throws {
    let scenario = try middle(text())
    #expect(scenario.tables[0].itemCount == 2_000)
    #expect(scenario.traffic[0].operations[0].parts[0].keys == .zipf(exponent: 0.9))
    #expect(
      scenario.uncertainty?.inputs.map(\.path) == [
        "tables.orders.item-count", "tables.orders.item-size.lognormal.median",
        "traffic.shop.rate", "traffic.shop.operations.1.keys.zipf",
      ])
  }

  @Test func `draws are scenarios with their numbers`() throws {
    let drawn = try draws(text("uncertainty: {draws: 200}"))
    #expect(drawn.count == 200)
    for draw in drawn {
      #expect(draw.values[0] == Double(draw.scenario.tables[0].itemCount))
      #expect((1_000...3_000).contains(draw.scenario.tables[0].itemCount))
      #expect(draw.scenario.seed == 1)
    }
    // 90 % between the bounds, half below the middle; four standard deviations of 200 draws.
    let rates = drawn.map { $0.values[2] }
    let inside = rates.filter { $0 >= 100 && $0 <= 400 }.count
    #expect((164...196).contains(inside), "\(inside)")
    #expect((72...128).contains(rates.filter { $0 < 200 }.count))
  }

  @Test func `draws repeat, and a further input changes no other`() throws {
    let all = try draws(text("uncertainty: {draws: 8}"))
    #expect(try draws(text("uncertainty: {draws: 8}")).map(\.values) == all.map(\.values))
    #expect(try draws(text("uncertainty: {draws: 8}"), seed: 2).map(\.values) != all.map(\.values))
    let fewer = try draws(text("uncertainty: {draws: 8}", rate: "200/s"))
    #expect(fewer.map { $0.values[0] } == all.map { $0.values[0] })
  }

  @Test func `correlated inputs move together, others do not`() throws {
    let drawn = try draws(
      text(
        """
        uncertainty:
          draws: 400
          correlated:
            - {inputs: [traffic.shop.rate, tables.orders.item-count], correlation: 80%}
        """))
    func correlation(_ a: Int, _ b: Int) -> Double {
      RankCorrelation.coefficient(drawn.map { $0.values[a] }, drawn.map { $0.values[b] })
    }
    // Spearman's coefficient of a Gaussian copula: 6 / pi x asin(r / 2), 0.786 at 0.8.
    #expect(abs(correlation(0, 2) - 0.786) < 0.08)
    #expect(abs(correlation(1, 2)) < 0.2)
  }

  @Test func `a certain scenario has no draws`() throws {
    let plain = text(rate: "200/s").replacing("{low: 1000, high: 3000, shape: uniform}", with: "9")
      .replacing("{low: 600B, mid: 700B, high: 900B}", with: "700B")
      .replacing("{low: 0.7, mid: 0.9, high: 1.0}", with: "0.9")
    #expect(try middle(plain).uncertainty == nil)
    #expect(try draws(plain).isEmpty)
  }
}
