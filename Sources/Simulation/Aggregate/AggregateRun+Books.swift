// The books of the aggregate mode: buckets, counts and series of a step, and the record at the end.

import Capacity
import Randomness
import RequestStreams
import Results
import Scenarios
import Statistics
import Units

/// What a step took from one axis of a table or index, in half-units.
private struct LaneStep {
  var taken: Double
  /// Whole ones, for the counts.
  var counted: Int64
  var peakSecond: Double
}

extension AggregateRun {
  /// Settles buckets and counts for what the step took from each cell.
  mutating func settle(busiest: Double, isTicked: Bool, from start: Int64, to end: Int64) {
    let now = Instant(nanoseconds: end)
    var noise = generator(0x4E4F, at: start)
    for lane in 0..<matrix.laneCount {
      let resource = lane / 2
      let axis: CapacityAxis = lane % 2 == 0 ? .read : .write
      var sum = 0.0
      var whole: Int64 = 0
      var squares = 0.0
      for cell in matrix.firstCell[lane]..<matrix.firstCell[lane + 1] {
        let limit = isTicked ? hot.limitOfCell[cell] : -1
        let amount = limit >= 0 ? hot.taken[limit] : amount(cell, using: &noise)
        squares += cellSquares[cell]
        let peak = peakSecond(amount, cellSquares[cell], busiest, end - start, using: &noise)
        cellMean[cell] = 0
        cellVariance[cell] = 0
        cellSquares[cell] = 0
        if amount == 0, limit < 0 { continue }
        let partition = matrix.partition(of: cell)
        if limit >= 0 {
          simulator.resources[resource].admission.setLevel(
            axis, partition: partition, halves: hot.offers[limit].halves, at: now)
        } else {
          simulator.resources[resource].admission.settle(
            axis, partition: partition, halves: amount, at: now)
        }
        cellCarry[cell] += amount
        let counted = Int64(cellCarry[cell])
        cellCarry[cell] -= Double(counted)
        simulator.resources[resource].admission.count(
          axis, partition: partition, halves: counted, peakSecond: Int64(peak.rounded()))
        show(cell, resource, axis, halves: counted)
        sum += amount
        whole += counted
      }
      let peak = peakSecond(sum, squares, busiest, end - start, using: &noise)
      settle(
        lane, LaneStep(taken: sum, counted: whole, peakSecond: peak), isTicked: isTicked, at: now)
    }
  }

  /// Half-units of a cell in the step: their mean with the spread of so many requests.
  private func amount(_ cell: Int, using noise: inout Generator) -> Double {
    let mean = cellMean[cell]
    let variance = cellVariance[cell]
    return variance > 0 ? max(0, mean + variance.squareRoot() * noise.normal()) : mean
  }

  /// The busiest second's half-units, when the step has several seconds.
  private func peakSecond(
    _ amount: Double, _ squares: Double, _ busiest: Double, _ length: Int64,
    using noise: inout Generator
  ) -> Double {
    guard length > Self.second, amount > 0 else { return amount }
    let seconds = Double(length) / 1e9
    let deviations = highest[Int(noise.next() >> 54)]
    return amount / seconds * busiest + deviations * (squares / seconds).squareRoot()
  }

  /// Settles the table level of a lane and its series.
  private mutating func settle(_ lane: Int, _ step: LaneStep, isTicked: Bool, at now: Instant) {
    let resource = lane / 2
    let axis: CapacityAxis = lane % 2 == 0 ? .read : .write
    let limit = isTicked ? hot.limitOfLane[lane] : -1
    if limit >= 0 {
      simulator.resources[resource].admission.setLevel(
        axis, partition: nil, halves: hot.offers[limit].halves, at: now)
    } else if step.taken > 0 {
      simulator.resources[resource].admission.settle(axis, halves: step.taken, at: now)
    }
    if hot.isEmpty { laneDemand[lane] += Double(step.counted) }
    let demanded = Int64(laneDemand[lane])
    laneDemand[lane] -= Double(demanded)
    simulator.resources[resource].meters[axis].step(
      consumed: step.counted, demanded: demanded, peakSecond: Int64(step.peakSecond.rounded()))
  }

  /// Shows positions of a cell's traffic to a partition that looks for a cut.
  private mutating func show(_ cell: Int, _ resource: Int, _ axis: CapacityAxis, halves: Int64) {
    let partition = matrix.partition(of: cell)
    guard halves > 0, simulator.resources[resource].admission.wantsPositions(of: partition) else {
      return
    }
    if positions.isEmpty { positions = sampledPositions() }
    guard !positions[cell].isEmpty else { return }
    // As many calls as the tracker takes samples.
    let portion: Int64 = axis == .read ? 600 : 200
    var left = halves
    var next = shown[cell]
    while left > 0 {
      simulator.resources[resource].admission.observe(
        axis, partition: partition, halves: min(left, portion),
        position: positions[cell][next % positions[cell].count])
      next += 1
      left -= portion
    }
    shown[cell] = next
  }

