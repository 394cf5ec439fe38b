// The parameters of a request that are expressions, or their legacy forms, compiled.
//
// The order is the service's: which parameters go together first, then the request's own values
// (the operation's concern, between the two steps here), then placeholders, then the expressions
// one by one, then what no expression has used.

import DataModel
import Expressions
import ServiceAPI

/// Runs what may be refused as an expression and refuses it as the service does.
func refusing<R>(_ body: () throws(ExpressionFault) -> R) throws(ServiceError) -> R {
  do throws(ExpressionFault) { return try body() } catch { throw .validation(error.message) }
}

/// Reads expression parameters of one request.
struct ExpressionParameters {
  let request: WireValue
  private var placeholders = ExpressionPlaceholders()

  /// Checks which parameters are given together.
  init(
    _ request: WireValue, expressions: [ExpressionKind], legacy: [String]
  ) throws(ServiceError) {
    self.request = request
    let fault = ParameterMix.fault(
      expressions: expressions.map { ($0.rawValue, request[$0.rawValue] != nil) },
      legacy: legacy.map { ($0, request[$0] != nil) },
      hasNames: request["ExpressionAttributeNames"] != nil,
      hasValues: request["ExpressionAttributeValues"] != nil)
    if let fault { throw .validation(fault.message) }
  }

  /// Reads names and values; before any expression.
  mutating func readPlaceholders() throws(ServiceError) {
    var names: [String: String]?
    if let members = request["ExpressionAttributeNames"]?.members {
      var found: [String: String] = [:]
      for member in members { found[member.name] = member.value.text ?? "" }
      names = found
    }
    var values: [String: AttributeValue]?
    if let members = request["ExpressionAttributeValues"]?.members {
      var found: [String: AttributeValue] = [:]
      for member in members {
        do throws(ServiceError) {
          found[member.name] = try AttributeDecoding.value(member.value)
        } catch {
          throw .validation(
            "ExpressionAttributeValues contains invalid value: \(error.message ?? "") "
              + "for key \(member.name)")
        }
      }
      values = found
    }
    placeholders = try refusing { () throws(ExpressionFault) in
      try ExpressionPlaceholders(names: names, values: values)
    }
  }

  private func text(_ kind: ExpressionKind) -> String? { request[kind.rawValue]?.text }

  /// ConditionExpression or FilterExpression.
  mutating func condition(_ kind: ExpressionKind) throws(ServiceError) -> ConditionExpression? {
    guard let text = text(kind) else { return nil }
    return try refusing { () throws(ExpressionFault) in
      try ConditionExpression.parse(text, kind: kind, with: &placeholders)
    }
  }

  mutating func keyCondition() throws(ServiceError) -> KeyConditionExpression? {
    guard let text = text(.keyCondition) else { return nil }
    return try refusing { () throws(ExpressionFault) in
      try KeyConditionExpression.parse(text, with: &placeholders)
    }
  }

  mutating func update() throws(ServiceError) -> UpdateExpression? {
    guard let text = text(.update) else { return nil }
    return try refusing { () throws(ExpressionFault) in
      try UpdateExpression.parse(text, with: &placeholders)
    }
  }

  /// ProjectionExpression or AttributesToGet.
  mutating func projection() throws(ServiceError) -> ProjectionExpression? {
    if let text = text(.projection) {
      return try refusing { () throws(ExpressionFault) in
        try ProjectionExpression.parse(text, with: &placeholders)
      }
    }
    guard let names = request["AttributesToGet"]?.elements else { return nil }
    return try refusing { () throws(ExpressionFault) in
      try ProjectionExpression.attributesToGet(names.compactMap(\.text))
    }
  }

  /// Refuses names and values that no expression used.
  func checkUsed() throws(ServiceError) {
    try refusing { () throws(ExpressionFault) in try placeholders.checkUsed() }
  }

  // MARK: Legacy parameters

  private var conditionalOperator: ConditionalOperator {
    (request["ConditionalOperator"]?.text).flatMap(ConditionalOperator.init(rawValue:)) ?? .and
  }

  /// The parameter Expected.
  func expected() throws(ServiceError) -> ConditionExpression? {
    guard let members = request["Expected"]?.members, !members.isEmpty else {
      if request["ConditionalOperator"] != nil {
        throw .validation(ParameterMix.loneConditionalOperator.message)
      }
      return nil
    }
    var attributes: [ExpectedAttribute] = []
    for member in members {
      var values: [AttributeValue]?
      if let list = member.value["AttributeValueList"]?.elements {
        values = []
        for element in list { values?.append(try AttributeDecoding.value(element)) }
      }
      attributes.append(
        ExpectedAttribute(
          attribute: member.name, value: try Self.value(member.value["Value"]),
          exists: member.value["Exists"]?.flag,
          comparison: (member.value["ComparisonOperator"]?.text)
            .flatMap(LegacyOperator.init(rawValue:)), values: values))
    }
    let joined = conditionalOperator
    return try refusing { () throws(ExpressionFault) in
      try ConditionExpression.expected(attributes, joinedBy: joined)
    }
  }

  private static func value(_ value: WireValue?) throws(ServiceError) -> AttributeValue? {
    guard let value else { return nil }
    return try AttributeDecoding.value(value)
  }

  /// KeyConditions, QueryFilter or ScanFilter.
  func conditions(_ name: String) throws(ServiceError) -> [LegacyCondition]? {
    guard let members = request[name]?.members else { return nil }
    var conditions: [LegacyCondition] = []
    for member in members {
      var values: [AttributeValue] = []
      for element in member.value["AttributeValueList"]?.elements ?? [] {
        values.append(try AttributeDecoding.value(element))
      }
      let condition = LegacyCondition(
        attribute: member.name,
        comparison: (member.value["ComparisonOperator"]?.text)
          .flatMap(LegacyOperator.init(rawValue:)) ?? .equal, values: values)
      if let fault = condition.fault { throw .validation(fault.message) }
      conditions.append(condition)
    }
    return conditions
  }

  /// QueryFilter or ScanFilter as one condition.
  func legacyFilter(_ name: String) throws(ServiceError) -> ConditionExpression? {
    guard let conditions = try conditions(name), !conditions.isEmpty else {
      if request["ConditionalOperator"] != nil {
        throw .validation(ParameterMix.loneConditionalOperator.message)
      }
      return nil
    }
    let joined = conditionalOperator
    return try refusing { () throws(ExpressionFault) in
      try ConditionExpression.legacyFilter(conditions, joinedBy: joined)
    }
  }

  /// The parameter AttributeUpdates.
  func attributeUpdates() throws(ServiceError) -> UpdateExpression? {
    guard let members = request["AttributeUpdates"]?.members else { return nil }
    var updates: [AttributeUpdate] = []
    for member in members {
      updates.append(
        AttributeUpdate(
          attribute: member.name,
          action: (member.value["Action"]?.text).flatMap(AttributeUpdate.Action.init(rawValue:))
            ?? .put, value: try Self.value(member.value["Value"])))
    }
    return try refusing { () throws(ExpressionFault) in
      try UpdateExpression.attributeUpdates(updates)
    }
  }
}
