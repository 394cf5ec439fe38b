// Counts the calls inside a store, so that closing can wait for them and refuse later ones.
//
// One atomic number: the calls inside, and a high bit once shut. Two atomic additions per call
// (some 6 ns each) are nothing beside a read of the library behind it.

import Platform
import Synchronization
import Units

/// A door that can be shut once.
final class Entrance: Sendable {
  private static let shutBit = 1 << 62
  private let inside = Atomic(0)

  /// False when shut; otherwise `leave` must follow.
  func enter() -> Bool {
    if inside.wrappingAdd(1, ordering: .acquiring).newValue < Self.shutBit { return true }
    leave()
    return false
  }

  func leave() { inside.wrappingSubtract(1, ordering: .releasing) }

  /// Shuts the door and waits until nobody is inside; false when it was shut before.
  func shut() -> Bool {
    guard inside.bitwiseOr(Self.shutBit, ordering: .acquiringAndReleasing).oldValue < Self.shutBit
    else { return false }
    while inside.load(ordering: .acquiring) != Self.shutBit { pause(for: .microseconds(50)) }
    return true
  }
}
