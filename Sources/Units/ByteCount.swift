// A number of bytes. The service's KB, MB and GB are binary (1 KB = 1,024 B), and so are ours.

/// A non-negative number of bytes.
public struct ByteCount: Hashable, Comparable, Sendable {
  public var count: Int64

  public init(_ count: Int64) { self.count = count }

  public static let zero = ByteCount(0)
  public static func kilobytes(_ n: Int64) -> ByteCount { .init(n << 10) }
  public static func megabytes(_ n: Int64) -> ByteCount { .init(n << 20) }
  public static func gigabytes(_ n: Int64) -> ByteCount { .init(n << 30) }

  /// Binary gigabytes, for display and price arithmetic at the edge.
  public var inGigabytes: Double { Double(count) / Double(1 << 30) }

  public static func < (a: Self, b: Self) -> Bool { a.count < b.count }
  public static func + (a: Self, b: Self) -> Self { .init(a.count + b.count) }
  public static func - (a: Self, b: Self) -> Self { .init(a.count - b.count) }
  public static func * (a: Self, b: Int64) -> Self { .init(a.count * b) }
  public static func += (a: inout Self, b: Self) { a.count += b.count }
}
