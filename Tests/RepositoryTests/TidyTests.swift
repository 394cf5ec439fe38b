// Why: a rule that never fires protects nothing, and one that fires wrongly gets switched off; so
// each rule of scripts/tidy is shown a bad sample and good ones that look alike.
import TestSupport
import Testing

/// Package.swift of the sample trees, as `swift package dump-package` prints it.
private let package = """
  {"targets": [
    {"name": "Ground", "type": "regular", "dependencies": []},
    {"name": "Statistics", "type": "regular", "dependencies": [{"byName": ["Ground", null]}]},
    {"name": "plimsoll", "type": "executable", "dependencies": [{"byName": ["Ground", null]}]},
    {"name": "Support", "type": "regular", "path": "Tests/Support", "dependencies": []},
    {"name": "GroundTests", "type": "test", "dependencies": [{"byName": ["Ground", null]}]},
    {"name": "StatisticsTests", "type": "test", "dependencies": [{"byName": ["Statistics", null]}]}
  ]}
  """
private let head = "// A sample.\n"
/// Files that make a tree complete; samples replace or add to them.
private let sound = [
  "Sources/Ground/A.swift": head, "Tests/GroundTests/A.swift": head,
  "Sources/Statistics/A.swift": head, "Tests/StatisticsTests/A.swift": head,
]

private struct Sample: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var files: [String: String]
  /// Findings as "file:line: [rule]"; none for a good sample.
  var findings: [String] = []

  init(_ name: String, _ files: [String: String], _ findings: [String] = []) {
    testDescription = name
    self.files = files
    self.findings = findings
  }

  /// A sample of one file in Ground: `code` follows the head comment, so it starts on line 2.
  init(_ name: String, code: String, rule: String? = nil, line: Int = 2) {
    self.init(
      name, ["Sources/Ground/B.swift": head + code + "\n"],
      rule.map { ["Sources/Ground/B.swift:\(line): [\($0)]"] } ?? [])
  }
}

private func lines(_ count: Int, of line: String = "  x()") -> String {
  Array(repeating: line, count: count).joined(separator: "\n")
}

private let sizes: [Sample] = [
  Sample("a line of 100 columns", code: "// " + String(repeating: "é", count: 97)),
  Sample(
    "a line of 101 columns", code: "let x = \"" + String(repeating: "a", count: 91) + "\"",
    rule: "line-length"),
  Sample("600 lines", code: lines(599, of: "let x = 1")),
  Sample("601 lines", code: lines(600, of: "let x = 1"), rule: "file-length", line: 1),
  Sample(
    "a generated table of 700 long lines",
    [
      "Sources/Ground/PublishedPrices.swift": head
        + lines(700, of: "let x = \"" + String(repeating: "a", count: 100) + "\"") + "\n"
    ]),
  Sample("a function of 70 lines", code: "func f() {\n\(lines(68))\n}"),
  Sample("a function of 71 lines", code: "func f() {\n\(lines(69))\n}", rule: "function-length"),
  Sample("an initialiser of 71 lines", code: "init() {\n\(lines(69))\n}", rule: "function-length"),
  Sample(
    "a brace in a string ends no function", code: "func f() {\n  g(\"}\")\n\(lines(68))\n}",
    rule: "function-length"),
  Sample("five parameters", code: "func f(a: A, b: B, c: C, d: (D, D), e: [E: F]) {}"),
  Sample(
    "six parameters", code: "func f<T>(a: A, b: B, c: C,\n d: D, e: E, f: F) {}",
    rule: "parameter-count"),
  Sample("six stored properties", code: "init(a: A, b: B, c: C, d: D, e: E, f: F) {}"),
  Sample("a generic with commas", code: "func f(a: D<A, B>, b: (A, B, C) -> D<A, B>, c: C) {}"),
]

