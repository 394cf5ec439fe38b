// Memory for the time of one request, taken again and again.
//
// What a request needs to be read is too large for the allocator's quick lists, so one piece is
// left for whoever comes next. It is as good as always there where one thread serves; others
// allocate.

import Synchronization

/// A piece of memory of one owner, for any trivial type.
struct ScratchMemory: ~Copyable, @unchecked Sendable {
  let start: UnsafeMutableRawPointer
  private let isKept: Bool

  /// Pieces up to this size are left for others.
  private static let keptBytes = 1 << 14
  /// Address of the piece that is left, 0 for none.
  private static let left = Atomic<UInt>(0)

  init(byteCount: Int) {
    isKept = byteCount <= Self.keptBytes
    if isKept,
      let piece = UnsafeMutableRawPointer(
        bitPattern: Self.left.exchange(0, ordering: .acquiring))
    {
      start = piece
    } else {
      start = .allocate(byteCount: isKept ? Self.keptBytes : byteCount, alignment: 16)
    }
  }

  deinit {
    guard isKept else { return start.deallocate() }
    let other = Self.left.exchange(UInt(bitPattern: start), ordering: .acquiringAndReleasing)
    UnsafeMutableRawPointer(bitPattern: other)?.deallocate()
  }
}
