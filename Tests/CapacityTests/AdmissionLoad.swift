// What admission tests share: a seeded generator, exact fractions and a steady load on a resource.

import Capacity
import Units

/// SplitMix64, so that a printed seed repeats a failure.
struct AdmissionRandom: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// An exact fraction in lowest terms.
struct Fraction: Comparable {
  var top: Int128
  var bottom: Int128

  init(_ top: Int128, over bottom: Int128 = 1) {
    var (a, b) = (top.magnitude, bottom.magnitude)
    while b != 0 { (a, b) = (b, a % b) }
    let divisor = a == 0 ? 1 : Int128(a)
    self.top = top / divisor
    self.bottom = bottom / divisor
  }

  /// Rounded toward minus infinity.
  var floor: Int128 {
    let quotient = top / bottom
    return top < 0 && quotient * bottom != top ? quotient - 1 : quotient
  }

  static func + (a: Self, b: Self) -> Self {
    Fraction(a.top * b.bottom + b.top * a.bottom, over: a.bottom * b.bottom)
  }
  static func - (a: Self, b: Self) -> Self { a + Fraction(-b.top, over: b.bottom) }
  static func < (a: Self, b: Self) -> Bool { a.top * b.bottom < b.top * a.bottom }
}

/// A token bucket by its definition, in units as fractions.
struct SlowBucket {
  var unitsPerSecond: Int
  var capacity: Fraction
  var level: Fraction
  var time: Int64 = 0

  init(unitsPerSecond: Int, depthSeconds: Int, isFull: Bool = true) {
    self.unitsPerSecond = unitsPerSecond
    capacity = Fraction(Int128(unitsPerSecond * depthSeconds))
    level = isFull ? capacity : Fraction(0)
  }

  mutating func advance(to now: Int64) {
    guard now > time else { return }
    let gain = Fraction(Int128(now - time) * Int128(unitsPerSecond), over: 1_000_000_000)
    level = min(capacity, level + gain)
    time = now
  }

  mutating func setRate(_ units: Int, depthSeconds: Int) {
    unitsPerSecond = units
    capacity = Fraction(Int128(units * depthSeconds))
    level = min(level, capacity)
  }

  /// Fewest half-units that lift the level above zero; nil when it is.
  var shortfallHalves: Int64? {
    if level > Fraction(0) { return nil }
    return Int64(Fraction(-2 * level.top, over: level.bottom).floor + 1)
  }
}

/// Requests of equal cost at equal distances, with a tick every second.
struct SteadyLoad {
  var axis: CapacityAxis
  var requestsPerSecond: Int64
  var units: Int64 = 1

  struct Outcome {
    var admitted: Int64 = 0
    var refused: [ThrottleCause: Int64] = [:]
    var events: [AdmissionEvent] = []
    var firstRefusal: Instant?
    var totalRefused: Int64 { refused.values.reduce(0, +) }
  }

  /// Runs from `start` for `span` against `resource`; `position` chooses where each request goes.
  func run(
    _ resource: inout ResourceAdmission, from start: Instant, for span: Nanoseconds,
    position: (Int64) -> UInt64
  ) -> Outcome {
    var outcome = Outcome()
    let seconds = span.count / 1_000_000_000
    for second in 0..<seconds {
      let base = start + .seconds(second)
      for index in 0..<requestsPerSecond {
        let now = base + Nanoseconds(index * 1_000_000_000 / requestsPerSecond)
        let place = position(second * requestsPerSecond + index)
        switch resource.check(axis, position: place, at: now) {
        case .admitted:
          resource.consume(axis, units: CapacityUnits(units), position: place, at: now)
          outcome.admitted += units
        case .throttled(let cause, _):
          outcome.refused[cause, default: 0] += 1
          if outcome.firstRefusal == nil { outcome.firstRefusal = now }
        }
      }
      outcome.events += resource.tick(at: base + .seconds(1))
    }
    return outcome
  }
}

/// A position that walks evenly through the whole space.
func scattered(_ index: Int64) -> UInt64 {
  PartitionMap.position(keyHash: UInt64(bitPattern: index &+ 1) &* 0x9E37_79B9_7F4A_7C15)
}

func provisioned(read: Int = 1, write: Int = 1) -> CapacityMode {
  .provisioned(read: ProvisionedCapacity(units: read), write: ProvisionedCapacity(units: write))
}
