// Steps of the aggregate mode: what arrives, what passes, what comes back.

import Capacity
import Randomness
import Units

extension AggregateRun {
  /// Draws of a step: the same for the same instant, whatever happened before.
  func generator(_ purpose: UInt64, at start: Int64) -> Generator {
    Generator(seed: simulator.seed, stream: purpose, index: UInt64(start))
  }

  /// First attempts of an operation's class.
  private func arrivals(
    _ expected: [Double], _ operation: Int, weight: Double, using generator: inout Generator
  ) -> Double {
    let flow = flows[operation]
    let mean = expected[flow.fleet] * flow.share * weight
    return fleets[flow.fleet].isPoisson || weight < 1 ? generator.poisson(mean) : mean
  }

  /// A step in which nothing is refused.
  /// - Parameter busiest: the busiest second's requests over the mean second's.
  mutating func step(_ expected: [Double], busiest: Double, from start: Int64, to end: Int64) {
    steps += 1
    var draws = generator(0x4152, at: start)
    if followsArrivals { follow(to: end) }
    for operation in flows.indices {
      let count =
        followsArrivals
        ? followed[operation] : arrivals(expected, operation, weight: 1, using: &draws)
      if count == 0 { continue }
      pass(operation, first: count)
      spread(count, matrix.totals[operation])
    }
    settle(busiest: busiest, isTicked: false, from: start, to: end)
  }

  /// Counts the exact mode's arrivals up to `end`, and lets them go by.
  private mutating func follow(to end: Int64) {
    for operation in followed.indices { followed[operation] = 0 }
    for fleet in fleets.indices { simulator.passBy(fleet, until: end, &followed) }
  }

  /// Requests that pass at their first attempt.
  private mutating func pass(_ operation: Int, first count: Double) {
    add(operation, count) { counts in
      counts.requests += count
      counts.attempts += count
      counts.succeeded[0] += count
    }
    flows[operation].all += count
    fleets[flows[operation].fleet].refund(first: count, retried: 0)
    drift(operation, count)
  }

  private mutating func add(_ operation: Int, _ count: Double, _ change: (inout FlowCounts) -> Void)
  {
    change(&flows[operation].measured)
    change(&flows[operation].minute)
    simulator.requestCount += Int64(count.rounded())
  }

  /// Spreads the units of requests that pass over their cells.
  private mutating func spread(_ count: Double, _ shares: [CellShare]) {
    for share in shares {
      cellMean[share.cell] += count * share.halves
      cellVariance[share.cell] += count * max(0, share.squares - share.halves * share.halves)
      cellSquares[share.cell] += count * share.squares
    }
  }

  // MARK: Seconds near a limit

  /// A second in which some limits are near.
  mutating func hotSecond(_ expected: [Double], from start: Int64, to end: Int64) {
    readOffers(at: start)
    if followsArrivals { follow(to: end) }
    let isSlack = isSlack(expected, seconds: Double(end - start) / 1e9)
    var draws = generator(0x4152, at: start)
    for index in hot.classes.indices {
      hot.classes[index].new = 0
      hot.classes[index].passed = 0
      hot.classes[index].cancelled = 0
      guard isSlack || hot.classes[index].touches.isEmpty else { continue }
      let operation = hot.classes[index].operation
      let count = arrivals(
        expected, operation, weight: hot.classes[index].weight, using: &draws)
      hot.classes[index].new = count
      hot.classes[index].passed = count
      if count > 0 { pass(operation, first: count) }
    }
    if isSlack {
      steps += 1
    } else {
      let ticks = Self.ticksPerSecond
      for tick in 0..<ticks {
        let from = start + (end - start) * Int64(tick) / Int64(ticks)
        self.tick(expected, seconds: Double(end - start) / 1e9 / Double(ticks), at: from)
      }
    }
    for index in hot.classes.indices {
      spread(hot.classes[index].passed, hot.classes[index].shares)
      keepPrepared(index)
      for share in hot.classes[index].shares {
        laneDemand[matrix.lane[share.cell]] += hot.classes[index].new * share.halves
      }
    }
    countRefusals(at: start)
    settle(busiest: 1, isTicked: !isSlack, from: start, to: end)
  }

