// The command-line program: reads the arguments, runs one command, says how it ended.

import Arguments
import Glibc

@main
struct Main {
  static let program = Program(
    name: "plimsoll",
    summary: "Capacity planning and simulation for Amazon DynamoDB",
    version: programVersion,
    commands: [
      PlanCommand.plan, PlanCommand.simulate, PlanCommand.cost, ExplainCommand.command,
      ServeCommand.command, ReencryptCommand.command, DaxCommand.command, FillCommand.command,
      LoadCommand.load,
      RecordCommand.command, ValidateCommand.command, SearchCommand.command,
      CompareCommand.command, HistogramCommand.command,
      FileCommands.lint, FileCommands.initialise, FileCommands.schema,
      BenchCommand.command,
    ])

  static func main() async {
    signal(SIGPIPE, SIG_DFL)
    var code: ExitCode
    switch program.read(Array(CommandLine.arguments.dropFirst())) {
    case .help(let command):
      Terminal.say(program.help(command: command, width: min(100, Terminal.width)))
      code = .success
    case .version:
      Terminal.say("plimsoll \(program.version)\n")
      code = .success
    case .refused(let error):
      Terminal.complain(program.text(of: error))
      code = .badInput
    // On this thread, before any other exists: all threads then inherit what serve does to signals.
    case .run(let given) where given.command == "serve": code = ServeCommand.run(given)
    case .run(let given) where given.command == "dax": code = DaxCommand.run(given)
    case .run(let given): code = await run(given)
    }
    if let fault = Terminal.outputFault {
      Terminal.complain("plimsoll: \(fault)")
      code = .runtimeError
    }
    exit(code.rawValue)
  }

  private static func run(_ given: GivenArguments) async -> ExitCode {
    switch given.command {
    case "lint": FileCommands.runLint(given)
    case "schema": FileCommands.runSchema()
    case "init": FileCommands.runInit(given)
    case "explain": ExplainCommand.run(given)
    case "validate": await ValidateCommand.run(given)
    case "search": await SearchCommand.run(given)
    case "compare": CompareCommand.run(given)
    case "reencrypt": ReencryptCommand.run(given)
    case "hlog": HistogramCommand.run(given)
    case "bench": await BenchCommand.run(given)
    case "load": LoadCommand.run(given)
    case "fill": FillCommand.run(given)
    case "record": RecordCommand.run(given)
    default: await PlanCommand.run(given)
    }
  }
}
