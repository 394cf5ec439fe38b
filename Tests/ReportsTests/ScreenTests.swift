// Why: the screen is what everybody reads. It must tell the causes first, show the limits that
// refused something however many there are, and lose nothing on a narrow terminal.
import Pricing
import Results
import Statistics
import Testing
import Units

@testable import Reports

@Suite struct ScreenTests {
  private func screen(_ width: Int, _ change: (inout CapacityPlan) -> Void = { _ in }) -> String {
    var input = PlanFixture.orders(minutes: 12)
    change(&input.plan)
    return ReportCatalog.screen(input, width: width, colour: false)
  }

  private func remedy(_ verdict: Verdict, throttled: Double, failed: Double) -> RemedyOutcome {
    func only(_ value: Double) -> Estimate { Estimate(value: value, halfWidth: 0, samples: 2) }
    return RemedyOutcome(
      title: "Set it higher", replications: 2, verdict: verdict, throttled: only(throttled),
      failed: only(failed), p99: only(0.01), monthlyCost: only(100), costDifference: only(2))
  }

  @Test(arguments: [40, 48, 60, 72, 80, 100])
  func `a narrow terminal wraps and cuts nothing off`(width: Int) {
    let text = screen(width)
    for line in text.split(separator: "\n") {
      #expect(line.count <= width, "\(line)")
      #expect(!line.contains("…"), "\(line)")
    }
    for number in ["182,334", "4,211", "6.43/s", "4.92", "590.21", "441.87"] {
      #expect(text.contains(number), "\(number) in\n\(text)")
    }
  }

  /// Wrapping moves letters, it loses none.
  @Test(arguments: [40, 60, 80, 100])
  func `the bill says the same on every width`(width: Int) {
    let input = PlanFixture.orders(minutes: 12)
    func letters(_ width: Int) -> [Character] {
      ReportCatalog.bill(input, width: width, colour: false).filter { !$0.isWhitespace }.sorted()
    }
    #expect(letters(width) == letters(400))
  }

  @Test func `two causes are both named`() {
    let text = screen(120) {
      $0.findings.insert(
        Finding(
          severity: .problem, title: "check-out: 0.5 % of the requests conflict", explanation: "",
          remedies: ["Repeat them."], isCause: true), at: 1)
    }
    let lead = text.split(separator: "Objectives")[0].split(whereSeparator: \.isNewline)
      .joined(separator: " ")
    #expect(lead.contains("orders/byStatus throttles writes, first at 0:01:00"), "\(lead)")
    #expect(lead.contains("check-out: 0.5 % of the requests conflict."), "\(lead)")
  }

  @Test func `a change that holds is advised alone`() {
    let text = screen(120) { $0.remedies = [remedy(.pass, throttled: 0, failed: 0)] }
    #expect(text.contains("→ Set it higher: holds in simulation, 0 % throttled, $100.00 a month"))
    #expect(text.split(separator: "→").count == 2)
  }

  @Test func `a change that is not enough says so`() {
    let text = screen(120) { $0.remedies = [remedy(.fail, throttled: 0, failed: 0.004)] }
    #expect(
      text.contains(
        "→ Set it higher: not enough alone in simulation, 0 % throttled, 0.400 % failed, $100.00"))
  }

  @Test func `a change that does not help is not advised`() {
    let text = screen(120) { $0.remedies = [remedy(.fail, throttled: 0.9, failed: 0.9)] }
    #expect(!text.contains("Set it higher"))
    #expect(text.contains("→ Provision at least 560 WCU on orders/byStatus"))
  }

  @Test func `holding in the middle is not holding`() {
    let spread = OutputSpread(
      name: "throttled", unit: .share, low: 0, median: 0, high: 0.6, dependence: [0.2, 0.8])
    func uncertain(_ holding: Int) -> String {
      screen(120) {
        $0.verdict = .pass
        $0.findings = []
        $0.uncertainty = UncertaintySummary(
          draws: 40, holding: holding,
          inputs: ["traffic.shop.rate", "tables.orders.item-size"].map {
            UncertainInputRow(path: $0, low: "1", mid: "2", high: "3")
          }, outputs: [spread])
      }
    }
    let text = uncertain(30).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(text.contains("! It holds in the middle of the intervals"), "\(text)")
    #expect(text.contains("With numbers drawn from them it holds in 75.0 % of 40 draws."))
    #expect(text.contains("depends most on tables.orders.item-size (0.80)."))
    #expect(uncertain(40).contains("✓ It holds\n"))
  }

  @Test func `a plan that holds says what it costs and what it lives on`() {
    let text = screen(120) {
      $0.verdict = .pass
      $0.findings = [
        Finding(
          severity: .note, title: "orders: burst capacity carries reads", explanation: "",
          remedies: [])
      ]
    }.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(
      text.contains("It costs at least $590.21 a month") && text.contains("% of it for "), "\(text)"
    )
    #expect(text.contains("orders: burst capacity carries reads."), "\(text)")
  }

  @Test func `the limit that throttles is shown among many`() {
    let text = screen(120) { plan in
      let calm = ResourceSummary(
        name: "calm", isIndex: false, isOnDemand: false,
        read: .idle, write: .idle, partitionsAtEnd: Estimate(value: 1, halfWidth: 0, samples: 5))
      plan.resources =
        (0..<4).map { number in
          var copy = calm
          copy.name = "calm\(number)"
          copy.read.consumed = Estimate(value: 1, halfWidth: 0, samples: 5)
          return copy
        } + plan.resources
    }
    let capacity = text.split(separator: "Capacity")[1].split(separator: "Cost")[0]
    #expect(capacity.contains("orders/byStatus writes"), "\(capacity)")
    #expect(capacity.contains("and "), "\(capacity)")
  }
}

extension AxisSummary {
  /// An axis of 100 units/s that nothing is asked of.
  fileprivate static var idle: AxisSummary {
    let zero = Estimate(value: 0, halfWidth: 0, samples: 5)
    return AxisSummary(
      consumed: zero, peakMinute: zero, peakSecond: zero, limitAtStart: 100,
      limitAtEnd: Estimate(value: 100, halfWidth: 0, samples: 5),
      limitMean: Estimate(value: 100, halfWidth: 0, samples: 5), utilisation: zero,
      throttlesByCause: [zero, zero, zero, zero], throttles: zero, throttledSeconds: zero)
  }
}
