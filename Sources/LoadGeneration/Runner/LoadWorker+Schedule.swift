// The loop of a thread: what is due, then answers, then the next request ahead of its time, and
// waiting only where there is none of these.
//
// While nothing is due for long the thread sleeps in the kernel; the last microseconds before a due
// instant it looks instead, because waking up takes longer than that. This looking is not counted
// as work. How many they are it learns from how late it woke up: 10 us on some machines, 100 us on
// virtual ones.

import HTTPClient
import Platform
import Randomness
import RequestStreams
import Units

extension LoadWorker {
  /// Does what there is to do at `time` and looks for answers; returns the time then.
  mutating func pass(at time: Int64) -> Int64 {
    var (time, hasWorked) = (time, sendDue(at: time))
    if !pool.completions.isEmpty {
      takeCompletions(sending: true)
      hasWorked = true
    }
    if hasWorked { time = now }
    if mayMake(at: time) {
      makeNext()
      let after = now
      ahead.learn(after - time)
      (time, hasWorked) = (after, true)
    }
    return wait(from: time, hasWorked: hasWorked)
  }

  /// Sends what is due; whether there was anything.
  private mutating func sendDue(at time: Int64) -> Bool {
    var hasWorked = false
    while due.next <= time {
      let entry = due.pop()
      hasWorked = true
      switch entry.kind {
      case .send: send(Int(entry.slot))
      case .connect: connect(Int(entry.slot))
      case .user: userReady(Int(entry.slot))
      }
    }
    if dispatch(at: time) { hasWorked = true }
    return hasWorked
  }

  /// Looks for answers, and waits for one, the next due instant or the end of the second when there
  /// is nothing else to do; returns the time then.
  private mutating func wait(from time: Int64, hasWorked: Bool) -> Int64 {
    let speed = control.clock.speed
    let next = min(
      isBlocked ? .max : nextArrival, due.next, (secondsDone + 1) * 1_000_000_000, end)
    let margin = wakeUp.margin * speed
    if !hasWorked, next - time > 2 * margin {
      let limit = min(next - time - margin, 100_000_000 * speed)
      pool.turn(Nanoseconds(limit))
      let after = now
      if pool.completions.isEmpty { wakeUp.learn((after - time - limit) / speed) }
      return after
    }
    pool.turn(.zero)
    let after = now
    if pool.completions.isEmpty, next > time || !hasWorked {
      idle += min((after - time) / speed, Self.longestLook)
    }
    return after
  }

  /// What a look for answers takes at most, in ns of the wall clock; what took longer was not the
  /// thread's own.
  private static let longestLook: Int64 = 10_000

  // MARK: The next arrival

  /// Finds the next request that is still on the stream of its traffic.
  mutating func findArrival() {
    streamDue = .max
    for traffic in traffics.indices {
      let due = traffics[traffic].stream.nextArrival
      if due < min(streamDue, end) { (streamDue, streamTraffic) = (due, traffic) }
    }
  }

  /// When the next request is due; `max`: there is none before the end.
  var nextArrival: Int64 { min(ahead.nextDue, streamDue) }

  /// Dispatches the arrivals that are due; whether there was one.
  @discardableResult private mutating func dispatch(at time: Int64) -> Bool {
    var hasWorked = false
    if heldCount > 0 { hasWorked = releaseHeld(at: time) }
    while nextArrival <= time {
      if isBlocked {
        isFull = true
        return hasWorked
      }
      hasWorked = true
      beginNext()
      // Answers wait meanwhile: look at them after a burst.
      if totals.dispatched & 31 == 0 { pool.turn(.zero) }
    }
    return hasWorked
  }

  /// Nothing more can begin before an answer has come.
  private var isBlocked: Bool {
    if freeFlights.isEmpty { return true }
    if heldCount == 0 { return false }
    let next = ahead.count > 0 ? ahead.nextTraffic : streamTraffic
    return traffics[next].isFull && !traffics[next].held.hasRoom
  }

  /// Begins requests that waited for others of their traffics to end; whether there were any.
  private mutating func releaseHeld(at time: Int64) -> Bool {
    let before = heldCount
    for traffic in traffics.indices {
      while !traffics[traffic].isFull, !freeFlights.isEmpty,
        let flight = traffics[traffic].held.popFirst()
      {
        heldCount -= 1
        begin(flight, ready: time)
      }
    }
    return heldCount < before
  }

  /// Begins the next request, which is ahead or still on its stream.
  private mutating func beginNext() {
    if ahead.count > 0 {
      let next = ahead.popFirst(at: now, into: &maker, &head)
      begin(next.flight, isMade: next.isMade)
    } else if let flight = take(streamTraffic, due: streamDue) {
      begin(flight)
    }
  }

  /// Sends what fell due before the end and has not been sent: the thread may have been away from
  /// its core just then. What finds no place any more is counted.
  mutating func dispatchRest() {
    isOver = true
    for traffic in traffics.indices {
      while let flight = traffics[traffic].held.popFirst() {
        if traffics[traffic].isFull { noteWaiting(flight) } else { begin(flight) }
      }
    }
    heldCount = 0
    while nextArrival < end { beginNext() }
  }

  // MARK: Ahead of the time

  /// Whether the next request may be made now: there is room for it, it is due soon, and nothing
  /// else falls due meanwhile.
  private func mayMake(at time: Int64) -> Bool {
    streamDue <= time + ahead.horizon && ahead.hasRoom
      && min(ahead.nextDue, due.next) > time + ahead.effort
  }

  /// Makes the next request.
  private mutating func makeNext() {
    guard var flight = take(streamTraffic, due: streamDue) else { return }
    let isMade = make(&flight)
    ahead.append(flight, isMade: isMade, from: &maker, &head)
  }

  // MARK: Users

  mutating func startUsers() {
    for place in traffics.indices where traffics[place].isClosed {
      for user in 0..<traffics[place].users {
        var generator = Generator(
          seed: traffics[place].stream.seed, stream: 0x5553,
          index: UInt64(user * options.threads + index))
        let delay = generator.exponential() * traffics[place].thinkTime
        due.push(Int64(delay * 1e9), place, .user)
      }
    }
  }

  private mutating func userReady(_ traffic: Int) {
    let time = now
    guard time < end, let flight = take(traffic, due: time) else { return }
    begin(flight)
  }

  // MARK: Answers

  /// Lets answers come in for a while after the end; nothing new is sent.
  mutating func drain(until limit: Int64) {
    while pool.busy > 0 || !pool.completions.isEmpty, now < limit {
      pool.turn(.milliseconds(20))
      takeCompletions(sending: false)
    }
  }

  /// - Parameter sending: What falls due meanwhile does not wait for all of them.
  private mutating func takeCompletions(sending: Bool) {
    let count = pool.completions.count
    for place in 0..<count {
      if sending, place > 0 { dispatch(at: now) }
      complete(pool.completions[place])
    }
    pool.clearCompletions(first: count)
    while pool.hasFree, let slot = waiting.popFirst() { transmit(slot) }
  }
}
