// Help as text, wrapped to a width. The columns of names line up within a section.

extension Program {
  /// Help of the program, or of `command` when it names one; `width` is the terminal's, in columns,
  /// of which between 40 and 100 are used.
  public func help(command name: String? = nil, width: Int = 80) -> String {
    let width = min(max(width, 40), 100)
    if let name, let command = commands.first(where: { $0.name == name }) {
      return help(of: command, width)
    }
    var out = wrapped(summary + ".", width)
    out.append("")
    out += wrapped("Usage: \(self.name) COMMAND [OPTIONS] [ARGUMENTS]", width, hanging: 7)
    out += section("Commands", commands.map { ($0.name, $0.summary) }, width)
    out += section(
      "Options",
      sharedOptions.map { (spelling($0), $0.summary) } + [
        ("-h, --help", "show this help, or a command's"), ("    --version", "show the version"),
      ], width)
    out.append("")
    out += wrapped("'\(self.name) help COMMAND' explains a command.", width)
    return out.joined(separator: "\n") + "\n"
  }

  /// One line that shows how to call `command`.
  public func usage(of command: Command) -> String {
    var parts = ["Usage: \(name) \(command.name)"]
    if !command.options.isEmpty { parts.append("[OPTIONS]") }
    for positional in command.positionals {
      switch positional.count {
      case .one: parts.append(positional.name)
      case .optional: parts.append("[\(positional.name)]")
      case .many: parts.append("\(positional.name)…")
      case .any: parts.append("[\(positional.name)…]")
      }
    }
    return parts.joined(separator: " ")
  }

  /// The message of `error` with a pointer to help, ready to print.
  public func text(of error: UsageError) -> String {
    let help = error.command.map { "\(name) help \($0)" } ?? "\(name) --help"
    return "\(name): \(error.message)\nSee '\(help)'.\n"
  }

  private func help(of command: Command, _ width: Int) -> String {
    var out = wrapped(command.summary + ".", width)
    out.append("")
    out += wrapped(usage(of: command), width, hanging: 7)
    for paragraph in command.discussion {
      out.append("")
      out += wrapped(paragraph, width)
    }
    out += section("Arguments", command.positionals.map { ($0.name, $0.summary) }, width)
    out += section(
      "Options",
      options(of: command).map { (spelling($0), $0.summary) } + [("-h, --help", "show this help")],
      width)
    if !command.examples.isEmpty {
      out += ["", "Examples:"] + command.examples.map { "  " + $0 }
    }
    return out.joined(separator: "\n") + "\n"
  }

  private func spelling(_ option: Option) -> String {
    let letter = option.letter.map { "-\($0), " } ?? "    "
    return letter + "--" + option.name + (option.kind.placeholder.map { " " + $0 } ?? "")
  }
}

/// A titled list of names and texts in two columns; a name too long for its column stands alone.
private func section(_ title: String, _ rows: [(String, String)], _ width: Int) -> [String] {
  if rows.isEmpty { return [] }
  let column = min(rows.map(\.0.count).max() ?? 0, max(12, width / 3))
  var out = ["", title + ":"]
  for (name, text) in rows {
    let lines = wrapped(text, width - column - 4)
    var rest = lines[...]
    if name.count <= column, let first = rest.popFirst() {
      out.append("  " + name + String(repeating: " ", count: column - name.count + 2) + first)
    } else {
      out.append("  " + name)
    }
    out += rest.map { String(repeating: " ", count: column + 4) + $0 }
  }
  return out
}

/// `text` broken at blanks into lines of at most `width` characters; a longer word keeps a line of
/// its own. Lines after the first are indented by `hanging`. At least one line, without blanks at
/// its end.
public func wrapped(_ text: String, _ width: Int, hanging: Int = 0) -> [String] {
  let indent = String(repeating: " ", count: hanging)
  var lines: [String] = []
  var line = ""
  var isEmpty = true
  for word in text.split(separator: " ") {
    if !isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = indent
      isEmpty = true
    }
    line += (isEmpty ? "" : " ") + word
    isEmpty = false
  }
  lines.append(line)
  return lines
}
