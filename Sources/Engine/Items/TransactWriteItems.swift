// TransactWriteItems: up to 100 puts, updates, deletes and checks, all or none.
//
// Everything is worked out before anything is stored, and all of it is stored in one batch. A
// client token makes a repetition answer without writing again, for ten minutes; the same token
// with other parameters is refused (features.md 3.4). Costs: capacity.md 1.6.

import Capacity
import DataModel
import Expressions
import ServiceAPI
import Storage
import Units

/// One action of a transaction.
struct TransactAction {
  var name: String
  var table: Table
  var key: AttributeMap
  var condition: ConditionExpression?
  /// nil: ConditionCheck.
  var change: ItemChange?
  var returnsOld: Bool
  var place: ItemPlace?
  /// A condition that fails means that the item is there already.
  var isInsert = false
}

extension DatabaseState {
  func transactWriteItems(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    var actions: [TransactAction] = []
    for element in request["TransactItems"]?.elements ?? [] {
      actions.append(try action(element))
    }
    let charges = try transact(&actions, request)
    return try answer(charges.list, collections: charges.isReplay ? [] : actions, request)
  }

  /// Runs a transaction, or finds that its token has done so, and says what it cost.
  func transact(
    _ actions: inout [TransactAction], _ request: WireValue
  ) throws(ServiceError) -> (list: [ConsumedCapacity], isReplay: Bool) {
    if let token = request["ClientRequestToken"]?.text, let list = try replay(token, request) {
      return (list, true)
    }
    try checkRequestSize(actions)
    try placeAll(&actions)
    let places = actions.compactMap(\.place?.key)
    if Set(places).count < places.count {
      throw .validation("Transaction request cannot include multiple operations on one item")
    }
    let outcomes = try workOut(actions)
    try checkTotal(actions, outcomes)
    let duration = holds.drawDuration(on: actions.map { TableName.name(of: $0.name) })
    let end = now + scaled(duration)
    let bill = bill(actions, outcomes)
    var batch = WriteBatch()
    if let token = request["ClientRequestToken"]?.text {
      let memory = TransactionMemory(
        digest: Self.digest(request), endsAt: end,
        expiresAt: end + scaled(.seconds(Int64(ServiceConstants.idempotencyTokenSeconds))),
        replay: bill.replay)
      remember(memory, under: token, in: &batch)
      try commit(outcomes.compactMap(\.write), with: batch)
      tokens.add(memory, under: token)
    } else {
      try commit(outcomes.compactMap(\.write))
    }
    if duration > .zero {
      holds.hold(places, until: end, at: now)
      serviceTime = duration
    }
    takeChecks(actions, outcomes)
    let list = bill.charges.compactMap { charge in
      ConsumedCapacity(
        charge.charge, schema: charge.table.schema, tableName: charge.name,
        level: request.consumedLevel, isTransaction: true)
    }
    return (list, false)
  }

  // MARK: Reading the request

  private func action(_ element: WireValue) throws(ServiceError) -> TransactAction {
    let kinds = ["ConditionCheck", "Put", "Delete", "Update"].filter { element[$0] != nil }
    guard kinds.count == 1, let kind = kinds.first, let request = element[kind] else {
      throw .validation(
        "TransactItems can only contain one of Check, Put, Update or Delete")
    }
    let expressions: [ExpressionKind] = kind == "Update" ? [.update, .condition] : [.condition]
    var parameters = try ExpressionParameters(request, expressions: expressions, legacy: [])
    let key = try AttributeDecoding.attributes(request["Key"] ?? .object([]))
    var change: ItemChange?
    if kind == "Put" {
      let item = Item(try AttributeDecoding.attributes(request["Item"] ?? .object([])))
      try Self.checkSize(item)
      change = .put(item)
    }
    if kind == "Delete" { change = .delete }
    try parameters.readPlaceholders()
    if let update = try parameters.update() { change = .update(update) }
    let condition = try parameters.condition(.condition)
    try parameters.checkUsed()
    let name = request["TableName"]?.text ?? ""
    return TransactAction(
      name: name, table: try table(name), key: key, condition: condition, change: change,
      returnsOld: request["ReturnValuesOnConditionCheckFailure"]?.text == "ALL_OLD")
  }

