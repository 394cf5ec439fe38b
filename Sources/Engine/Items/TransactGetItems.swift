// TransactGetItems: up to 100 items as of one moment.
//
// The database's lock makes the moment; nothing else is needed. What is wrong with one action comes
// as the cancellation of all (features.md 3.4).

import Capacity
import DataModel
import Expressions
import ServiceAPI

/// One Get of a transaction.
struct TransactGet {
  var name: String
  var table: Table
  var key: AttributeMap
  var projection: ProjectionExpression?
  var place: ItemPlace?
}

extension DatabaseState {
  func transactGetItems(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    var gets: [TransactGet] = []
    for element in request["TransactItems"]?.elements ?? [] {
      gets.append(try get(element["Get"] ?? .null))
    }
    let found = try readTogether(&gets)
    let shown = zip(gets, found).map { get, item in
      item.map { get.projection?.apply(to: $0.item) ?? $0.item }
    }
    return answer(gets, found, showing: shown, request)
  }

  /// The items of all gets as of this moment; asks for capacity but takes none.
  func readTogether(_ gets: inout [TransactGet]) throws(ServiceError) -> [StoredItem?] {
    try placeAll(&gets)
    let places = gets.compactMap(\.place?.key)
    if Set(places).count < places.count {
      throw .validation("Transaction request cannot include multiple operations on one item")
    }
    try askAll(gets)
    var found: [StoredItem?] = []
    for get in gets {
      found.append(try get.place.flatMap { (place) throws(ServiceError) in try stored(at: place) })
    }
    let size = found.reduce(0) { $0 + ($1?.size ?? 0) }
    if size > ServiceConstants.transactionBytes { throw Self.tooLargeTransaction }
    return found
  }

  private func get(_ request: WireValue) throws(ServiceError) -> TransactGet {
    var parameters = try ExpressionParameters(request, expressions: [.projection], legacy: [])
    let key = try AttributeDecoding.attributes(request["Key"] ?? .object([]))
    try parameters.readPlaceholders()
    let projection = try parameters.projection()
    try parameters.checkUsed()
    let name = request["TableName"]?.text ?? ""
    return TransactGet(
      name: name, table: try table(name), key: key, projection: projection, place: nil)
  }

  private func placeAll(_ gets: inout [TransactGet]) throws(ServiceError) {
    var reasons: [CancellationReason] = []
    for index in gets.indices {
      do throws(ServiceError) {
        gets[index].place = try PrimaryKey.place(key: gets[index].key, in: gets[index].table)
        reasons.append(.none)
      } catch {
        reasons.append(CancellationReason(code: "ValidationError", message: error.message))
      }
    }
    if reasons.contains(where: { $0.code != "None" }) { throw .cancelled(reasons) }
  }

  private func askAll(_ gets: [TransactGet]) throws(ServiceError) {
    var reasons: [CancellationReason] = []
    for get in gets {
      if let place = get.place, holds.hold(place.key, at: now) {
        reasons.append(Self.conflictReason)
        continue
      }
      guard let place = get.place, let throttle = ask(get.table, .read, at: place) else {
        reasons.append(.none)
        continue
      }
      reasons.append(Self.reason(throttle))
    }
    if reasons.contains(where: { $0.code != "None" }) { throw .cancelled(reasons) }
  }

  /// A refusal as the reason of a cancellation.
  static func reason(_ throttle: Throttle) -> CancellationReason {
    CancellationReason(
      code: ThrottleText.code(throttle, .single) == "ProvisionedThroughputExceededException"
        ? "ProvisionedThroughputExceeded" : "ThrottlingError",
      message: ThrottleText.message(throttle))
  }

  /// Takes what the gets cost and answers them, `shown` being what is wanted of the items found.
  func answer(
    _ gets: [TransactGet], _ found: [StoredItem?], showing shown: [Item?], _ request: WireValue
  ) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("Responses")
    writer.beginArray()
    var names: [String] = []
    var units: [String: CapacityUnits] = [:]
    for ((get, item), part) in zip(zip(gets, found), shown) {
      let cost = TransactionCost.getUnits(bytes: item?.size)
      if let place = get.place { take(cost, .read, from: get.table, at: place) }
      if !names.contains(get.name) { names.append(get.name) }
      units[get.name, default: .zero] += cost
      writer.beginObject()
      if let part {
        writer.key("Item")
        writer.attributes(part.content)
      }
      writer.endObject()
    }
    writer.endArray()
    let list = names.compactMap {
      ConsumedCapacity(
        ReadCharge(table: units[$0] ?? .zero), tableName: $0, level: request.consumedLevel,
        isTransaction: true)
    }
    writer.consumed(list: request.consumedLevel == .none ? nil : list)
    writer.endObject()
    return writer.bytes
  }
}
