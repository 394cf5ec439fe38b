// The parameters that Query and Scan share: index, Select, projection, start key.
//
// Refusals and their words are the service's; which projections an index can answer follows from
// what it projects (developer guide, secondary indexes).

import Capacity
import DataModel
import Expressions
import ServiceAPI
import Storage

extension DatabaseState {
  /// The index a request names; nil for the table itself.
  func index(_ request: WireValue, of table: Table) throws(ServiceError) -> Int? {
    guard let name = request["IndexName"]?.text else { return nil }
    guard let index = table.index(named: name) else {
      throw .validation("The table does not have the specified index: \(name)")
    }
    let running = table.indexes[index]
    if running.definition.isGlobal, request["ConsistentRead"]?.flag == true {
      throw .validation("Consistent reads are not supported on global secondary indexes")
    }
    if running.definition.isGlobal, running.clock.status == .creating {
      throw .validation("Cannot read from backfilling global secondary index: \(name)")
    }
    return index
  }

  /// Select against the other parameters; before the table is looked up.
  func checkSelect(_ request: WireValue) throws(ServiceError) {
    let select = request["Select"]?.text
    let hasProjection =
      request["ProjectionExpression"] != nil || request["AttributesToGet"] != nil
    if select == "ALL_PROJECTED_ATTRIBUTES", request["IndexName"] == nil {
      throw .invalidParameter(
        "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    }
    if select == "SPECIFIC_ATTRIBUTES", !hasProjection {
      throw .invalidParameter(
        "SPECIFIC_ATTRIBUTES requires either AttributesToGet or ProjectionExpression to be "
          + "specified")
    }
    guard hasProjection, let select, select != "SPECIFIC_ATTRIBUTES" else { return }
    let parameter =
      request["ProjectionExpression"] != nil ? "ProjectionExpression" : "AttributesToGet"
    let label = parameter == "ProjectionExpression" ? "ProjectionExpression" : "AttributesToGet"
    if select == "COUNT" {
      throw .validation("Cannot specify the \(label) when choosing to get only the Count")
    }
    throw .validation("Cannot specify the \(label) when choosing to get \(select)")
  }

  /// Whether an index has to be completed from the table, or cannot answer.
  func needsFetch(
    _ request: WireValue, _ index: Int?, _ projection: ProjectionExpression?, in table: Table
  ) throws(ServiceError) -> Bool {
    guard let index else { return false }
    let definition = table.indexes[index].definition
    guard definition.projection != .all else { return false }
    if let projection {
      var covered = Set(definition.keys.map(\.name) + table.key.attributeNames)
      if case .include(let names) = definition.projection { covered.formUnion(names) }
      let missing = projection.roots.filter { !covered.contains($0) }
      if missing.isEmpty { return false }
      if !definition.isGlobal { return true }
      throw .invalidParameter(
        "One or more attributes specified in ProjectionExpression or AttributesToGet are not "
          + "projected into global secondary index \(definition.name): "
          + "[\(missing.joined(separator: ", "))]")
    }
    guard request["Select"]?.text == "ALL_ATTRIBUTES" else { return false }
    if definition.isGlobal {
      throw .invalidParameter(
        "Select type ALL_ATTRIBUTES is not supported for global secondary index "
          + "\(definition.name) because its projection type is not ALL")
    }
    return true
  }

  /// The place after which a page starts; nil when it starts at the beginning.
  func start(
    _ request: WireValue, _ index: Int?, in table: Table
  ) throws(ServiceError) -> ItemPlace? {
    guard let value = request["ExclusiveStartKey"] else { return nil }
    let key: AttributeMap
    do throws(ServiceError) { key = try AttributeDecoding.attributes(value) } catch {
      throw .validation("The provided starting key is invalid: \(error.message ?? "")")
    }
    var keys = [table.key.partition] + [table.key.sort].compactMap(\.self)
    if let index {
      for attribute in table.indexes[index].definition.keys
      where !keys.contains(where: { $0.name == attribute.name }) {
        keys.append(attribute)
      }
    }
    let matches =
      key.count == keys.count && keys.allSatisfy { key[$0.name]?.scalarType == $0.type }
    guard matches else {
      throw .validation(
        index == nil
          ? "The provided starting key is invalid: "
            + "The provided key element does not match the schema"
          : "The provided starting key is invalid")
    }
    if let fault = table.key.fault(ofKey: table.key.key(of: Item(key))) {
      throw .validation("The provided starting key is invalid: " + fault.message)
    }
    guard let index else { return PrimaryKey.place(of: key, in: table) }
    return PrimaryKey.entryPlace(Item(key), table.indexes[index], in: table)
  }
}
