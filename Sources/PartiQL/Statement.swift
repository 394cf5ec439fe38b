// Statements of PartiQL for DynamoDB as values.
//
// Conditions and updates are those of the service's expressions, so what evaluates and applies
// expressions does so for statements. Parameters have taken the place of their question marks.
// Grammar and rules: developer guide, PartiQL (features.md 3.5).

public import DataModel
public import Expressions

/// One statement.
public enum Statement: Hashable, Sendable {
  case select(SelectStatement)
  case insert(InsertStatement)
  case update(UpdateStatement)
  case delete(DeleteStatement)
  /// EXISTS(SELECT ...): in transactions, what ConditionCheck is.
  case exists(SelectStatement)

  /// Whether the statement only reads; EXISTS belongs to writing transactions.
  public var isRead: Bool {
    if case .select = self { return true }
    return false
  }

  /// The table as the statement names it.
  public var table: String {
    switch self {
    case .select(let select), .exists(let select): select.table
    case .insert(let insert): insert.table
    case .update(let update): update.table
    case .delete(let delete): delete.table
    }
  }
}

/// SELECT ... FROM ... WHERE ... ORDER BY ...
public struct SelectStatement: Hashable, Sendable {
  /// A key of ORDER BY.
  public struct Order: Hashable, Sendable {
    public var attribute: String
    public var isDescending: Bool
  }

  /// nil: everything (*).
  public var projection: [DocumentPath]?
  public var table: String
  public var index: String?
  public var condition: Condition?
  public var order: [Order] = []

  /// The selected part of an item: a path's value goes by the path's last name, an element of a
  /// list by that name and its index; what is absent is left out. Of equal names the last stays.
  public func project(_ item: Item) -> Item {
    guard let projection else { return item }
    var result = Item()
    for path in projection {
      if let value = path.value(in: item) { result[Self.name(of: path)] = value }
    }
    return result
  }

  private static func name(of path: DocumentPath) -> String {
    var suffix = ""
    for step in path.steps.reversed() {
      switch step {
      case .name(let name): return name + suffix
      case .index(let index): suffix = "[\(index)]" + suffix
      }
    }
    return path.root + suffix
  }
}

/// INSERT INTO ... VALUE {...}
public struct InsertStatement: Hashable, Sendable {
  public var table: String
  public var item: Item
}

/// What RETURNING asks for.
public enum Returning: String, Hashable, Sendable {
  case allOld = "ALL OLD *"
  case modifiedOld = "MODIFIED OLD *"
  case allNew = "ALL NEW *"
  case modifiedNew = "MODIFIED NEW *"
}

/// UPDATE ... SET ... REMOVE ... WHERE ... RETURNING ...
public struct UpdateStatement: Hashable, Sendable {
  public var table: String
  public var actions: [UpdateAction]
  public var condition: Condition?
  public var returning: Returning?
}

/// DELETE FROM ... WHERE ... RETURNING ALL OLD *
public struct DeleteStatement: Hashable, Sendable {
  public var table: String
  public var condition: Condition?
  public var returning: Returning?
}

extension Statement {
  /// Longest text of a statement, in characters. API reference, ExecuteStatement.
  public static let lengthMax = 8_192

  /// Reads a statement; `parameters` stand for its question marks, in order. O(length).
  public static func parse(
    _ text: String, parameters: [AttributeValue] = []
  ) throws(StatementFault) -> Statement {
    var parser = StatementParser(try StatementScanner.tokens(of: text), parameters)
    return try parser.parse()
  }
}
