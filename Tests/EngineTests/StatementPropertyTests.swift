// Random SELECTs against a slow and obvious reader, read page by page.
//
// Why: which reading a WHERE clause makes, how a page ends and where the next one begins must never
// change what is found, whatever the condition. The reader knows no keys and no types.

import ServiceAPI
import TestSupport
import Testing

@testable import Engine

@Suite struct StatementPropertyTests {
  /// A row: numbers by attribute name, absent ones left out.
  typealias Row = [String: Int]

  /// A condition as text and as a function.
  private struct Filter {
    var text: String
    var holds: (Row) -> Bool
  }

  private static let names = ["pk", "sk", "g", "n"]

  private func comparison(_ generator: inout TestGenerator) -> Filter {
    let name = generator.pick(Self.names)
    let value = generator.integer(in: 0...4)
    let isMirrored = generator.integer(in: 0...3) == 0
    func compare(_ sign: String, _ mirror: String, _ test: @escaping (Int, Int) -> Bool) -> Filter {
      Filter(text: isMirrored ? "\(value) \(mirror) \(name)" : "\(name) \(sign) \(value)") {
        row in row[name].map { test($0, value) } ?? (sign == "<>")
      }
    }
    switch generator.integer(in: 0...8) {
    case 0...2: return compare("=", "=", ==)
    case 3: return compare("<>", "!=", !=)
    case 4: return compare("<", ">", <)
    case 5: return compare(">=", "<=", >=)
    case 6:
      let high = generator.integer(in: value...4)
      return Filter(text: "\(name) BETWEEN \(value) AND \(high)") {
        row in row[name].map { $0 >= value && $0 <= high } ?? false
      }
    case 7:
      let list = (0...generator.integer(in: 0...2)).map { _ in generator.integer(in: 0...4) }
      return Filter(text: "\(name) IN [\(list.map(String.init).joined(separator: ", "))]") {
        row in row[name].map(list.contains) ?? false
      }
    default: return Filter(text: "\(name) IS MISSING") { row in row[name] == nil }
    }
  }

  private func filter(_ generator: inout TestGenerator, depth: Int) -> Filter {
    guard depth > 0 else { return comparison(&generator) }
    let left = filter(&generator, depth: depth - 1)
    let right = filter(&generator, depth: depth - 1)
    switch generator.integer(in: 0...4) {
    case 0, 1:
      return Filter(
        text: "(\(left.text)) AND \(right.text.contains(" OR ") ? "(\(right.text))" : right.text)"
      ) {
        left.holds($0) && right.holds($0)
      }
    case 2:
      return Filter(text: "\(left.text) OR \(right.text)") { left.holds($0) || right.holds($0) }
    case 3: return Filter(text: "NOT (\(left.text))") { !left.holds($0) }
    default: return left
    }
  }

