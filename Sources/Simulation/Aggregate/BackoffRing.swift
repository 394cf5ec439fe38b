// Refused requests on their way back, by the tick in which they come.
//
// A wait drawn evenly from low...high is a sliding window over the ticks of refusal: of the
// requests refused in a tick, each of the window's ticks gets an equal part, its two ends half of
// one (simulation-kernels.md 6). A running sum makes that O(1) per tick. Nothing returns in the
// tick in which it was refused, so what belongs there comes one tick later.
//
// Counts are expectations, so they are fractions; what goes in comes out to the last bit that
// floating point keeps.

/// Requests that wait for one retry, in fixed ticks.
struct BackoffRing {
  /// Ticks before the earliest return, and ticks over which returns spread.
  private let lag: Int
  private let window: Int
  /// Refused by tick, newest at `head`.
  private var refused: [Double]
  private var head = 0
  private var sum = 0.0
  /// Ticks since requests were last added; behind the longest wait only rounding is left.
  private var idle = 0
  private(set) var pending = 0.0

  /// - Parameters:
  ///   - low: Shortest wait, in ticks.
  ///   - high: Longest wait, in ticks; at least `low`.
  init(low: Double, high: Double) {
    lag = max(0, Int(low.rounded()) - 1)
    window = max(1, Int((high - low).rounded()))
    refused = Array(repeating: 0, count: lag + window + 1)
  }

  var isEmpty: Bool { pending == 0 }

  private func ago(_ ticks: Int) -> Double {
    refused[(head + refused.count - ticks) % refused.count]
  }

  /// Starts the next tick; returns what comes back in it.
  mutating func advance() -> Double {
    // At the start of a tick the newest refusals are one tick old.
    let newest = ago(lag)
    let oldest = ago(lag + window - 1)
    sum += newest
    var due = sum
    if window > 1 { due += (newest - oldest) / 2 }
    due = min(pending, max(0, due / Double(window)))
    sum -= oldest
    head = (head + 1) % refused.count
    refused[head] = 0
    pending -= due
    idle += 1
    if pending > 0, idle > lag + window { clear() }
    return due
  }

  /// Adds requests refused in the current tick.
  mutating func add(_ count: Double) {
    guard count > 0 else { return }
    refused[head] += count
    pending += count
    idle = 0
  }

  private mutating func clear() {
    pending = 0
    sum = 0
    for tick in refused.indices { refused[tick] = 0 }
  }

  /// Takes over a share of another ring of the same waits.
  mutating func take(_ share: Double, of other: BackoffRing) {
    for ticks in refused.indices {
      let place = (head + refused.count - ticks) % refused.count
      refused[place] += share * other.ago(ticks)
    }
    sum += share * other.sum
    idle = min(idle, other.idle)
    pending += share * other.pending
  }
}
