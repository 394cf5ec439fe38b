// Which reading a WHERE clause makes: the examples of the developer guide and their borders.
//
// Why: the path decides what a statement costs.

import DataModel
import Expressions
import Testing

@testable import PartiQL

@Suite struct AccessPathTests {
  private static let layout = KeyLayout(
    partition: [KeyAttribute(name: "OrderID", type: .number)],
    sort: [KeyAttribute(name: "Line", type: .number)])

  private static func path(_ condition: String) throws -> AccessPath {
    guard case .select(let select) = try Statement.parse("SELECT * FROM T WHERE \(condition)")
    else { return .everything }
    return try AccessPath.choose(select.condition, layout: layout)
  }

  /// The condition, the partitions it reads, and how the sort key narrows them.
  static let rows: [(String, [Int64]?, KeyComparison?)] = [
    ("OrderID = 100", [100], nil),
    ("100 = OrderID", [100], nil),
    ("OrderID = 100 AND Address = 'some address'", [100], nil),
    ("OrderID = 100 OR OrderID = 200", [100, 200], nil),
    ("OrderID IN [100, 300, 234, 100]", [100, 300, 234], nil),
    ("OrderID > 1", nil, nil),
    ("Address = 'some address'", nil, nil),
    ("OrderID = 100 OR Address = 'some address'", nil, nil),
    ("NOT OrderID = 100", nil, nil),
    ("(OrderID = 100 AND (Line = 5))", [100], .equal(5)),
    ("OrderID = 100 AND 5 >= Line", [100], .lessOrEqual(5)),
    ("OrderID = 100 AND Line BETWEEN 2 AND 3", [100], .between(2, 3)),
    ("OrderID = 100 AND Line <> 5", [100], nil),
    ("OrderID = 100 AND Line = 'x'", [100], nil),
    ("OrderID = 100 AND (Line = 5 OR a = 1)", [100], nil),
  ]

  @Test(arguments: rows)
  func readsWhatTheKeyAllows(
    _ condition: String, _ partitions: [Int64]?, _ sort: KeyComparison?
  ) throws {
    let path = try Self.path(condition)
    guard let partitions else {
      #expect(path == .everything)
      return
    }
    guard case .partitions(let conditions) = path else {
      Issue.record("reads everything")
      return
    }
    #expect(conditions.map(\.partition) == partitions.map { [.number(Number($0))] })
    #expect(conditions.allSatisfy { $0.sort == (sort.map { [$0] } ?? []) })
  }

  @Test func refusesTooManyPartitions() throws {
    func list(_ count: Int) -> String { (1...count).map(String.init).joined(separator: ",") }
    guard case .partitions(let conditions) = try Self.path("OrderID IN [\(list(50))]") else {
      Issue.record("reads everything")
      return
    }
    #expect(conditions.count == 50)
    #expect(throws: ExpressionFault.self) { try Self.path("OrderID IN [\(list(51))]") }
  }

  @Test func refusesAKeyOfAnotherType() {
    #expect(throws: ExpressionFault.self) { try Self.path("OrderID = 'x'") }
  }

  @Test func namesOneItem() throws {
    let schema = KeySchema(
      partition: KeyAttribute(name: "OrderID", type: .number),
      sort: KeyAttribute(name: "Line", type: .number))
    func named(_ condition: String) throws -> NamedItem? {
      guard case .select(let select) = try Statement.parse("SELECT * FROM T WHERE \(condition)")
      else { return nil }
      return NamedItem(select.condition, schema: schema)
    }
    let whole = try named("Line = 2 AND 1 = OrderID")
    #expect(whole?.key == ["OrderID": 1, "Line": 2] && whole?.rest == nil)
    let more = try named("Line = 2 AND OrderID = 1 AND a = 3")
    #expect(more?.rest == .compare(.equal, .path(DocumentPath("a")), .value(3)))
    #expect(try named("OrderID = 1") == nil)
    #expect(try named("OrderID = 1 OR Line = 2") == nil)
  }
}