private let directions: [Sample] = [
  Sample("a declared import", ["Sources/Statistics/B.swift": head + "public import Ground\n"]),
  Sample("an undeclared import", code: "import Statistics", rule: "import-direction"),
  Sample("a public undeclared import", code: "public import Statistics", rule: "import-direction"),
  Sample("one declaration imported", code: "import struct Statistics.X", rule: "import-direction"),
  Sample("a testable import", code: "@testable import Statistics", rule: "import-direction"),
  Sample("an import in a comment", code: "// import Statistics"),
  Sample("Foundation below the command line", code: "import Foundation", rule: "import-direction"),
  Sample("Foundation in the program", ["Sources/plimsoll/B.swift": head + "import Foundation\n"]),
  Sample("Glibc in Ground", code: "import Glibc", rule: "import-direction"),
  Sample("Glibc in Statistics", ["Sources/Statistics/B.swift": head + "import Glibc\n"]),
  Sample("a standard module", code: "import Synchronization"),
  Sample("Testing in a source", code: "import Testing", rule: "import-direction"),
  Sample("Foundation in a test", ["Tests/GroundTests/B.swift": head + "import Foundation\n"]),
  Sample(
    "a part of Foundation in a test",
    ["Tests/GroundTests/B.swift": head + "import FoundationEssentials\n"]),
  Sample(
    "a test that reaches too far", ["Tests/GroundTests/B.swift": head + "import Statistics\n"],
    ["Tests/GroundTests/B.swift:2: [import-direction]"]),
  Sample("support code", ["Tests/Support/B.swift": head + "import Testing\n"]),
]

private let calls: [Sample] = [
  Sample("try!", code: "let x = try! f()", rule: "banned-call"),
  Sample("try?", code: "let x = try? f()"),
  Sample("as!", code: "let x = y as! Int", rule: "banned-call"),
  Sample("fatalError", code: "fatalError(\"no\")", rule: "banned-call"),
  Sample("print", code: "print(1)", rule: "banned-call"),
  Sample("print in a string", code: "let x = \"print(1)\""),
  Sample("print in a long string", code: "let x = \"\"\"\n  print(1) \" as!\n  \"\"\""),
  Sample("print in a raw string", code: "let x = #\"a \" print(1)\"#"),
  Sample("print in an interpolation", code: "let x = \"a \\(print(\"b\"))\"", rule: "banned-call"),
  Sample("print in a block comment", code: "/* print(1)\n print(2) */ let x = 1"),
  Sample("a method named print", code: "printer.print(1)\nfootprint(2)"),
  Sample("print in the program", ["Sources/plimsoll/B.swift": head + "print(1)\n"]),
  Sample("print in a test", ["Tests/GroundTests/B.swift": head + "print(1)\n"]),
  Sample("Date", code: "let x = Date()", rule: "banned-call"),
  Sample("a type that ends in Date", code: "let x = PriceDate()"),
  Sample("the clock", code: "clock_gettime(a, b)", rule: "banned-call"),
  Sample("a standard clock", code: "let x = ContinuousClock().now", rule: "banned-call"),
  Sample("sleeping", code: "try await Task.sleep(for: x)", rule: "banned-call"),
  Sample("the system's randomness", code: "SystemRandomNumberGenerator()", rule: "banned-call"),
  Sample("an unseeded draw", code: "let x = Int.random(in: 1...f(2))", rule: "banned-call"),
  Sample("an unseeded shuffle", code: "let x = y.shuffled()", rule: "banned-call"),
  Sample("a seeded draw", code: "let x = Int.random(in: 1...f(2), using: &generator)"),
  Sample("unwrapping", code: "let x = y!", rule: "force-unwrap"),
  Sample("unwrapping in a chain", code: "let x = y[1]!.z", rule: "force-unwrap"),
  Sample("unwrapping a call", code: "let x = f(1)!", rule: "force-unwrap"),
  Sample("an implicitly unwrapped type", code: "var x: Int!", rule: "force-unwrap"),
  Sample("not and unequal", code: "let x = !y && a != b && (!c || d !== e)"),
  Sample("an exclamation in text", code: "let x = \"Hey!\" // well! done!"),
]

