// Why: what a person types must mean one thing only, and a slip must be answered helpfully.
import Testing

@testable import Arguments

private let tool = Program(
  name: "tool", summary: "Does things", version: "1.2",
  commands: [
    Command(
      "plan", summary: "plans", positionals: [Positional("FILE", summary: "the scenario")],
      options: [
        Option("seed", letter: "s", .integer("N"), summary: "the seed"),
        Option("scale", .number("X"), summary: "the factor"),
        Option("out", letter: "o", .text("FOLDER"), summary: "where to write"),
        Option("format", .choice(["text", "json"]), summary: "how to write"),
        Option("set", .text("KEY=VALUE"), repeats: true, summary: "change a value"),
        Option("force", summary: "overwrite"),
      ]),
    Command("lint", summary: "checks", positionals: [Positional("FILE", .many, summary: "files")]),
    Command("init", summary: "starts", positionals: [Positional("FILE", .optional, summary: "f")]),
    Command("show", summary: "shows", positionals: [Positional("NAME", .any, summary: "names")]),
    Command("schema", summary: "prints the schema"),
  ],
  sharedOptions: [Option("no-color", summary: "plain text")])

private struct Good: Sendable, CustomTestStringConvertible {
  var line: String
  var command: String
  var positionals: [String] = []
  var texts: [String: [String]] = [:]
  var testDescription: String { line }
}

private let good: [Good] = [
  Good(line: "plan a.yaml", command: "plan", positionals: ["a.yaml"]),
  Good(line: "plan --seed 7 a", command: "plan", positionals: ["a"], texts: ["seed": ["7"]]),
  Good(line: "plan a --seed=7", command: "plan", positionals: ["a"], texts: ["seed": ["7"]]),
  Good(line: "plan -s 7 a", command: "plan", positionals: ["a"], texts: ["seed": ["7"]]),
  Good(line: "plan a --seed -7", command: "plan", positionals: ["a"], texts: ["seed": ["-7"]]),
  Good(
    line: "plan a --seed 1_000", command: "plan", positionals: ["a"], texts: ["seed": ["1_000"]]),
  Good(
    line: "plan a --scale 1.5e3", command: "plan", positionals: ["a"], texts: ["scale": ["1.5e3"]]),
  Good(line: "plan a --out=-odd", command: "plan", positionals: ["a"], texts: ["out": ["-odd"]]),
  Good(line: "plan a --out=", command: "plan", positionals: ["a"], texts: ["out": [""]]),
  Good(line: "plan a --out -", command: "plan", positionals: ["a"], texts: ["out": ["-"]]),
  Good(
    line: "plan a --set x=1 --set y=2=3", command: "plan", positionals: ["a"],
    texts: ["set": ["x=1", "y=2=3"]]),
  Good(line: "plan --force a", command: "plan", positionals: ["a"], texts: ["force": [""]]),
  Good(
    line: "plan a --format json", command: "plan", positionals: ["a"], texts: ["format": ["json"]]),
  Good(
    line: "plan --no-color -- --seed", command: "plan", positionals: ["--seed"],
    texts: ["no-color": [""]]),
  Good(line: "plan -", command: "plan", positionals: ["-"]),
  Good(line: "plan -5", command: "plan", positionals: ["-5"]),
  Good(line: "lint a b c", command: "lint", positionals: ["a", "b", "c"]),
  Good(line: "init", command: "init"),
  Good(line: "init a", command: "init", positionals: ["a"]),
  Good(line: "show", command: "show"),
  Good(line: "show a b", command: "show", positionals: ["a", "b"]),
  Good(line: "schema", command: "schema"),
]

private struct Bad: Sendable, CustomTestStringConvertible {
  var line: String
  var message: String
  var command: String? = "plan"
  var testDescription: String { line }
}

