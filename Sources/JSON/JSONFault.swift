// What is wrong with a JSON text, and where.
//
// A mismatch (a number where a string was asked for) is kept apart from bad syntax: the service
// answers both with a SerializationException, but with different words, and the words are chosen
// where the shape of the request is known, not here.

/// The kinds of JSON value.
public enum JSONKind: Hashable, Sendable {
  case object, array, string, number, boolean, null
}

/// Why a JSON text was refused.
public struct JSONFault: Error, Hashable, Sendable {
  public enum Reason: Hashable, Sendable {
    /// The text ends inside a value.
    case endOfText
    /// A byte that cannot stand here.
    case unexpectedByte(UInt8)
    /// A backslash with a wrong letter or digit, or half of a surrogate pair.
    case badEscape
    /// Bytes that are not UTF-8.
    case badUTF8
    /// Not a number by RFC 8259: a leading zero, a bare minus, a point without digits.
    case badNumber
    /// Not base64 of RFC 4648 with padding; carries how many characters it has.
    case badBase64(characters: Int)
    /// A control character inside a string.
    case controlCharacter
    /// More containers inside each other than the reader allows.
    case tooDeep
    /// Something after the document's value.
    case trailingBytes
    /// Good JSON of another kind than was asked for.
    case mismatch(expected: JSONKind, found: JSONKind)
  }

  public let reason: Reason
  /// Bytes from the start of the text to the place.
  public let offset: Int

  public init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }
}
