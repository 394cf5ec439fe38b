// Damaged and random texts: refused or read, never a crash, and never a hang.
//
// Why: a statement is the one input of the service that a person writes by hand.

import DataModel
import Expressions
import TestSupport
import Testing

@testable import PartiQL

@Suite struct StatementPropertyTests {
  private static let samples = [
    "SELECT a, b.c[1] FROM \"T\".\"i\" WHERE pk = 'x' AND (n > 1 OR NOT begins_with(s, 'p')) "
      + "ORDER BY sk DESC",
    "INSERT INTO T VALUE {'pk': 'a', 'l': [1, {'k': <<1, 2>>}], 'z': null}",
    "UPDATE T SET a = a + 1, s = set_add(s, <<'x'>>) REMOVE b[0] WHERE pk = ? RETURNING ALL NEW *",
    "DELETE FROM T WHERE pk IN ['a', 'b'] AND x BETWEEN 1 AND 2 RETURNING ALL OLD *",
    "EXISTS(SELECT * FROM T WHERE pk = 'a' AND b IS NOT MISSING)",
  ]
  private static let pieces = [
    "'", "\"", "(", ")", "[", "]", "{", "}", "<<", ">>", ",", ".", "=", "?", " AND ", " OR ",
    " NOT ", " IN ", " IS ", "1e", "-", "--", "/*", "*/", "é", "\u{0}", "\n", " SET ", ":", ";",
  ]

  @Test(arguments: Seed.some(40)) func survivesDamage(_ seed: Seed) {
    var generator = seed.generator
    for _ in 0..<60 {
      var text = Array(generator.pick(Self.samples))
      for _ in 0...generator.integer(in: 0...3) {
        let at = generator.integer(in: 0...text.count)
        switch generator.integer(in: 0...2) {
        case 0: text.insert(contentsOf: Array(generator.pick(Self.pieces)), at: at)
        case 1: text.removeSubrange(at..<min(text.count, at + generator.integer(in: 0...5)))
        default: text.append(contentsOf: text[at...])
        }
      }
      _ = try? Statement.parse(String(text), parameters: [.string("p")])
    }
  }

  @Test(arguments: ["(", "[", "NOT ", "{'a': ", "<<", "size("])
  func refusesDeepNesting(_ opening: String) {
    let inside = String(repeating: opening, count: Statement.lengthMax / opening.count - 10)
    #expect(throws: StatementFault.self) {
      try Statement.parse("SELECT * FROM T WHERE a = 1 OR " + inside)
    }
    #expect(throws: StatementFault.self) { try Statement.parse("INSERT INTO T VALUE " + inside) }
  }

  /// Texts of every content come back as they were written.
  @Test(arguments: Seed.some(20)) func readsTextsBack(_ seed: Seed) throws {
    var generator = seed.generator
    let alphabet: [Character] = ["'", "\"", "a", "\\", "\n", "é", "-", "?", " ", "🌊"]
    let name = String((0...8).map { _ in generator.pick(alphabet) })
    let content = String((0...8).map { _ in generator.pick(alphabet) })
    func quoted(_ text: String, _ quote: String) -> String {
      quote
        + text.split(separator: quote, omittingEmptySubsequences: false)
        .joined(separator: quote + quote) + quote
    }
    let statement = try Statement.parse(
      "SELECT \(quoted(name, "\"")) FROM T WHERE a = \(quoted(content, "'"))")
    let expected = SelectStatement(
      projection: [DocumentPath(name)], table: "T",
      condition: .compare(.equal, .path(DocumentPath("a")), .value(.string(content))))
    #expect(statement == .select(expected))
  }
}
