// A file as memory: what is stored there outlives the process, though not at once the machine.
//
// A killed process leaves every byte that it stored with the kernel, which writes them to the
// device when it likes. All of the file is allocated before, so that no store can find the device
// full. Not for files that others change.

import Glibc

/// The first bytes of a file, shared with the kernel; given back with the last reference.
///
/// `@unchecked Sendable` holds because the address never changes; who stores where is its owner's
/// to order.
public final class MappedFile: @unchecked Sendable {
  public let bytes: UnsafeMutableRawBufferPointer

  /// Maps `count` bytes of the file at `path`, made if absent and lengthened with zeroes.
  public init(_ path: String, count: Int) throws(SystemError) {
    let file = try FileDescriptor(opening: path, for: .update)
    let code = posix_fallocate(file.number, 0, count)
    guard code == 0 else { throw SystemError(call: "allocate", subject: path, code: code) }
    let start = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0)
    guard let start, start != MAP_FAILED else { throw .last("mmap", path) }
    bytes = UnsafeMutableRawBufferPointer(start: start, count: count)
  }

  deinit { munmap(bytes.baseAddress, bytes.count) }
}
