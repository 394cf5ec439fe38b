// When requests arrive: the instants of a stream, one after the other.
//
// The k-th arrival is the inverse of the profile's cumulative count at S_k, where S_k is k + phase
// (constant) or the sum of the first exponential gaps (Poisson): a Poisson process of unit rate,
// stretched, is a Poisson process of the profile's rate (load-generators.md section 4.4). Gap k
// comes from the generator of (stream, k) alone, so every worker that walks the stream sees the
// same instants, and variants of a scenario with other rates see the same gaps.
//
// On/off bursts squeeze every cycle of the Poisson path into its on-phase: the number of requests
// of each cycle is exactly what the profile gives it, at (on + off) / on times the rate.

public import Randomness
public import Units

/// The arrival instants of one stream, in order.
public struct ArrivalSequence: Sendable {
  private enum Shape { case constant, poisson, onOff }

  private let shape: Shape
  private let key: StreamKey
  private let gaps = Ziggurat.exponential
  private let phase: Double
  private let on: Int64
  private let cycle: Int64
  private var cursor: RateCursor
  /// Unit-rate time of the arrival that comes next (constant) or came last (Poisson).
  private var position: Double
  /// Arrivals handed out so far: the index of the next one.
  public private(set) var index: UInt64 = 0

  /// - Parameters:
  ///   - key: of this stream's gaps; `StreamKey(seed:).child(stream)` for numbered streams.
  ///   - phase: of constant arrivals: the first comes when this many requests are due, 0 ..< 1.
  /// - Precondition: on/off phases: `on > 0`, `off >= 0`.
  public init(
    _ process: ArrivalProcess, profile: RateProfile, key: StreamKey, phase: Double = 0
  ) {
    self.key = key
    self.cursor = RateCursor(profile)
    self.position = 0
    self.phase = phase
    switch process {
    case .constant:
      shape = .constant
      on = 1
      cycle = 1
      position = phase
    case .poisson:
      shape = .poisson
      on = 1
      cycle = 1
    case .onOff(let onPhase, let offPhase):
      precondition(onPhase.count > 0 && offPhase.count >= 0, "bursts need an on-phase")
      shape = .onOff
      on = onPhase.count
      cycle = onPhase.count + offPhase.count
    }
  }

  /// As `init(_:profile:key:phase:)` for the numbered stream of a seed.
  public init(_ process: ArrivalProcess, profile: RateProfile, seed: UInt64, stream: UInt64) {
    self.init(process, profile: profile, key: StreamKey(seed: seed).child(stream))
  }

  /// Goes on at `instant`, forwards or back, with the arrival whose number the rate expects there;
  /// returns that number. A Poisson process has no memory: it may begin anew anywhere.
  public mutating func skip(to instant: Instant) -> UInt64 {
    let expected = cursor.rewound(to: instant)
    if shape == .constant {
      index = UInt64(max(0, expected - phase).rounded(.up))
      position = phase + Double(index)
    } else {
      index = UInt64(expected)
      position = expected
    }
    return index
  }

  /// The next arrivals in ns, `Int64.max` behind the last one: what `next` gives, without a call
  /// for each.
  public mutating func fill(_ instants: UnsafeMutableBufferPointer<Int64>) {
    guard shape == .poisson else {
      for place in instants.indices { instants[place] = next()?.nanoseconds ?? .max }
      return
    }
    // First all gaps, as the bits of their places, then the instants: where each result waits for a
    // long chain of operations, the processor sees too few chains at once.
    let (key, gaps, first) = (key, gaps, index)
    for place in instants.indices {
      var generator = key.generator(at: first &+ UInt64(place))
      instants[place] = Int64(bitPattern: generator.exponential(gaps).bitPattern)
    }
    var (cursor, position) = (cursor, position)
    var place = instants.startIndex
    while place < instants.endIndex {
      let ahead = position + Double(bitPattern: UInt64(bitPattern: instants[place]))
      guard let instant = cursor.inverse(ahead) else { break }
      position = ahead
      instants[place] = instant.nanoseconds
      place += 1
    }
    index = first &+ UInt64(place)
    (self.cursor, self.position) = (cursor, position)
    instants[place...].update(repeating: .max)
  }

  /// The next arrival; nil after the end of the profile. Never earlier than the one before.
  public mutating func next() -> Instant? {
    switch shape {
    case .constant:
      guard let instant = cursor.inverse(position) else { return nil }
      index &+= 1
      position += 1
      return instant
    case .poisson:
      return advance()
    case .onOff:
      guard let even = advance() else { return nil }
      let started = even.nanoseconds / cycle * cycle
      let inside = (even.nanoseconds - started).multipliedFullWidth(by: on)
      return Instant(nanoseconds: started + cycle.dividingFullWidth(inside).quotient)
    }
  }

  @inline(__always)
  private mutating func advance() -> Instant? {
    var generator = key.generator(at: index)
    let ahead = position + generator.exponential(gaps)
    guard let instant = cursor.inverse(ahead) else { return nil }
    position = ahead
    index &+= 1
    return instant
  }
}
