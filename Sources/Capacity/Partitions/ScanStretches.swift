// Which partitions a page of a Scan reads, and how much of each.
//
// A Scan walks the positions in ascending order. A page ends with Limit items or 1 MB, wherever
// that is: it may read the end of one partition and the beginning of the next. What it evaluates in
// each is rounded alone, at least one unit even where nothing lies (capacity.md 1.2), and weighs on
// that partition's ceiling. Entries are taken to lie evenly over the positions, as hashed keys do.
//
// Segments of a parallel Scan are equal parts of the hash space (capacity.md 1.2): ranges here.

public import Units

/// What a page evaluates in one partition.
public struct ScannedStretch: Hashable, Sendable {
  /// First position read.
  public var position: UInt64
  public var bytes: Int

  public init(position: UInt64, bytes: Int) {
    self.position = position
    self.bytes = bytes
  }
}

extension PartitionMap {
  /// Reads one page from the start of `range` on, into `stretches`, at least one.
  ///
  /// 4 partitions that share 400 bytes, a page of 250 bytes from the first position: 100, 100, 50,
  /// and it goes on in the middle of the third. O(partitions read).
  /// - Parameters:
  ///   - range: what is left of the table or segment.
  ///   - pageBytes: where the page ends, more than 0.
  ///   - data: bytes of all positions together.
  /// - Returns: the position from which the next page reads; nil when the range is read out.
  public func scan(
    _ range: ClosedRange<UInt64>, pageBytes: Int, of data: ByteCount,
    into stretches: inout [ScannedStretch]
  ) -> UInt64? {
    stretches.removeAll(keepingCapacity: true)
    let all = UInt128(max(0, data.count))
    func bytes(_ width: UInt128) -> Int { Int((all * width) >> 64) }
    var last = range.upperBound
    if bytes(Self.width(range)) > pageBytes {
      last = range.lowerBound + UInt64(Self.pageWidth(pageBytes, of: data) - 1)
    }
    var position = range.lowerBound
    while true {
      let end = min(self.end(of: partition(at: position)), last)
      stretches.append(
        ScannedStretch(position: position, bytes: bytes(UInt128(end - position) + 1)))
      if end == last { break }
      position = end + 1
    }
    return last == range.upperBound ? nil : last + 1
  }

  /// The first position of a page of a walk through `range`, each page as likely as another;
  /// `draw` is even over 64 bits.
  public static func pageStart(
    in range: ClosedRange<UInt64>, pageBytes: Int, of data: ByteCount, draw: UInt64
  ) -> UInt64 {
    guard data > .zero else { return range.lowerBound }
    let width = pageWidth(pageBytes, of: data)
    let pages = (self.width(range) + width - 1) / width
    return range.lowerBound + UInt64(((UInt128(draw) * pages) >> 64) * width)
  }

  private static func width(_ range: ClosedRange<UInt64>) -> UInt128 {
    UInt128(range.upperBound - range.lowerBound) + 1
  }

  /// Positions that hold a page, rounded up.
  private static func pageWidth(_ pageBytes: Int, of data: ByteCount) -> UInt128 {
    let all = UInt128(max(1, data.count))
    return max(1, ((UInt128(pageBytes) << 64) + all - 1) / all)
  }

  /// Positions of one of `total` equal segments.
  /// - Precondition: `segment` is below `total`.
  public static func segment(_ segment: UInt64, of total: UInt64) -> ClosedRange<UInt64> {
    func bound(_ number: UInt64) -> UInt128 {
      ((UInt128(number) << 64) + UInt128(total) - 1) / UInt128(total)
    }
    return UInt64(bound(segment))...UInt64(bound(segment + 1) - 1)
  }
}
