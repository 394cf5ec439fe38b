// A report as a value: what is said, apart from how it is written down.
//
// Sections write into a Document; renderers turn it into Markdown, HTML or terminal text. No block
// knows a format, and no renderer knows a section, so N pages and M formats cost N + M files.
// Text is `Prose`; numbers are already formatted for people (the CSV files keep the exact ones).

/// How good or bad a statement is; renderers show it by a sign and a colour, never by colour alone.
public enum Status: String, Hashable, Sendable {
  case neutral, good, warning, bad
}

/// A report of any length.
public struct Document: Sendable {
  public var title: String
  /// One line under the title.
  public var subtitle: Prose
  public var banner: Banner?
  public var sections: [DocumentSection] = []
  /// Small print at the end: version, how to regenerate.
  public var footer: [Prose] = []

  public init(title: String, subtitle: Prose = "") {
    self.title = title
    self.subtitle = subtitle
  }

  /// Appends a section unless it is empty.
  public mutating func append(_ section: DocumentSection) {
    if !section.blocks.isEmpty { sections.append(section) }
  }
}

/// The one answer of the report.
public struct Banner: Sendable {
  public var status: Status
  public var headline: String
  public var text: Prose

  public init(status: Status, headline: String, text: Prose) {
    self.status = status
    self.headline = headline
    self.text = text
  }
}

/// A titled part with an entry in the table of contents.
public struct DocumentSection: Sendable {
  public var title: String
  public var blocks: [Block] = []

  public init(_ title: String) { self.title = title }

  /// Anchor: lower-case letters, digits and single dashes.
  public var anchor: String { slug(title) }

  public mutating func heading(_ text: String) { blocks.append(.heading(text)) }
  public mutating func paragraph(_ text: Prose) { blocks.append(.paragraph(text)) }
  public mutating func bullets(_ items: [Prose]) {
    if !items.isEmpty { blocks.append(.bullets(items)) }
  }
  public mutating func facts(_ rows: [DocumentFact]) {
    if !rows.isEmpty { blocks.append(.facts(rows)) }
  }
  public mutating func table(_ table: DocumentTable) {
    if !table.rows.isEmpty { blocks.append(.table(table)) }
  }
  public mutating func chart(_ chart: Chart?) {
    if let chart { blocks.append(.chart(chart)) }
  }
  public mutating func note(_ note: Callout) { blocks.append(.note(note)) }
}

/// One piece of a section.
public enum Block: Sendable {
  case heading(String)
  case paragraph(Prose)
  case bullets([Prose])
  case facts([DocumentFact])
  case table(DocumentTable)
  case chart(Chart)
  case note(Callout)
}

/// A label with its value.
public struct DocumentFact: Hashable, Sendable {
  public var label: String
  public var value: Prose

  public init(_ label: String, _ value: Prose) {
    self.label = label
    self.value = value
  }
}

/// A remark set apart, with what to do about it.
public struct Callout: Sendable {
  public var status: Status
  public var title: String
  public var text: Prose
  /// Shown as a list under `listTitle`.
  public var items: [Prose]
  public var listTitle: String

  public init(
    status: Status, title: String, text: Prose, items: [Prose] = [], listTitle: String = ""
  ) {
    self.status = status
    self.title = title
    self.text = text
    self.items = items
    self.listTitle = listTitle
  }
}

/// Rows under named columns.
public struct DocumentTable: Sendable {
  public enum Alignment: Sendable { case leading, trailing }

  public struct Column: Sendable {
    public var title: String
    public var alignment: Alignment

    public init(_ title: String, _ alignment: Alignment = .leading) {
      self.title = title
      self.alignment = alignment
    }
  }

  public var caption: String
  public var columns: [Column]
  public var rows: [[DocumentCell]]
  /// The last row is a total.
  public var hasTotal = false

  public init(caption: String = "", columns: [Column], rows: [[DocumentCell]] = []) {
    self.caption = caption
    self.columns = columns
    self.rows = rows
  }
}

/// One cell of a table.
public struct DocumentCell: Hashable, Sendable, ExpressibleByStringLiteral {
  public var text: String
  /// Less important text behind the first: the uncertainty of a number.
  public var detail: String
  public var status: Status
  public var isStrong: Bool
  public var isCode: Bool

  public init(
    _ text: String, detail: String = "", status: Status = .neutral, isStrong: Bool = false,
    isCode: Bool = false
  ) {
    self.text = text
    self.detail = detail
    self.status = status
    self.isStrong = isStrong
    self.isCode = isCode
  }

  public init(stringLiteral text: String) { self.init(text) }
}

/// Lower-case letters, digits and single dashes: "Where it throttles" → "where-it-throttles".
public func slug(_ text: String) -> String {
  var out: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): out.append(byte + 32)
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      out.append(byte)
    default:
      if let last = out.last, last != UInt8(ascii: "-") { out.append(UInt8(ascii: "-")) }
    }
  }
  while out.last == UInt8(ascii: "-") { out.removeLast() }
  return out.isEmpty ? "section" : String(decoding: out, as: UTF8.self)
}