  /// What a transaction brings may not exceed 4 MB, whatever is stored already.
  private func checkRequestSize(_ actions: [TransactAction]) throws(ServiceError) {
    let total = actions.reduce(0) { total, action in
      guard case .put(let item)? = action.change else { return total }
      return total + item.sizeInBytes
    }
    if total > ServiceConstants.transactionBytes { throw Self.tooLargeTransaction }
  }

  static let tooLargeTransaction = ServiceError.validation(
    "Transaction size exceeded the maximum of 4 MB")

  /// Finds every action's place; what is wrong with keys cancels the transaction.
  private func placeAll(_ actions: inout [TransactAction]) throws(ServiceError) {
    var reasons: [CancellationReason] = []
    for index in actions.indices {
      do throws(ServiceError) {
        actions[index].place = try place(&actions[index])
        reasons.append(.none)
      } catch {
        reasons.append(CancellationReason(code: "ValidationError", message: error.message))
      }
    }
    try Self.cancelIfAny(reasons)
  }

  private func place(_ action: inout TransactAction) throws(ServiceError) -> ItemPlace {
    try KeyNesting.check(action.condition, in: action.table)
    switch action.change {
    case .put(let item):
      let place = try PrimaryKey.place(item: item, in: action.table)
      try PrimaryKey.checkIndexKeys(item, in: action.table)
      action.key = action.table.keyAttributes(of: item)
      return place
    case .update(let update):
      let place = try PrimaryKey.place(key: action.key, in: action.table)
      try check(update, in: action.table)
      return place
    case .delete, nil: return try PrimaryKey.place(key: action.key, in: action.table)
    }
  }

  private static func cancelIfAny(_ reasons: [CancellationReason]) throws(ServiceError) {
    if reasons.contains(where: { $0.code != "None" }) { throw .cancelled(reasons) }
  }

  // MARK: Working out

  /// An action's images and, unless it only checks, its write.
  private struct Outcome {
    var before: StoredItem?
    var write: ItemWrite?
    /// The table refused it, or another transaction holds its item: it was not even prepared.
    var isThrottled = false

    var charge: WriteCharge {
      write?.charge ?? WriteCharge(table: TransactionCost.conditionCheckUnits(bytes: before?.size))
    }
  }

  private func workOut(_ actions: [TransactAction]) throws(ServiceError) -> [Outcome] {
    var outcomes: [Outcome] = []
    var reasons: [CancellationReason] = []
    var collections: [[UInt8]: Int] = [:]
    for action in actions {
      guard let place = action.place else { continue }
      if let throttle = ask(action.table, .write, at: place) {
        reasons.append(Self.reason(throttle))
        outcomes.append(Outcome(isThrottled: true))
        continue
      }
      if holds.hold(place.key, at: now) {
        reasons.append(Self.conflictReason)
        outcomes.append(Outcome(isThrottled: true))
        continue
      }
      let before = try stored(at: place)
      if let condition = action.condition, !condition.evaluate(before?.item ?? Item()) {
        let item = action.returnsOld ? before?.item : nil
        reasons.append(
          action.isInsert
            ? CancellationReason(
              code: "DuplicateItem", message: DatabaseState.duplicateMessage, item: item)
            : CancellationReason(
              code: "ConditionalCheckFailed", message: "The conditional request failed",
              item: item))
        outcomes.append(Outcome(before: before))
        continue
      }
      do throws(ServiceError) {
        let write = try write(action, at: place, before)
        let reason = try write.flatMap { (write) throws(ServiceError) in
          try refusal(of: write, &collections)
        }
        outcomes.append(Outcome(before: before, write: write))
        reasons.append(reason ?? .none)
      } catch {
        outcomes.append(Outcome(before: before))
        reasons.append(CancellationReason(code: "ValidationError", message: error.message))
      }
    }
    if reasons.contains(where: { $0.code != "None" }) {
      chargeCancelled(actions, outcomes)
      throw .cancelled(reasons)
    }
    return outcomes
  }

  /// Why an index or the item collection refuses a write; adds it to its collection.
  private func refusal(
    of write: ItemWrite, _ collections: inout [[UInt8]: Int]
  ) throws(ServiceError) -> CancellationReason? {
    if let throttle = askIndexes(write) { return Self.reason(throttle) }
    if try exceedsCollection(write, after: collections) {
      return CancellationReason(
        code: "ItemCollectionSizeLimitExceeded", message: "Collection size exceeded.")
    }
    if let change = write.collection { collections[change.key, default: 0] += change.bytes }
    return nil
  }