private let bad: [Bad] = [
  Bad(line: "paln a", message: "there is no command 'paln'; did you mean 'plan'?", command: nil),
  Bad(line: "frobnicate", message: "there is no command 'frobnicate'", command: nil),
  Bad(line: "help lnt", message: "there is no command 'lnt'; did you mean 'lint'?", command: nil),
  Bad(line: "--seed 7", message: "a command comes first, but '--seed' is an option", command: nil),
  Bad(line: "plan", message: "plan needs FILE: the scenario"),
  Bad(line: "plan a b", message: "'b' is one argument too many"),
  Bad(line: "lint", message: "lint needs FILE: files", command: "lint"),
  Bad(line: "schema x", message: "'x' is one argument too many", command: "schema"),
  Bad(line: "plan a --sede 7", message: "plan has no option '--sede'; did you mean '--seed'?"),
  Bad(line: "plan a --frobnicate", message: "plan has no option '--frobnicate'"),
  Bad(line: "plan a -x", message: "plan has no option '-x'"),
  Bad(line: "plan a --seed", message: "--seed needs a value: --seed N"),
  Bad(line: "plan a --seed --force", message: "--seed needs a value: --seed N"),
  Bad(line: "plan a --seed x", message: "--seed needs a whole number, not 'x'"),
  Bad(line: "plan a --seed 1.5", message: "--seed needs a whole number, not '1.5'"),
  Bad(
    line: "plan a --seed 99999999999999999999",
    message: "--seed needs a whole number, not '99999999999999999999'"),
  Bad(line: "plan a --scale nan", message: "--scale needs a number, not 'nan'"),
  Bad(line: "plan a --scale 0x10", message: "--scale needs a number, not '0x10'"),
  Bad(line: "plan a --scale 1e999", message: "--scale needs a number, not '1e999'"),
  Bad(line: "plan a --seed 1 -s 2", message: "-s is given twice"),
  Bad(line: "plan a --force --force", message: "--force is given twice"),
  Bad(line: "plan a --force=yes", message: "--force takes no value"),
  Bad(
    line: "plan a --format jsn",
    message: "--format needs one of text, json (did you mean json?), not 'jsn'"),
  Bad(line: "plan a --format=", message: "--format needs one of text, json, not ''"),
]

@Suite struct CommandLineReaderTests {
  private func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

  @Test(arguments: good) private func accepted(_ given: Good) throws {
    guard case .run(let run) = tool.read(words(given.line)) else {
      Issue.record("\(given.line) was not accepted: \(tool.read(words(given.line)))")
      return
    }
    #expect(run.command == given.command)
    #expect(run.positionals == given.positionals)
    #expect(run.texts == given.texts)
  }

  @Test(arguments: bad) private func refused(_ given: Bad) {
    let expected = UsageError(given.message, command: given.command)
    #expect(tool.read(words(given.line)) == .refused(expected))
  }

  @Test(
    arguments: [
      ("", nil), ("-h", nil), ("--help", nil), ("help", nil), ("help plan", "plan"),
      ("plan --help", "plan"), ("plan -h", "plan"), ("plan a --seed 3 --help", "plan"),
    ] as [(String, String?)])
  func help(_ line: String, _ command: String?) {
    #expect(tool.read(words(line)) == .help(command: command))
  }

  @Test func version() {
    #expect(tool.read(["--version"]) == .version)
  }

  @Test func helpAfterTheEndOfOptionsIsAFile() throws {
    guard case .run(let run) = tool.read(["plan", "--", "--help"]) else {
      Issue.record("refused")
      return
    }
    #expect(run.positionals == ["--help"])
  }

  @Test func valuesHaveTheirTypes() throws {
    let line = "plan a --seed -1_000 --scale 2.5 --set a --set b --force --out x"
    guard case .run(let run) = tool.read(words(line)) else {
      Issue.record("refused")
      return
    }
    #expect(run.integer("seed") == -1_000)
    #expect(run.number("scale") == 2.5)
    #expect(run.all("set") == ["a", "b"])
    #expect(run.text("set") == "b")
    #expect(run.has("force"))
    #expect(run.text("out") == "x")
    #expect(!run.has("no-color"))
    #expect(run.text("format") == nil)
    #expect(run.integer("seed") != nil)
  }

  @Test func anUndeclaredOptionIsAProgrammingError() async {
    await #expect(processExitsWith: .failure) {
      let program = Program(
        name: "t", summary: "", version: "", commands: [Command("c", summary: "")])
      if case .run(let run) = program.read(["c"]) { _ = run.has("nothing") }
    }
  }
}
