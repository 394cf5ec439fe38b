// Running text with a little emphasis, built by string interpolation.
//
// `"\(code: name) refused \(strong: count) writes"` keeps the runs apart, so a renderer escapes
// each by its own rules and text from a scenario file can never turn into markup.

/// Text made of plain, strong, emphasised and code runs.
public struct Prose: Hashable, Sendable, ExpressibleByStringInterpolation {
  public enum Run: Hashable, Sendable {
    case text(String)
    case strong(String)
    case emphasis(String)
    case code(String)

    public var string: String {
      switch self {
      case .text(let text), .strong(let text), .emphasis(let text), .code(let text): text
      }
    }
  }

  public var runs: [Run]

  public init(_ text: String) { runs = text.isEmpty ? [] : [.text(text)] }
  public init(stringLiteral text: String) { self.init(text) }
  public init(stringInterpolation: StringInterpolation) { runs = stringInterpolation.runs }

  /// The text without emphasis.
  public var plain: String { runs.map(\.string).joined() }
  public var isEmpty: Bool { runs.isEmpty }

  public static func + (a: Prose, b: Prose) -> Prose {
    var sum = a
    sum.runs += b.runs
    return sum
  }

  public struct StringInterpolation: StringInterpolationProtocol {
    var runs: [Run] = []

    public init(literalCapacity: Int, interpolationCount: Int) {}

    public mutating func appendLiteral(_ text: String) {
      if !text.isEmpty { runs.append(.text(text)) }
    }
    public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      appendLiteral(value.description)
    }
    public mutating func appendInterpolation(_ prose: Prose) { runs += prose.runs }
    public mutating func appendInterpolation(strong text: String) { runs.append(.strong(text)) }
    public mutating func appendInterpolation(emphasis text: String) { runs.append(.emphasis(text)) }
    public mutating func appendInterpolation(code text: String) { runs.append(.code(text)) }
  }
}
