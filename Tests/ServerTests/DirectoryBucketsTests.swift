// Buckets that are folders.
//
// Why: keys come from requests. None may lead out of its bucket; what was stored must come back.

import Engine
import HTTP
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct DirectoryBucketsTests {
  @Test func objectsComeBack() throws {
    let temporary = try TemporaryFolder()
    defer { withExtendedLifetime(temporary) {} }
    let folder = temporary.path
    try FileSystem.makeDirectory(folder + "/bucket")
    let buckets = DirectoryBuckets(root: folder)
    let content = Array("abc".utf8)
    let digest = try buckets.store(content, as: "a/b.txt", in: "bucket", compressed: false)
    // RFC 1321, appendix A.5.
    #expect(
      digest == [
        0x90, 0x01, 0x50, 0x98, 0x3C, 0xD2, 0x4F, 0xB0, 0xD6, 0x96, 0x3F, 0x7D, 0x28, 0xE1, 0x7F,
        0x72,
      ])
    _ = try buckets.store(content, as: "a/c.gz", in: "bucket", compressed: true)
    #expect(try buckets.keys(in: "bucket", under: "a/") == ["a/b.txt", "a/c.gz"])
    #expect(try buckets.keys(in: "bucket", under: "b") == [])
    #expect(try buckets.load("a/b.txt", from: "bucket", compressed: false) == content)
    #expect(try buckets.load("a/c.gz", from: "bucket", compressed: true) == content)
    #expect(throws: ObjectFault.self) {
      try buckets.load("a/b.txt", from: "bucket", compressed: true)
    }
  }

  @Test(arguments: [
    ("bucket", "../out"), ("bucket", "a/../../out"), ("..", "a"), (".", "a"), ("other", "a"),
    ("bucket/..", "a"), ("", "a"),
  ]) func nothingLeadsOut(_ bucket: String, _ key: String) throws {
    let temporary = try TemporaryFolder()
    defer { withExtendedLifetime(temporary) {} }
    let folder = temporary.path
    try FileSystem.makeDirectory(folder + "/bucket")
    let buckets = DirectoryBuckets(root: folder)
    #expect(throws: ObjectFault.self) {
      try buckets.store([1], as: key, in: bucket, compressed: false)
    }
    #expect(throws: ObjectFault.self) { try buckets.load(key, from: bucket, compressed: false) }
    #expect(try FileSystem.list(folder) == ["bucket"])
  }
}
