// A plain estimate of what auto scaling would have provisioned for a demand series.
//
// It is meant for pricing an alternative, not for predicting throttles: scaling takes effect in the
// next minute, the bursts a bucket would absorb are ignored, and no alarm or metric delay exists.
// The rules are those AWS's capacity-mode evaluator uses (cost-tools.md): out after two minutes
// above the target, in after fifteen minutes below it by a fifth, with the service's decrease
// allowance (capacity.md 3.1: four banked, one more each hour). The simulator has the real policy.

/// Rules of the estimate.
public struct AutoScalingEstimate: Hashable, Sendable {
  /// Target utilisation in percent.
  public var targetPercent: Int64 = 70
  /// Minutes above the target before capacity grows, and well below it before it shrinks.
  public var minutesOut = 2
  public var minutesIn = 15
  /// Capacity shrinks when the needed one is at most this percentage of it.
  public var shrinkBelowPercent: Int64 = 80
  /// Units/s never gone below.
  public var minimum: Int64 = 1

  public init() {}

  /// Units/s needed to serve `demand` units/s at the target; 70 at 70 % is 100.
  public func needed(_ demand: Int64) -> Int64 {
    max(minimum, (demand * 100 + targetPercent - 1) / targetPercent)
  }

  /// Units/s provisioned in each minute for a demand that repeats itself.
  ///
  /// The series is run through twice and the second pass returned, so that its start follows from
  /// its end. O(n).
  public func provisioned(for demand: [Int64]) -> [Int64] {
    guard let first = demand.first else { return [] }
    var capacity = needed(first)
    var out: [Int64] = []
    out.reserveCapacity(demand.count)
    var above = 0
    var below = 0
    var highestBelow: Int64 = 0
    var decreases = 4
    for minute in 0..<(2 * demand.count) {
      if minute >= demand.count { out.append(capacity) }
      if minute % 60 == 59 { decreases = min(4, decreases + 1) }
      let needs = needed(demand[minute % demand.count])
      above = needs > capacity ? above + 1 : 0
      if needs * 100 <= capacity * shrinkBelowPercent {
        highestBelow = below == 0 ? needs : max(highestBelow, needs)
        below += 1
      } else {
        below = 0
      }
      if above >= minutesOut {
        capacity = needs
        above = 0
      } else if below >= minutesIn, decreases > 0, highestBelow < capacity {
        capacity = highestBelow
        decreases -= 1
        below = 0
      }
    }
    return out
  }
}
