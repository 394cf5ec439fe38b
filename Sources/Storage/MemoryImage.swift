// The file that a checkpoint of a memory store writes, and its reader.
//
// Layout, integers little-endian: 8 bytes magic; per pair a 4-byte key length, a 4-byte value
// length, key, value; at the end a length of 0xFFFFFFFF, the number of pairs and a 64-bit FNV-1a
// checksum of everything before it. Written to a temporary name, synced and renamed.

import Platform

enum MemoryImage {
  private static let magic = Array("PLIMMEM1".utf8)
  private static let end = UInt32.max
  private static let pieceBytes = 1 << 20

  static func write(_ tree: OrderedTree, to directory: String) throws(StorageError) {
    guard FileSystem.kind(of: directory) == nil else {
      throw StorageError(.failed, path: directory, detail: "it exists already")
    }
    var failure: SystemError?
    do throws(SystemError) {
      try FileSystem.makeDirectory(directory)
      let temporary = directory + "/items.new"
      let file = try FileDescriptor(opening: temporary, for: .replace)
      var sink = Sink(bytes: magic)
      tree.scan(KeyScan()) { key, value in
        sink.append(UInt32(key.count))
        sink.append(UInt32(value.count))
        sink.bytes += key
        sink.bytes += value
        guard sink.bytes.count >= pieceBytes else { return .next }
        failure = sink.drain(to: file)
        return failure == nil ? .next : .stop
      }
      if let failure { throw failure }
      sink.append(end)
      sink.append(UInt64(tree.count))
      sink.hash()
      sink.append(sink.checksum)
      try file.write(sink.bytes)
      try file.sync()
      try FileSystem.rename(temporary, to: directory + "/items")
    } catch {
      throw StorageError(directory, error)
    }
  }

  static func read(from directory: String) throws(StorageError) -> OrderedTree {
    let bytes: [UInt8]
    do { bytes = try FileSystem.read(directory + "/items") } catch {
      throw StorageError(directory, error)
    }
    let damaged = StorageError(.corrupt, path: directory, detail: "items does not check")
    guard bytes.count >= magic.count + 20, bytes.starts(with: magic) else { throw damaged }
    var check = Sink(bytes: Array(bytes.dropLast(8)))
    check.hash()
    guard check.checksum == integer(bytes, bytes.count - 8, UInt64.self) else { throw damaged }
    var tree = OrderedTree()
    var at = magic.count
    while integer(bytes, at, UInt32.self) != end {
      let keyEnd = at + 8 + Int(integer(bytes, at, UInt32.self))
      let valueEnd = keyEnd + Int(integer(bytes, at + 4, UInt32.self))
      guard valueEnd + 20 <= bytes.count else { throw damaged }
      tree.put(Array(bytes[at + 8..<keyEnd]), Array(bytes[keyEnd..<valueEnd]))
      at = valueEnd
    }
    guard tree.count == integer(bytes, at + 4, UInt64.self) else { throw damaged }
    return tree
  }

  private static func integer<N: FixedWidthInteger>(_ bytes: [UInt8], _ at: Int, _: N.Type) -> N {
    bytes.withUnsafeBytes { N(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: N.self)) }
  }

  /// Bytes on their way to the file, and the checksum of all that went before.
  private struct Sink {
    var bytes: [UInt8]
    var checksum: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func append<N: FixedWidthInteger>(_ number: N) {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func hash() {
      for byte in bytes { checksum = (checksum ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }

    mutating func drain(to file: borrowing FileDescriptor) -> SystemError? {
      hash()
      defer { bytes.removeAll(keepingCapacity: true) }
      do throws(SystemError) { try file.write(bytes) } catch { return error }
      return nil
    }
  }
}

extension StorageError {
  /// A system call on the store's files failed.
  init(_ path: String, _ error: SystemError) {
    self.init(error.isFull ? .full : .failed, path: path, detail: error.description)
  }
}
