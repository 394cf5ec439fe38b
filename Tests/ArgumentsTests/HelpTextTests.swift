// Why: help is what a first-time user reads; its layout must hold at any terminal width.
import TestSupport
import Testing

@testable import Arguments

@Suite struct HelpTextTests {
  private let tool = Program(
    name: "tool", summary: "Does one thing and explains it in a sentence that is long",
    version: "1",
    commands: [
      Command(
        "plan", summary: "Simulates a scenario, prices it and says whether it holds",
        discussion: ["It writes a report for each scenario, and the exit code tells how it went."],
        positionals: [
          Positional("SCENARIO", summary: "the scenario file"),
          Positional("MORE", .any, summary: "further files"),
        ],
        options: [
          Option("seed", letter: "s", .integer("N"), summary: "seed of the random draws; 1"),
          Option("format", .choice(["text", "json"]), summary: "how to print; text by default"),
          Option(
            "a-rather-long-name", .text("SOMETHING"), summary: "stands on a line of its own"),
        ], examples: ["tool plan scenarios/01-orders.yaml --seed 3"]),
      Command("schema", summary: "Prints the schema"),
    ], sharedOptions: [Option("no-color", summary: "plain text even on a terminal")])

  @Test func programHelp() {
    #expect(
      tool.help(width: 60) == """
        Does one thing and explains it in a sentence that is long.

        Usage: tool COMMAND [OPTIONS] [ARGUMENTS]

        Commands:
          plan    Simulates a scenario, prices it and says whether
                  it holds
          schema  Prints the schema

        Options:
              --no-color  plain text even on a terminal
          -h, --help      show this help, or a command's
              --version   show the version

        'tool help COMMAND' explains a command.

        """)
  }

  @Test func commandHelp() {
    #expect(
      tool.help(command: "plan", width: 60) == """
        Simulates a scenario, prices it and says whether it holds.

        Usage: tool plan [OPTIONS] SCENARIO [MORE…]

        It writes a report for each scenario, and the exit code
        tells how it went.

        Arguments:
          SCENARIO  the scenario file
          MORE      further files

        Options:
          -s, --seed N          seed of the random draws; 1
              --format text|json
                                how to print; text by default
              --a-rather-long-name SOMETHING
                                stands on a line of its own
              --no-color        plain text even on a terminal
          -h, --help            show this help

        Examples:
          tool plan scenarios/01-orders.yaml --seed 3

        """)
  }

  @Test(arguments: [0, 40, 53, 80, 100, 300]) func linesFitTheWidth(_ width: Int) {
    for command in [nil, "plan", "schema"] {
      for line in tool.help(command: command, width: width).split(separator: "\n") {
        #expect(line.count <= min(max(width, 40), 100) || line.hasPrefix("  tool "), "\(line)")
        #expect(line.last != " ")
      }
    }
  }

  @Test func usageShowsHowMany() {
    let counts: [Positional.Count] = [.one, .optional, .many, .any]
    let lines = counts.map { count in
      tool.usage(of: Command("c", summary: "", positionals: [Positional("X", count, summary: "")]))
    }
    #expect(
      lines == ["Usage: tool c X", "Usage: tool c [X]", "Usage: tool c X…", "Usage: tool c [X…]"])
  }

  @Test func errorsPointToHelp() {
    #expect(tool.text(of: UsageError("no")) == "tool: no\nSee 'tool --help'.\n")
    #expect(
      tool.text(of: UsageError("no", command: "plan")) == "tool: no\nSee 'tool help plan'.\n")
  }

  @Test(
    arguments: [
      ("", 10, 0, [""]), ("one", 10, 0, ["one"]), ("one two", 7, 0, ["one two"]),
      ("one two", 6, 0, ["one", "two"]), ("one two three", 8, 2, ["one two", "  three"]),
      ("unbreakable word", 4, 0, ["unbreakable", "word"]),
      ("  two  blanks ", 20, 0, ["two blanks"]),
    ] as [(String, Int, Int, [String])])
  func wrapping(_ text: String, _ width: Int, _ hanging: Int, _ expected: [String]) {
    #expect(wrapped(text, width, hanging: hanging) == expected)
  }
}