  private func write(
    _ action: TransactAction, at place: ItemPlace, _ before: StoredItem?
  ) throws(ServiceError) -> ItemWrite? {
    var write: ItemWrite
    switch action.change {
    case .put(let item): write = self.write(action.table, at: place, from: before, to: item)
    case .delete: write = self.write(action.table, at: place, from: before, to: nil)
    case .update(let update):
      let item = try updated(
        before, by: update, key: action.key, in: action.table, isGated: false)
      write = self.write(action.table, at: place, from: before, to: item)
    case nil: return nil
    }
    write.charge.table = TransactionCost.writeUnits(
      before: before?.size, after: write.after?.size)
    return write
  }

  private func chargeCancelled(_ actions: [TransactAction], _ outcomes: [Outcome]) {
    for (action, outcome) in zip(actions, outcomes) where !outcome.isThrottled {
      guard let place = action.place else { continue }
      let units = TransactionCost.cancelledUnits(
        before: outcome.before?.size, after: outcome.write?.after?.size,
        charge: options.capacity.cancelledTransactions)
      take(units, .write, from: action.table, at: place)
    }
  }

  private func checkTotal(
    _ actions: [TransactAction], _ outcomes: [Outcome]
  ) throws(ServiceError) {
    let total = outcomes.reduce(0) {
      $0 + max($1.before?.size ?? 0, $1.write?.after?.size ?? 0)
    }
    if total > ServiceConstants.transactionBytes { throw Self.tooLargeTransaction }
  }

  // MARK: Answering

  /// What a transaction costs, and a repetition of it, by table as the request named it.
  private struct Bill {
    var charges: [(name: String, table: Table, charge: WriteCharge)] = []
    var replay: [(name: String, units: CapacityUnits)] = []
  }

  private func bill(_ actions: [TransactAction], _ outcomes: [Outcome]) -> Bill {
    var bill = Bill()
    for (action, outcome) in zip(actions, outcomes) {
      let charge = outcome.charge
      let units = TransactionCost.replayReadUnits(
        before: outcome.before?.size, after: outcome.write?.after?.size)
      if let place = bill.charges.firstIndex(where: { $0.name == action.name }) {
        bill.charges[place].charge = bill.charges[place].charge + charge
        bill.replay[place].units += units
      } else {
        bill.charges.append((action.name, action.table, charge))
        bill.replay.append((action.name, units))
      }
    }
    return bill
  }

  /// Takes what actions cost that only check; writes have been booked.
  private func takeChecks(_ actions: [TransactAction], _ outcomes: [Outcome]) {
    for (action, outcome) in zip(actions, outcomes) where outcome.write == nil {
      guard let place = action.place else { continue }
      take(outcome.charge.table, .write, from: action.table, at: place)
    }
  }

  private func answer(
    _ list: [ConsumedCapacity], collections actions: [TransactAction], _ request: WireValue
  ) throws(ServiceError) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.consumed(list: request.consumedLevel == .none ? nil : list)
    if request["ReturnItemCollectionMetrics"]?.text == "SIZE" {
      let changed = actions.filter { $0.change != nil }
      try writeCollections(changed.map { ($0.name, $0.table, $0.key) }, &writer)
    }
    writer.endObject()
    return writer.bytes
  }

  /// What a repetition costs; nil when the token is new.
  private func replay(
    _ token: String, _ request: WireValue
  ) throws(ServiceError) -> [ConsumedCapacity]? {
    guard let memory = try memory(of: token), memory.expiresAt > now else { return nil }
    guard memory.digest == Self.digest(request) else {
      throw ServiceError(
        "IdempotentParameterMismatchException",
        message: "DynamoDB rejected the request because you retried a request with a different "
          + "payload but with an idempotent token that was already used.")
    }
    if memory.endsAt > now {
      throw ServiceError(
        "TransactionInProgressException",
        message: "The transaction with the given request token is already in progress.")
    }
    return memory.replay.compactMap {
      ConsumedCapacity(
        ReadCharge(table: $0.units), tableName: $0.name, level: request.consumedLevel,
        isTransaction: true)
    }
  }
}
