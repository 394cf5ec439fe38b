// The aggregate mode: many requests per step, with the exact mode's tables.
//
// Time goes in blocks of a minute. A block in which no limit comes near is one step: as many
// requests as a Poisson draw says, their units spread over the partitions as the sample's. Where a
// limit may refuse, a second is a step, and where it does refuse, a tenth of a second: the classes
// of requests that meet the limit ask for what it has, the rest comes back when its back-off says.
// Where few requests come near a limit, each is simulated (`AggregateRun+Singles`).
// Tables, scaling, growth, splits and the record are those of the exact mode, driven at seconds or
// minutes. What is near and how the ticks go: simulation-kernels.md 6.
//
// It cannot do what lives from single requests: closed loops, places, batches, a cache, replicas.
// `obstacles` names what a scenario has of these; the exact mode runs it then.

import Capacity
import Clients
import Randomness
import RequestStreams
import Results
import Scenarios
import Statistics
import Units
import Workloads

/// One replication in steps.
struct AggregateRun: ~Copyable {
  static let second: Int64 = 1_000_000_000
  static let minute: Int64 = 60_000_000_000
  static let ticksPerSecond = 10

  var simulator: Simulator
  let sample: RequestSample
  var matrix: DemandMatrix
  var flows: [OperationFlow]
  var fleets: [FleetFlow]
  var hot: HotSet
  /// The grouping without any limit, made once per matrix.
  private var calm: HotSet
  /// Partitions by resource that `matrix` was made for.
  private var partitions: [Int]
  private let rings: [[BackoffRing]]
  /// Quantiles of the highest of sixty standard normal values.
  let highest: [Double]
  /// Half-units of cells and lanes in the step in hand.
  var cellMean: [Double]
  /// Variance given how many requests there are, and the sum of their squares.
  var cellVariance: [Double]
  var cellSquares: [Double]
  var cellCarry: [Double]
  var laneDemand: [Double]
  var refusalCarry: [HotLimit: Double] = [:]
  /// Sampled positions by cell, made when the first partition looks for a cut, and how far they
  /// were shown.
  var positions: [[UInt64]] = []
  var shown: [Int] = []
  /// What the last minute without a refusal was made of, and its latencies.
  var lastMix: [Double] = []
  var lastMinute = LatencyMinute(p50: 0, p90: 0, p99: 0, p999: 0, ended: 0)
  var driftCarry: [TableDrift]
  var mixture = LatencyMixture()
  var steps: Int64 = 0
  let singles: SingleRequests
  var singlesDone: Int64 = 0
  /// Steps count the exact mode's own arrivals instead of drawing how many there are: to compare
  /// the modes without that noise. Costs half as much as simulating each request.
  let followsArrivals: Bool
  /// Arrivals of the step in hand by operation, when they are followed.
  var followed: [Double]
  /// The block in hand is simulated request by request.
  var isSingle = false
  /// Refusals of steps, by limit.
  var refused: [HotLimit: Int64] = [:]

  /// - Parameters:
  ///   - played: Requests that the sample plays in all.
  ///   - singles: Which requests near a limit are simulated one by one.
  ///   - followsArrivals: Steps have as many requests as the exact mode's replication.
  init(
    _ scenario: Scenario, replication: Int, played: Int = RequestSample.requests,
    singles: SingleRequests = SingleRequests(), followsArrivals: Bool = false
  ) {
    self.singles = singles
    self.followsArrivals = followsArrivals
    var simulator = Simulator(scenario, replication: replication)
    if followsArrivals {
      for fleet in 0..<simulator.fleets.count { simulator.drawAhead(fleet) }
    }
    sample = RequestSample(scenario, replication: replication, requests: played)
    matrix = DemandMatrix(sample, simulator.resources)
    fleets = (0..<simulator.fleets.count).map { FleetFlow(simulator.fleets[$0]) }
    flows = Self.flows(simulator, sample)
    followed = Array(repeating: 0, count: flows.count)
    let tick = 1 / Double(Self.ticksPerSecond)
    let policies = fleets.map(\.policy)
    rings = flows.map {
      OperationFlow.rings(policies[$0.fleet], attempts: $0.attempts, tick: tick)
    }
    highest = (0..<1_024).map {
      NormalDistribution.quantile(Portable.power((Double($0) + 0.5) / 1_024, 1.0 / 60))
    }
    hot = HotSet([], matrix, flows) { _ in [] }
    calm = hot
    partitions = []
    cellMean = []
    cellVariance = []
    cellSquares = []
    cellCarry = []
    laneDemand = Array(repeating: 0, count: matrix.laneCount)
    driftCarry = Array(repeating: TableDrift(), count: scenario.tables.count)
    self.simulator = simulator
    sizeCells()
  }