private let texts: [Sample] = [
  Sample("a mark left over", code: "// TO" + "DO: more", rule: "leftover"),
  Sample("another mark", ["notes.md": "# T\n\nFIX" + "ME\n"], ["notes.md:3: [leftover]"]),
  Sample("a word with a mark in it", code: "let mastoDONS = 1"),
  Sample(
    "a placeholder", ["Sources/Ground/Place" + "holder.swift": head],
    ["Sources/Ground/Placeholder.swift:1: [leftover]"]),
  Sample("a path of one machine", ["a.md": "# T\nSee /wor" + "k/x.\n"], ["a.md:2: [machine-path]"]),
  Sample("an address with such a path", ["a.md": "# T\nhttps://example.org/hom" + "e/x\n"]),
  Sample(
    "no head comment", ["Sources/Ground/B.swift": "import Ground\n"],
    ["Sources/Ground/B.swift:1: [head-comment]", "Sources/Ground/B.swift:1: [import-direction]"]),
  Sample(
    "documentation is no head comment", ["Sources/Ground/B.swift": "/// A.\nlet x = 1\n"],
    ["Sources/Ground/B.swift:1: [head-comment]"]),
  Sample("a head comment of 15 lines", code: lines(14, of: "// a")),
  Sample("a head comment of 16 lines", code: lines(15, of: "// a"), rule: "head-comment", line: 1),
  Sample("a tab", code: "\tlet x = 1", rule: "characters"),
  Sample("a blank at the end", code: "let x = 1 ", rule: "characters"),
  Sample("a control character", code: "let x = \"\u{1b}\"", rule: "characters"),
  Sample("a carriage return", code: "let x = 1\r", rule: "characters"),
  Sample("no newline at the end", ["a.txt": "text"], ["a.txt:1: [characters]"]),
  Sample("a golden file may have blanks", ["Tests/GroundTests/Golden/a.txt": "x \n\t"]),
  Sample("no title", ["a.md": "text\n"], ["a.md:1: [markdown-title]"]),
  Sample("two titles", ["a.md": "# A\n\n# B\n"], ["a.md:3: [markdown-title]"]),
  Sample("a comment in a code block is no title", ["a.md": "# A\n\n```\n# B\n```\n"]),
]

private let trees: [Sample] = [
  Sample("a complete tree", [:]),
  Sample(
    "a module without sources", ["Sources/Statistics/A.swift": ""],
    ["Package.swift:1: [module-folders]"]),
  Sample(
    "a module without tests", ["Tests/StatisticsTests/A.swift": ""],
    ["Package.swift:1: [module-folders]"]),
  Sample(
    "a folder without a module", ["Sources/Odd/note.txt": "odd\n"],
    ["Sources/Odd:1: [module-folders]"]),
  Sample("scenarios before there are reports", ["scenarios/01-a.yaml": "a: 1\n"]),
  Sample(
    "a scenario without a report",
    ["scenarios/01-a.yaml": "a: 1\n", "reports/02-b/report.md": "# B\n"],
    ["scenarios/01-a.yaml:1: [scenario-reports]"]),
  Sample(
    "a scenario with a report",
    ["scenarios/01-a.yaml": "a: 1\n", "reports/01-a/report.md": "# A\n"]),
  Sample("an invalid scenario needs no report", ["scenarios/invalid/a.yaml": "a\n"]),
]

@Suite struct TidyTests {
  private func check(_ sample: Sample) throws {
    let folder = try TemporaryFolder()
    for (name, text) in sound.merging(sample.files, uniquingKeysWith: { $1 }) where !text.isEmpty {
      try folder.write(text, to: name)
    }
    let script = repositoryRoot() + "/scripts/tidy"
    let beside = try TemporaryFolder()
    let json = try beside.write(package, to: "package.json")
    let done = try run("/usr/bin/python3", [script, "--root", folder.path, "--package", json])
    let found = done.output.split(separator: "\n").filter { $0.contains(": [") }
    let places = found.map { $0.prefix { $0 != "]" } + "]" }
    #expect(
      places.map(String.init).sorted() == sample.findings.sorted(), "\(done.output)\(done.errors)")
    #expect(done.code == (sample.findings.isEmpty ? 0 : 1))
    for line in found { #expect(line.contains("; "), "names no remedy: \(line)") }
  }

  @Test(arguments: sizes) private func size(_ sample: Sample) throws { try check(sample) }
  @Test(arguments: directions) private func direction(_ sample: Sample) throws { try check(sample) }
  @Test(arguments: calls) private func call(_ sample: Sample) throws { try check(sample) }
  @Test(arguments: texts) private func text(_ sample: Sample) throws { try check(sample) }
  @Test(arguments: trees) private func tree(_ sample: Sample) throws { try check(sample) }
}
