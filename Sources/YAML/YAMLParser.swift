// Reads one YAML document into a tree of nodes with positions.
//
// libyaml splits the text into events; this file is the only one that sees its C structures. Events
// become nodes on an explicit stack, so nesting cannot exhaust the call stack. What a scenario has
// no use for (several documents, anchors, aliases, tags, maps as keys, deep nesting) is refused
// with its position rather than half supported. Duplicate keys are refused, since YAML leaves their
// meaning open. Several such faults are reported together; a syntax error ends the reading, as
// nothing after it can be trusted.

import CYAML

/// The tree of a document, or everything that is wrong with it.
public struct YAMLDocument: Sendable {
  /// nil when the text is not one well-formed document.
  public var root: YAMLNode?
  public var diagnostics: [Diagnostic]
}

/// Reads `text` as a single YAML document; `file` only names it in messages.
/// - Complexity: O(length of the text).
public func parseYAML(_ text: String, file: String) -> YAMLDocument {
  var builder = TreeBuilder(file: file)
  var parser = yaml_parser_t()
  guard yaml_parser_initialize(&parser) == 1 else {
    builder.fault(at: SourceMark(line: 1, column: 1), "the YAML parser could not start")
    return builder.document
  }
  defer { yaml_parser_delete(&parser) }
  let bytes = Array(text.utf8)
  bytes.withUnsafeBufferPointer { buffer in
    yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
    while !builder.isFinished {
      var event = yaml_event_t()
      guard yaml_parser_parse(&parser, &event) == 1 else {
        builder.fail(parser, bytes: bytes)
        return
      }
      builder.take(event)
      yaml_event_delete(&event)
    }
  }
  return builder.document
}

/// Turns events into nodes.
private struct TreeBuilder {
  /// A list or map whose end has not been seen.
  struct Open {
    var range: SourceRange
    var isMapping: Bool
    var items: [YAMLNode] = []
    var entries: [YAMLEntry] = []
    var key: (text: String, range: SourceRange)?
    var keys: Set<String> = []
    /// The value of a refused key is read and dropped.
    var dropsNext = false
  }

  let file: String
  var stack: [Open] = []
  var root: YAMLNode?
  var documents = 0
  var diagnostics: [Diagnostic] = []
  var isFinished = false
  static let deepest = 32

  init(file: String) { self.file = file }

  var document: YAMLDocument {
    YAMLDocument(root: root, diagnostics: diagnostics.inFileOrder)
  }

  mutating func fault(at mark: SourceMark, length: Int = 1, _ message: String, hint: String? = nil)
  {
    diagnostics.append(
      Diagnostic(
        file: file, range: SourceRange(start: mark, length: length), message: message,
        expected: hint))
  }