  private func sampledPositions() -> [[UInt64]] {
    var found: [[UInt64]] = Array(repeating: [], count: matrix.cellCount)
    for operation in sample.operations {
      for charge in operation.charges { found[cell(of: charge)].append(charge.position) }
    }
    return found
  }

  private func cell(of charge: SampledCharge) -> Int {
    let resource = Int(charge.resource)
    let partition = simulator.resources[resource].admission.partitions.partition(
      at: charge.position)
    // A partition that a split has just made stands in no matrix yet: its parent's cell, or near.
    let lane = resource * 2 + (charge.isWrite ? 1 : 0)
    return min(matrix.firstCell[lane] + partition, matrix.firstCell[lane + 1] - 1)
  }

  /// Counts the refusals of a second.
  mutating func countRefusals(at now: Int64) {
    let instant = Instant(nanoseconds: now)
    for index in hot.limits.indices where hot.refusals[index] > 0 {
      let limit = hot.limits[index]
      let carried = refusalCarry[limit, default: 0] + hot.refusals[index]
      let count = Int64(carried)
      refusalCarry[limit] = carried - Double(count)
      guard count > 0 else { continue }
      let isTable = limit.partition < 0
      let cause =
        isTable
        ? simulator.resources[limit.resource].admission.cause(limit.axis)
        : .keyRangeThroughputExceeded
      if simulator.resources[limit.resource].meters[limit.axis].series.firstThrottle == nil {
        simulator.noteFirstThrottle(limit.resource, limit.axis, cause, at: instant)
      }
      simulator.resources[limit.resource].admission.countRefusals(
        limit.axis, cause, count, partition: isTable ? nil : limit.partition)
      simulator.resources[limit.resource].meters[limit.axis].refused(
        cause, count: count, halves: Int64(hot.refusedHalves[index].rounded()), at: instant)
      simulator.throttleCount += count
      refused[limit, default: 0] += count
    }
  }

  // MARK: Closing

  /// Closes `seconds` seconds that end at `now`.
  mutating func close(at now: Int64, seconds: Int) {
    applyDrift()
    if now >= simulator.intervals.nextEnd.count { fillRecords() }
    if now % Self.minute == 0 { simulator.minuteOutcome = minuteEnded() }
    simulator.secondsDone += Int64(seconds)
    simulator.secondClosed(at: now)
  }

  /// Moves the whole parts of what successes did to items and streams into the tables.
  private mutating func applyDrift() {
    func whole(_ value: inout Double) -> Int64 {
      let part = Int64(value)
      value -= Double(part)
      return part
    }
    for table in driftCarry.indices {
      let resource = simulator.tables[table].resource
      simulator.tables[table].drift(
        items: whole(&driftCarry[table].items), bytes: whole(&driftCarry[table].bytes),
        created: whole(&driftCarry[table].created))
      simulator.resources[resource].streamRecords += whole(&driftCarry[table].streamRecords)
      simulator.resources[resource].captureUnits += whole(&driftCarry[table].captureUnits)
    }
  }

  /// Latencies of the minute that ends; nil when single requests are among them: then all of it
  /// is in the simulator's own histogram.
  private mutating func minuteEnded() -> LatencyMinute? {
    defer {
      for operation in flows.indices {
        flows[operation].minute = FlowCounts(attempts: flows[operation].attempts)
      }
    }
    simulator.gatherFirsts()
    if simulator.minuteLatency.count > 0 {
      mixture.reset()
      for flow in flows { Self.add(flow.minute, flow.latency, to: &mixture) }
      mixture.fill(&simulator.minuteLatency, count: Int64(mixture.total.rounded()))
      return nil
    }
    let ended = flows.map(\.minute.ended)
    let all = ended.reduce(0, +)
    let isCalm = flows.allSatisfy { $0.minute.throttled == 0 && $0.minute.succeeded[0] > 0 }
    let mix = isCalm ? ended.map { $0 / all } : []
    if isCalm, mix.count == lastMix.count,
      zip(mix, lastMix).allSatisfy({ abs($0 - $1) < 0.002 })
    {
      lastMinute.ended = Int64(all.rounded())
      return lastMinute
    }
    mixture.reset()
    for flow in flows { Self.add(flow.minute, flow.latency, to: &mixture) }
    lastMix = mix
    lastMinute = mixture.minute()
    return lastMinute
  }

