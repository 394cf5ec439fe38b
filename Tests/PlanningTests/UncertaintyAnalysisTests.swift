// Why: percentiles and dependences over draws are what people decide on; they are checked on
// records whose numbers are known beforehand.
import Results
import Scenarios
import Statistics
import Testing
import Units

@testable import Planning

@Suite struct UncertaintyAnalysisTests {
  private let text = ordersText(
    sections: ["objectives: [throttled / requests < 50%]", "uncertainty: {draws: 4}"]
  ).replacing("rate: 10/s", with: "rate: {low: 5/s, mid: 10/s, high: 20/s}")
    .replacing("item-count: 1000", with: "item-count: {low: 900, mid: 1000, high: 1200}")

  private func draws() throws -> [ScenarioDraw] {
    let outcome = ScenarioLoader.draws(text: text, path: "t.yaml", seed: 1) { _ in .unreadable("") }
    guard case .drawn(let draws) = outcome else { throw InvalidSample() }
    return draws
  }

  @Test func `spread, verdicts and dependence`() throws {
    let draws = try draws()
    let spec = try #require(loaded(text).uncertainty)
    // The share of throttled requests follows the item count's draw.
    let order = draws.indices.sorted { draws[$0].values[0] < draws[$1].values[0] }
    let records = draws.indices.map { position in
      let rank = Int64(order.firstIndex(of: position) ?? 0)
      return RunRecord.sample().with {
        $0.operations[0].requests = 100
        $0.operations[0].throttled = 20 * (rank + 1)
      }
    }
    let summary = try #require(UncertaintyAnalysis(spec, draws: draws).summary(records))
    #expect(summary.draws == 4)
    #expect(summary.holding == 2)
    #expect(summary.inputs.map(\.path) == ["tables.orders.item-count", "traffic.shop.rate"])
    let throttled = try #require(summary.outputs.first { $0.name == "throttled" })
    #expect([throttled.low, throttled.median, throttled.high] == [0.2, 0.4, 0.8])
    #expect(throttled.dependence[0] == 1)
    #expect(abs(throttled.dependence[1]) < 1)
  }

  @Test func `one draw says nothing`() throws {
    let draws = try draws()
    let spec = try #require(loaded(text).uncertainty)
    #expect(UncertaintyAnalysis(spec, draws: draws).summary([.sample()]) == nil)
  }

  @Test(arguments: [(50.0, 2.0), (5, 1), (95, 4), (100, 4)])
  func `nearest rank`(percent: Double, expected: Double) {
    #expect(UncertaintyAnalysis.rank(percent, [1, 2, 3, 4]) == expected)
  }

  @Test(arguments: [
    // Half-widths of two equal samples are 0: decided.
    (Int64(50), Int64(50), true),
    // 49 and 53 of 100 about a bound of 50 %: neither decided nor within 1 %.
    (49, 53, false),
  ])
  func `more replications until the error bar decides`(a: Int64, b: Int64, isMet: Bool) throws {
    let scenario = try loaded(
      ordersText(sections: ["objectives: [throttled / requests < 50%]"])
        .replacing("replications: 2", with: "replications: 2, precision: 1%"))
    let records = [a, b].map { count in
      RunRecord.sample().with {
        $0.operations[0].requests = 100
        $0.operations[0].throttled = count
      }
    }
    #expect(PrecisionCheck(scenario).isMet(records) == isMet)
  }
}
