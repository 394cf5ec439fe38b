// The short way of a request that reads one item: most requests of most scenarios.
//
// A GetItem past no cache, whose item its number fixes, from clients whose ends nobody waits for:
// all that its first attempt needs was drawn ahead. Admitted in time, it is over here and took no
// slot. Otherwise it becomes an ordinary request at the end of its first attempt. Counts, draws and
// latencies are those of the long way.

import Capacity
import Clients
import Randomness
import RequestStreams
import Results
import Statistics
import Units

extension Simulator {
  /// Serves a plain read that arrives; `position` is its place in `ahead`.
  @inline(__always)
  mutating func read(_ sequence: UInt64, fleet: Int, position: Int, at now: Int64) {
    let operation = Int(ahead[position].operation)
    let isMeasured = now >= warmUp
    if isMeasured { records[operation].attempts += 1 }
    site = fleets[fleet].site
    isFirstAttempt = true
    let instance = fleets[fleet].takeTurn()
    let place = ahead[position].place
    let table = parts[operations[operation].firstPart].table
    let size = tables[table].size(of: place)
    let consistency = operations[operation].consistency
    let charge = Charge(
      resource: tables[table].resource,
      units: ReadCost.readUnits(bytes: size, consistency: consistency), place: place.key,
      isEventual: consistency == .eventual)
    let isAdmitted = admit(charge, .read, at: Instant(nanoseconds: now))
    let latency = ahead[position].served + service.transfer(bytes: size)
    guard isAdmitted, latency <= fleets[fleet].timeout else {
      var request = PendingRequest(
        fleet: Int32(fleet), sequence: sequence, operation: Int32(operation), instance: instance,
        due: now)
      request.isMeasured = isMeasured
      goOn(request, isAdmitted: isAdmitted)
      return
    }
    fleets[fleet].retryStates[Int(instance)].succeeded(
      lastFailure: nil, at: Instant(nanoseconds: now + latency))
    guard now + latency < end else { return }
    guard isMeasured else {
      minuteLatency.record(latency)
      return
    }
    records[operation].succeeded += 1
    firsts[operation].record(latency)
  }

  /// Turns a plain read whose first attempt was refused, or was admitted but took too long, into an
  /// ordinary request at the end of that attempt.
  @inline(never)
  private mutating func goOn(_ request: PendingRequest, isAdmitted: Bool) {
    let fleet = Int(request.fleet)
    var answer = Answer(state: .timedOut, latency: fleets[fleet].timeout)
    if !isAdmitted {
      var generator = fleets[fleet].firstLatencies.generator(at: request.sequence)
      let latency = services[fleet].refused(using: &generator)
      if latency <= answer.latency { answer = Answer(state: .throttled, latency: latency) }
    }
    let slot = requests.take()
    requests[slot] = request
    requests[slot].sent = request.due
    requests[slot].attempts = 1
    requests[slot].callAttempts = 1
    requests[slot].outcome = answer.state
    fleets[fleet].inProgress += 1
    fleets[fleet].onWire += 1
    attemptEnded(slot, at: request.due + answer.latency)
  }

  /// Brings what `firsts` collected into the operations' records and the minute.
  mutating func gatherFirsts() {
    for operation in 0..<firsts.count where firsts[operation].count > 0 {
      records[operation].response.merge(firsts[operation])
      records[operation].attempt.merge(firsts[operation])
      minuteLatency.merge(firsts[operation])
      firsts[operation].reset()
    }
  }
}