  mutating func take(_ event: yaml_event_t) {
    let start = SourceMark(event.start_mark)
    switch event.type {
    case YAML_DOCUMENT_START_EVENT:
      documents += 1
      if documents == 2 {
        fault(at: start, length: 3, "a second document starts here", hint: "one scenario per file")
        isFinished = true
      }
    case YAML_ALIAS_EVENT:
      fault(
        at: start, length: event.length, "aliases (*name) are not supported",
        hint: "the value itself")
      add(YAMLNode(.scalar(YAMLScalar(text: "", isPlain: true)), at: event.range))
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      refuse(anchor: scalar.anchor, tag: scalar.tag, at: start)
      let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
      let text = String(
        decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      add(YAMLNode(.scalar(YAMLScalar(text: text, isPlain: isPlain)), at: event.range))
    case YAML_SEQUENCE_START_EVENT:
      refuse(
        anchor: event.data.sequence_start.anchor, tag: event.data.sequence_start.tag, at: start)
      open(Open(range: SourceRange(start: start, length: 1), isMapping: false))
    case YAML_MAPPING_START_EVENT:
      refuse(anchor: event.data.mapping_start.anchor, tag: event.data.mapping_start.tag, at: start)
      open(Open(range: SourceRange(start: start, length: 1), isMapping: true))
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
      close()
    case YAML_STREAM_END_EVENT:
      isFinished = true
      if documents == 0 { fault(at: SourceMark(line: 1, column: 1), "the file is empty") }
    default:
      break
    }
  }

  private mutating func open(_ container: Open) {
    if stack.count == Self.deepest {
      fault(at: container.range.start, "nested more than \(Self.deepest) levels deep")
      root = nil
      isFinished = true
      return
    }
    stack.append(container)
  }

  private mutating func close() {
    guard let done = stack.popLast() else { return }
    add(YAMLNode(done.isMapping ? .mapping(done.entries) : .sequence(done.items), at: done.range))
  }

  /// Puts a finished node where it belongs: the root, the next item, a key or a key's value.
  private mutating func add(_ node: YAMLNode) {
    guard var parent = stack.popLast() else {
      root = node
      return
    }
    defer { stack.append(parent) }
    guard parent.isMapping else {
      parent.items.append(node)
      return
    }
    if parent.dropsNext {
      parent.dropsNext = false
    } else if let key = parent.key {
      parent.entries.append(YAMLEntry(key: key.text, keyRange: key.range, value: node))
      parent.key = nil
    } else if let scalar = node.scalar {
      if parent.keys.insert(scalar.text).inserted {
        parent.key = (scalar.text, node.range)
      } else {
        let first = parent.entries.first { $0.key == scalar.text }?.keyRange.start.line
        fault(
          at: node.range.start, length: node.range.length, "the key '\(scalar.text)' stands twice",
          hint: first.map { "each key once; it was first given on line \($0)" })
        parent.dropsNext = true
      }
    } else {
      fault(at: node.range.start, "\(node.kindDescription) cannot be a key", hint: "a name")
      parent.dropsNext = true
    }
  }

  private mutating func refuse(
    anchor: UnsafeMutablePointer<UInt8>?, tag: UnsafeMutablePointer<UInt8>?, at mark: SourceMark
  ) {
    if let anchor {
      let name = String(cString: anchor)
      fault(
        at: mark, length: name.unicodeScalars.count + 1, "anchors (&\(name)) are not supported",
        hint: "the value alone")
    }
    if tag != nil { fault(at: mark, "tags (!name) are not supported", hint: "the value alone") }
  }

  /// The parser's own error, in words that name the usual cause.
  mutating func fail(_ parser: yaml_parser_t, bytes: [UInt8]) {
    root = nil
    isFinished = true
    let problem = parser.problem.map { String(cString: $0) } ?? "unreadable text"
    if parser.error == YAML_READER_ERROR {
      let mark = SourceMark(offset: parser.problem_offset, in: bytes)
      fault(at: mark, problem, hint: "UTF-8 text without control characters")
      return
    }
    var mark = SourceMark(parser.problem_mark)
    // A key without its colon is noticed a line later, perhaps behind the last one.
    let isMissingColon = problem == "could not find expected ':'"
    if isMissingColon, parser.context != nil { mark = SourceMark(parser.context_mark) }
    if bytes.isTab(atScalar: Int(parser.problem_mark.index)) {
      fault(at: mark, "a tab cannot indent YAML", hint: "spaces")
      return
    }
    var message = problem
    if let context = parser.context.map({ String(cString: $0) }) {
      message += " \(context)"
      let line = Int(parser.context_mark.line) + 1
      if line != mark.line { message += " that starts on line \(line)" }
    }
    fault(at: mark, message, hint: Self.hints.first { problem.hasPrefix($0.problem) }?.hint)
  }

  /// What most often causes libyaml's commonest complaints.
  static let hints: [(problem: String, hint: String)] = [
    ("did not find expected key", "keys of one map in one column, and ':' after each"),
    ("did not find expected '-' indicator", "items of one list in one column, each after '- '"),
    ("mapping values are not allowed", "one 'key: value' per line; quote text that has ': ' in it"),
    ("could not find expected ':'", "'key: value'"),
    ("did not find expected ',' or ']'", "',' between the items and ']' at the end"),
    ("did not find expected ',' or '}'", "',' between the members and '}' at the end"),
    (
      "found character that cannot start any token", "quotes around text that starts with %, @ or `"
    ),
  ]
}

extension [UInt8] {
  /// Whether the scalar with number `index`, as libyaml counts them, is a tab.
  fileprivate func isTab(atScalar index: Int) -> Bool {
    var scalar = 0
    for byte in self where byte & 0xC0 != 0x80 {
      if scalar == index { return byte == UInt8(ascii: "\t") }
      scalar += 1
    }
    return false
  }
}

extension SourceMark {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }

  /// The position of a byte.
  fileprivate init(offset: Int, in bytes: [UInt8]) {
    var line = 1
    var column = 1
    for byte in bytes.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    self.init(line: line, column: column)
  }
}

extension yaml_event_t {
  /// Characters covered when the event ends on the line it starts on, otherwise 1.
  fileprivate var length: Int {
    start_mark.line == end_mark.line ? Int(end_mark.column) - Int(start_mark.column) : 1
  }

  fileprivate var range: SourceRange {
    SourceRange(start: SourceMark(start_mark), length: length)
  }
}
