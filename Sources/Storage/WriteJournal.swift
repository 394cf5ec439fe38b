// Where writes lie until the library has them: memory that a killed process leaves behind.
//
// A file of two sides. Writes are recorded on one side; the library takes all of them at once,
// while newer ones go to the other side. A side's head says which number of the library's sequence
// its writes follow, so that opening the store knows which of them the library lacks: those of the
// side that begins where the library ends, then those of the side opened after that one. A record's
// checksum depends on its side's head and its place: what a side still holds of an earlier use, or
// what a failing machine cut off, does not pass.
//
// Not a log for the device: that is the library's. What a power failure keeps of this file is kept
// in whole records, in order from a side's first.

import Platform

/// Recorded writes, to be used by one thread at a time.
struct WriteJournal: ~Copyable {
  /// What a side begins with.
  private struct Head {
    /// The library's number that the side's writes follow.
    var base: UInt64
    /// Counts sides opened, one after the other.
    var number: UInt64
  }

  /// Sequence number, number of the side, checksum.
  private static let headSize = 24
  /// Length and checksum.
  private static let recordHeadSize = 16
  /// Kind, lengths of key and value.
  private static let changeHeadSize = 16

  private let file: MappedFile
  private var side = 0
  private var used = 0
  private var head = Head(base: 0, number: 0)

  /// The journal in the file at `path`, made if absent, with sides of `room` bytes.
  init(_ path: String, room: Int) throws(SystemError) {
    file = try MappedFile(path, count: 2 * room)
  }

  /// Bytes of a side that records can take.
  var room: Int { sideSize - Self.headSize }

  private var sideSize: Int { file.bytes.count / 2 }

  /// What recording `batch` takes.
  static func size(of batch: WriteBatch) -> Int {
    batch.changes.reduce(recordHeadSize) { size, change in
      switch change {
      case .put(let key, let value): size + changeHeadSize + key.count + value.count
      case .delete(let key): size + changeHeadSize + key.count
      }
    }
  }

  /// Begins with the side that is not in use; its writes will follow the library's `base`.
  mutating func open(after base: UInt64) {
    side = 1 - side
    head = Head(base: base, number: head.number &+ 1)
    let start = side * sideSize
    file.bytes.storeBytes(of: head.base, toByteOffset: start, as: UInt64.self)
    file.bytes.storeBytes(of: head.number, toByteOffset: start + 8, as: UInt64.self)
    file.bytes.storeBytes(of: Self.checksum(head), toByteOffset: start + 16, as: UInt64.self)
    used = Self.headSize
  }

  /// Records a batch behind the others of the side; false when it has no room for `size` bytes.
  mutating func add(_ batch: WriteBatch, size: Int) -> Bool {
    guard sideSize - used >= size else { return false }
    let start = side * sideSize + used
    var at = start + Self.recordHeadSize
    for change in batch.changes {
      switch change {
      case .put(let key, let value): store(key, value, UInt64(value.count), at: &at)
      case .delete(let key): store(key, [], .max, at: &at)
      }
    }
    let content = UnsafeRawBufferPointer(
      rebasing: file.bytes[start + Self.recordHeadSize..<start + size])
    let checksum = byteHash(content, seed: seed(at: used, head))
    file.bytes.storeBytes(of: checksum, toByteOffset: start + 8, as: UInt64.self)
    file.bytes.storeBytes(of: UInt64(size), toByteOffset: start, as: UInt64.self)
    used += size
    return true
  }

  private func store(_ key: [UInt8], _ value: [UInt8], _ length: UInt64, at place: inout Int) {
    file.bytes.storeBytes(of: UInt64(key.count), toByteOffset: place, as: UInt64.self)
    file.bytes.storeBytes(of: length, toByteOffset: place + 8, as: UInt64.self)
    place += Self.changeHeadSize
    copy(key, to: &place)
    copy(value, to: &place)
  }

  private func copy(_ bytes: [UInt8], to place: inout Int) {
    UnsafeMutableRawBufferPointer(rebasing: file.bytes[place..<place + bytes.count])
      .copyBytes(from: bytes)
    place += bytes.count
  }

  // MARK: After a start

  /// The writes that a library which ends at number `last` lacks, in their order. Sides opened from
  /// now on count on from those found.
  mutating func missing(after last: UInt64) -> [WriteBatch] {
    let heads = [readHead(0), readHead(1)]
    head.number = heads.compactMap { $0?.number }.max() ?? 0
    guard let first = heads.firstIndex(where: { $0?.base == last }), let begin = heads[first]
    else { return [] }
    // The side that is opened next is the older one.
    side = first
    var found = records(first, begin)
    if let next = heads[1 - first], next.number == begin.number &+ 1 {
      found += records(1 - first, next)
      side = 1 - first
    }
    return found
  }

  /// Begins anew, when the library has all that was missing.
  mutating func forget() {
    for side in 0...1 {
      UnsafeMutableRawBufferPointer(
        rebasing: file.bytes[side * sideSize..<side * sideSize + Self.headSize]
      ).initializeMemory(as: UInt8.self, repeating: 0)
    }
  }

  private func readHead(_ side: Int) -> Head? {
    let start = side * sideSize
    let head = Head(
      base: file.bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self),
      number: file.bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self))
    let checksum = file.bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt64.self)
    return checksum == Self.checksum(head) ? head : nil
  }

  private func records(_ side: Int, _ head: Head) -> [WriteBatch] {
    var found: [WriteBatch] = []
    var at = Self.headSize
    while let (batch, size) = record(side, at, head) {
      found.append(batch)
      at += size
    }
    return found
  }

  private func record(_ side: Int, _ at: Int, _ head: Head) -> (WriteBatch, size: Int)? {
    guard sideSize - at >= Self.recordHeadSize else { return nil }
    let start = side * sideSize + at
    let length = file.bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
    guard length >= UInt64(Self.recordHeadSize), length <= UInt64(sideSize - at) else { return nil }
    let size = Int(length)
    let checksum = file.bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)
    let content = UnsafeRawBufferPointer(
      rebasing: file.bytes[start + Self.recordHeadSize..<start + size])
    guard byteHash(content, seed: seed(at: at, head)) == checksum else { return nil }
    return (Self.batch(content), size)
  }

  /// The changes in a record whose checksum holds.
  private static func batch(_ content: UnsafeRawBufferPointer) -> WriteBatch {
    var batch = WriteBatch()
    var at = 0
    while at < content.count {
      let keyCount = Int(content.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      let length = content.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self)
      at += changeHeadSize
      let key = [UInt8](content[at..<at + keyCount])
      at += keyCount
      if length == .max {
        batch.delete(key)
      } else {
        batch.put(key, [UInt8](content[at..<at + Int(length)]))
        at += Int(length)
      }
    }
    return batch
  }

  private func seed(at place: Int, _ head: Head) -> UInt64 {
    head.base &* 31 ^ head.number &* 0x1_0000_0001 ^ UInt64(place) << 40
  }

  private static func checksum(_ head: Head) -> UInt64 {
    withUnsafeBytes(of: (head.base, head.number)) { byteHash($0, seed: 7) }
  }
}
