// Token buckets against closed forms, so that bursts last as long as the arithmetic says.

import Capacity
import Testing
import Units

@Suite struct AdmissionTokenBucketTheoryTests {
  /// One-unit requests every `gap` from `start`; the time of the first refusal.
  private func firstRefusal(
    _ bucket: inout TokenBucket, every gap: Nanoseconds, from start: Instant, atMost count: Int
  ) -> Instant? {
    var now = start
    for _ in 0..<count {
      guard bucket.admits(at: now) else { return now }
      bucket.spend(CapacityUnits(1), at: now)
      now += gap
    }
    return nil
  }

  @Test("150 units/s idle for 5 min hold 45,000 and carry 200/s for 900 s (capacity.md 3.1)")
  func publishedBurstExample() throws {
    var bucket = TokenBucket(unitsPerSecond: 150, depth: .seconds(300), filled: 0)
    let busy = Instant.start + .minutes(5)
    #expect(bucket.available(at: busy) == CapacityUnits(45_000))
    #expect(bucket.available(at: busy - .seconds(1)) == CapacityUnits(44_850))
    #expect(bucket.available(at: busy + .hours(5)) == CapacityUnits(45_000))
    let end = firstRefusal(&bucket, every: .milliseconds(5), from: busy, atMost: 200_000)
    let lasted = try #require(end) - busy
    // The last admitted request may overdraw, so the end is late by at most 1 unit / (50 units/s).
    #expect(lasted >= .seconds(900) && lasted <= .seconds(900) + .milliseconds(25))
  }

  struct OnOff: CustomTestStringConvertible {
    var rate: Int
    var depth: Int64
    var load: Int64
    var on: Int64
    var off: Int64
    var testDescription: String {
      "\(load)/s for \(on) s of \(on + off) s on \(rate)/s x \(depth) s"
    }
  }

  @Test(
    "on/off input passes what was saved plus what flows in",
    arguments: [
      OnOff(rate: 100, depth: 10, load: 300, on: 4, off: 8),
      OnOff(rate: 100, depth: 10, load: 300, on: 10, off: 10),
      OnOff(rate: 100, depth: 10, load: 300, on: 10, off: 40),
      OnOff(rate: 1, depth: 300, load: 50, on: 20, off: 600),
    ])
  func onOffInput(_ wave: OnOff) {
    var bucket = TokenBucket(unitsPerSecond: wave.rate, depth: .seconds(wave.depth))
    let rate = Int64(wave.rate)
    var saved = rate * wave.depth
    for cycle in 0..<5 {
      let start = Instant.start + .seconds(Int64(cycle) * (wave.on + wave.off))
      var admitted: Int64 = 0
      for index in 0..<(wave.load * wave.on) {
        let now = start + Nanoseconds(index * 1_000_000_000 / wave.load)
        if bucket.admits(at: now) {
          bucket.spend(CapacityUnits(1), at: now)
          admitted += 1
        }
      }
      let expected = min(wave.load * wave.on, saved + rate * wave.on)
      #expect(abs(admitted - expected) <= 1, "cycle \(cycle)")
      saved = min(rate * wave.depth, saved + rate * (wave.on + wave.off) - expected)
    }
  }

  @Test("a table at 1 unit/s serves a 2.5-unit Scan on one token, then repays (capacity.md 3.1)")
  func debtIsRepaidAtTheRate() {
    var bucket = TokenBucket(unitsPerSecond: 1, depth: .seconds(300), filled: 0)
    let now = Instant.start + .milliseconds(500)
    let isAdmitted = bucket.admits(at: now)
    #expect(isAdmitted)
    bucket.spend(CapacityUnits(halves: 5), at: now)
    #expect(bucket.available(at: now) == CapacityUnits(halves: -4))
    #expect(bucket.shortfall(at: now) == CapacityUnits(halves: 5))
    #expect(bucket.timeUntilAdmitting(at: now) == .seconds(2) + Nanoseconds(1))
    let next = [Nanoseconds.zero, .seconds(2), .seconds(2) + Nanoseconds(1)].map {
      bucket.admits(at: now + $0)
    }
    // Back at exactly zero after 2 s, above it one nanosecond later.
    #expect(next == [false, false, true])
  }

  @Test("lasting overload passes capacity + rate x time, whatever the cost of a request")
  func longRunRateIsExact() {
    for halves: Int64 in [1, 3, 40, 777] {
      var bucket = TokenBucket(unitsPerSecond: 25, depth: .seconds(4))
      var spent: Int64 = 0
      for step in 0...Int64(100_000) {
        let now = Instant.start + .milliseconds(step)
        if bucket.admits(at: now) {
          bucket.spend(CapacityUnits(halves: halves), at: now)
          spent += halves
        }
      }
      let expected: Int64 = 2 * (25 * 4 + 25 * 100)
      #expect(spent >= expected && spent < expected + halves)
    }
  }

  @Test("extreme rates, spans and rate 0 stay in range")
  func extremes() {
    let late = Instant(nanoseconds: .max)
    var fast = TokenBucket(unitsPerSecond: .max, depth: .hours(1), filled: 0)
    #expect(fast.unitsPerSecond == 10_000_000)
    #expect(fast.available(at: late) == fast.capacity)
    fast.spend(CapacityUnits(1_000_000_000), at: .start)
    #expect(fast.available(at: late) == fast.capacity)
    var still = TokenBucket(unitsPerSecond: 0, depth: .seconds(300))
    let isAdmitted = still.admits(at: late)
    #expect(!isAdmitted)
    still.spend(CapacityUnits(5), at: .start)
    #expect(still.timeUntilAdmitting(at: .start) == Nanoseconds(.max))
  }

  @Test("a clock that runs back grants nothing and takes nothing")
  func clockRunsBack() {
    var bucket = TokenBucket(unitsPerSecond: 10, depth: .seconds(10), filled: 0)
    bucket.spend(CapacityUnits(0), at: .start + .seconds(3))
    #expect(bucket.available(at: .start + .seconds(1)) == CapacityUnits(30))
    let isAdmitted = bucket.admits(at: .start + .seconds(2))
    #expect(isAdmitted)
    #expect(bucket.available(at: .start + .seconds(3)) == CapacityUnits(30))
  }
}
