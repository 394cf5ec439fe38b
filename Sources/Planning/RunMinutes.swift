// A run's minutes as rates: what bills and findings read from the per-minute series.
//
// A run that is not a whole number of minutes ends in a partial one, which would look like a calm
// minute. It is left out, or scaled up to a minute when it is all there is (MonthFill).

import Capacity
import Pricing
import Results
import Units

extension RunRecord {
  /// Seconds the run covered, rounded up; at least 1.
  var wholeSeconds: Int { max(1, Int((duration.count + 999_999_999) / 1_000_000_000)) }

  /// Minutes that stand for the run: the whole ones, or the one it did not fill.
  var wholeMinuteCount: Int { max(1, wholeSeconds / 60) }

  /// Amounts per minute without a partial last minute; 30 s of 100 alone become 200.
  func wholeMinutes(_ amounts: [Int64]) -> [Int64] {
    MonthFill.wholeMinutes(amounts, runSeconds: wholeSeconds)
  }

  /// Levels (not amounts) of the same minutes.
  func wholeMinutes(levels: [Int64]) -> [Int64] { Array(levels.prefix(wholeMinuteCount)) }

  /// An amount of the whole run as that of `wholeMinuteCount` minutes, rounded to nearest.
  func inWholeMinutes(_ amount: Int64) -> Int64 {
    let seconds = Int128(wholeSeconds)
    let scaled = Int128(amount) * Int128(wholeMinuteCount) * 60
    return Int64(clamping: (scaled + seconds / 2) / seconds)
  }
}

extension ResourceRecord {
  func series(_ axis: CapacityAxis) -> AxisSeries { axis == .read ? read : write }
}
