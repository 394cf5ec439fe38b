// Ticks that people can read: steps of 1, 2 or 5 times a power of ten, clock steps for time, powers
// of ten (with 2 and 5 between when there is room) for logarithms.
//
// The rule for linear ticks is Heckbert's "nice numbers" (Graphics Gems I, 1990). The logarithm is
// computed here from exponent and significand, so that a chart is the same bytes on every machine.

import Units

/// A tick of an axis.
struct AxisTick: Equatable {
  var value: Double
  var label: String
}

/// A range of values on a line of pixels.
struct Axis {
  var low: Double
  var high: Double
  var scale: AxisScale
  var ticks: [AxisTick]

  /// Position of `value` in 0...1; values outside are clamped.
  func fraction(_ value: Double) -> Double {
    guard high > low else { return 0 }
    let share =
      switch scale {
      case .linear: (value - low) / (high - low)
      case .logarithmic:
        (log10(max(value, low)) - log10(low)) / (log10(high) - log10(low))
      }
    return min(max(share, 0), 1)
  }
}

extension Axis {
  /// An axis from zero that covers `top` with about `count` ticks.
  static func fromZero(to top: Double, count: Int, unit: AxisUnit) -> Axis {
    let step = niceStep(top > 0 ? top / Double(max(count, 1)) : 1)
    let steps = max(1, (top / step - 1e-9).rounded(.up))
    let ticks = (0...Int(steps)).map { index in
      let value = Double(index) * step
      return AxisTick(value: value, label: label(value, unit, step: step))
    }
    return Axis(low: 0, high: steps * step, scale: .linear, ticks: ticks)
  }

  /// A logarithmic axis over `low...high`, both above zero, ended at 1, 2 or 5 x 10^k.
  static func logarithmic(
    from low: Double, to high: Double, count: Int, unit: AxisUnit
  ) -> Axis {
    let low = max(low, 1e-9)
    let high = max(high, low)
    var decade = power(ofTen: Int(log10(low).rounded(.down)))
    if decade > low { decade /= 10 }
    var marks: [Double] = []
    while true {
      for factor in [1.0, 2, 5] { marks.append(decade * factor) }
      if decade > high { break }
      decade *= 10
    }
    let first = marks.lastIndex { $0 <= low * 1.000001 } ?? 0
    let last = marks.firstIndex { $0 >= high * 0.999999 && $0 > marks[first] } ?? marks.count - 1
    var shown = Array(marks[first...last])
    let bottom = shown[0]
    let top = shown[shown.count - 1]
    if shown.count > count {
      let decades = shown.filter { abs(log10($0) - log10($0).rounded()) < 1e-6 }
      let every = max(1, decades.count / max(count, 1))
      shown = decades.enumerated().filter { $0.offset % every == 0 }.map(\.element)
    }
    let ticks = shown.map { AxisTick(value: $0, label: label($0, unit, step: $0)) }
    return Axis(low: bottom, high: top, scale: .logarithmic, ticks: ticks)
  }

  /// A time axis over `0...duration` seconds with at most about `count` ticks in s, min, h or d.
  static func time(duration: Double, count: Int) -> Axis {
    let steps: [Double] = [
      1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
      86_400, 172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000,
    ]
    let span = max(duration, 1)
    let limit = Double(max(count, 2))
    // Half hours and half days read badly once there are many of them: "150 min", "36 h".
    let step =
      steps.first {
        span / $0 <= limit && !($0 == 1_800 && span > 7_200) && !($0 == 43_200 && span > 172_800)
      } ?? steps[steps.count - 1]
    var ticks: [AxisTick] = []
    var value = 0.0
    while value <= span * 1.000001 {
      ticks.append(AxisTick(value: value, label: timeLabel(value, step: step)))
      value += step
    }
    return Axis(low: 0, high: span, scale: .linear, ticks: ticks)
  }

  /// The smallest of 1, 2, 5 times a power of ten that is at least `value`. 0.3 → 0.5, 12 → 20.
  static func niceStep(_ value: Double) -> Double {
    guard value > 0, value.isFinite else { return 1 }
    var decade = 1.0
    while decade > value { decade /= 10 }
    while decade * 10 <= value { decade *= 10 }
    for factor in [1.0, 2, 5, 10] where decade * factor >= value * 0.999999 {
      return decade * factor
    }
    return decade * 10
  }

  /// Every label of a time axis in the unit of its step: "0", "15 min", "6 h", "3 d".
  static func timeLabel(_ seconds: Double, step: Double) -> String {
    if seconds == 0 { return "0" }
    if step >= 86_400 { return trimmed(seconds / 86_400, 1) + " d" }
    if step >= 3_600 { return trimmed(seconds / 3_600, 1) + " h" }
    if step >= 60 { return trimmed(seconds / 60, 1) + " min" }
    return trimmed(seconds, 1) + " s"
  }

  static func label(_ value: Double, _ unit: AxisUnit, step: Double) -> String {
    switch unit {
    case .seconds: return value == 0 ? "0" : Self.seconds(value)
    case .share: return trimmed(value * 100, 2) + " %"
    case .dollars: return "$" + compact(value, step: step)
    case .number: return compact(value, step: step)
    }
  }

  private static func seconds(_ value: Double) -> String {
    if value < 0.999e-6 { return trimmed(value * 1e9, 1) + " ns" }
    if value < 0.999e-3 { return trimmed(value * 1e6, 1) + " µs" }
    if value < 0.999 { return trimmed(value * 1e3, 1) + " ms" }
    return trimmed(value, 1) + " s"
  }

  /// 0.25, 950, 12,500, 1.5 M.
  private static func compact(_ value: Double, step: Double) -> String {
    if abs(value) >= 1e9 { return trimmed(value / 1e9, 2) + " G" }
    if abs(value) >= 1e6 { return trimmed(value / 1e6, 2) + " M" }
    var digits = 0
    var size = step
    while size < 0.999999, digits < 9 {
      size *= 10
      digits += 1
    }
    return fixed(value, digits)
  }
}

/// Decimal logarithm of a positive finite number, to about 1e-14.
///
/// ln m = 2 atanh((m - 1) / (m + 1)) for the significand m in [1, 2), summed until it stops
/// changing; log10(1000) = 3, log10(2) = 0.30103.
func log10(_ value: Double) -> Double {
  guard value > 0, value.isFinite else { return -.infinity }
  let ln2 = 0.693_147_180_559_945_3
  let ln10 = 2.302_585_092_994_046
  let m = value.significand
  let z = (m - 1) / (m + 1)
  var term = z
  var sum = 0.0
  var n = 1.0
  while term > 1e-18 {
    sum += term / n
    term *= z * z
    n += 2
  }
  return (2 * sum + Double(value.exponent) * ln2) / ln10
}

/// 10 to a whole power.
func power(ofTen exponent: Int) -> Double {
  var out = 1.0
  for _ in 0..<abs(exponent) { out *= 10 }
  return exponent < 0 ? 1 / out : out
}
