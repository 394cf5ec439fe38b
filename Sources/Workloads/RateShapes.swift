// The named shapes of a rate profile, each compiled to linear segments.
//
// Curves become chords between points on the curve. Over whole periods the chords of a sine have
// exactly its mean; with 64 chords a period they miss its peak by at most 0.12 % of the amplitude
// (1 - cos(pi/64)), with the 96 quarter hours of a day by 0.05 %.

import Randomness
public import Units

extension RateSegment {
  /// A constant rate, in requests/s.
  public static func hold(_ rate: Double, for duration: Nanoseconds) -> [RateSegment] {
    [RateSegment(duration: duration, from: rate, to: rate)]
  }

  /// A rate that moves linearly.
  public static func ramp(
    from: Double, to: Double, for duration: Nanoseconds
  ) -> [RateSegment] {
    [RateSegment(duration: duration, from: from, to: to)]
  }

  /// A staircase: every rate in turn for the same time.
  public static func steps(_ rates: [Double], each: Nanoseconds) -> [RateSegment] {
    rates.flatMap { hold($0, for: each) }
  }
}

/// A sine around a mean rate.
public struct SineRate: Hashable, Sendable {
  /// Requests/s.
  public var mean: Double
  public var amplitude: Double
  public var period: Nanoseconds
  /// Where in the period it starts, 0 ..< 1: at 0 the rate is the mean and rises.
  public var phase: Double

  public init(mean: Double, amplitude: Double, period: Nanoseconds, phase: Double = 0) {
    self.mean = mean
    self.amplitude = amplitude
    self.period = period
    self.phase = phase
  }

  /// 64 segments a period; below zero the rate is zero.
  /// - Precondition: `period > 0`.
  public func segments(for duration: Nanoseconds) -> [RateSegment] {
    precondition(period.count > 0, "a sine needs a period")
    var segments: [RateSegment] = []
    var time: Int64 = 0
    var step: Int64 = 0
    while time < duration.count {
      step += 1
      // Multiplied before it is divided, so that periods of no multiple of 64 ns do not drift.
      let whole = step / 64 * period.count
      let part = (step % 64).multipliedFullWidth(by: period.count)
      let next = min(duration.count, whole + Int64(64).dividingFullWidth(part).quotient)
      if next > time {
        segments.append(
          RateSegment(duration: Nanoseconds(next - time), from: rate(at: time), to: rate(at: next)))
        time = next
      }
    }
    return segments
  }

  private func rate(at time: Int64) -> Double {
    let turns = Double(time % period.count) / Double(period.count)
    return max(0, mean + amplitude * Portable.sine(turns: turns + phase))
  }
}

/// Days of low nights and high hours, with quieter weekends.
public struct DiurnalRate: Hashable, Sendable {
  /// Requests/s at the quietest and the busiest time of a working day.
  public var low: Double
  public var high: Double
  /// Time of day of the highest rate.
  public var peakAt: Nanoseconds
  /// Rate on Saturdays and Sundays as a share of that of the other days; 1 for no difference.
  public var weekendShare: Double
  /// Time since Monday 00:00 at which the profile starts.
  public var startOffset: Nanoseconds

  public init(
    low: Double, high: Double, peakAt: Nanoseconds, weekendShare: Double = 1,
    startOffset: Nanoseconds = .zero
  ) {
    self.low = low
    self.high = high
    self.peakAt = peakAt
    self.weekendShare = weekendShare
    self.startOffset = startOffset
  }

  private static let day = Nanoseconds.days(1).count
  private static let quarterHour = Nanoseconds.minutes(15).count

  /// A cosine over each day in segments of a quarter of an hour, whole weekend days scaled (a rate
  /// jump at their midnights). The mean over a whole week is (low + high) / 2 × (5 + 2 share) / 7.
  public func segments(for duration: Nanoseconds) -> [RateSegment] {
    let week = 7 * Self.day
    let offset = (startOffset.count % week + week) % week
    var segments: [RateSegment] = []
    var time: Int64 = 0
    while time < duration.count {
      let clock = offset + time
      let next = min(duration.count, (clock / Self.quarterHour + 1) * Self.quarterHour - offset)
      let isWeekend = clock / Self.day % 7 >= 5
      let factor = isWeekend ? weekendShare : 1
      segments.append(
        RateSegment(
          duration: Nanoseconds(next - time), from: factor * rate(at: clock),
          to: factor * rate(at: offset + next)))
      time = next
    }
    return segments
  }

  private func rate(at clock: Int64) -> Double {
    let turns = Double((clock - peakAt.count) % Self.day) / Double(Self.day)
    return (low + high) / 2 + (high - low) / 2 * Portable.sine(turns: turns + 0.25)
  }
}

/// A base rate with one spike: lead at the base, rise, hold at the peak, fall, then the base.
public struct SpikeRate: Hashable, Sendable {
  /// Requests/s.
  public var base: Double
  public var peak: Double
  public var lead: Nanoseconds
  public var rise: Nanoseconds
  public var hold: Nanoseconds
  public var fall: Nanoseconds

  public init(
    base: Double, peak: Double, lead: Nanoseconds, rise: Nanoseconds, hold: Nanoseconds,
    fall: Nanoseconds
  ) {
    self.base = base
    self.peak = peak
    self.lead = lead
    self.rise = rise
    self.hold = hold
    self.fall = fall
  }

  /// The spike with enough base after it to last `duration`; cut off when that is too short.
  public func segments(for duration: Nanoseconds) -> [RateSegment] {
    let parts = [
      RateSegment(duration: lead, from: base, to: base),
      RateSegment(duration: rise, from: base, to: peak),
      RateSegment(duration: hold, from: peak, to: peak),
      RateSegment(duration: fall, from: peak, to: base),
    ]
    var left = duration
    var segments: [RateSegment] = []
    for part in parts where part.duration.count > 0 && left.count > 0 {
      if part.duration <= left {
        segments.append(part)
      } else {
        let share = Double(left.count) / Double(part.duration.count)
        segments.append(
          RateSegment(
            duration: left, from: part.from, to: part.from + share * (part.to - part.from)))
      }
      left -= min(left, part.duration)
    }
    if left.count > 0 { segments.append(RateSegment(duration: left, from: base, to: base)) }
    return segments
  }
}
