// What the condition keys of dynamodb: say about a request on items.
//
// LeadingKeys and FirstPartitionKeyValues are the values of the partition key that the request
// names, Second… to Fourth… those of further attributes of an index's partition key. Attributes are
// the top-level names that the request reads, writes or tests. Select and ReturnValues "always have
// a value" (developer guide, specifying-conditions). Expressions are read by the same parsers that
// run them; what these refuse runs into the same refusal later and touches no item.

import AccessControl
import DataModel
import Expressions
import ServiceAPI

struct RequestFacts {
  private let partition: [String]
  private let isIndex: Bool
  private(set) var context = AccessContext()
  private var leading: [[String]]
  private var attributes: Set<String> = []
  private static let keys = [
    "dynamodb:FirstPartitionKeyValues", "dynamodb:SecondPartitionKeyValues",
    "dynamodb:ThirdPartitionKeyValues", "dynamodb:FourthPartitionKeyValues",
  ]

  /// For a request on a table, or on nothing that exists, or on one of its indexes.
  init(table: Table?, index: String?) {
    isIndex = index != nil
    if let index {
      let place = table?.index(named: index)
      partition = place.flatMap { table?.indexes[$0].definition.partition.map(\.name) } ?? []
    } else {
      partition = table.map { [$0.key.partition.name] } ?? []
    }
    leading = partition.map { _ in [] }
  }

  mutating func set(_ key: String, _ value: String?) {
    if let value { context[key] = [value] }
  }

  mutating func add(attributes names: some Sequence<String>) {
    attributes.formUnion(names)
    if !attributes.isEmpty { context["dynamodb:Attributes"] = attributes.sorted() }
  }

  mutating func add(leading value: AttributeValue, of attribute: String) {
    guard let place = partition.firstIndex(of: attribute) else { return }
    leading[place].append(Self.text(of: value))
    if place < Self.keys.count { context[Self.keys[place]] = leading[place] }
    if place == 0 { context["dynamodb:LeadingKeys"] = leading[place] }
  }

  /// An item or key as the request writes it.
  mutating func add(item: WireValue) {
    add(attributes: (item.members ?? []).map(\.name))
    for member in item.members ?? [] where partition.contains(member.name) {
      guard let value = try? AttributeDecoding.value(member.value) else { continue }
      add(leading: value, of: member.name)
    }
  }

  /// Numbers in their shortest form, so that 1.0 is no way around a policy about 1.
  private static func text(of value: AttributeValue) -> String {
    switch value {
    case .string(let text): text
    case .number(let number): number.text
    case .binary(let bytes):
      {
        var text: [UInt8] = []
        Base64.append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
      }()
    default: ""
    }
  }

  // MARK: Parameters

  /// Reads the members of a request on one item or one page.
  mutating func read(_ request: WireValue, _ action: String) {
    if let item = request["Item"] ?? request["Key"] { add(item: item) }
    for name in ["Expected", "AttributeUpdates", "QueryFilter", "ScanFilter", "KeyConditions"] {
      add(attributes: (request[name]?.members ?? []).map(\.name))
    }
    readExpressions(request)
    switch action {
    case "GetItem", "Query", "Scan": readReturned(request)
    case "PutItem", "UpdateItem", "DeleteItem":
      set("dynamodb:ReturnValues", request["ReturnValues"]?.text ?? "NONE")
    default: break
    }
  }

  /// What a read returns: its projection and what Select amounts to.
  mutating func readReturned(_ request: WireValue) {
    let hasProjection =
      request["ProjectionExpression"] != nil || request["AttributesToGet"] != nil
    if var parameters = Self.parameters(request) {
      add(attributes: (try? parameters.projection())?.roots ?? [])
    }
    let whole = isIndex ? "ALL_PROJECTED_ATTRIBUTES" : "ALL_ATTRIBUTES"
    set(
      "dynamodb:Select",
      request["Select"]?.text ?? (hasProjection ? "SPECIFIC_ATTRIBUTES" : whole))
  }

  private mutating func readExpressions(_ request: WireValue) {
    guard var parameters = Self.parameters(request) else { return }
    add(attributes: (try? parameters.condition(.condition))?.roots ?? [])
    add(attributes: (try? parameters.condition(.filter))?.roots ?? [])
    if let text = request["UpdateExpression"]?.text {
      add(attributes: Self.names(inUpdate: text, request))
    }
    for condition in keyConditions(&parameters) {
      add(attributes: [condition.attribute])
      if case .equal(let value) = condition.comparison {
        add(leading: value, of: condition.attribute)
      }
    }
  }

  private func keyConditions(_ parameters: inout ExpressionParameters) -> [KeyAttributeCondition] {
    if let expression = try? parameters.keyCondition() {
      return (try? expression.conditions()) ?? []
    }
    return ((try? parameters.conditions("KeyConditions")) ?? []).map(\.keyCondition)
  }

  private static func parameters(_ request: WireValue) -> ExpressionParameters? {
    guard var parameters = try? ExpressionParameters(request, expressions: [], legacy: []) else {
      return nil
    }
    do throws(ServiceError) { try parameters.readPlaceholders() } catch { return nil }
    return parameters
  }

  /// Top-level names in an update expression, those it only reads included: every name that is
  /// neither a word of the language, nor a function, nor behind a point.
  private static func names(inUpdate text: String, _ request: WireValue) -> Set<String> {
    let words: Set<String> = ["set", "remove", "add", "delete"]
    var names: Set<String> = []
    let characters = Array(text)
    var place = 0
    var previous: Character = " "
    while place < characters.count {
      let first = characters[place]
      guard isNamePart(first) || first == "#" || first == ":" else {
        if !first.isWhitespace { previous = first }
        place += 1
        continue
      }
      let start = place
      repeat { place += 1 } while place < characters.count && isNamePart(characters[place])
      let word = String(characters[start..<place])
      let next = characters[place...].first { !$0.isWhitespace }
      let isInside = previous == "." || first == ":" || first.isNumber || next == "("
      previous = first
      if isInside || words.contains(word.lowercased()) { continue }
      names.insert(request["ExpressionAttributeNames"]?[word]?.text ?? word)
    }
    return names
  }

  private static func isNamePart(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_" || character == "-"
  }
}
