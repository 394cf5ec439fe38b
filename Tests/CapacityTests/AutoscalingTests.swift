// Target tracking against alarms read from live accounts and the documented delays and limits.

import Capacity
import Testing
import Units

@Suite struct AutoscalingTests {
  struct Threshold: CustomTestStringConvertible {
    var isHigh: Bool
    var target: Int
    var units: Int
    var sum: Double
    var testDescription: String { "\(isHigh ? "high" : "low") \(units) at \(target) % is \(sum)" }
  }

  @Test(
    "thresholds of live alarms (capacity.md 5)",
    arguments: [
      Threshold(isHigh: true, target: 70, units: 1, sum: 42),
      Threshold(isHigh: true, target: 70, units: 5, sum: 210),
      Threshold(isHigh: false, target: 70, units: 12, sum: 360),
      Threshold(isHigh: false, target: 70, units: 5, sum: 150),
      Threshold(isHigh: false, target: 75, units: 2, sum: 66),
      Threshold(isHigh: false, target: 75, units: 5, sum: 165),
    ])
  func thresholds(_ live: Threshold) {
    let hundredths =
      live.isHigh
      ? AlarmWindow.highThresholdHundredths(targetPercent: live.target, provisioned: live.units)
      : AlarmWindow.lowThresholdHundredths(targetPercent: live.target, provisioned: live.units)
    #expect(Double(hundredths) / 100 == live.sum)
    // Half a unit either side of the threshold decides; the threshold itself does not breach.
    for (halves, isBreaching) in [(-1, !live.isHigh), (0, false), (1, live.isHigh)] {
      var window = AlarmWindow(targetPercent: live.target)
      let sum = CapacityUnits(halves: Int64(live.sum * 2) + Int64(halves))
      let expected: AlarmState = isBreaching ? (live.isHigh ? .high : .low) : .ok
      for minute in 1...15 {
        window.record(sum)
        let isDue = minute >= (live.isHigh ? 2 : 15)
        #expect(window.state(provisioned: live.units) == (isDue ? expected : .ok))
      }
    }
  }

  /// A policy with its table's slot and allowance, fed minute by minute.
  private struct Scaler {
    var tracking: TargetTracking
    var slot = UpdateTableSlot()
    var allowance = DecreaseAllowance()
    var provisioned: Int
    var minute: Int64 = 0
    var pending: (capacity: Int, at: Instant)?

    init(_ policy: AutoscalingPolicy, provisioned: Int, settings: CapacitySettings = .init()) {
      tracking = TargetTracking(policy: policy, settings: settings)
      self.provisioned = provisioned
    }

    /// A minute at `perSecond` units/s on average.
    mutating func minute(_ perSecond: Int64) -> ScalingDecision {
      minute += 1
      let end = Instant.start + .minutes(minute)
      if let change = pending, end >= change.at {
        provisioned = change.capacity
        pending = nil
      }
      let decision = tracking.minuteEnded(
        consumed: CapacityUnits(perSecond * 60), provisioned: provisioned, at: end, slot: &slot,
        allowance: &allowance)
      switch decision {
      case .scaleOut(let capacity, _, let at), .scaleIn(let capacity, _, let at):
        pending = (capacity, at)
      case .unchanged, .blocked: break
      }
      return decision
    }
  }

  private func isScaleOut(_ decision: ScalingDecision) -> Bool {
    if case .scaleOut = decision { true } else { false }
  }

  private func isScaleIn(_ decision: ScalingDecision) -> Bool {
    if case .scaleIn = decision { true } else { false }
  }

  @Test("150 consumed at 70 % asks for 215 (capacity.md 5)")
  func desiredCapacity() {
    let tracking = TargetTracking(
      policy: AutoscalingPolicy(minimum: 5, maximum: 40_000), settings: CapacitySettings())
    #expect(tracking.desiredCapacity(consumed: CapacityUnits(150 * 60)) == 215)
    #expect(tracking.desiredCapacity(consumed: CapacityUnits(140 * 60)) == 200)
    #expect(tracking.desiredCapacity(consumed: CapacityUnits(halves: 140 * 120 + 1)) == 201)
    #expect(tracking.desiredCapacity(consumed: .zero) == 5)
    #expect(tracking.desiredCapacity(consumed: CapacityUnits(6_000_000)) == 40_000)
  }

