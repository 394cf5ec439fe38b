// Why: tests that leave files behind, or run programs wrongly, disturb each other in parallel.
import Foundation
import TestSupport
import Testing

@Suite struct FolderTests {
  @Test func folderIsFreshAndDisappears() throws {
    var folder: TemporaryFolder? = try TemporaryFolder()
    let path = try #require(folder?.path)
    #expect(folder?.files == [])
    try folder?.write("b", to: "deep/er/b.txt")
    try folder?.write("a", to: "a.txt")
    #expect(folder?.files == ["a.txt", "deep/er/b.txt"])
    #expect(folder?.read("deep/er/b.txt") == "b")
    #expect(folder?.read("none") == nil)
    folder = nil
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func programsReportCodeOutputAndErrors() throws {
    let folder = try TemporaryFolder()
    let script = "echo out; echo \"$WORD\" >&2; pwd -P; cat; exit 3"
    let done = try run("sh", ["-c", script], in: folder.path, environment: ["WORD": "err"])
    #expect(done.code == 3)
    #expect(done.output.hasPrefix("out\n/"))
    #expect(done.output.hasSuffix(folder.path + "\n"))
    #expect(done.errors == "err\n")
  }

  @Test func muchOutputDoesNotBlock() throws {
    let done = try run("sh", ["-c", "head -c 3000000 /dev/zero | tr '\\0' x"])
    #expect(done.output.utf8.count == 3_000_000)
  }

  @Test func repositoryIsFound() {
    #expect(FileManager.default.fileExists(atPath: repositoryRoot() + "/scripts/tidy"))
  }
}
