// What a command-line program offers: commands, their options and their positional arguments.
//
// Everything is a value. Parsing and help read the same declarations, so help cannot promise what
// parsing refuses. Nothing is printed and nothing exits here: the program decides what to do with
// the outcome. Not a general argument library: no abbreviations, no bundled short flags, no nested
// commands, because this program needs none of them.

/// What an option takes.
public enum OptionKind: Hashable, Sendable {
  /// Nothing: it is given or not.
  case flag
  /// Any text; the word names it in help, as in `--out FOLDER`.
  case text(String)
  /// A whole number that fits `Int`; grouping underscores as in `1_000_000` are allowed.
  case integer(String)
  /// A whole number from 0 on that fits `Int`.
  case count(String)
  /// A finite decimal number.
  case number(String)
  /// One of a few words.
  case choice([String])

  /// The word that stands for the value in help; nil for a flag.
  var placeholder: String? {
    switch self {
    case .flag: nil
    case .text(let word), .integer(let word), .count(let word), .number(let word): word
    case .choice(let words): words.joined(separator: "|")
    }
  }
}

/// An option such as `--seed N`.
public struct Option: Hashable, Sendable {
  /// The long name without its dashes.
  public var name: String
  /// A one-letter spelling, as in `-o`.
  public var letter: Character?
  public var kind: OptionKind
  /// What it does, in one sentence without a full stop; name the default here.
  public var summary: String
  /// Whether it may be given more than once.
  public var repeats: Bool

  public init(
    _ name: String, letter: Character? = nil, _ kind: OptionKind = .flag, repeats: Bool = false,
    summary: String
  ) {
    self.name = name
    self.letter = letter
    self.kind = kind
    self.repeats = repeats
    self.summary = summary
  }
}

/// An argument that is known by its place, such as a file.
public struct Positional: Hashable, Sendable {
  public enum Count: Hashable, Sendable { case one, optional, many, any }

  /// The word that stands for it in help, in capitals.
  public var name: String
  /// How many are taken: one, at most one, at least one, or any number. Only the last positional
  /// of a command may take more than one.
  public var count: Count
  public var summary: String

  public init(_ name: String, _ count: Count = .one, summary: String) {
    self.name = name
    self.count = count
    self.summary = summary
  }
}

/// One verb of a program, such as `plan`.
public struct Command: Hashable, Sendable {
  public var name: String
  /// What it does, in one sentence without a full stop.
  public var summary: String
  /// Further paragraphs for the command's own help.
  public var discussion: [String]
  public var positionals: [Positional]
  public var options: [Option]
  /// Lines that a reader can copy, without the prompt.
  public var examples: [String]

  public init(
    _ name: String, summary: String, discussion: [String] = [], positionals: [Positional] = [],
    options: [Option] = [], examples: [String] = []
  ) {
    self.name = name
    self.summary = summary
    self.discussion = discussion
    self.positionals = positionals
    self.options = options
    self.examples = examples
  }
}

/// A program: its commands and what it says about itself.
public struct Program: Sendable {
  public var name: String
  /// What it does, in one sentence without a full stop.
  public var summary: String
  public var version: String
  public var commands: [Command]
  /// Options that every command takes besides its own.
  public var sharedOptions: [Option]

  public init(
    name: String, summary: String, version: String, commands: [Command],
    sharedOptions: [Option] = []
  ) {
    self.name = name
    self.summary = summary
    self.version = version
    self.commands = commands
    self.sharedOptions = sharedOptions
  }

  func options(of command: Command) -> [Option] { command.options + sharedOptions }
}
