// Reads a command line against the declarations of a program.
//
// Rules: the first argument is the command (or --help, --version, help COMMAND); options may stand
// anywhere after it, as `--name value`, `--name=value` or `-n value`; `--` ends the options; a
// lone `-` is a positional. The argument after an option that takes a value is its value unless it
// looks like an option itself; negative numbers do not. The first fault ends the reading.

extension Program {
  /// What `arguments` (without the program's own name) ask for.
  public func read(_ arguments: [String]) -> Invocation {
    guard let first = arguments.first else { return .help(command: nil) }
    switch first {
    case "-h", "--help": return .help(command: nil)
    case "--version": return .version
    case "help":
      guard arguments.count > 1 else { return .help(command: nil) }
      if commands.contains(where: { $0.name == arguments[1] }) {
        return .help(command: arguments[1])
      }
      return .refused(unknownCommand(arguments[1]))
    default: break
    }
    guard let command = commands.first(where: { $0.name == first }) else {
      return .refused(unknownCommand(first))
    }
    var reader = CommandLineReader(command: command, options: options(of: command))
    return reader.read(arguments.dropFirst())
  }

  private func unknownCommand(_ name: String) -> UsageError {
    if name.hasPrefix("-") {
      return UsageError("a command comes first, but '\(name)' is an option")
    }
    let known = commands.map(\.name)
    return UsageError("there is no command '\(name)'" + suggestion(for: name, among: known))
  }
}

struct CommandLineReader {
  let command: Command
  let options: [Option]
  var given: GivenArguments

  init(command: Command, options: [Option]) {
    self.command = command
    self.options = options
    given = GivenArguments(command: command.name, options: options)
  }

  mutating func read(_ arguments: ArraySlice<String>) -> Invocation {
    var rest = arguments
    while let argument = rest.popFirst() {
      if argument == "--" {
        given.positionals += rest
        break
      }
      if argument == "-h" || argument == "--help" { return .help(command: command.name) }
      if !looksLikeOption(argument) {
        given.positionals.append(argument)
      } else if let fault = readOption(argument, &rest) {
        return .refused(fault)
      }
    }
    if let fault = positionalFault() { return .refused(fault) }
    return .run(given)
  }

  private func looksLikeOption(_ argument: String) -> Bool {
    argument.hasPrefix("-") && argument != "-" && decimalNumber(argument) == nil
      && wholeNumber(argument) == nil
  }

  private func fault(_ message: String) -> UsageError {
    UsageError(message, command: command.name)
  }

  /// Reads one option and its value, which may be the first of `rest`.
  private mutating func readOption(
    _ argument: String, _ rest: inout ArraySlice<String>
  ) -> UsageError? {
    var spelling = argument
    var value: String?
    if let equals = argument.firstIndex(of: "="), argument.hasPrefix("--") {
      spelling = String(argument[..<equals])
      value = String(argument[argument.index(after: equals)...])
    }
    guard let option = options.first(where: { matches($0, spelling) }) else {
      let known = options.map { "--" + $0.name } + ["--help"]
      return fault(
        "\(command.name) has no option '\(spelling)'" + suggestion(for: spelling, among: known))
    }
    if given.has(option.name), !option.repeats {
      return fault("\(spelling) is given twice")
    }
    guard let placeholder = option.kind.placeholder else {
      if value != nil { return fault("\(spelling) takes no value") }
      given.texts[option.name, default: []].append("")
      return nil
    }
    if value == nil, let next = rest.first, !looksLikeOption(next) {
      value = rest.removeFirst()
    }
    guard let value else { return fault("\(spelling) needs a value: \(spelling) \(placeholder)") }
    if let expected = refusal(of: value, by: option.kind) {
      return fault("\(spelling) needs \(expected), not '\(value)'")
    }
    given.texts[option.name, default: []].append(value)
    return nil
  }

  private func matches(_ option: Option, _ spelling: String) -> Bool {
    spelling == "--" + option.name || option.letter.map { spelling == "-\($0)" } == true
  }

  /// What the option expects instead of `value`; nil when the value will do.
  private func refusal(of value: String, by kind: OptionKind) -> String? {
    switch kind {
    case .flag, .text: return nil
    case .integer: return wholeNumber(value) == nil ? "a whole number" : nil
    case .count:
      guard let number = wholeNumber(value) else { return "a whole number" }
      return number < 0 ? "a whole number from 0 on" : nil
    case .number: return decimalNumber(value) == nil ? "a number" : nil
    case .choice(let words):
      if words.contains(value) { return nil }
      let nearest = nearestName(to: value, among: words).map { " (did you mean \($0)?)" } ?? ""
      return "one of " + words.joined(separator: ", ") + nearest
    }
  }

  private func positionalFault() -> UsageError? {
    let count = given.positionals.count
    for (place, positional) in command.positionals.enumerated() where place >= count {
      if positional.count == .one || positional.count == .many {
        return fault("\(command.name) needs \(positional.name): \(positional.summary)")
      }
    }
    let isOpen = command.positionals.last.map { $0.count == .many || $0.count == .any } ?? false
    if !isOpen, count > command.positionals.count {
      return fault("'\(given.positionals[command.positionals.count])' is one argument too many")
    }
    return nil
  }
}
