// A probe of the capacity search by load: the scenario's traffic at one rate, against the embedded
// engine or an endpoint.
//
// A table remembers. The embedded engine is started anew for every probe, with buckets full or
// empty. An endpoint's buckets are filled by leaving it alone for 300 s, and emptied by asking for
// more than it gives until it refuses. Its tables must be there and filled (`plimsoll fill`).

import Arguments
import Capacity
import HTTPClient
import LoadGeneration
import Planning
import Platform
import Results
import Scenarios
import Statistics
import Units

/// Measures a scenario at rates that a search asks for.
struct LoadProbe {
  let plan: SimulatedProbe
  private let path: String
  private let seed: UInt64
  private let horizon: CapacityHorizon
  private let speed: Int
  private let options: LoadOptions
  private let isEmbedded: Bool
  /// The endpoint's buckets are empty: the last probe was throttled.
  private var isExhausted = false
  /// The endpoint was driven before, so its buckets are not full.
  private var isUsed = false

  init(
    _ plan: SimulatedProbe, _ scenario: Scenario, path: String, horizon: CapacityHorizon,
    _ given: GivenArguments
  ) throws(SettingsFault) {
    self.plan = plan
    self.path = path
    self.horizon = horizon
    seed = scenario.seed
    speed = try LoadSettings.clock(given)
    isEmbedded = given.all("endpoint").isEmpty
    var options = try LoadSettings.options(
      given, scenario, isEmbedded ? ["http://127.0.0.1"] : given.all("endpoint"))
    options.clockSpeed = speed
    options.seed = scenario.seed
    if let refusal = LoadSettings.refusal(options, given) {
      throw SettingsFault(message: refusal)
    }
    self.options = options
  }

  /// Drives the endpoint at `rate` requests/s until the objectives are decided or time is up;
  /// nil when the user interrupted it.
  mutating func probe(
    rate: Double, _ say: (String) -> Void
  ) throws(SettingsFault) -> SearchProbe? {
    do throws(LoadFault) {
      let asked = plan.scenario(at: rate)
      var rule = EarlyStop(asked, isSteady: horizon == .sustained)
      var decided: ThresholdVerdict?
      let outcome = try withEndpoint(rate, say) { (options) throws(LoadFault) in
        try LoadRun.run(asked, options) { progress in
          decided = decided ?? rule.verdict(on: progress.soFar)
          return decided == nil && !Interruption.isRequested
        }
      }
      if Interruption.isRequested { return nil }
      if let fault = outcome.fault { throw fault }
      isUsed = true
      isExhausted = outcome.record.resources.contains {
        $0.read.totalThrottles + $0.write.totalThrottles > 0
      }
      return judged(rate, asked, outcome, decided)
    } catch {
      throw SettingsFault(message: error.description, isRuntime: true)
    }
  }

  private func judged(
    _ rate: Double, _ asked: Scenario, _ outcome: MeasuredRun, _ decided: ThresholdVerdict?
  ) -> SearchProbe {
    var record = outcome.record
    if decided != nil { record.interrupted = false }
    var probe = SimulatedProbe.probe(rate, Planner(asked).plan([record]).plan, runs: 1)
    if let decided {
      probe.verdict = decided
      if decided == .met { probe.limit = "" }
    }
    probe.isTooShort = probe.verdict == .undecided
    let facts = outcome.measurement
    // Latencies of a late client are its own. What tables admit hangs on what they are asked for.
    let asksForLatency = asked.objectives.contains { $0.measure.isLatency }
    if let fault = facts.faults.first, asksForLatency || facts.rateRatio < 0.99 {
      probe.verdict = .undecided
      probe.isTooShort = false
      probe.limit = "the client: \(fault.text)"
    }
    return probe
  }

  // MARK: Buckets

  /// Runs `body` against tables whose buckets are as the horizon wants them.
  private func withEndpoint(
    _ rate: Double, _ say: (String) -> Void,
    _ body: (LoadOptions) throws(LoadFault) -> MeasuredRun
  ) throws(LoadFault) -> MeasuredRun {
    guard isEmbedded else {
      switch horizon {
      case .burst: if isUsed { rest(say) }
      case .sustained: if !isExhausted { try exhaust(rate, say) }
      }
      return try body(options)
    }
    let engine: EmbeddedEngine
    do throws(FileFault) {
      engine = try EmbeddedEngine(
        scenario: path, seed: seed, clock: "x\(speed)",
        initialBurst: horizon == .burst ? 1 : 0)
    } catch {
      throw LoadFault(error.message)
    }
    defer { engine.stop() }
    var options = options
    do throws(Endpoint.Fault) {
      options.endpoints = [try Endpoint(engine.url)]
    } catch {
      throw LoadFault(error.description)
    }
    return try body(options)
  }

  /// Lets the endpoint's tables save up all they can.
  private func rest(_ say: (String) -> Void) {
    say("waiting \(ServiceConstants.burstSeconds) s for the buckets to fill")
    for _ in 0..<ServiceConstants.burstSeconds where !Interruption.isRequested {
      pause(for: .seconds(1))
    }
  }

  /// Uses up what the endpoint's tables have saved: asks for four times the rate, and twice that
  /// every ten seconds, until it is refused, for no longer than buckets can last.
  private func exhaust(_ rate: Double, _ say: (String) -> Void) throws(LoadFault) {
    say("emptying the buckets")
    var options = options
    options.rateFactor = 4
    options.duration = .seconds(10)
    options.warmUp = .zero
    for _ in 0..<(ServiceConstants.burstSeconds / 10) {
      var isRefused = false
      let outcome = try LoadRun.run(plan.scenario(at: rate), options) { progress in
        isRefused = isRefused || progress.second.throttled > 0
        return !isRefused && !Interruption.isRequested
      }
      if let fault = outcome.fault { throw fault }
      if isRefused || Interruption.isRequested { return }
      // A client that cannot keep up asks for no more by being asked to.
      if outcome.measurement.rateRatio > 0.9 { options.rateFactor *= 2 }
    }
  }
}

extension Measure {
  fileprivate var isLatency: Bool {
    switch self {
    case .latencyPercentile, .latencyMean, .latencyMax: true
    case .ratio, .count, .monthlyCost, .cacheHitRatio: false
    }
  }
}
