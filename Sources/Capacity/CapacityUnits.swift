// Capacity units as integers.
//
// The smallest step the service charges is half a read unit (an eventually consistent read of up to
// 4 KB), so a count of half-units is exact for every operation. Read and write units share the
// type; which axis a value belongs to is said beside it.

/// A number of read or write capacity units, exact to half a unit. May be negative as a bucket's
/// debt.
public struct CapacityUnits: Hashable, Comparable, Sendable {
  /// The amount in half-units.
  public var halves: Int64

  public init(halves: Int64) { self.halves = halves }

  /// `count` whole units.
  public init(_ count: Int64) { self.halves = count * 2 }

  public static let zero = CapacityUnits(halves: 0)

  /// Units as the API reports them (steps of 0.5).
  public var inUnits: Double { Double(halves) / 2 }

  public static func < (a: Self, b: Self) -> Bool { a.halves < b.halves }
  public static func + (a: Self, b: Self) -> Self { .init(halves: a.halves + b.halves) }
  public static func - (a: Self, b: Self) -> Self { .init(halves: a.halves - b.halves) }
  public static func * (a: Self, b: Int64) -> Self { .init(halves: a.halves * b) }
  public static func += (a: inout Self, b: Self) { a.halves += b.halves }
  public static func -= (a: inout Self, b: Self) { a.halves -= b.halves }
}

/// Reads and writes are admitted, provisioned and billed separately.
public enum CapacityAxis: Int, Hashable, Sendable, CaseIterable {
  case read = 0
  case write = 1
}

/// Consistency of a read; decides the factor on its units.
public enum ReadConsistency: Hashable, Sendable {
  case eventual
  case strong
  case transactional
}
