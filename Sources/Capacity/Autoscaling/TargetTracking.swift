// Target tracking by Application Auto Scaling on one axis of a table or index.
//
// Each minute's consumption reaches the alarms `metricDelay` after the minute's end. While an alarm
// stands, the policy sets the smallest capacity whose utilisation is at or below the target,
// ceil(consumed / target), clamped to its bounds; 150 units/s at 70 % ask for 215 (capacity.md 5,
// A). "Consumed" is the average of the latest minute (I). The UpdateTable then takes
// `updateTableDuration`, and a table takes one UpdateTable at a time, whichever axis or index it is
// for (capacity.md 3.1, A). A cooldown runs from the moment a change is in force and blocks the
// same direction only: a scale-out interrupts a scale-in cooldown.
//
// Asked again every minute while the alarm stands, so that what was blocked happens later.

public import Units

/// The one UpdateTable a table can run at a time; shared by its axes and indexes.
public struct UpdateTableSlot: Hashable, Sendable {
  public private(set) var busyUntil: Instant

  public init() { busyUntil = .start }

  public func isFree(at now: Instant) -> Bool { now >= busyUntil }

  /// Takes the slot until `end`.
  mutating func occupy(until end: Instant) { busyUntil = max(busyUntil, end) }
}

/// Why a standing alarm changed nothing.
public enum ScalingBlock: Hashable, Sendable {
  /// An UpdateTable of this table is in progress.
  case updateInProgress
  case cooldown
  /// No decrease is left today (capacity.md 3.1).
  case decreaseAllowance
  /// The policy's maximum or minimum is in force already.
  case bound
}

/// What a minute's end leads to.
public enum ScalingDecision: Hashable, Sendable {
  case unchanged
  /// UpdateTable called at `calledAt`; `capacity` units/s are in force from `effectiveAt`.
  case scaleOut(capacity: Int, calledAt: Instant, effectiveAt: Instant)
  case scaleIn(capacity: Int, calledAt: Instant, effectiveAt: Instant)
  case blocked(ScalingBlock)

  /// Whether an UpdateTable was called.
  public var isChange: Bool {
    switch self {
    case .scaleOut, .scaleIn: true
    case .unchanged, .blocked: false
    }
  }
}

/// A target-tracking policy at work.
public struct TargetTracking: Hashable, Sendable {
  public private(set) var policy: AutoscalingPolicy
  /// false: never scales in on zero traffic, as documented until 2019 (capacity.md 5 and 9, X9).
  public var scalesInAtZero = true
  private let metricDelay: Nanoseconds
  private let updateTableDuration: Nanoseconds
  private var window: AlarmWindow
  /// The latest change this policy made.
  private var changedCapacity = 0
  private var changeEffectiveAt = Instant.start
  private var scaleOutBlockedUntil = Instant.start
  private var scaleInBlockedUntil = Instant.start
  /// Scheduled bounds are in force and capacity has still to be looked at.
  public private(set) var boundsAreNew = false

  public init(policy: AutoscalingPolicy, settings: CapacitySettings) {
    self.policy = policy
    metricDelay = settings.metricDelay
    updateTableDuration = settings.updateTableDuration
    window = AlarmWindow(targetPercent: policy.targetPercent)
  }

  /// The capacity that puts `consumed` of one minute at or below the target, within the bounds.
  /// 9,000 units in a minute (150/s) at 70 % give 215.
  public func desiredCapacity(consumed: CapacityUnits) -> Int {
    let (target, hundredths) = (Int64(policy.targetPercent) * 60, consumed.halves * 50)
    let needed = hundredths / target + (hundredths % target == 0 ? 0 : 1)
    return min(max(Int(needed), policy.minimum, 1), policy.maximum)
  }

