// Writes JSON text: run.json, the scenario schema, anything that must be byte-identical between
// runs.
//
// A writer, not a tree: the caller states members in the order they shall stand in, so nothing is
// sorted and nothing depends on a dictionary. Numbers are the shortest decimal that reads back to
// the same Double; what JSON cannot say (NaN, infinities) becomes null. It is not a parser. Format:
// RFC 8259. Misuse (a value without its key, an unbalanced end) is a programmer's error and stops
// at a precondition.

/// Builds one JSON document, member by member.
public struct JSONWriter: Sendable {
  /// What a container is and whether something already stands in it.
  private struct Level {
    var isObject: Bool
    var isEmpty = true
    var hasKey = false
    /// Containers inside a compact one are compact too.
    var isCompact: Bool
  }

  private var bytes: [UInt8] = []
  private var levels: [Level] = []
  private let isIndented: Bool
  private var isComplete = false

  /// - Parameter indented: two spaces per level and one member per line; otherwise no white space.
  public init(indented: Bool = true) {
    self.isIndented = indented
  }

  /// The document, ending in a newline when indented.
  /// - Precondition: every container has been ended.
  public var text: String {
    precondition(isComplete && levels.isEmpty, "a JSON document ended in the middle")
    return String(decoding: bytes, as: UTF8.self) + (isIndented ? "\n" : "")
  }

  // MARK: Containers

  /// Starts an object. `compact` keeps it and all inside it on one line.
  public mutating func beginObject(compact: Bool = false) { open("{", true, compact) }

  public mutating func endObject() { close("}", true) }

  /// Starts an array. `compact` keeps it and all inside it on one line.
  public mutating func beginArray(compact: Bool = false) { open("[", false, compact) }

  public mutating func endArray() { close("]", false) }

  /// The name of the next member.
  /// - Precondition: the open container is an object whose last key has its value.
  public mutating func key(_ name: String) {
    precondition(
      levels.last.map { $0.isObject && !$0.hasKey } == true, "a JSON key stands only in an object")
    separate()
    quote(name)
    append(isCompact ? ":" : ": ")
    levels[levels.count - 1].hasKey = true
  }

  // MARK: Values

  public mutating func value(_ text: String) {
    prepare()
    quote(text)
  }

  public mutating func value(_ flag: Bool) {
    prepare()
    append(flag ? "true" : "false")
  }

  public mutating func value(_ number: some BinaryInteger) {
    prepare()
    append(String(number))
  }

  /// The shortest decimal that reads back as `number`; null when it is not finite.
  public mutating func value(_ number: Double) {
    prepare()
    append(Self.text(of: number))
  }

  public mutating func null() {
    prepare()
    append("null")
  }

  /// One member: `key(name)` followed by `value(text)`.
  public mutating func member(_ name: String, _ text: String) {
    key(name)
    value(text)
  }

  public mutating func member(_ name: String, _ flag: Bool) {
    key(name)
    value(flag)
  }

  public mutating func member(_ name: String, _ number: some BinaryInteger) {
    key(name)
    value(number)
  }

  public mutating func member(_ name: String, _ number: Double) {
    key(name)
    value(number)
  }

  /// The JSON spelling of a number: 1.0 → "1", 0.1 → "0.1", 1e300 → "1e+300", NaN → "null".
  public static func text(of number: Double) -> String {
    guard number.isFinite else { return "null" }
    if number == 0 { return "0" }
    let text = number.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  // MARK: Layout

  private var isCompact: Bool { !isIndented || levels.last?.isCompact == true }

  private mutating func open(_ mark: String, _ isObject: Bool, _ compact: Bool) {
    let inherited = isCompact
    prepare()
    append(mark)
    isComplete = false
    levels.append(Level(isObject: isObject, isCompact: inherited || compact))
  }

  private mutating func close(_ mark: String, _ isObject: Bool) {
    precondition(
      levels.last.map { $0.isObject == isObject && !$0.hasKey } == true,
      "a JSON container is ended as what it was begun, with a value for each key")
    let compact = isCompact
    let wasEmpty = levels.removeLast().isEmpty
    if !compact, !wasEmpty { newLine() }
    append(mark)
    isComplete = levels.isEmpty
  }

  /// Before any value: the comma and line of an array's element, or the end of a pending key.
  private mutating func prepare() {
    guard let level = levels.last else {
      precondition(!isComplete, "a JSON document has one value")
      isComplete = true
      return
    }
    if level.isObject {
      precondition(level.hasKey, "a value inside a JSON object needs its key")
      levels[levels.count - 1].hasKey = false
    } else {
      separate()
    }
  }

  private mutating func separate() {
    if !levels[levels.count - 1].isEmpty { append(",") }
    levels[levels.count - 1].isEmpty = false
    if !isCompact { newLine() }
  }

  private mutating func newLine() {
    append("\n")
    for _ in levels { append("  ") }
  }

  private mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// `text` in quotes: the quote, the backslash and control characters escaped, all else as UTF-8.
  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case UInt8(ascii: "\n"): append("\\n")
      case UInt8(ascii: "\r"): append("\\r")
      case UInt8(ascii: "\t"): append("\\t")
      case 0..<0x20:
        append(byte < 0x10 ? "\\u000" : "\\u00")
        append(String(byte, radix: 16))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