  private static func add(
    _ counts: FlowCounts, _ latency: OperationLatency, to mixture: inout LatencyMixture
  ) {
    for attempt in counts.succeeded.indices {
      mixture.add(counts.succeeded[attempt], of: latency.succeeded[attempt])
      mixture.add(counts.failed[attempt], of: latency.failed[attempt])
    }
  }

  /// Warm-up ends: counting begins; what waits for a retry is taken along.
  mutating func startMeasuring() {
    for operation in flows.indices {
      let waiting = pending(operation)
      flows[operation].measured = FlowCounts(attempts: flows[operation].attempts)
      flows[operation].recorded = flows[operation].measured
      flows[operation].booked = BookedCounts()
      flows[operation].measured.requests = waiting
      flows[operation].measured.throttled = waiting
    }
  }

  private func pending(_ operation: Int) -> Double {
    hot.classes.reduce(0) { $0 + ($1.operation == operation ? $1.pending : 0) }
  }

  /// Makes the record.
  consuming func finish(at now: Int64, interrupted: Bool) -> RunRecord {
    simulator.minuteOutcome = minuteEnded()
    fillRecords()
    findHotKeys()
    let (steps, singles) = (steps, singlesDone)
    var record = simulator.finish(at: now, interrupted: interrupted)
    record.method = .aggregate
    record.processedEvents = steps
    record.singleRequests = singles
    return record
  }

  /// Brings the operations' records up to date: counts, and latencies of what has ended since.
  private mutating func fillRecords() {
    for operation in flows.indices {
      let flow = flows[operation]
      let before = flow.booked
      var now = before
      now.update(flow.measured, conditionFailed: flow.conditionFailed)
      var row = simulator.records[operation]
      row.requests += now.requests - before.requests
      row.failed += now.failed - before.failed
      row.succeeded += now.succeeded - before.succeeded
      row.attempts += now.attempts - before.attempts
      row.throttled += now.throttled - before.throttled
      row.conditionFailed += now.conditionFailed - before.conditionFailed
      mixture.reset()
      Self.add(flow.measured.since(flow.recorded), flow.latency, to: &mixture)
      mixture.fill(
        &row.response, count: now.succeeded + now.failed - before.succeeded - before.failed)
      mixture.reset()
      mixture.add(1, of: flow.latency.attempt)
      mixture.fill(&row.attempt, count: now.succeeded - before.succeeded)
      simulator.records[operation] = row
      flows[operation].recorded = flow.measured
      flows[operation].booked = now
    }
  }

  /// Gives the sample's keys the units and refusals of the run.
  private mutating func findHotKeys() {
    let refusals = refusalShares()
    for operation in flows.indices {
      let played = sample.operations[operation]
      let factor = flows[operation].all / Double(max(1, played.count))
      guard factor > 0 else { continue }
      for request in 0..<played.count {
        let scale = factor * played.weights[request]
        for place in played.charges(of: request) {
          let charge = played.charges[place]
          let halves = scale * Double(charge.halves)
          let refused = halves * refusals[cell(of: charge)]
          let resource = Int(charge.resource)
          if halves >= 1 {
            simulator.resources[resource].units.add(charge.key, weight: Int64(halves.rounded()))
          }
          if refused >= 1 {
            simulator.resources[resource].throttles.add(charge.key, weight: Int64(refused))
          }
        }
      }
    }
  }

  /// By cell: the steps' refusals in its partition and at its table level, per half-unit asked for.
  private mutating func refusalShares() -> [Double] {
    var shares = Array(repeating: 0.0, count: matrix.cellCount)
    if refused.isEmpty { return shares }
    for cell in 0..<matrix.cellCount {
      let lane = matrix.lane[cell]
      let axis: CapacityAxis = lane % 2 == 0 ? .read : .write
      let partition = matrix.partition(of: cell)
      if let table = refused[HotLimit(lane: lane, partition: -1)] {
        let demanded = simulator.resources[lane / 2].meters[axis].series.demanded.reduce(0, +)
        shares[cell] += Double(table) / max(1, Double(demanded))
      }
      if let own = refused[HotLimit(lane: lane, partition: partition)] {
        let counts = simulator.resources[lane / 2].admission.partitions.statistics(of: partition)
        let consumed = (axis == .read ? counts.read : counts.write).consumed
        shares[cell] += Double(own) / max(1, Double(consumed.halves))
      }
    }
    return shares
  }
}
