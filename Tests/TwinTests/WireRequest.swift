// A simulated request as the service's JSON, and the engine's reply in the twin's words.

import Capacity
import Scenarios
import ServiceAPI
import Workloads

@testable import Engine
@testable import Simulation

/// A request for the engine.
struct WireRequest {
  let spec: OperationSpec
  let count: Int
  var operation: String { spec.kind.rawValue }
  private(set) var body = ""

  /// - Parameters:
  ///   - items: What the request names, in order.
  ///   - version: Makes every write a change.
  ///   - fails: Whether the condition, if there is one, does not hold.
  init(_ twin: Twin, _ spec: OperationSpec, _ items: [TwinItem], version: UInt64, fails: Bool) {
    self.spec = spec
    count = items.count
    let writer = Writer(twin: twin, spec: spec, version: version, fails: fails)
    switch spec.kind {
    case .get, .put, .update, .delete: body = "{" + writer.action(items[0]) + "}"
    case .batchGet, .batchWrite:
      let tables = Set(spec.parts.map(\.table)).sorted().map { writer.batch($0, items) }
      body = #"{"RequestItems":{\#(tables.joined(separator: ","))}}"#
    case .transactGet, .transactWrite:
      let actions = items.map { #"{"\#(writer.name($0))":{\#(writer.action($0))}}"# }
      body = #"{"TransactItems":[\#(actions.joined(separator: ","))]}"#
    case .query, .scan: preconditionFailure("pages are not twinned")
    }
  }

  /// What the reply means.
  func answer(_ reply: Reply) -> String {
    guard let error = reply.error else {
      let body = WireValue(body: reply.body)
      let left = body?["UnprocessedItems"] ?? body?["UnprocessedKeys"]
      let number = (left?.members ?? []).reduce(0) {
        $0 + ($1.value["Keys"] ?? $1.value).elements!.count
      }
      return number == 0 ? "admitted" : "unprocessed \(number)"
    }
    if error.code == "ConditionalCheckFailedException" { return "condition failed" }
    if !error.cancellations.isEmpty {
      let codes = error.cancellations.map(\.code)
      if codes.contains("ConditionalCheckFailed") { return "condition failed" }
      let isThrottle = ["ProvisionedThroughputExceeded", "ThrottlingError"]
      return "cancelled \(codes.map { isThrottle.contains($0) ? "throttled" : $0 })"
    }
    if spec.kind == .batchGet || spec.kind == .batchWrite, !error.throttled.isEmpty {
      return "unprocessed \(count)"
    }
    guard let throttle = error.throttled.first, error.throttled.count == 1 else {
      return "\(error.code): \(error.message ?? "")"
    }
    let path = throttle.resource.split(separator: ":").last ?? ""
    return "\(throttle.reason.apiName) \(path)"
  }
}

/// Writes the parts of a body.
private struct Writer {
  let twin: Twin
  let spec: OperationSpec
  let version: UInt64
  let fails: Bool

  func part(_ item: TwinItem) -> OperationPart { spec.parts[item.part] }

  /// The member name of an action in a transaction.
  func name(_ item: TwinItem) -> String {
    switch part(item).action {
    case .get, .query, .scan: "Get"
    case .put: "Put"
    case .update: "Update"
    case .delete: "Delete"
    case .conditionCheck: "ConditionCheck"
    }
  }

  private func key(_ item: TwinItem) -> String {
    #""Key":{"pk":{"S":"\#(twin.key(item, table: part(item).table))"}}"#
  }

  /// Size after the write.
  private func size(_ item: TwinItem) -> Int {
    if case .constant(let size)? = part(item).size { return size }
    if part(item).action == .update, item.before > 0 { return item.before }
    guard case .constant(let size) = twin.scenario.tables[part(item).table].itemSize else {
      preconditionFailure("sizes of twinned tables are constant")
    }
    return size
  }

  private func attributes(_ item: TwinItem) -> String {
    twin.attributes(
      item, table: part(item).table, size: size(item), version: version,
      moves: part(item).globalEffects.map { $0 == .keyMove })
  }

  /// The members of a single operation or of a transaction's action.
  func action(_ item: TwinItem) -> String {
    let part = part(item)
    var text = #""TableName":"\#(twin.scenario.tables[part.table].name)","#
    var values: [String] = []
    switch part.action {
    case .get:
      let isStrong = spec.consistency == .strong
      return text + key(item) + (isStrong ? #","ConsistentRead":true"# : "")
    case .put: text += #""Item":{\#(attributes(item))}"#
    case .update:
      text += key(item)
      text += update(item, &values)
    case .delete, .conditionCheck, .query, .scan: text += key(item)
    }
    if part.conditionFailure > 0 || part.action == .conditionCheck {
      text += #","ConditionExpression":"\#(fails ? "n = :never" : "NOT n = :never")""#
      values.append(#"":never":{"S":"never"}"#)
    }
    if !values.isEmpty {
      text += #","ExpressionAttributeValues":{\#(values.joined(separator: ","))}"#
    }
    return text
  }

  /// Of an item that keeps its size and index keys only the number changes; any other is set anew.
  private func update(_ item: TwinItem, _ values: inout [String]) -> String {
    let moves = part(item).globalEffects.contains(.keyMove)
    if item.before == size(item), !moves {
      values.append(#"":n":{"S":"\#(Twin.number(version))"}"#)
      return #","UpdateExpression":"SET n = :n""#
    }
    let members = WireValue(body: Array("{\(attributes(item))}".utf8))?.members ?? []
    var actions: [String] = []
    for member in members where member.name != "pk" {
      actions.append("\(member.name) = :\(member.name)")
      values.append(#"":\#(member.name)":{"S":"\#(member.value["S"]?.text ?? "")"}"#)
    }
    return #","UpdateExpression":"SET \#(actions.joined(separator: ", "))""#
  }

  /// A batch's member of one table.
  func batch(_ table: Int, _ items: [TwinItem]) -> String {
    let mine = items.filter { part($0).table == table }
    let name = twin.scenario.tables[table].name
    if spec.kind == .batchGet {
      let keys = mine.map { #"{"pk":{"S":"\#(twin.key($0, table: table))"}}"# }
      let isStrong = spec.consistency == .strong
      return #""\#(name)":{"Keys":[\#(keys.joined(separator: ","))]"#
        + (isStrong ? #","ConsistentRead":true}"# : "}")
    }
    let requests = mine.map { item in
      part(item).action == .put
        ? #"{"PutRequest":{"Item":{\#(attributes(item))}}}"#
        : #"{"DeleteRequest":{\#(key(item))}}"#
    }
    return #""\#(name)":[\#(requests.joined(separator: ","))]"#
  }
}
