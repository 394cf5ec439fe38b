// The tree and its positions: every diagnostic of the project stands on these line and column
// numbers.
// Expected positions are counted by hand in the literal texts.

import Testing
import YAML

@Suite("YAML parser")
struct YAMLParserTests {
  /// The tree without positions, in a compact notation of its own.
  static func shape(_ node: YAMLNode?) -> String {
    guard let node else { return "none" }
    switch node.content {
    case .scalar(let scalar): return scalar.isPlain ? scalar.text : "'\(scalar.text)'"
    case .sequence(let items): return "[" + items.map(shape).joined(separator: ", ") + "]"
    case .mapping(let entries):
      return "{" + entries.map { "\($0.key): \(shape($0.value))" }.joined(separator: ", ") + "}"
    }
  }

  struct Row: CustomTestStringConvertible {
    let text: String
    let shape: String
    var testDescription: String { shape }
  }

  @Test(
    "shapes",
    arguments: [
      Row(text: "a: 1", shape: "{a: 1}"),
      Row(text: "on: off\nt: 20:00", shape: "{on: off, t: 20:00}"),
      Row(text: "- a\n- {b: c, d: [e, f]}", shape: "[a, {b: c, d: [e, f]}]"),
      Row(text: "q: \"x: y\"\nempty:", shape: "{q: 'x: y', empty: }"),
      Row(text: "fold: >\n  one\n  two\n", shape: "{fold: 'one two\n'}"),
      Row(text: "p: p(99){read-order} < 50ms", shape: "{p: p(99){read-order} < 50ms}"),
      Row(text: "k: ключ", shape: "{k: ключ}"),
      Row(text: "---\na: 1\n...\n", shape: "{a: 1}"),
    ])
  func shapes(_ row: Row) {
    let document = parseYAML(row.text, file: "x")
    #expect(document.diagnostics.isEmpty)
    #expect(Self.shape(document.root) == row.shape)
  }

  @Test func positions() throws {
    let text = "tables:\n  - name: orders\n    keys: {zipf: 0.99}\nüber: \"quoted\"\n"
    let root = try #require(parseYAML(text, file: "x").root)
    guard case .mapping(let top) = root.content, case .sequence(let tables) = top[0].value.content,
      case .mapping(let table) = tables[0].content, case .mapping(let keys) = table[1].value.content
    else {
      Issue.record("another shape than written: \(Self.shape(root))")
      return
    }
    func at(_ line: Int, _ column: Int, _ length: Int) -> SourceRange {
      SourceRange(start: SourceMark(line: line, column: column), length: length)
    }
    #expect(top[0].keyRange == at(1, 1, 6))
    #expect(table[0].keyRange == at(2, 5, 4))
    #expect(table[0].value.range == at(2, 11, 6))
    #expect(keys[0].keyRange == at(3, 12, 4))
    #expect(keys[0].value.range == at(3, 18, 4))
    #expect(top[1].keyRange == at(4, 1, 4))
    #expect(top[1].value.range == at(4, 7, 8))
  }

  struct Fault: CustomTestStringConvertible {
    let text: String
    let headlines: [String]
    var testDescription: String { headlines.joined(separator: "; ") }
  }

  @Test(
    "faults have their place",
    arguments: [
      Fault(text: "", headlines: ["f:1:1: error: the file is empty"]),
      Fault(text: "# only a comment\n", headlines: ["f:1:1: error: the file is empty"]),
      Fault(
        text: "a: 1\nb: 2\na: 3\nb: 4\n",
        headlines: [
          "f:3:1: error: the key 'a' stands twice", "f:4:1: error: the key 'b' stands twice",
        ]),
      Fault(
        text: "a: &x 1\nb: *x\n",
        headlines: [
          "f:1:4: error: anchors (&x) are not supported",
          "f:2:4: error: aliases (*name) are not supported",
        ]),
      Fault(text: "a: !!int 1", headlines: ["f:1:4: error: tags (!name) are not supported"]),
      Fault(text: "a: 1\n---\nb: 2\n", headlines: ["f:2:1: error: a second document starts here"]),
      Fault(text: "a:\n\tb: 1\n", headlines: ["f:2:1: error: a tab cannot indent YAML"]),
      Fault(text: "? [a, b]\n: c\n", headlines: ["f:1:3: error: a list cannot be a key"]),
      Fault(
        text: "a: [1, 2\nb: 3\n",
        headlines: [
          "f:2:2: error: did not find expected ',' or ']' while parsing a flow sequence "
            + "that starts on line 1"
        ]),
      Fault(
        text: "a: 1\nb\n",
        headlines: [
          "f:2:1: error: could not find expected ':' while scanning a simple key"
        ]),
      Fault(text: "a: b\n\u{1}", headlines: ["f:2:1: error: control characters are not allowed"]),
    ])
  func faults(_ row: Fault) {
    let document = parseYAML(row.text, file: "f")
    #expect(document.diagnostics.map(\.headline) == row.headlines)
  }

  @Test func depthIsBounded() {
    let text = String(repeating: "[", count: 100_000)
    let document = parseYAML(text, file: "f")
    #expect(document.root == nil)
    #expect(document.diagnostics.map(\.message) == ["nested more than 32 levels deep"])
  }
}
