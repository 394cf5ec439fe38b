// Comma-separated values as imports take them (developer guide, import formats; RFC 4180).
//
// The first line names the columns unless the request does. Key columns get the types of the
// table's attributes, all others are texts; an empty field is no attribute. A quote inside a field
// must be doubled and the field quoted; a backslash means nothing.

import DataModel

/// How a file is written.
struct CSVFormat: Sendable {
  var delimiter: UInt8
  /// nil: the first line is the header.
  var header: [String]?
}

/// Reads rows off a file.
struct CSVReader {
  private let bytes: [UInt8]
  private let delimiter: UInt8
  private var columns: [String]?
  private var at = 0
  private var nextLine = 1
  /// The line on which the last row began.
  private(set) var line = 0

  init(_ bytes: [UInt8], _ format: CSVFormat) {
    self.bytes = bytes
    delimiter = format.delimiter
    columns = format.header
    if columns == nil, case .success(let header)? = next() { columns = header }
  }

  /// The fields of the next row; nil at the end.
  mutating func next() -> Result<[String], ImportFault>? {
    while at < bytes.count, bytes[at] == UInt8(ascii: "\n") || bytes[at] == UInt8(ascii: "\r") {
      if bytes[at] == UInt8(ascii: "\n") { nextLine += 1 }
      at += 1
    }
    guard at < bytes.count else { return nil }
    line = nextLine
    var fields: [String] = []
    while true {
      guard let field = field() else {
        skipLine()
        return .failure(
          ImportFault("a quote inside a field must be doubled, and the field quoted"))
      }
      fields.append(field)
      if at < bytes.count, bytes[at] == delimiter {
        at += 1
      } else {
        return .success(fields)
      }
    }
  }

  private mutating func skipLine() {
    while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { at += 1 }
  }

  private var isAtEndOfField: Bool {
    at == bytes.count || bytes[at] == delimiter || bytes[at] == UInt8(ascii: "\n")
      || bytes[at] == UInt8(ascii: "\r")
  }

  /// The next field; nil when its quotes are wrong.
  private mutating func field() -> String? {
    let quote = UInt8(ascii: "\"")
    var content: [UInt8] = []
    guard at < bytes.count, bytes[at] == quote else {
      while !isAtEndOfField {
        if bytes[at] == quote { return nil }
        content.append(bytes[at])
        at += 1
      }
      return String(decoding: content, as: UTF8.self)
    }
    at += 1
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "\n") { nextLine += 1 }
      if bytes[at] != quote {
        content.append(bytes[at])
        at += 1
      } else if at + 1 < bytes.count, bytes[at + 1] == quote {
        content.append(quote)
        at += 2
      } else {
        at += 1
        return isAtEndOfField ? String(decoding: content, as: UTF8.self) : nil
      }
    }
    return nil
  }

  /// A row as an item.
  func item(of fields: [String], _ types: [KeyAttribute]) -> Result<Item, ImportFault> {
    guard let columns, fields.count == columns.count else {
      return .failure(
        ImportFault("\(fields.count) fields where the header has \(columns?.count ?? 0)"))
    }
    var item = Item()
    for (name, field) in zip(columns, fields) where !field.isEmpty {
      switch types.first(where: { $0.name == name })?.type {
      case .number:
        guard case .success(let number) = Number.parse(field) else {
          return .failure(ImportFault("\(name) must be a number: \(field)"))
        }
        item[name] = .number(number)
      case .binary: item[name] = .binary(Array(field.utf8))
      case .string, nil: item[name] = .string(field)
      }
    }
    return .success(item)
  }
}
