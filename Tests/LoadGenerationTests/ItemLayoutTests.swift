// Why: what a request costs follows from sizes, so a generated item must have exactly the size that
// was drawn for it, by the service's own rule, and be recognised when it comes back.

import Capacity
import DataModel
import JSON
import RequestStreams
import Scenarios
import TestSupport
import Testing
import Units
import Workloads

@testable import LoadGeneration

/// A table with indexes of every projection.
func indexedTable(_ type: ScalarType = .string) -> TableSpec {
  var table = TableSpec(
    name: "orders",
    key: KeySchema(
      partition: KeyAttribute(name: "customerId", type: type),
      sort: KeyAttribute(name: "orderId", type: type)),
    mode: .onDemand(maximumRead: nil, maximumWrite: nil))
  table.itemCount = 1_000
  table.partitionKeyCount = 100
  table.itemSize = .uniform(low: 60, high: 3_000)
  var all = IndexSpec(
    name: "byStatus",
    key: KeySchema(
      partition: KeyAttribute(name: "status", type: .string),
      sort: KeyAttribute(name: "createdAt", type: .number)), projection: .all)
  all.partitionKeyCount = 5
  all.share = 0.5
  var some = IndexSpec(
    name: "byTotal", key: KeySchema(partition: KeyAttribute(name: "total", type: .number)),
    projection: .include(["currency", "note"]))
  some.entrySize = 300
  some.partitionKeyCount = 50
  var keys = IndexSpec(
    name: "byDate",
    key: KeySchema(
      partition: KeyAttribute(name: "customerId", type: type),
      sort: KeyAttribute(name: "date", type: .binary)), projection: .keysOnly)
  keys.share = 0.7
  table.globalIndexes = [all, some]
  table.localIndexes = [keys]
  return table
}

func scenario(_ tables: [TableSpec], _ operations: [OperationSpec] = [], rate: Double = 100)
  -> Scenario
{
  Scenario(
    name: "test", title: "", summary: "", seed: 7, tables: tables,
    traffic: [
      TrafficSpec(
        name: "traffic",
        demand: .open(
          arrivals: .poisson,
          rate: [RateSegment(duration: .seconds(60), from: rate, to: rate)]),
        operations: operations, client: ClientSpec())
    ], cache: nil, model: ModelSpec(), run: RunSpec(duration: .seconds(60)), cost: CostSpec(),
    objectives: [], path: "")
}

/// The item in a JSON text, by the engine's own reading of attribute values.
func item(_ text: [UInt8]) throws -> Item {
  try text.withUnsafeBytes { bytes in
    var reader = JSONReader(bytes)
    var fault: AttributeValueFault?
    let item = Item(try AttributeMap.read(from: &reader, fault: &fault))
    #expect(fault == nil)
    return item
  }
}

@Suite struct ItemLayoutTests {
  @Test(arguments: ScalarType.allCases)
  func `items have exactly the size they say`(_ type: ScalarType) throws {
    let maker = RequestMaker(scenario([indexedTable(type)]), seed: 7)
    for number in 0..<300 as Range<UInt64> {
      for wanted in [0, 40, 80, 120, 200, 331, 400, 401, 1_024, 3_000 + Int(number)] {
        let image = maker.layouts[0].image(
          maker.layouts[0].identity(ofInitial: number), wanted: wanted, stamp: number,
          maker.current(0))
        var text: [UInt8] = []
        maker.layouts[0].appendItem(image, maker.current(0), to: &text)
        let size = try item(text).sizeInBytes
        #expect(size == image.size, "\(String(decoding: text, as: UTF8.self))")
        // Only keys make an item larger than wanted, and an attribute's name may not fit any more.
        if wanted >= 200 { #expect(size == wanted) }
      }
    }
  }

  @Test func `entries of indexes have the sizes that are predicted`() throws {
    let table = indexedTable()
    let maker = RequestMaker(scenario([table]), seed: 7)
    let schema = TableSchema(
      key: table.key,
      globalIndexes: table.globalIndexes.map {
        IndexSchema(name: $0.name, key: $0.key, projection: $0.projection)
      },
      localIndexes: table.localIndexes.map {
        IndexSchema(name: $0.name, key: $0.key, projection: $0.projection)
      })
    var members = 0
    for number in 0..<300 as Range<UInt64> {
      let image = maker.layouts[0].image(
        maker.layouts[0].identity(ofInitial: number), wanted: 200 + Int(number) * 5, stamp: 1,
        maker.current(0))
      var text: [UInt8] = []
      maker.layouts[0].appendItem(image, maker.current(0), to: &text)
      let charge = WriteCost.charge(before: nil, after: try item(text), schema: schema)
      for (index, units) in (charge.globalIndexes + charge.localIndexes).enumerated() {
        let bytes = maker.layouts[0].entryBytes(index, image, maker.current(0))
        if bytes != nil { members += 1 }
        let expected = IndexCost.indexWriteUnits(before: nil, after: bytes, change: .sameKey)
        #expect(units == expected, "item \(number), index \(index)")
      }
    }
    #expect(members > 300)
  }

  @Test func `numbers count as the service counts them`() {
    for value in [0, 1, 9, 10, 99, 100, 101, 120, 123, 1_000, 1_200, 10_000, 123_456_789] {
      #expect(
        Decimal.numberBytes(UInt64(value)) == Number(Int64(value)).sizeInBytes, "\(value)")
    }
  }
}