  /// Takes in the minute that ended at `end`; says whether capacity changes and from when.
  /// - Parameters:
  ///   - consumed: Sum of the consumed units of that minute.
  ///   - provisioned: units/s in force at `end`; a change of this policy that comes into force
  ///     before the alarms see the minute is taken into account.
  ///   - slot: the table's UpdateTable slot; taken when capacity changes.
  ///   - allowance: the table's or index's decreases; one is used by a scale-in.
  public mutating func minuteEnded(
    consumed: CapacityUnits, provisioned: Int, at end: Instant, slot: inout UpdateTableSlot,
    allowance: inout DecreaseAllowance
  ) -> ScalingDecision {
    window.record(consumed)
    let calledAt = end + metricDelay
    let effectiveAt = calledAt + updateTableDuration
    let desired = desiredCapacity(consumed: consumed)
    let isChanged = end < changeEffectiveAt && calledAt >= changeEffectiveAt
    let inForce = isChanged ? changedCapacity : provisioned
    switch window.state(provisioned: inForce) {
    case .ok:
      return .unchanged
    case .high:
      if desired <= inForce { return .blocked(.bound) }
      if !slot.isFree(at: calledAt) { return .blocked(.updateInProgress) }
      if calledAt < scaleOutBlockedUntil { return .blocked(.cooldown) }
      slot.occupy(until: effectiveAt)
      (changedCapacity, changeEffectiveAt) = (desired, effectiveAt)
      scaleOutBlockedUntil = effectiveAt + .seconds(Int64(policy.scaleOutCooldownSeconds))
      scaleInBlockedUntil = effectiveAt
      return .scaleOut(capacity: desired, calledAt: calledAt, effectiveAt: effectiveAt)
    case .low:
      if desired >= inForce { return .blocked(.bound) }
      if consumed == .zero, !scalesInAtZero { return .unchanged }
      if !slot.isFree(at: calledAt) { return .blocked(.updateInProgress) }
      if calledAt < scaleInBlockedUntil { return .blocked(.cooldown) }
      if !allowance.take(at: calledAt) { return .blocked(.decreaseAllowance) }
      slot.occupy(until: effectiveAt)
      (changedCapacity, changeEffectiveAt) = (desired, effectiveAt)
      scaleInBlockedUntil = effectiveAt + .seconds(Int64(policy.scaleInCooldownSeconds))
      return .scaleIn(capacity: desired, calledAt: calledAt, effectiveAt: effectiveAt)
    }
  }

  /// Replaces the policy's bounds, as a scheduled action does. A capacity outside them is moved to
  /// the nearest bound by `boundsChanged`.
  public mutating func setBounds(minimum: Int, maximum: Int) {
    policy.minimum = minimum
    policy.maximum = maximum
  }

  /// Puts the bounds of scheduled actions into force that fell due in the minute that ended at
  /// `end`, the latest last. `boundsChanged` then moves the capacity, once nothing hinders it.
  /// - Parameter timeOfDay: time of day at which the run began.
  public mutating func applySchedule(minuteEnding end: Instant, timeOfDay: Nanoseconds) {
    let start = end - .minutes(1)
    for action in policy.schedule.sorted(by: { $0.at < $1.at })
    where action.isDue(after: start, upTo: end, timeOfDay: timeOfDay) {
      setBounds(
        minimum: action.minimum ?? policy.minimum, maximum: action.maximum ?? policy.maximum)
      boundsAreNew = true
    }
  }

  /// Moves `provisioned` inside the bounds if it lies outside, without waiting for an alarm.
  public mutating func boundsChanged(
    provisioned: Int, at now: Instant, slot: inout UpdateTableSlot,
    allowance: inout DecreaseAllowance
  ) -> ScalingDecision {
    let wanted = min(max(provisioned, policy.minimum, 1), policy.maximum)
    if wanted == provisioned {
      boundsAreNew = false
      return .unchanged
    }
    if !slot.isFree(at: now) { return .blocked(.updateInProgress) }
    if wanted < provisioned, !allowance.take(at: now) { return .blocked(.decreaseAllowance) }
    let effectiveAt = now + updateTableDuration
    slot.occupy(until: effectiveAt)
    (changedCapacity, changeEffectiveAt) = (wanted, effectiveAt)
    boundsAreNew = false
    return wanted > provisioned
      ? .scaleOut(capacity: wanted, calledAt: now, effectiveAt: effectiveAt)
      : .scaleIn(capacity: wanted, calledAt: now, effectiveAt: effectiveAt)
  }
}