  @Test("scale-out: two minutes, the metric's delay, then the UpdateTable")
  func scaleOut() {
    var scaler = Scaler(AutoscalingPolicy(minimum: 5, maximum: 1_000), provisioned: 100)
    #expect(scaler.minute(69) == .unchanged)
    #expect(scaler.minute(150) == .unchanged)
    let calledAt = Instant.start + .minutes(4)
    #expect(
      scaler.minute(150)
        == .scaleOut(capacity: 215, calledAt: calledAt, effectiveAt: calledAt + .minutes(2)))
    #expect(scaler.minute(150) == .blocked(.updateInProgress))
    // The alarms see minute 4 when 215 units are in force, so nothing is called twice.
    #expect(scaler.minute(150) == .unchanged)
    #expect(scaler.minute(150) == .unchanged)
    #expect(scaler.provisioned == 215)
  }

  @Test("a spike of one minute triggers nothing (capacity.md 5)")
  func shortSpike() {
    var scaler = Scaler(AutoscalingPolicy(minimum: 5, maximum: 1_000), provisioned: 100)
    for minute in 0..<60 {
      #expect(scaler.minute(minute % 2 == 0 ? 500 : 60) == .unchanged)
    }
  }

  @Test("scale-in: fifteen minutes below target - 20, also at zero traffic (capacity.md 5, X9)")
  func scaleIn() {
    for perSecond: Int64 in [0, 49] {
      var scaler = Scaler(AutoscalingPolicy(minimum: 5, maximum: 1_000), provisioned: 100)
      for _ in 1...14 { #expect(scaler.minute(perSecond) == .unchanged) }
      let calledAt = Instant.start + .minutes(16)
      #expect(
        scaler.minute(perSecond)
          == .scaleIn(
            capacity: perSecond == 0 ? 5 : 70, calledAt: calledAt,
            effectiveAt: calledAt + .minutes(2)))
    }
    var legacy = Scaler(AutoscalingPolicy(minimum: 5, maximum: 1_000), provisioned: 100)
    legacy.tracking.scalesInAtZero = false
    for _ in 1...60 { #expect(legacy.minute(0) == .unchanged) }
    var steady = Scaler(AutoscalingPolicy(minimum: 5, maximum: 1_000), provisioned: 100)
    for _ in 1...60 { #expect(steady.minute(50) == .unchanged) }
  }

  @Test("bounds hold and say so")
  func bounds() {
    var scaler = Scaler(AutoscalingPolicy(minimum: 50, maximum: 120), provisioned: 100)
    _ = scaler.minute(400)
    #expect(isScaleOut(scaler.minute(400)))
    #expect(scaler.pending?.capacity == 120)
    #expect(scaler.minute(400) == .blocked(.updateInProgress))
    #expect(scaler.minute(400) == .blocked(.bound))
  }

  @Test("a cooldown blocks its own direction only, from when the change is in force")
  func cooldown() {
    let policy = AutoscalingPolicy(
      minimum: 5, maximum: 10_000, scaleOutCooldownSeconds: 300, scaleInCooldownSeconds: 6_000)
    var scaler = Scaler(policy, provisioned: 100)
    _ = scaler.minute(100)
    // Called at minute 3, in force at 5, cooling until 10: next call not before minute 10.
    #expect(isScaleOut(scaler.minute(100)))
    #expect(scaler.minute(200) == .blocked(.updateInProgress))
    for _ in 4...8 { #expect(scaler.minute(200) == .blocked(.cooldown)) }
    #expect(isScaleOut(scaler.minute(200)))
    #expect(scaler.pending?.capacity == 286)
    var decisions: [ScalingDecision] = []
    for _ in 0..<40 { decisions.append(scaler.minute(10)) }
    #expect(decisions.count(where: isScaleIn) == 1)
    _ = scaler.minute(900)
    #expect(isScaleOut(scaler.minute(900)), "a scale-in cooldown must not delay a scale-out")
  }

  @Test("one UpdateTable at a time for a table's axes and indexes (capacity.md 3.1)")
  func sharedSlot() {
    let policy = AutoscalingPolicy(minimum: 5, maximum: 1_000)
    var slot = UpdateTableSlot()
    var allowance = DecreaseAllowance()
    var trackings = [0, 1].map { _ in TargetTracking(policy: policy, settings: .init()) }
    var decisions: [[ScalingDecision]] = [[], []]
    for minute in 1...4 {
      for axis in [0, 1] {
        decisions[axis].append(
          trackings[axis].minuteEnded(
            consumed: CapacityUnits(6_000), provisioned: 100,
            at: .start + .minutes(Int64(minute)), slot: &slot, allowance: &allowance))
      }
    }
    #expect(isScaleOut(decisions[0][1]))
    #expect(decisions[1][1] == .blocked(.updateInProgress))
    #expect(decisions[1][2] == .blocked(.updateInProgress))
  }

  @Test("decreases: 4 at the start of a UTC day, +1 an hour, at most 4 banked, 27 a day")
  func decreaseAllowance() {
    var allowance = DecreaseAllowance()
    func take(_ count: Int, at now: Instant) -> Int {
      (0..<count).reduce(0) { taken, _ in taken + (allowance.take(at: now) ? 1 : 0) }
    }
    var perDay: [Int] = []
    for day in 0..<3 {
      var taken = 0
      for minute in 0..<1_440 {
        taken += take(5, at: .start + .minutes(Int64(day * 1_440 + minute)))
      }
      perDay.append(taken)
    }
    #expect(perDay == [27, 27, 27])
    var rested = DecreaseAllowance()
    #expect(rested.available(at: .start + .hours(9)) == 4)
    for _ in 0..<4 { _ = rested.take(at: .start + .hours(9)) }
    #expect(rested.available(at: .start + .hours(9) + .minutes(59)) == 0)
    #expect(rested.available(at: .start + .hours(10)) == 1)
    #expect(rested.available(at: .start + .hours(24)) == 4)
  }

  @Test("the allowance follows the UTC day, not the run")
  func allowanceByTimeOfDay() {
    var allowance = DecreaseAllowance(timeOfDay: .hours(23) + .minutes(30))
    for _ in 0..<4 { _ = allowance.take(at: .start) }
    #expect(allowance.available(at: .start + .minutes(29)) == 0)
    #expect(allowance.available(at: .start + .minutes(30)) == 4)
  }

  @Test("without a decrease left a scale-in waits for the next hour")
  func scaleInWaits() {
    var scaler = Scaler(AutoscalingPolicy(minimum: 5, maximum: 1_000), provisioned: 100)
    for _ in 0..<4 { _ = scaler.allowance.take(at: .start) }
    var decisions: [ScalingDecision] = []
    for _ in 0..<60 { decisions.append(scaler.minute(20)) }
    #expect(decisions[14] == .blocked(.decreaseAllowance))
    let first = decisions.firstIndex(where: isScaleIn)
    // The call at 1:00:00 belongs to the minute that ended at 0:59:00.
    #expect(first == 58)
  }

  @Test("bounds moved by a schedule take effect without an alarm")
  func scheduledBounds() {
    var scaler = Scaler(AutoscalingPolicy(minimum: 5, maximum: 1_000), provisioned: 100)
    scaler.tracking.setBounds(minimum: 400, maximum: 1_000)
    #expect(
      scaler.tracking.boundsChanged(
        provisioned: 100, at: .start, slot: &scaler.slot, allowance: &scaler.allowance)
        == .scaleOut(capacity: 400, calledAt: .start, effectiveAt: .start + .minutes(2)))
  }
}
