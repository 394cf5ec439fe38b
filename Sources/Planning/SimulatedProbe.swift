// A probe of the capacity search by simulation.
//
// The scenario's open traffic is held at a constant total rate, its mix kept, and simulated until
// its objectives are decided: two replications first, then twice as many each time, because the
// interval narrows with their number. A table remembers: burst capacity is asked of full buckets
// for 300 seconds, the longest that buckets of 300 seconds can matter, sustained capacity of empty
// ones.

import Capacity
public import Results
public import Scenarios
public import Simulation
import Statistics
public import Units
import Workloads

/// Simulates a scenario at rates that a search asks for.
public struct SimulatedProbe: Sendable {
  private let scenario: Scenario
  /// Mean requests/s of all open traffic as the scenario has it.
  public let nominalRate: Double
  private let replicationsMax: Int

  /// nil when no traffic is open: a closed loop has no rate to set.
  ///
  /// - Parameters:
  ///   - objectives: what must hold; the scenario's own when empty.
  ///   - horizon: which buckets the tables start with.
  ///   - sustained: how long a probe of sustained capacity takes; nil: as long as the scenario.
  ///   - replicationsMax: simulations of one rate at most, at least 2.
  public init?(
    _ scenario: Scenario, objectives: [Objective], horizon: CapacityHorizon,
    sustained: Nanoseconds? = nil, replicationsMax: Int = 16
  ) {
    let rates = scenario.traffic.compactMap(Self.meanRate)
    guard rates.contains(where: { $0 > 0 }) else { return nil }
    nominalRate = rates.reduce(0, +)
    var scenario = scenario
    if !objectives.isEmpty { scenario.objectives = objectives }
    // Money is not what a search is after, and abort rules are for load tests.
    scenario.objectives.removeAll { $0.measure == .monthlyCost }
    let burst = Nanoseconds.seconds(Int64(ServiceConstants.burstSeconds))
    switch horizon {
    case .burst:
      scenario.model.capacity.initialBurst = 1
      scenario.run.duration = burst
      scenario.run.warmUp = .zero
    case .sustained:
      scenario.model.capacity.initialBurst = 0
      if let sustained {
        scenario.run.duration = sustained
        scenario.run.warmUp = min(scenario.run.warmUp, Nanoseconds(sustained.count / 6))
      } else {
        scenario.run.duration = max(scenario.run.warmUp + burst, scenario.run.duration)
      }
    }
    self.scenario = scenario
    self.replicationsMax = max(2, replicationsMax)
  }

  /// The objectives that probes judge.
  public var objectives: [Objective] { scenario.objectives }
  public var duration: Nanoseconds { scenario.run.duration }

  /// The scenario at a total rate of `rate` requests/s.
  public func scenario(at rate: Double) -> Scenario {
    var scaled = scenario
    for index in scaled.traffic.indices {
      guard case .open(let arrivals, _) = scaled.traffic[index].demand,
        let own = Self.meanRate(scenario.traffic[index])
      else { continue }
      scaled.traffic[index].demand = .open(
        arrivals: arrivals,
        rate: RateSegment.hold(rate * own / nominalRate, for: scenario.run.duration))
    }
    return scaled
  }

  /// Simulates until the objectives are decided or the replications are used up.
  public func probe(
    rate: Double, threads: Int, observe: @escaping @Sendable (SimulationProgress) -> Bool
  ) async -> (probe: SearchProbe, interrupted: Bool) {
    var asked = scenario(at: rate)
    var count = 2
    while true {
      asked.run.replications = count
      let records = await Experiment(
        asked, replications: count, method: MethodChoice(asked).method
      ).run(threads: threads, observe: observe)
      if records.contains(where: \.interrupted) {
        let probe = SearchProbe(rate: rate, verdict: .undecided, limit: "", runs: records.count)
        return (probe, true)
      }
      let plan = Planner(asked).plan(records).plan
      if plan.verdict != .undecided || count >= replicationsMax {
        return (Self.probe(rate, plan, runs: count), false)
      }
      count = min(replicationsMax, count * 2)
    }
  }

  /// What a plan made of a probe's runs says of the rate, and what stood in the way.
  public static func probe(_ rate: Double, _ plan: CapacityPlan, runs: Int) -> SearchProbe {
    let verdict: ThresholdVerdict
    switch plan.verdict {
    case .pass: return SearchProbe(rate: rate, verdict: .met, limit: "", runs: runs)
    case .fail: verdict = .missed
    case .undecided: verdict = .undecided
    }
    let missed = plan.objectives.first { $0.verdict == plan.verdict }?.text ?? ""
    let finding = plan.findings.first { $0.severity > .note }?.title
    return SearchProbe(
      rate: rate, verdict: verdict,
      limit: [finding, missed].compactMap { $0 }.joined(separator: "; "),
      runs: runs)
  }

  private static func meanRate(_ traffic: TrafficSpec) -> Double? {
    guard case .open(_, let segments) = traffic.demand else { return nil }
    let seconds = segments.reduce(0) { $0 + $1.duration.inSeconds }
    guard seconds > 0 else { return 0 }
    return segments.reduce(0) { $0 + ($1.from + $1.to) / 2 * $1.duration.inSeconds } / seconds
  }
}
