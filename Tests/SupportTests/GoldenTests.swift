// Why: a golden comparison that never fails, or fails unreadably, would void every golden test.
import TestSupport
import Testing

@Suite struct GoldenTests {
  @Test func equalTextPasses() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a\nb\n", to: "x.txt")
    #expect(Golden.difference(of: "a\nb\n", from: path, rewrite: false) == nil)
  }

  struct Mismatch: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var expected: String
    var found: String
    var line: Int
    var shown: [String]
  }
  static let mismatches = [
    Mismatch(
      testDescription: "a changed line", expected: "a\nb\nc\n", found: "a\nB\nc\n", line: 2,
      shown: ["expected: \"b\"", "found:    \"B\""]),
    Mismatch(
      testDescription: "a missing line", expected: "a\nb", found: "a", line: 2,
      shown: ["expected: \"b\"", "found:    no line"]),
    Mismatch(
      testDescription: "a missing newline at the end", expected: "a\n", found: "a", line: 2,
      shown: ["expected: \"\"", "found:    no line"]),
    Mismatch(
      testDescription: "a blank at the end of a line", expected: "a", found: "a ", line: 1,
      shown: ["found:    \"a \""]),
    Mismatch(
      testDescription: "two spellings of one letter", expected: "\u{e9}", found: "e\u{301}",
      line: 1, shown: []),
    Mismatch(
      testDescription: "a carriage return", expected: "a\nb", found: "a\r\nb", line: 1,
      shown: ["\\r"]),
  ]

  @Test(arguments: mismatches) func firstDifferenceIsShown(_ given: Mismatch) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(given.expected, to: "x.txt")
    let text = try #require(Golden.difference(of: given.found, from: path, rewrite: false))
    #expect(text.contains("x.txt differs in line \(given.line) "))
    #expect(text.contains("UPDATE_GOLDEN=1"))
    for part in given.shown { #expect(text.contains(part)) }
  }

  @Test func absentFileFailsAndRewriteMakesIt() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/Golden/new.txt"
    let message = try #require(Golden.difference(of: "x\n", from: path, rewrite: false))
    #expect(message.contains("there is no golden file"))
    #expect(folder.files == [])
    #expect(Golden.difference(of: "x\n", from: path, rewrite: true) == nil)
    #expect(folder.read("Golden/new.txt") == "x\n")
    #expect(Golden.difference(of: "x\n", from: path, rewrite: false) == nil)
  }

  @Test func mismatchIsRecordedAsAnIssue() {
    withKnownIssue { expectGolden("x", "absent.txt") }
  }

  @Test func goldenFolderLiesBesideTheTest() {
    expectGolden("The first line.\nThe second line.\n", "sample.txt")
  }
}