  private func fill(
    _ database: TestDatabase, _ generator: inout TestGenerator
  ) -> [Row] {
    var rows: [Row] = []
    for partition in 0..<5 {
      for sort in 0..<5 where generator.integer(in: 0...2) > 0 {
        var row = ["pk": partition, "sk": sort]
        for name in ["g", "n"] where generator.integer(in: 0...2) > 0 {
          row[name] = generator.integer(in: 0...4)
        }
        rows.append(row)
        let content = row.map { "'\($0.key)': \($0.value)" }.joined(separator: ", ")
        _ = database.call(
          "ExecuteStatement", #"{"Statement":"INSERT INTO Rows VALUE {\#(content)}"}"#)
      }
    }
    return rows
  }

  /// All rows of a statement, page by page.
  private func read(_ database: TestDatabase, _ statement: String, limit: Int?) -> [Row] {
    var rows: [Row] = []
    var token: String?
    for _ in 0..<200 {
      var body = #"{"Statement":"\#(statement)""#
      if let limit { body += #","Limit":\#(limit)"# }
      if let token { body += #","NextToken":"\#(token)""# }
      let reply = database.reply("ExecuteStatement", body + "}")
      #expect(reply.error == nil, "\(statement): \(reply.error?.message ?? "")")
      let answer = WireValue(body: reply.body)
      for item in answer?["Items"]?.elements ?? [] {
        var row = Row()
        for member in item.members ?? [] {
          row[member.name] = member.value["N"]?.text.flatMap { Int($0) }
        }
        rows.append(row)
      }
      token = answer?["NextToken"]?.text
      if token == nil { break }
    }
    #expect(token == nil, "\(statement) does not end")
    return rows
  }

  @Test(arguments: Seed.some(12)) func selectsWhatTheConditionSays(_ seed: Seed) throws {
    var generator = seed.generator
    let database = try TestDatabase { $0.enforcesCapacity = false }
    let number = #""AttributeType":"N"}"#
    _ = database.call(
      "CreateTable",
      #"{"TableName":"Rows","BillingMode":"PAY_PER_REQUEST","KeySchema":["#
        + #"{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],"#
        + #""AttributeDefinitions":[{"AttributeName":"pk",\#(number),{"AttributeName":"sk","#
        + #"\#(number),{"AttributeName":"g",\#(number)],"GlobalSecondaryIndexes":[{"IndexName":"#
        + #""byG","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"#
        + #""Projection":{"ProjectionType":"ALL"}}]}"#)
    let rows = fill(database, &generator)
    func sorted(_ rows: [Row]) -> [String] {
      rows.map { "\($0.sorted { $0.key < $1.key })" }.sorted()
    }
    for _ in 0..<25 {
      let filter = filter(&generator, depth: generator.integer(in: 0...3))
      let isIndex = generator.integer(in: 0...2) == 0
      let source = isIndex ? #"\"Rows\".\"byG\""# : "Rows"
      let limit = generator.integer(in: 0...1) == 0 ? nil : generator.integer(in: 1...4)
      let expected = rows.filter { filter.holds($0) && (!isIndex || $0["g"] != nil) }
      let statement = "SELECT * FROM \(source) WHERE \(filter.text)"
      let found = read(database, statement, limit: limit)
      #expect(sorted(found) == sorted(expected), "\(statement), limit \(limit ?? 0)")
    }
  }

  @Test func ordersGoThroughPages() throws {
    let database = try TestDatabase { $0.enforcesCapacity = false }
    database.createTable("Rows", sort: "N")
    for partition in ["a", "b", "c"] {
      for sort in 0..<12 {
        _ = database.call(
          "ExecuteStatement",
          #"{"Statement":"INSERT INTO Rows VALUE {'pk': '\#(partition)', 'sk': \#(sort)}"}"#)
      }
    }
    let statement =
      "SELECT sk FROM Rows WHERE pk IN ['b', 'a', 'c'] AND sk < 9 ORDER BY pk DESC, sk DESC"
    let expected = (0..<3).flatMap { _ in (0..<9).reversed() }
    for limit in [nil, 1, 5] {
      #expect(read(database, statement, limit: limit).map { $0["sk"] } == expected)
    }
    // A page of several partitions stops after ten items.
    let items = database.value("ExecuteStatement", #"{"Statement":"\#(statement)"}"#, "Items")
    #expect(items?.elements?.count == 10)
  }

  @Test func tokensBelongToTheirStatement() throws {
    let database = try TestDatabase()
    database.createTable("Rows", sort: "N")
    for sort in 0..<3 {
      _ = database.call(
        "ExecuteStatement", #"{"Statement":"INSERT INTO Rows VALUE {'pk': 'a', 'sk': \#(sort)}"}"#)
    }
    let first = #"{"Statement":"SELECT * FROM Rows WHERE pk = 'a'","Limit":1"#
    let token = database.value("ExecuteStatement", first + "}", "NextToken")?.text ?? ""
    #expect(!token.isEmpty)
    for token in [token, "x", "!", ""] {
      let other = #"{"Statement":"SELECT * FROM Rows","Limit":1,"NextToken":"\#(token)"}"#
      #expect(database.call("ExecuteStatement", other).hasPrefix("ValidationException: "))
    }
  }
}
