// Whole files and directories: read, replace atomically, make, list, remove.
//
// Replacing a file goes through a temporary file beside it, fsync, rename and fsync of the
// directory, so a crash leaves either the old or the new content. Lists are sorted, because the
// order that the kernel gives must not reach a result. Symbolic links are never followed when
// removing.

import CPlatform
import Glibc

/// Operations on paths.
public enum FileSystem {
  public enum Kind: Sendable { case directory, file, other }

  /// What is at `path`, nil when nothing is there; links are reported as `other`.
  public static func kind(of path: String) -> Kind? {
    switch platform_kind(path) {
    case 1: .directory
    case 2: .file
    case 3: .other
    default: nil
    }
  }

  /// The whole content of the file at `path`.
  public static func read(_ path: String) throws(SystemError) -> [UInt8] {
    let file = try FileDescriptor(opening: path, for: .read)
    let size = lseek(file.number, 0, SEEK_END)
    if size > 0 { _ = lseek(file.number, 0, SEEK_SET) }
    var bytes: [UInt8] = []
    if size > 0 { bytes.reserveCapacity(Int(size) + 1) }
    while try file.read(size > 0 ? max(Int(size) + 1 - bytes.count, 4096) : 65_536, into: &bytes)
      > 0
    {}
    return bytes
  }

  /// Makes `bytes` the content of the file at `path`: after a crash it is the old or the new one.
  public static func replace(_ path: String, with bytes: [UInt8]) throws(SystemError) {
    let temporary = "\(path).\(getpid()).new"
    do throws(SystemError) {
      let file = try FileDescriptor(opening: temporary, for: .replace)
      try file.write(bytes)
      try file.sync()
      try rename(temporary, to: path)
    } catch {
      _ = unlink(temporary)
      throw error
    }
  }

  /// Moves `path` to `target`, replacing a file there, durably.
  public static func rename(_ path: String, to target: String) throws(SystemError) {
    guard Glibc.rename(path, target) == 0 else { throw .last("rename", target) }
    try syncDirectory(parent(of: target))
  }

  /// Makes the directory at `path` and those above it; an existing directory is fine.
  public static func makeDirectory(_ path: String) throws(SystemError) {
    if kind(of: path) == .directory { return }
    let above = parent(of: path)
    if above != path, kind(of: above) == nil { try makeDirectory(above) }
    if mkdir(path, 0o755) == 0 { return try syncDirectory(above) }
    let error = SystemError.last("mkdir", path)
    var status = stat()
    if error.code == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    throw error
  }

  /// A new empty directory whose path begins with `prefix`.
  public static func makeTemporaryDirectory(_ prefix: String) throws(SystemError) -> String {
    var template = Array((prefix + "XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw .last("mkdtemp", prefix) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The names in the directory at `path`, in byte order, without `.` and `..`.
  public static func list(_ path: String) throws(SystemError) -> [String] {
    guard let directory = opendir(path) else { throw .last("opendir", path) }
    defer { closedir(directory) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw .last("readdir", path) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Removes the file at `path`; an absent one is fine.
  public static func removeFile(_ path: String) throws(SystemError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw .last("unlink", path) }
  }

  /// Removes what is at `path` with everything below it; an absent path is fine.
  public static func removeTree(_ path: String) throws(SystemError) {
    guard kind(of: path) == .directory else { return try removeFile(path) }
    for name in try list(path) { try removeTree("\(path)/\(name)") }
    guard rmdir(path) == 0 || errno == ENOENT else { throw .last("rmdir", path) }
  }

  /// Returns when the directory's entries are on the device.
  public static func syncDirectory(_ path: String) throws(SystemError) {
    try FileDescriptor(opening: path, for: .read).sync()
  }

  /// The directory that holds `path`; `.` for a bare name.
  static func parent(of path: String) -> String {
    let bytes = path.utf8
    var end = bytes.endIndex
    while end > bytes.startIndex, bytes[bytes.index(before: end)] == UInt8(ascii: "/") {
      end = bytes.index(before: end)
    }
    guard let slash = bytes[..<end].lastIndex(of: UInt8(ascii: "/")) else {
      return end == bytes.startIndex && !bytes.isEmpty ? "/" : "."
    }
    return slash == bytes.startIndex ? "/" : String(path[..<slash])
  }
}