  private static func flows(
    _ simulator: borrowing Simulator, _ sample: RequestSample
  ) -> [OperationFlow] {
    var flows: [OperationFlow] = []
    for fleet in 0..<simulator.fleets.count {
      let policy = simulator.fleets[fleet].policy
      var before = 0.0
      for local in 0..<simulator.fleets[fleet].spec.operations.count {
        let operation = flows.count
        let kind = simulator.operations[operation].kind
        let isTransaction = kind == .transactGet || kind == .transactWrite
        let attempts = isTransaction ? 1 : policy.maximumAttempts
        let played = sample.operations[operation]
        flows.append(
          OperationFlow(
            fleet: fleet, local: local,
            share: simulator.fleets[fleet].stream.shares[local] - before,
            isTransaction: isTransaction, attempts: attempts,
            latency: OperationLatency(
              played, policy: policy, attempts: attempts,
              service: simulator.services[operation],
              seed: simulator.seed &+ UInt64(operation)),
            conditionFailed: played.conditionFailed, drifts: played.drifts,
            measured: FlowCounts(attempts: attempts), minute: FlowCounts(attempts: attempts),
            recorded: FlowCounts(attempts: attempts)))
        before = simulator.fleets[fleet].stream.shares[local]
      }
    }
    return flows
  }

  private mutating func sizeCells() {
    partitions = (0..<simulator.resources.count).map {
      simulator.resources[$0].admission.partitions.count
    }
    cellMean = Array(repeating: 0, count: matrix.cellCount)
    cellVariance = cellMean
    cellSquares = cellMean
    cellCarry = cellMean
    positions = []
    shown = Array(repeating: 0, count: matrix.cellCount)
  }

  /// Runs to the end of the scenario, or until `observe` returns false.
  consuming func run(
    replication: Int, observe: (SimulationProgress) -> Bool
  ) -> RunRecord {
    let end = simulator.end
    let warmUp = simulator.warmUp / Self.second * Self.second
    var now: Int64 = 0
    var interrupted = false
    while now < end, !interrupted {
      if now == warmUp { startMeasuring() }
      var next = min(end, (now / Self.minute + 1) * Self.minute)
      if now < warmUp { next = min(next, warmUp) }
      // The record's intervals are no shorter than a second.
      let interval = (simulator.intervals.nextEnd.count + Self.second - 1) / Self.second
      if interval * Self.second > now { next = min(next, interval * Self.second) }
      block(from: now, to: next)
      now = next
      interrupted = !observe(
        SimulationProgress(
          replication: replication, at: Instant(nanoseconds: now), duration: Nanoseconds(end),
          requests: simulator.requestCount, throttles: simulator.throttleCount))
    }
    return finish(at: now, interrupted: interrupted && now < end)
  }

