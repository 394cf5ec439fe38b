// Why: scripts depend on exit codes and on which stream says what; people on being told the nearest
// name. Every way to hold the program wrongly is tried on the built program.
import TestSupport
import Testing

/// A command line and what it must come to.
struct CommandLineCase: CustomTestStringConvertible, Sendable {
  var arguments: [String]
  var code: Int32
  /// In standard output for code 0, in standard error otherwise.
  var says: String
  var testDescription: String { arguments.joined(separator: " ") }

  init(_ line: String, _ code: Int32, _ says: String) {
    arguments = line.split(separator: " ").map(String.init)
    self.code = code
    self.says = says
  }
}

private let lines: [CommandLineCase] = [
  .init("--help", 0, "Usage: plimsoll COMMAND"),
  .init("", 0, "Usage: plimsoll COMMAND"),
  .init("help plan", 0, "Usage: plimsoll plan [OPTIONS] SCENARIO"),
  .init("plan --help", 0, "Usage: plimsoll plan [OPTIONS] SCENARIO"),
  .init("lint -h", 0, "Usage: plimsoll lint"),
  .init("--version", 0, "plimsoll 0.1.0\n"),
  .init("plna tiny.yaml", 2, "there is no command 'plna'; did you mean 'plan'?"),
  .init("help plna", 2, "did you mean 'plan'?"),
  .init("--plan", 2, "a command comes first"),
  .init("plan", 2, "plan needs SCENARIO"),
  .init("plan tiny.yaml --sed 3", 2, "did you mean '--seed'?"),
  .init("plan tiny.yaml --seed", 2, "--seed"),
  .init("plan tiny.yaml --seed one", 2, "--seed needs a whole number, not 'one'"),
  .init("plan tiny.yaml --seed=-1", 2, "--seed needs a whole number from 0 on, not '-1'"),
  .init("plan tiny.yaml --threads 0", 2, "--threads expects a number of at least 1"),
  .init("plan tiny.yaml -n 0", 2, "--replications expects a number of at least 1"),
  .init("plan tiny.yaml --colour red", 2, "auto, always, never"),
  .init("explain tiny.yaml more", 2, "'more' is one argument too many"),
  .init("bench --rounds 0", 2, "--rounds expects a number of at least 1"),
  .init("plan absent.yaml", 2, "cannot read absent.yaml: No such file or directory"),
  .init("plan .", 2, "cannot read .: Is a directory"),
  .init("plan binary.yaml", 2, "cannot read binary.yaml: it is not UTF-8 text"),
  .init("plan broken.yaml", 2, "broken.yaml:3:1: error: unknown key 'tabels'"),
  .init("simulate broken.yaml", 2, "did you mean 'tables'?"),
  .init("cost broken.yaml", 2, "unknown key 'tabels'"),
  .init("explain broken.yaml", 2, "unknown key 'tabels'"),
  .init("lint tiny.yaml broken.yaml", 2, "unknown key 'tabels'"),
  .init("plan region.yaml", 2, "no region 'us-east-7'; did you mean 'us-east-1'?"),
  .init("plan price.yaml", 2, "did you mean 'dax_node_dax.r5.large'?"),
]

@Suite struct UsageTests {
  @Test(arguments: lines)
  func `the command line comes to its code`(_ example: CommandLineCase) throws {
    let folder = try folderWithScenario()
    try folder.write("version: 1\nname: x\ntabels: []\n", to: "broken.yaml")
    try folder.write(tinyScenario() + "cost: {region: us-east-7}\n", to: "region.yaml")
    try folder.write(
      tinyScenario() + "cost: {prices: {ax_node_dax.r5.large: 1}}\n", to: "price.yaml")
    _ = try shell("printf 'version: \\xff\\xfe' > binary.yaml", in: folder)
    let before = names(folder.path)
    let done = try run(programPath, example.arguments, in: folder.path)
    #expect(done.code == example.code, "\(done.output)\(done.errors)")
    let (said, silent) = done.code == 0 ? (done.output, done.errors) : (done.errors, done.output)
    #expect(said.contains(example.says), "\(said)")
    #expect(silent == "" || example.arguments.first == "lint")
    #expect(names(folder.path) == before, "nothing is written")
  }

  @Test func `help fits in 100 columns and names every command`() throws {
    for page in [["--help"], ["help", "plan"], ["help", "bench"], ["help", "lint"]] {
      let text = try run(programPath, page).output
      #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(text)")
    }
    let commands = ["plan", "simulate", "cost", "explain", "lint", "init", "schema", "bench"]
    let help = try plimsoll("--help").output
    for command in commands {
      #expect(help.contains("\n  \(command) "))
      #expect(try plimsoll("help", command).code == 0)
    }
  }

  @Test func `a full standard output is an error`() throws {
    let folder = try folderWithScenario()
    let done = try shell("\"$plimsoll\" schema >/dev/full", in: folder)
    #expect(done.code == 1)
    #expect(done.errors.contains("cannot write standard output: No space left on device"))
  }

  @Test func `a reader that has gone ends the program quietly`() throws {
    let folder = try folderWithScenario()
    let gone = "set -o pipefail; { sleep 0.2; \"$plimsoll\" explain tiny.yaml; } | true"
    let done = try shell(gone, in: folder)
    // 128 + SIGPIPE, as for every other program.
    #expect(done.code == 141)
    #expect(done.errors == "")
  }

  @Test func `colour is for terminals that want it`() throws {
    let folder = try folderWithScenario()
    func escapes(_ command: String) throws -> Bool {
      let done = try shell(command, in: folder)
      #expect(done.output.contains("Hottest partition key"), "\(done)")
      return done.output.contains("\u{1B}[")
    }
    let explain = "\"$plimsoll\" explain"
    #expect(try !escapes("\(explain) tiny.yaml"))
    #expect(try escapes("\(explain) --colour always tiny.yaml"))
    let terminal = "env -u NO_COLOR script -qec \"$plimsoll explain tiny.yaml\" /dev/null"
    #expect(try escapes(terminal))
    #expect(try !escapes(terminal.replacing("-u NO_COLOR", with: "NO_COLOR=1")))
    #expect(try !escapes(terminal.replacing("explain tiny", with: "explain --colour never tiny")))
  }
}
