// The two CloudWatch alarms that drive target tracking on one axis.
//
// Live alarms (capacity.md 5, B): metric Consumed{Read,Write}CapacityUnits, Sum over 60 s.
//   AlarmHigh  sum > target/100 x provisioned x 60          for 2 consecutive minutes
//   AlarmLow   sum < (target - 20)/100 x provisioned x 60   for 15 consecutive minutes
// Worked values at target 70: AlarmHigh 42.0 at 1 unit, 210.0 at 5; AlarmLow 360 at 12, 150 at 5.
// At target 75: AlarmLow 66 at 2, 165 at 5.
//
// An alarm looks at its past data points against the threshold that stands now, as CloudWatch does
// after a threshold was changed; so the window keeps the sums, not whether they were breaching.

/// State of the alarms over the latest minutes.
public enum AlarmState: Hashable, Sendable {
  case ok
  /// Consumption above the target long enough to scale out.
  case high
  /// Consumption so far below the target, and so long, as to scale in.
  case low
}

/// The latest minutes of one axis and the alarms over them.
public struct AlarmWindow: Hashable, Sendable {
  public let targetPercent: Int
  /// Half-units of each minute, newest last, at most 15.
  private var sums: [Int64] = []

  public init(targetPercent: Int) {
    self.targetPercent = targetPercent
    sums.reserveCapacity(ServiceConstants.scaleInDataPoints + 1)
  }

  /// AlarmHigh's threshold on a minute's Sum, in hundredths of a unit: 4,200 at 1 unit and 70 %.
  public static func highThresholdHundredths(targetPercent: Int, provisioned: Int) -> Int64 {
    Int64(targetPercent) * Int64(provisioned) * 60
  }

  /// AlarmLow's threshold on a minute's Sum, in hundredths of a unit: 15,000 at 5 units and 70 %.
  public static func lowThresholdHundredths(targetPercent: Int, provisioned: Int) -> Int64 {
    Int64(max(0, targetPercent - ServiceConstants.scaleInMarginPercentagePoints))
      * Int64(provisioned) * 60
  }

  /// Takes in the Sum of the minute that ended.
  public mutating func record(_ consumed: CapacityUnits) {
    sums.append(consumed.halves)
    if sums.count > ServiceConstants.scaleInDataPoints { sums.removeFirst() }
  }

  /// The alarms against `provisioned` units/s.
  public func state(provisioned: Int) -> AlarmState {
    let high = Self.highThresholdHundredths(targetPercent: targetPercent, provisioned: provisioned)
    let low = Self.lowThresholdHundredths(targetPercent: targetPercent, provisioned: provisioned)
    // 1 half-unit is 50 hundredths.
    if sums.count >= ServiceConstants.scaleOutDataPoints,
      sums.suffix(ServiceConstants.scaleOutDataPoints).allSatisfy({ $0 * 50 > high })
    {
      return .high
    }
    if sums.count >= ServiceConstants.scaleInDataPoints, sums.allSatisfy({ $0 * 50 < low }) {
      return .low
    }
    return .ok
  }
}
