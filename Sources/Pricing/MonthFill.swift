// From the minutes of a run to the hours of a month.
//
// The run's minutes are repeated cyclically: month minute m is run minute m mod n. A run of two
// weeks so fills a month with its weekly shape, and a run of ten minutes stands for all of it. Each
// billed hour is 60 month minutes, whether or not the run is a whole number of hours, so no partial
// hour is ever weighted by itself and sums stay whole numbers. A run shorter than a minute, or the
// rest of a minute at its end, is brought to whole minutes by `wholeMinutes`.

/// A month made of the minutes of a run.
public struct MonthFill: Hashable, Sendable {
  public let monthHours: Int

  public var monthMinutes: Int { monthHours * 60 }

  public init(monthHours: Int) {
    precondition(monthHours > 0, "a month has at least one hour")
    self.monthHours = monthHours
  }

  /// Sum of a per-minute series over the month; O(n).
  public func total(_ series: [Int64]) -> Int128 {
    guard !series.isEmpty else { return 0 }
    let (cycles, rest) = monthMinutes.quotientAndRemainder(dividingBy: series.count)
    var whole: Int128 = 0
    var prefix: Int128 = 0
    for (minute, value) in series.enumerated() {
      whole += Int128(value)
      if minute < rest { prefix += Int128(value) }
    }
    return whole * Int128(cycles) + prefix
  }

  /// Month sums of hour h of the series, for each hour of the month.
  public func hourlyTotals(_ series: [Int64]) -> [Int64] {
    hours(of: series) { series, start in
      var sum: Int64 = 0
      for offset in 0..<60 { sum += series[(start + offset) % series.count] }
      return sum
    }
  }

  /// Unit-minutes billed in each hour of the month for a series of provisioned units; 60 for one
  /// unit held all hour. O(60 x hours).
  public func billedUnitMinutes(_ series: [Int64], rule: BilledHourRule) -> [Int64] {
    switch rule {
    case .mean: return hourlyTotals(series)
    case .max:
      return hours(of: series) { series, start in
        var highest: Int64 = 0
        for offset in 0..<60 { highest = max(highest, series[(start + offset) % series.count]) }
        return highest * 60
      }
    case .sample(let seed):
      return hours(of: series) { series, start in
        let minute = Self.sampledMinute(seed: seed, hour: start / 60)
        return series[(start + minute) % series.count] * 60
      }
    }
  }

  /// A total of the run scaled to the month: `amount x month / run`.
  public func scaled(_ amount: Int64, runMinutes: Int) -> Quantity {
    Quantity(Int128(amount) * Int128(monthMinutes), over: Int128(runMinutes))
  }

  /// The whole minutes of a series whose last minute may be partial: a partial last minute is left
  /// out, or scaled up when it is all there is (30 s of 100 become a minute of 200).
  public static func wholeMinutes(_ series: [Int64], runSeconds: Int) -> [Int64] {
    let whole = runSeconds / 60
    if whole >= series.count { return series }
    if whole > 0 { return Array(series.prefix(whole)) }
    guard let first = series.first, runSeconds > 0 else { return [] }
    return [first * 60 / Int64(runSeconds)]
  }

  private func hours(of series: [Int64], _ billed: ([Int64], Int) -> Int64) -> [Int64] {
    guard !series.isEmpty else { return Array(repeating: 0, count: monthHours) }
    return (0..<monthHours).map { billed(series, $0 * 60) }
  }

  /// 0..<60 by a hash of the seed and the hour (SplitMix64's finaliser), equal in every process.
  static func sampledMinute(seed: UInt64, hour: Int) -> Int {
    var z = seed &+ (UInt64(hour) &+ 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return Int(z.multipliedFullWidth(by: 60).high)
  }
}
