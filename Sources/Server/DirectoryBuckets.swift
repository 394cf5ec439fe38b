// Buckets in a directory: every folder of it is a bucket, every file below an object.
//
// Buckets are not made: a name that is mistyped should fail, as it does on the service. Keys cannot
// lead out of their bucket.

import Cryptography
import Engine
import HTTP
import Platform

/// Objects as files below `root`.
struct DirectoryBuckets: ObjectBuckets {
  /// The most one object may expand to.
  private static let expandedBytesMax = 2 << 30

  let root: String

  private func path(_ bucket: String, _ key: String = "") throws(ObjectFault) -> String {
    let isName =
      !bucket.isEmpty && bucket != "." && bucket != ".."
      && bucket.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
      }
    guard isName, FileSystem.kind(of: root + "/" + bucket) == .directory else {
      throw ObjectFault(
        code: "S3NoSuchBucket",
        message: "The specified bucket does not exist: make a folder \(bucket) in \(root)")
    }
    let steps = key.split(separator: "/", omittingEmptySubsequences: false)
    let leadsOut = steps.contains { $0 == ".." || $0 == "." } || key.utf8.contains(0)
    guard !leadsOut else {
      throw ObjectFault(code: "S3InvalidKey", message: "The key \(key) is not one of files")
    }
    return root + "/" + bucket + (key.isEmpty ? "" : "/" + key)
  }

  func store(
    _ bytes: [UInt8], as key: String, in bucket: String, compressed: Bool
  ) throws(ObjectFault) -> [UInt8] {
    let path = try path(bucket, key)
    let content = compressed ? Gzip.compressed(bytes) : bytes
    do throws(SystemError) {
      let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
      try FileSystem.makeDirectory(folder)
      try FileSystem.replace(path, with: content)
    } catch {
      throw ObjectFault(code: "S3WriteFailed", message: "\(error)")
    }
    return MD5.digest(of: content)
  }

  func load(
    _ key: String, from bucket: String, compressed: Bool
  ) throws(ObjectFault) -> [UInt8] {
    let path = try path(bucket, key)
    let content: [UInt8]
    do throws(SystemError) { content = try FileSystem.read(path) } catch {
      throw ObjectFault(code: "S3ReadFailed", message: "\(error)")
    }
    guard compressed else { return content }
    guard let expanded = Gzip.expanded(content, limit: Self.expandedBytesMax) else {
      throw ObjectFault(
        code: "S3ReadFailed",
        message: "\(key) is not in the gzip format, or larger than 2 GiB when expanded")
    }
    return expanded
  }

  func keys(in bucket: String, under prefix: String) throws(ObjectFault) -> [String] {
    let start = try path(bucket)
    var found: [String] = []
    do throws(SystemError) { try collect(start, "", &found) } catch {
      throw ObjectFault(code: "S3ReadFailed", message: "\(error)")
    }
    return found.filter { $0.hasPrefix(prefix) }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func collect(
    _ folder: String, _ key: String, _ found: inout [String]
  ) throws(SystemError) {
    for name in try FileSystem.list(folder) {
      let path = folder + "/" + name
      switch FileSystem.kind(of: path) {
      case .directory: try collect(path, key + name + "/", &found)
      case .file: found.append(key + name)
      case .other, nil: continue
      }
    }
  }
}
