// Items of the simulator as attribute values of the engine: names by partition, bodies by size.

import Capacity
import DataModel
import RequestStreams
import Scenarios
import Testing

@testable import Engine
@testable import Simulation

extension Twin {
  /// A CreateTable for a scenario's table with text keys.
  static func create(_ table: TableSpec) -> [UInt8] {
    var names = ["pk"]
    var indexes: [String] = []
    for (number, index) in table.globalIndexes.enumerated() {
      names.append("g\(number)")
      let projection = index.projection == .all ? "ALL" : "KEYS_ONLY"
      indexes.append(
        #"{"IndexName":"\#(index.name)","KeySchema":[{"AttributeName":"g\#(number)","#
          + #""KeyType":"HASH"}],"Projection":{"ProjectionType":"\#(projection)"}"#
          + throughput(index.mode ?? table.mode, isIndex: true) + "}")
    }
    let attributes = names.map { #"{"AttributeName":"\#($0)","AttributeType":"S"}"# }
    let more =
      (indexes.isEmpty ? "" : #","GlobalSecondaryIndexes":[\#(indexes.joined(separator: ","))]"#)
      + stream(table.stream) + warm(table.warmThroughput)
    let text =
      #"{"TableName":"\#(table.name)","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"#
      + #""AttributeDefinitions":[\#(attributes.joined(separator: ","))]"#
      + throughput(table.mode, isIndex: false) + more + "}"
    return Array(text.utf8)
  }

  private static func warm(_ throughput: WarmThroughput?) -> String {
    throughput.map {
      #","WarmThroughput":{"ReadUnitsPerSecond":\#($0.readUnitsPerSecond),"#
        + #""WriteUnitsPerSecond":\#($0.writeUnitsPerSecond)}"#
    } ?? ""
  }

  private static func stream(_ spec: StreamSpec?) -> String {
    spec.map {
      #","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"\#($0.viewType)"}"#
    } ?? ""
  }

  private static func throughput(_ mode: CapacityMode, isIndex: Bool) -> String {
    switch mode {
    case .provisioned(let read, let write):
      return #","ProvisionedThroughput":{"ReadCapacityUnits":\#(read.units),"#
        + #""WriteCapacityUnits":\#(write.units)}"#
    case .onDemand(let read, let write):
      let maximum =
        #","OnDemandThroughput":{"MaxReadRequestUnits":\#(read ?? -1),"#
        + #""MaxWriteRequestUnits":\#(write ?? -1)}"#
      return (isIndex ? "" : #","BillingMode":"PAY_PER_REQUEST""#)
        + (read == nil && write == nil ? "" : maximum)
    }
  }

  /// The partition key of an item: a text that the engine puts where the simulator has the item.
  func key(_ item: TwinItem, table: Int) -> String {
    let resource = simulator.tables[table].resource
    let partition = simulator.resources[resource].admission.partitions.partition(
      at: item.position)
    let name = scenario.tables[table].name
    return text("\(name) \(item.item)") { text in
      self.database.withState { state in
        guard let table = state.tables[name] else { return false }
        let place = PrimaryKey.place(of: ["pk": .string(text)], in: table)
        return Self.isNear(place.position, item.position)
          && table.admission.partitions.partition(at: place.position) == partition
      }
    }
  }

  /// The same for the key of a global index; `version` makes a key of its own for a moved entry,
  /// which must be of an index with one partition.
  func indexKey(_ item: TwinItem, table: Int, index: Int, version: UInt64?) -> String {
    if let version { return "moved \(version)" }
    let resource = simulator.tables[table].indexes[index].resource
    let partition = simulator.resources[resource].admission.partitions.partition(
      at: item.indexPositions[index])
    let name = scenario.tables[table].name
    let indexName = scenario.tables[table].globalIndexes[index].name
    return text(self.indexName(item, table: table, index: index)) { text in
      self.database.withState { state in
        guard let table = state.tables[name], let position = table.index(named: indexName) else {
          return false
        }
        let entry: Item = Item(["pk": .string("x"), "g\(index)": .string(text)])
        let place = PrimaryKey.entryPlace(entry, table.indexes[position], in: table)
        guard let place, let admission = table.indexes[position].admission else { return false }
        return Self.isNear(place.position, item.indexPositions[index])
          && admission.partitions.partition(at: place.position) == partition
      }
    }
  }

  /// What the key of an item's entry is remembered under.
  func indexName(_ item: TwinItem, table: Int, index: Int) -> String {
    let spec = scenario.tables[table]
    return "\(spec.name)/\(spec.globalIndexes[index].name) \(item.item)"
  }

  /// Whether two places stay in one partition when four partitions double three times.
  private static func isNear(_ a: UInt64, _ b: UInt64) -> Bool { a >> 59 == b >> 59 }

  /// The first text that begins with `name` and lies well; remembered.
  private func text(_ name: String, _ liesWell: (String) -> Bool) -> String {
    if let known = names[name] { return known }
    for number in 0..<100_000 {
      let text = "\(name) \(number)"
      if liesWell(text) {
        names[name] = text
        return text
      }
    }
    preconditionFailure("no text that begins with \(name) lies where it should")
  }

  /// The attributes of an item that is `size` bytes long, as members of a JSON object.
  func attributes(
    _ item: TwinItem, table: Int, size: Int, version: UInt64, moves: [Bool] = []
  ) -> String {
    let key = key(item, table: table)
    var text = #""pk":{"S":"\#(key)"},"n":{"S":"\#(Self.number(version))"}"#
    var used = 2 + key.utf8.count + 1 + 8 + 1
    for index in scenario.tables[table].globalIndexes.indices {
      let moved = index < moves.count && moves[index]
      let value = indexKey(item, table: table, index: index, version: moved ? version : nil)
      text += #","g\#(index)":{"S":"\#(value)"}"#
      used += 2 + value.utf8.count
    }
    precondition(size >= used, "an item of \(size) bytes has no room for \(used)")
    return text + #","v":{"S":"\#(String(repeating: "x", count: size - used))"}"#
  }

  /// Eight digits.
  static func number(_ version: UInt64) -> String {
    let digits = String(version)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }
}
