// What a person reads when a file is wrong: the line, the caret under the right characters, the
// hints.
// Expected texts and distances are written by hand.

import Testing

@testable import YAML

@Suite("Diagnostics")
struct DiagnosticTests {
  @Test func rendering() {
    let source = "name: x\n  read-capcity: 400\n"
    let diagnostic = Diagnostic(
      file: "a.yaml",
      range: SourceRange(start: SourceMark(line: 2, column: 3), length: 12),
      message: "unknown key 'read-capcity'", expected: "one of a, b", suggestion: "read-capacity")
    #expect(
      Diagnostic.rendered([diagnostic, diagnostic], source: source) == """
        a.yaml:2:3: error: unknown key 'read-capcity'
            2 |   read-capcity: 400
              |   ^~~~~~~~~~~~
          expected: one of a, b
          did you mean 'read-capacity'?

        """)
  }

  @Test func oddLinesAreShownSafely() {
    let lines = SourceLines("tab\there\r\nbell\u{7}\rlast")
    #expect(lines[1]?.shown == "tab here")
    #expect(lines[2]?.shown == "bell\u{FFFD}")
    #expect(lines[3]?.shown == "last")
    #expect(lines[4] == nil)
    #expect(lines[0] == nil)
  }

  struct Distance: CustomTestStringConvertible {
    let a: String
    let b: String
    let distance: Int
    var testDescription: String { "\(a) → \(b)" }
  }

  @Test(
    "edit distance",
    arguments: [
      Distance(a: "", b: "abc", distance: 3), Distance(a: "kitten", b: "sitting", distance: 3),
      Distance(a: "ab", b: "ba", distance: 1), Distance(a: "abc", b: "abc", distance: 0),
      Distance(a: "ca", b: "abc", distance: 3),
    ])
  func distances(_ row: Distance) {
    #expect(editDistance(Array(row.a.utf8), Array(row.b.utf8)) == row.distance)
    #expect(editDistance(Array(row.b.utf8), Array(row.a.utf8)) == row.distance)
  }

  @Test func nearest() {
    let names = ["name", "partition-key", "partition-keys", "read-capacity", "write-capacity"]
    #expect(nearestName(to: "read-capcity", among: names) == "read-capacity")
    #expect(nearestName(to: "partitionkey", among: names) == "partition-key")
    #expect(nearestName(to: "Read_Capacity", among: names) == "read-capacity")
    #expect(nearestName(to: "zzz", among: names) == nil)
    #expect(nearestName(to: "", among: names) == nil)
  }
}
