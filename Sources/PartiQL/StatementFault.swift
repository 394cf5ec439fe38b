// Refusals of PartiQL statements, in the service's words.
//
// Every fault is a ValidationException. What cannot be read at all comes in one envelope with a
// detail behind the colon; what is read but not offered has a text of its own, some with the place
// of the token (line, column, length). Texts: a public suite's tests against the service (nubo-db,
// dynamodb-conformance, 2026-10); details that it does not show are our own.

/// Why a statement was refused; carries the service's message.
public struct StatementFault: Error, Hashable, Sendable {
  public let message: String

  public init(_ message: String) { self.message = message }

  /// A statement that cannot be read.
  static func malformed(_ detail: String) -> StatementFault {
    StatementFault("Statement wasn't well formed, can't be processed: " + detail)
  }

  static let leftover = malformed("Unexpected token after expression")
  static let noStatement = malformed("Expected data manipulation")
  static let noTerm = malformed("Unexpected term")
  static let alias = StatementFault("Aliasing is not supported")
  static let parameterCount = StatementFault(
    "Number of parameters in request and statement don't match.")
  static let nesting = malformed("The statement is nested too deeply")
}
