// Asking for capacity and taking it, with the exceptions a refusal becomes.
//
// A request is asked for at the table first and then at every index it touches; nothing is taken
// before all have agreed, and what is taken is the actual cost, after the fact (capacity.md 3.2,
// 3.3). Exceptions, texts and reasons: capacity.md 3.4; where sources disagree, X4 and X5 there.

import Capacity
import DataModel
import ServiceAPI

/// Where and why a request was refused.
struct Throttle {
  /// nil: the table itself.
  var index: String?
  var reason: ThrottlingReason
  var isOnDemand: Bool
}

/// How a request reaches a client that was refused.
enum ThrottleContext {
  case single
  case batchWrite
}

extension DatabaseState {
  /// Whether the table admits a request; nil when it does. Reads state their consistency: what is
  /// eventually consistent may go to any replica.
  func ask(
    _ table: Table, _ axis: CapacityAxis, at place: ItemPlace,
    consistency: ReadConsistency = .strong
  ) -> Throttle? {
    guard options.enforcesCapacity else { return nil }
    let decision = table.admission.check(
      axis, isEventual: consistency == .eventual, position: place.position, at: now)
    switch decision {
    case .admitted: return nil
    case .throttled(let cause, _):
      table.insights?[""]?.throttled(place.key)
      return Throttle(
        reason: table.admission.reason(axis, cause), isOnDemand: table.isOnDemand)
    }
  }

  /// Whether an index admits a request; nil when it does. Local indexes use the table's capacity.
  func ask(
    _ table: Table, index: Int, _ axis: CapacityAxis, position: UInt64
  ) -> Throttle? {
    guard options.enforcesCapacity else { return nil }
    // An index is read eventually consistently, always.
    guard
      let decision = table.indexes[index].admission?.check(
        axis, isEventual: axis == .read, position: position, at: now)
    else { return nil }
    switch decision {
    case .admitted: return nil
    case .throttled(let cause, _):
      return Throttle(
        index: table.indexes[index].definition.name,
        reason: ThrottlingReason(isIndex: true, axis: axis, cause: cause),
        isOnDemand: table.isOnDemand)
    }
  }

  func take(
    _ units: CapacityUnits, _ axis: CapacityAxis, from table: Table, at place: ItemPlace,
    consistency: ReadConsistency = .strong
  ) {
    table.admission.consume(
      axis, isEventual: consistency == .eventual, units: units, position: place.position, at: now)
    if table.insights != nil { table.insights?[""]?.consumed(units, axis, by: place.key) }
  }

  /// The exception of a refused request.
  func error(
    _ throttle: Throttle, of table: Table, _ context: ThrottleContext = .single
  ) -> ServiceError {
    var error = ThrottleText.error(throttle, context)
    let resource = throttle.index.map { arn(table.name, index: $0) } ?? arn(table.name)
    error.throttled = [ThrottledResource(reason: throttle.reason, resource: resource)]
    return error
  }
}

/// The words of refusals.
enum ThrottleText {
  static let provisionedTable =
    "The level of configured provisioned throughput for the table was exceeded. "
    + "Consider increasing your provisioning level with the UpdateTable API."
  static let provisionedIndex =
    "The level of configured provisioned throughput for one or more global secondary indexes of "
    + "the table was exceeded. Consider increasing your provisioning level for the "
    + "under-provisioned global secondary indexes with the UpdateTable API"
  static let scalingTable =
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically "
    + "scaling your table or index so please try again shortly. If exceptions persist, check if "
    + "you have a hot key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
    + "bp-partition-key-design.html"
  static let scalingIndex =
    "Throughput exceeds the current capacity for one or more global secondary indexes. "
    + "DynamoDB is automatically scaling your index so please try again shortly."
  static let maximum =
    "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
  static let account =
    "Throughput exceeds the current throughput limit for your account. Please contact AWS Support "
    + "at https://aws.amazon.com/support request a limit increase"

  /// Text of a refusal.
  static func message(_ throttle: Throttle) -> String {
    let isIndex = throttle.index != nil
    switch throttle.reason.cause {
    case .provisionedThroughputExceeded: return isIndex ? provisionedIndex : provisionedTable
    case .keyRangeThroughputExceeded:
      if !throttle.isOnDemand { return isIndex ? provisionedIndex : provisionedTable }
      return isIndex ? scalingIndex : scalingTable
    case .maxOnDemandThroughputExceeded: return maximum
    case .accountLimitExceeded: return account
    }
  }

  /// The exception's name. An account's limit has one of its own, whose text in the API's model
  /// says just that; the guide's page on indexes names ThrottlingException for it (X5).
  static func code(_ throttle: Throttle, _ context: ThrottleContext) -> String {
    let provisioned = "ProvisionedThroughputExceededException"
    switch throttle.reason.cause {
    case .provisionedThroughputExceeded: return provisioned
    case .keyRangeThroughputExceeded:
      return !throttle.isOnDemand && context == .single ? provisioned : "ThrottlingException"
    case .maxOnDemandThroughputExceeded: return "ThrottlingException"
    case .accountLimitExceeded: return "RequestLimitExceeded"
    }
  }

  static func error(_ throttle: Throttle, _ context: ThrottleContext) -> ServiceError {
    ServiceError(code(throttle, context), message: message(throttle))
  }
}

extension ReplyWriter {
  /// The member ConsumedCapacity, if there is one.
  mutating func consumed(_ consumed: ConsumedCapacity?) {
    guard let consumed else { return }
    key("ConsumedCapacity")
    value(consumed)
  }

  /// A list of ConsumedCapacity, if any was asked for.
  mutating func consumed(list: [ConsumedCapacity]?) {
    guard let list else { return }
    key("ConsumedCapacity")
    beginArray()
    for element in list { value(element) }
    endArray()
  }

  private mutating func value(_ consumed: ConsumedCapacity) {
    beginObject()
    member("TableName", consumed.tableName)
    members(consumed.total)
    if let table = consumed.table {
      key("Table")
      beginObject()
      members(table)
      endObject()
    }
    indexes("LocalSecondaryIndexes", consumed.localIndexes)
    indexes("GlobalSecondaryIndexes", consumed.globalIndexes)
    endObject()
  }

  private mutating func members(_ arm: CapacityArm) {
    key("CapacityUnits")
    value(arm.units)
    if let units = arm.readUnits {
      key("ReadCapacityUnits")
      value(units)
    }
    if let units = arm.writeUnits {
      key("WriteCapacityUnits")
      value(units)
    }
  }

  private mutating func indexes(_ name: String, _ indexes: [IndexCapacity]) {
    if indexes.isEmpty { return }
    key(name)
    beginObject()
    for index in indexes {
      key(index.name)
      beginObject()
      members(index.arm)
      endObject()
    }
    endObject()
  }
}

extension WireValue {
  /// ReturnConsumedCapacity of a request.
  var consumedLevel: ReturnConsumedCapacity {
    (self["ReturnConsumedCapacity"]?.text).flatMap(ReturnConsumedCapacity.init(rawValue:)) ?? .none
  }
}
