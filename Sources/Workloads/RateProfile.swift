// The rate of requests over time: piecewise linear, with its integral and the inverse of it.
//
// Every shape (ramp, sine, diurnal, trace) is compiled to linear segments, because a linear rate
// has a closed-form cumulative count and a closed-form inverse: the time of the n-th expected
// request is one square root away, for any n, without stepping (load-generators.md section 4.4).
// Jumps between segments are allowed. Before the start and after the end the rate is zero.

public import Units

/// A compiled rate profile: requests/s over the time since its start.
public struct RateProfile: Sendable {
  struct Piece: Sendable {
    /// Nanoseconds.
    var start: Int64
    var end: Int64
    /// Requests/s at `start`, and its change per second.
    var rate: Double
    var slope: Double
    /// Expected requests before `start` and before `end`.
    var countAtStart: Double
    var countAtEnd: Double
  }

  let pieces: [Piece]
  public let duration: Nanoseconds
  /// Expected requests over the whole profile.
  public let total: Double
  /// The highest rate, in requests/s.
  public let peak: Double

  /// Rates below zero count as zero at both ends; segments without duration are left out.
  public init(_ segments: [RateSegment]) {
    var pieces: [Piece] = []
    pieces.reserveCapacity(segments.count)
    var start: Int64 = 0
    var count = 0.0
    // Neumaier's compensation: a year of five-minute segments must not drift.
    var lost = 0.0
    var peak = 0.0
    for segment in segments where segment.duration.count > 0 {
      let from = max(0, segment.from)
      let to = max(0, segment.to)
      let seconds = segment.duration.inSeconds
      let part = (from + to) / 2 * seconds
      let sum = count + part
      lost += abs(count) >= abs(part) ? (count - sum) + part : (part - sum) + count
      let before = pieces.last?.countAtEnd ?? 0
      count = sum
      let end = start + segment.duration.count
      pieces.append(
        Piece(
          start: start, end: end, rate: from, slope: (to - from) / seconds,
          countAtStart: before, countAtEnd: max(before, count + lost)))
      start = end
      peak = max(peak, max(from, to))
    }
    self.pieces = pieces
    self.duration = Nanoseconds(start)
    self.total = pieces.last?.countAtEnd ?? 0
    self.peak = peak
  }

  /// The mean rate over the whole profile, in requests/s; 0 when it is empty.
  public var mean: Double { duration.count == 0 ? 0 : total / duration.inSeconds }

  /// The rate at an instant, in requests/s; where segments meet, that of the later one.
  public func rate(at instant: Instant) -> Double {
    guard let piece = piece(at: instant) else { return 0 }
    return max(0, piece.rate + piece.slope * Double(instant.nanoseconds - piece.start) / 1e9)
  }

  /// Expected requests from the start to `instant`.
  public func integral(to instant: Instant) -> Double {
    guard instant.nanoseconds > 0 else { return 0 }
    guard let piece = piece(at: instant) else { return total }
    let x = Double(instant.nanoseconds - piece.start) / 1e9
    let count = piece.countAtStart + x * (piece.rate + piece.slope * x / 2)
    return min(max(count, piece.countAtStart), piece.countAtEnd)
  }

  /// The instant before which `count` requests are expected, rounded to a nanosecond: the inverse
  /// of `integral`; nil when the profile ends with fewer or exactly that many.
  ///
  /// - Complexity: O(log segments); use a `RateCursor` for rising counts.
  public func inverse(_ count: Double) -> Instant? {
    guard count >= 0, count < total else { return nil }
    var low = 0
    var high = pieces.count - 1
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].countAtEnd > count { high = middle } else { low = middle + 1 }
    }
    return pieces[low].instant(at: count)
  }

  private func piece(at instant: Instant) -> Piece? {
    guard instant.nanoseconds >= 0, instant.nanoseconds < duration.count else { return nil }
    var low = 0
    var high = pieces.count - 1
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].end > instant.nanoseconds { high = middle } else { low = middle + 1 }
    }
    return pieces[low]
  }
}

extension RateProfile.Piece {
  /// Where the cumulative count reaches `count`, which lies in this piece: the positive root of
  /// slope/2 x² + rate x = count - countAtStart, in the form that does not cancel.
  @inline(__always)
  func instant(at count: Double) -> Instant {
    let need = max(0, count - countAtStart)
    let seconds: Double
    if slope == 0 {
      seconds = need / rate
    } else {
      let root = max(0, rate * rate + 2 * slope * need).squareRoot()
      seconds = need == 0 ? 0 : 2 * need / (rate + root)
    }
    let length = Double(end - start)
    let offset = seconds * 1e9
    guard offset < length else { return Instant(nanoseconds: end) }
    // To the nearest, without the call that `rounded()` is and without a branch that would be wrong
    // half of the time: twice what is left of the offset is below 1 or not.
    let whole = Int64(offset)
    let nanoseconds = whole + Int64((offset - Double(whole)) * 2)
    return Instant(nanoseconds: min(end, start + nanoseconds))
  }
}

/// Walks a profile for counts that never fall: amortised constant time per step.
public struct RateCursor: Sendable {
  private let profile: RateProfile
  private var index = 0
  private var piece: RateProfile.Piece

  public init(_ profile: RateProfile) {
    self.profile = profile
    piece =
      profile.pieces.first
      ?? RateProfile.Piece(start: 0, end: 0, rate: 0, slope: 0, countAtStart: 0, countAtEnd: 0)
  }

  /// Goes back to the start; returns what is expected before `instant`.
  mutating func rewound(to instant: Instant) -> Double {
    self = RateCursor(profile)
    return profile.integral(to: instant)
  }

  /// As `RateProfile.inverse`, for a count not below the one of the call before.
  @inline(__always)
  public mutating func inverse(_ count: Double) -> Instant? {
    while count >= piece.countAtEnd {
      guard index + 1 < profile.pieces.count else { return nil }
      index += 1
      piece = profile.pieces[index]
    }
    return piece.instant(at: count)
  }
}
