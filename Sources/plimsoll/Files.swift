// Reading and writing files, with errors that name the file and the system's reason.
//
// A report folder appears whole or not at all: it is written under another name beside its place
// and then renamed, so that a full disk or an interruption leaves the old report untouched. Only a
// folder that is empty or holds an earlier report is ever replaced.

import Glibc
import Reports

/// A file operation that failed, as a sentence.
struct FileFault: Error {
  var message: String

  /// The fault of the system call that just failed.
  static func last(_ action: String, _ path: String) -> FileFault {
    FileFault(message: "cannot \(action) \(path): \(String(cString: strerror(errno)))")
  }
}

enum Files {
  /// The whole file as text.
  static func read(_ path: String) throws(FileFault) -> String {
    guard let file = fopen(path, "r") else { throw .last("read", path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      bytes.append(contentsOf: buffer[..<count])
      if count < buffer.count { break }
    }
    guard ferror(file) == 0 else { throw .last("read", path) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FileFault(message: "cannot read \(path): it is not UTF-8 text")
    }
    return text
  }

  /// Whether something exists at `path`.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Writes a new file; what was there is replaced only when all of it is on disk.
  static func write(_ text: String, to path: String) throws(FileFault) {
    let temporary = "\(path).\(getpid()).part"
    guard let file = fopen(temporary, "w") else { throw .last("write", path) }
    let bytes = Array(text.utf8)
    let written = fwrite(bytes, 1, bytes.count, file)
    let closed = fclose(file)
    guard written == bytes.count, closed == 0, rename(temporary, path) == 0 else {
      let fault = FileFault.last("write", path)
      unlink(temporary)
      throw fault
    }
  }

  /// Makes `path` and the folders above it.
  static func makeFolder(_ path: String) throws(FileFault) {
    var prefix = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      prefix += prefix.isEmpty || prefix.hasSuffix("/") ? String(part) : "/\(part)"
      if mkdir(prefix, 0o777) != 0, errno != EEXIST { throw .last("make the folder", prefix) }
    }
  }

  /// Why a report may not take the place of what is at `path`; nil when it may: there is nothing,
  /// or an empty folder, or a folder with an earlier report's run.json.
  static func obstacle(toReportAt path: String) -> FileFault? {
    guard let kind = kind(of: path) else { return obstacle(above: path) }
    guard kind == S_IFDIR, let names = names(in: path) else {
      return FileFault(message: "\(path) is not a folder; name another one with --out")
    }
    if names.isEmpty || names.contains("run.json") { return nil }
    return FileFault(
      message: "\(path) holds other files and no report; name another folder with --out")
  }

  /// Why nothing can be made at `path`: the nearest folder above it may not be written. It is asked
  /// before a simulation, not after it.
  private static func obstacle(above path: String) -> FileFault? {
    var parent = path
    repeat {
      guard let slash = parent.lastIndex(of: "/") else {
        parent = "."
        break
      }
      parent = slash == parent.startIndex ? "/" : String(parent[..<slash])
    } while !exists(parent) && parent != "/"
    var status = stat()
    guard stat(parent, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      return FileFault(message: "\(parent) is not a folder; name another one with --out")
    }
    return access(parent, W_OK | X_OK) == 0 ? nil : .last("write in", parent)
  }

  /// Replaces the folder `path`, which must have no obstacle, by one with exactly `files`, and
  /// makes the folders above it.
  static func replaceFolder(_ path: String, with files: [ReportFile]) throws(FileFault) {
    if let obstacle = obstacle(toReportAt: path) { throw obstacle }
    let fresh = "\(path).\(getpid()).part"
    let old = "\(path).\(getpid()).old"
    if let slash = path.lastIndex(of: "/") { try makeFolder(String(path[..<slash])) }
    guard mkdir(fresh, 0o777) == 0 else { throw .last("write", path) }
    do throws(FileFault) {
      for file in files {
        let target = "\(fresh)/\(file.path)"
        let folder = target.lastIndex(of: "/").map { String(target[..<$0]) } ?? fresh
        try makeFolder(folder)
        try write(file.contents, to: target)
      }
      if exists(path), rename(path, old) != 0 { throw .last("replace", path) }
      guard rename(fresh, path) == 0 else { throw .last("write", path) }
    } catch {
      removeTree(fresh)
      if !exists(path), exists(old) { _ = rename(old, path) }
      throw error
    }
    removeTree(old)
  }

  /// Removes a folder with all it holds; links are removed, not followed; what cannot be removed
  /// stays.
  static func removeTree(_ path: String) {
    guard kind(of: path) == S_IFDIR else {
      unlink(path)
      return
    }
    for name in names(in: path) ?? [] { removeTree("\(path)/\(name)") }
    rmdir(path)
  }

  /// The file type of what is at `path` itself, links not followed; nil when there is nothing.
  private static func kind(of path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  /// What a folder holds; nil when it cannot be read.
  static func names(in path: String) -> [String]? {
    guard let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
