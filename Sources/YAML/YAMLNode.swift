// A YAML document as a tree in which every part knows its place in the file.
//
// Only what a configuration file needs: scalars kept as the text that was written (no guessing that
// `on` is a boolean or `20:00` a number), lists, and maps with plain unique keys in the order of
// the file. Anchors, aliases, tags and several documents in a file are refused by the parser.

/// A value of a YAML document with its place.
public struct YAMLNode: Hashable, Sendable {
  public indirect enum Content: Hashable, Sendable {
    case scalar(YAMLScalar)
    case sequence([YAMLNode])
    case mapping([YAMLEntry])
  }

  public var content: Content
  /// The scalar itself, or the first character of a list or map.
  public var range: SourceRange

  public init(_ content: Content, at range: SourceRange) {
    self.content = content
    self.range = range
  }

  /// The written text of a scalar; nil for lists and maps.
  public var scalar: YAMLScalar? {
    if case .scalar(let scalar) = content { scalar } else { nil }
  }

  /// Whether nothing was written, or one of YAML's words for nothing (`null`, `~`).
  public var isNull: Bool {
    guard case .scalar(let scalar) = content, scalar.isPlain else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
  }

  /// What it is, for messages: "a list", "a map", "nothing" or the text in quotes.
  public var kindDescription: String {
    switch content {
    case .sequence: "a list"
    case .mapping: "a map"
    case .scalar(let scalar): isNull ? "nothing" : "'\(scalar.text)'"
    }
  }
}

/// A scalar as it was written.
public struct YAMLScalar: Hashable, Sendable {
  public var text: String
  /// Neither quoted nor a block (`|`, `>`).
  public var isPlain: Bool

  public init(text: String, isPlain: Bool) {
    self.text = text
    self.isPlain = isPlain
  }
}

/// One key of a map with its value.
public struct YAMLEntry: Hashable, Sendable {
  public var key: String
  public var keyRange: SourceRange
  public var value: YAMLNode

  public init(key: String, keyRange: SourceRange, value: YAMLNode) {
    self.key = key
    self.keyRange = keyRange
    self.value = value
  }
}
