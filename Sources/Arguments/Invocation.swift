// What a command line turned out to ask for.

/// The outcome of reading a command line.
public enum Invocation: Equatable, Sendable {
  /// Run this command.
  case run(GivenArguments)
  /// Show help of the named command, or of the whole program when nil.
  case help(command: String?)
  /// Show the version.
  case version
  /// The command line cannot be understood.
  case refused(UsageError)
}

/// Why a command line was refused.
public struct UsageError: Hashable, Sendable {
  /// What is wrong, in one sentence, with the nearest known name where there is one.
  public var message: String
  /// The command whose help explains more; nil for the program's.
  public var command: String?

  public init(_ message: String, command: String? = nil) {
    self.message = message
    self.command = command
  }
}

/// The values given to one command. They have been checked against its declaration, so a value of
/// a declared option either is absent or has its type.
public struct GivenArguments: Equatable, Sendable {
  /// The name of the command to run.
  public let command: String
  /// Positional arguments in order.
  public internal(set) var positionals: [String] = []
  var texts: [String: [String]] = [:]
  let declared: [String: OptionKind]

  init(command: String, options: [Option]) {
    self.command = command
    declared = Dictionary(options.map { ($0.name, $0.kind) }) { first, _ in first }
  }

  /// Whether the option was given at all.
  /// - Precondition: the command declares the option; so for all that follow.
  public func has(_ option: String) -> Bool { !all(option).isEmpty }

  /// The text of an option; the last one when it repeats, nil when absent.
  public func text(_ option: String) -> String? { all(option).last }

  /// Every text given for an option, in order; a flag counts as "".
  public func all(_ option: String) -> [String] {
    precondition(declared[option] != nil, "\(command) declares no option --\(option)")
    return texts[option] ?? []
  }

  /// The value of an option declared `.integer` or `.count`; nil when absent.
  public func integer(_ option: String) -> Int? { text(option).flatMap(wholeNumber) }

  /// The value of an option declared `.number`; nil when absent.
  public func number(_ option: String) -> Double? { text(option).flatMap(decimalNumber) }
}

/// "12", "-3", "1_000_000"; nil for anything else, and for what does not fit.
func wholeNumber(_ text: String) -> Int? {
  guard let first = text.utf8.first, first != UInt8(ascii: "_"), text.utf8.last != UInt8(ascii: "_")
  else { return nil }
  return Int(String(text.filter { $0 != "_" }))
}

/// A finite number in decimal notation; nil for "nan", "inf", hexadecimal and all else.
func decimalNumber(_ text: String) -> Double? {
  let plain = text.utf8.allSatisfy { byte in
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
  }
  guard plain, let value = Double(text), value.isFinite else { return nil }
  return value
}
