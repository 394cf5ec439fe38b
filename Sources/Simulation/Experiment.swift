// Replications of a scenario on all cores.
//
// Replications share nothing and are collected in index order, so the result does not depend on how
// many threads ran them. Replication 0 uses the scenario's own seed and therefore the very requests
// that the scenario's other commands see.

public import Results
public import Scenarios
import Units

/// Independent runs of one scenario.
public struct Experiment: Sendable {
  public let scenario: Scenario
  public let replications: Int
  public let method: RunMethod
  /// Steps count the exact method's arrivals, for comparisons of the methods.
  public let followsArrivals: Bool
  /// Index of the first one: an experiment may go on where another ended.
  public let first: Int

  /// - Precondition: at least one replication; `method` can run the scenario (`MethodChoice`).
  public init(
    _ scenario: Scenario, replications: Int, method: RunMethod = .exact, first: Int = 0,
    followsArrivals: Bool = false
  ) {
    precondition(replications >= 1, "an experiment needs at least one replication")
    self.scenario = scenario
    self.replications = replications
    self.method = method
    self.first = first
    self.followsArrivals = followsArrivals
  }

  /// Runs all replications and returns their records in index order; when one is ended early, those
  /// that had not begun are left out.
  /// - Parameters:
  ///   - threads: Replications in progress at once, at least 1.
  ///   - observe: Called from any thread about once per simulated second of each replication;
  ///     returning false ends that replication early and its record is marked interrupted.
  public func run(
    threads: Int, observe: @escaping @Sendable (SimulationProgress) -> Bool
  ) async -> [RunRecord] {
    await Self.collect(replications, threads: threads) { index in
      run(replication: first + index, observe: observe)
    }
  }

  /// Runs one replication of each scenario, the scenario's own, by the method that suits it;
  /// collected in order. Parameters as in `run`; progress carries the scenario's position.
  public static func run(
    each scenarios: [Scenario], threads: Int,
    observe: @escaping @Sendable (SimulationProgress) -> Bool
  ) async -> [RunRecord] {
    await collect(scenarios.count, threads: threads) { position in
      switch MethodChoice(scenarios[position]).method {
      case .exact:
        Simulator(scenarios[position], replication: 0).run(replication: position, observe: observe)
      case .aggregate:
        AggregateRun(scenarios[position], replication: 0)
          .run(replication: position, observe: observe)
      }
    }
  }

  /// Records of `count` runs in order, `threads` in progress at once.
  private static func collect(
    _ count: Int, threads: Int, _ run: @escaping @Sendable (Int) -> RunRecord
  ) async -> [RunRecord] {
    await withTaskGroup(of: (Int, RunRecord).self) { group in
      var records: [RunRecord?] = Array(repeating: nil, count: count)
      var next = 0
      func start() {
        guard next < count else { return }
        let index = next
        next += 1
        group.addTask { (index, run(index)) }
      }
      for _ in 0..<max(1, threads) { start() }
      while let (index, record) = await group.next() {
        records[index] = record
        // After an interruption no further run begins: it would end at once, with nothing.
        if record.interrupted { next = count }
        start()
      }
      return records.compactMap { $0 }
    }
  }

  /// How far aggregate records are from the exact method, measured on a stretch of the run; nil for
  /// exact ones.
  public func methodCheck(_ records: [RunRecord]) -> MethodCheck? {
    guard method == .aggregate, let first = records.first, !first.interrupted else { return nil }
    return AggregateCheck.measure(scenario, first)
  }

  /// Runs one replication on the calling thread.
  public func run(
    replication index: Int, observe: (SimulationProgress) -> Bool
  ) -> RunRecord {
    switch method {
    case .exact:
      Simulator(scenario, replication: index).run(replication: index, observe: observe)
    case .aggregate:
      AggregateRun(scenario, replication: index, followsArrivals: followsArrivals)
        .run(replication: index, observe: observe)
    }
  }
}