  /// What the near limits have at the start of a second.
  private mutating func readOffers(at now: Int64) {
    for index in hot.limits.indices {
      let limit = hot.limits[index]
      if limit.partition < 0 {
        simulator.resources[limit.resource].admission.settle(
          limit.axis, halves: 0, at: Instant(nanoseconds: now))
      } else {
        simulator.resources[limit.resource].admission.settle(
          limit.axis, partition: limit.partition, halves: 0, at: Instant(nanoseconds: now))
      }
      hot.offers[index] = offer(limit)
      hot.taken[index] = 0
      hot.refusals[index] = 0
      hot.refusedHalves[index] = 0
    }
  }

  /// Whether the second passes without a refusal: no retries wait and every near limit has six
  /// standard deviations more than it will be asked for.
  private func isSlack(_ expected: [Double], seconds: Double) -> Bool {
    if hot.hasPending { return false }
    for index in hot.limits.indices {
      var mean = 0.0
      var variance = 0.0
      for user in hot.users[index] {
        let one = hot.classes[user.index]
        let flow = flows[one.operation]
        let count = expected[flow.fleet] * flow.share * one.weight
        let halves = one.touches[user.touch].halves
        mean += count * halves
        variance += count * halves * halves * 2
      }
      let offer = hot.offers[index]
      // Half the second's grant: tokens that come late do not help early requests.
      let tokens = offer.halves + min(offer.rate * seconds, mean) / 2
      if tokens < mean + 6 * variance.squareRoot() { return false }
    }
    return true
  }

  /// A tenth of a second: arrivals and returning retries ask, each limit gives what it has.
  private mutating func tick(_ expected: [Double], seconds: Double, at now: Int64) {
    steps += 1
    var draws = generator(0x5449, at: now)
    let part = expected.map { $0 / Double(Self.ticksPerSecond) }
    for index in hot.classes.indices where !hot.classes[index].touches.isEmpty {
      let operation = hot.classes[index].operation
      let new = arrivals(part, operation, weight: hot.classes[index].weight, using: &draws)
      hot.classes[index].new += new
      hot.classes[index].tick[0] = new
      var all = new
      for ring in hot.classes[index].rings.indices {
        let due = hot.classes[index].rings[ring].advance()
        hot.classes[index].tick[ring + 1] = due
        all += due
      }
      hot.classes[index].ticked = all
    }
    chances(seconds: seconds)
    for limit in hot.limits.indices {
      let offer = hot.offers[limit]
      hot.offers[limit].halves = min(offer.depth, offer.halves + offer.rate * seconds)
    }
    payForRetries()
    for index in hot.classes.indices where hot.classes[index].ticked > 0 {
      decide(index, at: now)
    }
  }

  /// Pays for the tick's retries from its clients' quotas.
  private mutating func payForRetries() {
    for one in hot.classes where one.ticked > 0 && one.tick.count > 1 {
      let mayRetry = one.ticked - one.tick[one.tick.count - 1]
      fleets[flows[one.operation].fleet].want(mayRetry * (1 - passing(one)))
    }
    for fleet in fleets.indices { fleets[fleet].pay() }
  }

  /// The chance that a request of a class passes all near limits that it meets.
  private func passing(_ one: RequestClass) -> Double {
    one.touches.reduce(1) { $0 * hot.chance[$1.limit] }
  }

  /// The chance to pass each near limit: what it has over what passes the others and asks it.
  private mutating func chances(seconds: Double) {
    for limit in hot.limits.indices { hot.chance[limit] = 1 }
    for _ in 0..<(hot.isSimple ? 1 : 5) {
      for limit in hot.limits.indices {
        var asked = 0.0
        for user in hot.users[limit] {
          let count = hot.classes[user.index].ticked
          if count == 0 { continue }
          var others = 1.0
          for touch in hot.classes[user.index].touches where touch.limit != limit {
            others *= hot.chance[touch.limit]
          }
          asked += count * others * hot.classes[user.index].touches[user.touch].halves
        }
        let offer = hot.offers[limit]
        let tokens = max(0, offer.halves + offer.rate * seconds)
        hot.chance[limit] = asked <= tokens ? 1 : tokens / asked
      }
    }
  }