  /// One block of at most a minute.
  private mutating func block(from start: Int64, to end: Int64) {
    let demand = BlockDemand(fleets, from: start, to: end)
    regroup(demand)
    if goesSingly(demand) {
      singly(from: start, to: end)
      return
    }
    if isSingle { leaveSingles() }
    if hot.isEmpty, !needsSeconds(demand, until: end) {
      step(demand.total, busiest: demand.busiest, from: start, to: end)
      close(at: end, seconds: demand.seconds)
      return
    }
    var now = start
    for second in 0..<demand.seconds {
      let next = min(end, now + Self.second)
      if isStale() { regroup(demand) }
      if hot.isEmpty {
        step(demand.expected(second), busiest: 1, from: now, to: next)
      } else {
        hotSecond(demand.expected(second), from: now, to: next)
      }
      close(at: next, seconds: 1)
      now = next
    }
  }

  /// Whether partitions have split since the matrix was made.
  private mutating func isStale() -> Bool {
    for resource in 0..<simulator.resources.count
    where simulator.resources[resource].admission.partitionCount != partitions[resource] {
      return true
    }
    return false
  }

  /// Finds the limits that the block may come near, and groups the requests by them.
  private mutating func regroup(_ demand: BlockDemand) {
    let isStale = isStale()
    if isStale {
      matrix = DemandMatrix(sample, simulator.resources)
      sizeCells()
      calm = HotSet([], matrix, flows) { _ in [] }
    }
    var limits = nearLimits(demand)
    for limit in hot.pendingLimits where !limits.contains(limit) { limits.append(limit) }
    if limits == hot.limits, !isStale { return }
    let old = hot
    let rings = self.rings
    hot = limits.isEmpty ? calm : HotSet(limits, matrix, flows) { rings[$0] }
    hot.inherit(old, matrix, isSameMatrix: !isStale)
  }

  // MARK: What is near

  /// Half-units/s per lane and cell for requests/s by operation: mean and mean square.
  private func load(_ rates: [Double], _ cells: inout [Double], _ squares: inout [Double]) {
    for cell in cells.indices {
      cells[cell] = 0
      squares[cell] = 0
    }
    for operation in flows.indices {
      let rate = rates[flows[operation].fleet] * flows[operation].share
      if rate == 0 { continue }
      for share in matrix.totals[operation] {
        cells[share.cell] += rate * share.halves
        squares[share.cell] += rate * share.squares
      }
    }
  }

  /// The limits that may refuse within the block: those whose tokens a random walk with the
  /// block's drift and variance may use up.
  private mutating func nearLimits(_ demand: BlockDemand) -> [HotLimit] {
    var cells = Array(repeating: 0.0, count: matrix.cellCount)
    var squares = cells
    load(demand.peakRates, &cells, &squares)
    let mean = demand.total.reduce(0, +) / demand.length
    let peak = demand.peakRates.reduce(0, +)
    let meanShare = peak > 0 ? mean / peak : 0
    var limits: [HotLimit] = []
    for lane in 0..<matrix.laneCount {
      let first = matrix.firstCell[lane]
      let last = matrix.firstCell[lane + 1]
      var sum = 0.0
      var sumSquares = 0.0
      let limit = HotLimit(lane: lane, partition: -1)
      for cell in first..<last {
        sum += cells[cell]
        sumSquares += squares[cell]
      }
      if sum == 0 { continue }
      let window = LoadWindow(peak: sum, mean: sum * meanShare, variance: sumSquares)
      if window.isNear(offer(limit), seconds: demand.length) { limits.append(limit) }
      for cell in first..<last where cells[cell] > 0 {
        let limit = HotLimit(lane: lane, partition: cell - first)
        let window = LoadWindow(
          peak: cells[cell], mean: cells[cell] * meanShare, variance: squares[cell])
        if window.isNear(offer(limit), seconds: demand.length) { limits.append(limit) }
      }
    }
    return limits
  }

  /// What a limit has, as of its last settlement.
  mutating func offer(_ limit: HotLimit) -> BucketOffer {
    limit.partition < 0
      ? simulator.resources[limit.resource].admission.offer(limit.axis)
      : simulator.resources[limit.resource].admission.offer(
        limit.axis, partition: limit.partition)
  }

