// The search for the highest rate that still meets its objectives: doubling, then bisection.
//
// Pure bookkeeping: it says which rate to try next and is told how that went; what a probe is (a
// simulation, a load test) is its caller's affair. Doubling brackets the answer in a few probes
// whatever its size, bisection narrows it to a resolution (load-generators.md section 4.9). A probe
// that cannot decide counts as missed, so that the answer is a rate that was seen to hold; but
// while nothing else is known and it only had too few requests, the search goes up, where there are
// more.

public import Statistics

/// A rate that was tried.
public struct SearchProbe: Sendable {
  /// Requests/s.
  public var rate: Double
  public var verdict: ThresholdVerdict
  /// What stood in the way, in one line; empty when nothing did.
  public var limit: String
  /// Simulations or measurements that decided it.
  public var runs: Int
  /// Undecided only because there were too few requests.
  public var isTooShort = false

  public init(rate: Double, verdict: ThresholdVerdict, limit: String, runs: Int) {
    self.rate = rate
    self.verdict = verdict
    self.limit = limit
    self.runs = runs
  }
}

/// A search in progress, or finished.
public struct CapacitySearch: Sendable {
  public let first: Double
  public let last: Double
  /// Relative distance of the answer and the lowest rate that fails, for example 0.02.
  public let resolution: Double
  public private(set) var probes: [SearchProbe] = []
  /// The highest rate that held and the lowest that did not.
  public private(set) var held: Double?
  public private(set) var missed: Double?

  /// - Precondition: 0 < first <= last, resolution above 0.
  public init(from first: Double, to last: Double, resolution: Double) {
    precondition(first > 0 && last >= first && resolution > 0, "a search needs a range")
    self.first = first
    self.last = last
    self.resolution = resolution
  }

  /// Rates below this share of the first one are not looked at.
  private static let smallestShare = 1.0 / 1_024
  /// The highest rate whose probe was too short, while that is all there is.
  private var tooShort: Double?

  /// The rate to try next; nil when the search is over.
  public var next: Double? {
    switch (held, missed) {
    case (nil, nil):
      guard let tooShort else { return first }
      return tooShort >= last ? nil : min(last, tooShort * 2)
    case (let low?, nil): return low >= last ? nil : min(last, low * 2)
    case (nil, let high?):
      let half = high / 2
      if let tooShort, half <= tooShort { return nil }
      return half < first * Self.smallestShare ? nil : half
    case (let low?, let high?):
      // The geometric middle, since the resolution is relative.
      return high / low <= 1 + resolution ? nil : (low * high).squareRoot()
    }
  }

  /// Takes the outcome of the rate that `next` named.
  public mutating func record(_ probe: SearchProbe) {
    precondition(probe.rate == next, "probes are recorded in the order they are asked for")
    probes.append(probe)
    if probe.verdict == .met {
      held = max(held ?? 0, probe.rate)
    } else if probe.isTooShort, held == nil, missed == nil {
      tooShort = probe.rate
    } else {
      missed = min(missed ?? .infinity, probe.rate)
    }
  }

  /// Whether some rate was seen to miss the objectives, rather than left undecided.
  public var hasFailure: Bool { probes.contains { $0.verdict == .missed } }

  /// Whether even the highest rate asked about held.
  public var isUnbounded: Bool { missed == nil && held != nil }

  /// What stood in the way at the lowest rate that did not hold.
  public var limit: String? {
    probes.filter { $0.verdict != .met }.min { $0.rate < $1.rate }?.limit
  }
}

/// Which memory of the tables a capacity speaks of.
public enum CapacityHorizon: String, Sendable, CaseIterable {
  /// With all burst capacity saved up, for as long as it can last at most.
  case burst
  /// With none left, for good.
  case sustained
}

/// The answer of one search.
public struct FoundCapacity: Sendable {
  public var horizon: CapacityHorizon
  /// Seconds each probe covered.
  public var seconds: Double
  public var search: CapacitySearch

  public init(horizon: CapacityHorizon, seconds: Double, search: CapacitySearch) {
    self.horizon = horizon
    self.seconds = seconds
    self.search = search
  }
}