  /// Lets a class's requests of a tick pass, wait or fail.
  private mutating func decide(_ index: Int, at now: Int64) {
    let operation = hot.classes[index].operation
    let all = hot.classes[index].ticked
    let pass = passing(hot.classes[index])
    hot.classes[index].passed += all * pass
    hot.classes[index].cancelled += all * (1 - pass)
    for place in hot.classes[index].touches.indices {
      let touch = hot.classes[index].touches[place]
      let above = touch.table < 0 ? 1 : hot.chance[touch.table]
      let admitted = above * hot.chance[touch.limit]
      hot.taken[touch.limit] += all * pass * touch.halves
      hot.offers[touch.limit].halves -= all * pass * touch.halves
      if admitted > pass, touch.prepared > 0 {
        hot.classes[index].touches[place].kept += all * (admitted - pass)
        hot.taken[touch.limit] += all * (admitted - pass) * touch.prepared
        hot.offers[touch.limit].halves -= all * (admitted - pass) * touch.prepared
      }
      let refused = all * above * (1 - hot.chance[touch.limit])
      hot.refusals[touch.limit] += refused * touch.charges
      hot.refusedHalves[touch.limit] += refused * touch.halves
    }
    end(index, operation, pass: pass)
  }

  /// Ends the requests of a class that pass or give up, and sends the others back later.
  private mutating func end(_ index: Int, _ operation: Int, pass: Double) {
    let attempts = flows[operation].attempts
    let new = hot.classes[index].tick[0]
    let fleet = flows[operation].fleet
    let refused = 1 - pass
    let granted = fleets[fleet].granted
    var retried = 0.0
    for attempt in 0..<attempts {
      let count = hot.classes[index].tick[attempt]
      if count == 0 { continue }
      let again = attempt + 1 < attempts ? count * refused * granted : 0
      if again > 0 { hot.classes[index].rings[attempt].add(again) }
      if attempt > 0 { retried += count * pass }
      let failed = count * refused - again
      flows[operation].measured.succeeded[attempt] += count * pass
      flows[operation].measured.failed[attempt] += failed
      flows[operation].minute.succeeded[attempt] += count * pass
      flows[operation].minute.failed[attempt] += failed
    }
    let all = hot.classes[index].ticked
    add(operation, new) { counts in
      counts.requests += new
      counts.attempts += all
      counts.throttled += new * refused
    }
    flows[operation].all += new
    fleets[fleet].refund(first: new * pass, retried: retried)
    drift(operation, all * pass)
  }

  /// Spreads what a class's cancelled transactions took to prepare where they were not refused.
  private mutating func keepPrepared(_ index: Int) {
    guard hot.classes[index].cancelled > 0, flows[hot.classes[index].operation].isTransaction else {
      return
    }
    for share in hot.classes[index].shares where share.prepared > 0 {
      let lane = matrix.lane[share.cell]
      let partition = matrix.partition(of: share.cell)
      var kept = hot.classes[index].cancelled
      for touch in hot.classes[index].touches where hot.limits[touch.limit].lane == lane {
        let limit = hot.limits[touch.limit]
        if limit.partition < 0 || limit.partition == partition { kept = min(kept, touch.kept) }
      }
      cellMean[share.cell] += kept * share.prepared
    }
    for touch in hot.classes[index].touches.indices { hot.classes[index].touches[touch].kept = 0 }
  }

  /// What an operation's successes do to its tables.
  mutating func drift(_ operation: Int, _ count: Double) {
    for table in flows[operation].drifts.indices {
      let change = flows[operation].drifts[table]
      driftCarry[table].items += count * change.items
      driftCarry[table].bytes += count * change.bytes
      driftCarry[table].created += count * change.created
      driftCarry[table].streamRecords += count * change.streamRecords
      driftCarry[table].captureUnits += count * change.captureUnits
    }
  }
}