  /// Whether seconds matter although nothing is refused: a partition warms towards a split, an
  /// on-demand table presses, or a new provisioned value takes effect inside the block.
  private mutating func needsSeconds(_ demand: BlockDemand, until end: Int64) -> Bool {
    let capacity = simulator.scenario.model.capacity
    var cells = Array(repeating: 0.0, count: matrix.cellCount)
    var squares = cells
    load(demand.peakRates, &cells, &squares)
    for lane in 0..<matrix.laneCount {
      let limit = HotLimit(lane: lane, partition: -1)
      let pending = simulator.resources[limit.resource].pending[limit.axis]
      if let next = pending.first, next.effectiveAt.nanoseconds < end { return true }
      guard capacity.splitForHeat else { continue }
      let first = matrix.firstCell[lane]
      let admission = simulator.resources[limit.resource].admission.offer(limit.axis)
      let hotFrom = capacity.splitThreshold * 0.9
      let ceiling = PartitionMap.ceiling(limit.axis)
      var sum = 0.0
      for cell in first..<matrix.firstCell[lane + 1] {
        if cells[cell] > hotFrom * ceiling { return true }
        sum += cells[cell]
      }
      if simulator.resources[limit.resource].isOnDemand, sum > hotFrom * admission.rate {
        return true
      }
    }
    return false
  }
}

/// Load on a limit within a block, in half-units/s.
struct LoadWindow {
  var peak: Double
  var mean: Double
  var variance: Double

  /// Chance below which a limit does not count as near: e^-25.
  private static let exponent = 25.0

  /// Whether a bucket may run out within `seconds`.
  ///
  /// With drift to spare, the chance that a random walk falls by the tokens at hand is
  /// exp(-2 drift × tokens / variance). Without, the tokens must outlast the block by six standard
  /// deviations.
  func isNear(_ offer: BucketOffer, seconds: Double) -> Bool {
    let drift = offer.rate - peak
    if drift > 0 {
      return offer.halves <= 0 || 2 * drift * offer.halves < Self.exponent * variance
    }
    // The peak may be short, but never lasts longer than the block; the mean holds for all of it.
    let deficit = max(mean - offer.rate, 0) * seconds + (peak - mean) * seconds / 2
    return offer.halves - deficit < 6 * (variance * seconds).squareRoot()
  }
}

/// Expected requests of a block by traffic, second by second.
struct BlockDemand {
  let seconds: Int
  /// Length in seconds.
  let length: Double
  /// By traffic.
  private(set) var total: [Double] = []
  private var bySecond: [[Double]] = []
  /// Requests/s in each traffic's busiest second.
  private(set) var peakRates: [Double] = []
  /// The busiest second over the mean second, all traffic together.
  private(set) var busiest = 1.0

  init(_ fleets: [FleetFlow], from start: Int64, to end: Int64) {
    seconds = Int((end - start + AggregateRun.second - 1) / AggregateRun.second)
    length = Double(end - start) / 1e9
    var sums = Array(repeating: 0.0, count: seconds)
    for fleet in fleets {
      var counts: [Double] = []
      var peak = 0.0
      var before = fleet.profile.integral(to: Instant(nanoseconds: start))
      let first = before
      for second in 0..<seconds {
        let to = min(end, start + Int64(second + 1) * AggregateRun.second)
        let upTo = fleet.profile.integral(to: Instant(nanoseconds: to))
        counts.append(upTo - before)
        sums[second] += upTo - before
        let span = Double(to - start - Int64(second) * AggregateRun.second) / 1e9
        peak = max(peak, (upTo - before) / span)
        before = upTo
      }
      total.append(before - first)
      bySecond.append(counts)
      peakRates.append(peak)
    }
    let all = sums.reduce(0, +)
    if all > 0 { busiest = max(1, (sums.max() ?? 0) / all * Double(seconds)) }
  }

  func expected(_ second: Int) -> [Double] { bySecond.map { $0[second] } }
}
