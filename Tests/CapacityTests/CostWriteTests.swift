// Writes on the table and on its indexes: capacity.md 1.4, 1.5 and 1.7.

import Capacity
import DataModel
import Testing

struct CostWriteCase: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var before: Int?
  var after: Int?
  var units: Double

  init(_ name: String, _ before: Int?, _ after: Int?, _ units: Double) {
    self.testDescription = name
    self.before = before
    self.after = after
    self.units = units
  }
}

/// The larger image decides, also where the smaller one is what the caller sent.
@Suite struct CostWriteTests {
  @Test(arguments: [
    CostWriteCase("1.0 1 KB", nil, 1_024, 1),
    CostWriteCase("1.0 one byte over", nil, 1_025, 2),
    CostWriteCase("1.4 S2: a short put over a long item", 3_017, 18, 3),
    CostWriteCase("1.4 S3: a long put over a short item", 18, 3_017, 3),
    CostWriteCase("1.4 R3: an update from 2,017 B to 117 B", 2_017, 117, 2),
    CostWriteCase("1.4 an upsert of a missing item", nil, 117, 1),
    CostWriteCase("1.4 a one-byte change of 10 KB", 10_240, 10_241, 11),
    CostWriteCase("1.4 an identical overwrite", 3_017, 3_017, 3),
    CostWriteCase("1.4 a delete", 3_017, nil, 3),
    CostWriteCase("1.4 a delete of a missing item", nil, nil, 1),
    CostWriteCase("1.11 the largest item", nil, 409_600, 400),
  ])
  func chargesTheLargerImage(_ testCase: CostWriteCase) {
    #expect(
      WriteCost.writeUnits(before: testCase.before, after: testCase.after)
        == costUnits(testCase.units))
  }

  @Test(arguments: [
    CostWriteCase("1.4 the guide: 300 KB stored, 310 KB attempted", 307_200, 317_440, 310),
    CostWriteCase("1.4 a short put against a long item", 3_017, 18, 3),
    CostWriteCase("1.4 a put onto nothing", nil, 3_017, 3),
    CostWriteCase("1.4 a delete or update of an item", 3_017, nil, 3),
    CostWriteCase("1.4 nothing there, nothing sized", nil, nil, 1),
  ])
  func chargesFailedConditions(_ testCase: CostWriteCase) {
    #expect(
      WriteCost.failedConditionUnits(stored: testCase.before, attempted: testCase.after)
        == costUnits(testCase.units))
  }

  /// 1.7: failures of 1, 1 and 3 units and one indexed success report 7, of which the arms show 2.
  @Test func addsFailedStatementsToNoArm() throws {
    let success = WriteCharge(table: costUnits(1), globalIndexes: [costUnits(1)])
    let failed = [
      WriteImages(before: nil, after: 20), WriteImages(before: 30, after: 20),
      WriteImages(before: 3_017, after: 20),
    ]
    let charge = try #require(
      WriteCost.batchStatementCharge(succeeded: [success], failed: failed))
    #expect(charge.total == costUnits(7))
    #expect(charge.table + charge.globalTotal + charge.localTotal == costUnits(2))
    #expect(charge.fromTable == costUnits(6))
    #expect(WriteCost.batchStatementCharge(succeeded: [], failed: failed) == nil)
    let both = try #require(
      WriteCost.batchStatementCharge(
        succeeded: [success, WriteCharge(table: costUnits(2))], failed: []))
    #expect(both == WriteCharge(table: costUnits(3), globalIndexes: [costUnits(1)]))
  }
}

struct CostIndexCase: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var before: Int?
  var after: Int?
  var change: IndexChange
  var units: Double

  init(_ name: String, _ before: Int?, _ after: Int?, _ change: IndexChange, _ units: Double) {
    self.testDescription = name
    self.before = before
    self.after = after
    self.change = change
    self.units = units
  }
}

/// The table of 1.5 on sizes alone, as drivers call it.
@Suite struct CostIndexTests {
  @Test(arguments: [
    CostIndexCase("absent, absent", nil, nil, .sameKey, 0),
    CostIndexCase("V1: absent, present", nil, 17, .sameKey, 1),
    CostIndexCase("absent, present, 3,017 B", nil, 3_017, .keyMoved, 3),
    CostIndexCase("S6, S7: present, absent", 3_017, nil, .sameKey, 3),
    CostIndexCase("V2: identical", 3_017, 3_017, .identical, 0),
    CostIndexCase("S2: same key, 3,017 B to 18 B", 3_017, 18, .sameKey, 3),
    CostIndexCase("S3: same key, 18 B to 3,017 B", 18, 3_017, .sameKey, 3),
    CostIndexCase("R1, R2: same key, 1,517 B both", 1_517, 1_517, .sameKey, 2),
    CostIndexCase("S4: key moved, 1,517 B both", 1_517, 1_517, .keyMoved, 4),
    CostIndexCase("S5: key moved, 3,017 B to 18 B", 3_017, 18, .keyMoved, 4),
    CostIndexCase("L1, L2: local sort key moved, small", 40, 40, .keyMoved, 2),
  ])
  func followsTheTableOf1_5(_ testCase: CostIndexCase) {
    #expect(
      IndexCost.indexWriteUnits(
        before: testCase.before, after: testCase.after, change: testCase.change)
        == costUnits(testCase.units))
  }
}

struct CostCaptureCase: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var before: Item?
  var after: Item?
  var total: Double
  var table: Double
  var global: Double
  var local: Double

  init(
    _ name: String, _ before: Item?, _ after: Item?, total: Double, table: Double,
    global: Double = 0, local: Double = 0
  ) {
    self.testDescription = name
    self.before = before
    self.after = after
    self.total = total
    self.table = table
    self.global = global
    self.local = local
  }
}

/// The table the captures of 1.5 were taken on.
enum CapturedTable {
  static let schema = TableSchema(
    key: KeySchema(
      partition: KeyAttribute(name: "pk", type: .string),
      sort: KeyAttribute(name: "sk", type: .string)),
    globalIndexes: [
      IndexSchema(name: "gsi", keyAttributes: ["gsiPk"], projection: .include(["proj"]))
    ],
    localIndexes: [
      IndexSchema(name: "lsi", keyAttributes: ["pk", "lsiSk"], projection: .all)
    ])

  static let neither: Item = ["pk": .string("p"), "sk": .string("s"), "other": .string("o")]
  static let global = changed(neither, ["gsiPk": .string("g"), "proj": .string("x")])
  static let local = changed(neither, ["lsiSk": .string("l")])
  static let both = changed(global, ["lsiSk": .string("l")])

  /// The item with some attributes set, or removed where the value is nil.
  static func changed(_ item: Item, _ changes: [(String, AttributeValue?)]) -> Item {
    var result = item
    for (name, value) in changes { result[name] = value }
    return result
  }

  static func changed(
    _ item: Item, _ changes: KeyValuePairs<String, AttributeValue?>
  ) -> Item {
    changed(item, changes.map { ($0.key, $0.value) })
  }
}

/// The captures of 1.5 from the items themselves: membership, projection and change are found, not
/// told.
@Suite struct CostCaptureTests {
  @Test(arguments: [
    CostCaptureCase(
      "put, only GSI key present", nil, CapturedTable.global, total: 2, table: 1, global: 1),
    CostCaptureCase("put, neither index attribute", nil, CapturedTable.neither, total: 1, table: 1),
    CostCaptureCase(
      "put, only LSI sort key", nil, CapturedTable.local, total: 2, table: 1, local: 1),
    CostCaptureCase("put, both", nil, CapturedTable.both, total: 3, table: 1, global: 1, local: 1),
    CostCaptureCase(
      "identical overwrite", CapturedTable.both, CapturedTable.both, total: 1, table: 1),
    CostCaptureCase(
      "update attribute outside GSI projection", CapturedTable.both,
      CapturedTable.changed(CapturedTable.both, ["other": .string("n")]), total: 2, table: 1,
      local: 1),
    CostCaptureCase(
      "update projected non-key attribute", CapturedTable.both,
      CapturedTable.changed(CapturedTable.both, ["proj": .string("n")]), total: 3, table: 1,
      global: 1, local: 1),
    CostCaptureCase(
      "move GSI key", CapturedTable.both,
      CapturedTable.changed(CapturedTable.both, ["gsiPk": .string("n")]), total: 4, table: 1,
      global: 2, local: 1),
    CostCaptureCase(
      "REMOVE GSI key", CapturedTable.both,
      CapturedTable.changed(CapturedTable.both, ["gsiPk": nil]), total: 3, table: 1, global: 1,
      local: 1),
    CostCaptureCase(
      "move LSI sort key", CapturedTable.both,
      CapturedTable.changed(CapturedTable.both, ["lsiSk": .string("n")]), total: 3, table: 1,
      local: 2),
    CostCaptureCase(
      "delete item in both", CapturedTable.both, nil, total: 3, table: 1, global: 1, local: 1),
    CostCaptureCase("delete item in neither", CapturedTable.neither, nil, total: 1, table: 1),
    CostCaptureCase("delete of a missing item", nil, nil, total: 1, table: 1),
  ])
  func chargesWhatTheServiceReported(_ testCase: CostCaptureCase) {
    let charge = WriteCost.charge(
      before: testCase.before, after: testCase.after, schema: CapturedTable.schema)
    #expect(charge.total == costUnits(testCase.total))
    #expect(charge.table == costUnits(testCase.table))
    #expect(charge.globalIndexes == [costUnits(testCase.global)])
    #expect(charge.localIndexes == [costUnits(testCase.local)])
    #expect(charge.fromTable == costUnits(testCase.table + testCase.local))
  }

  /// 1.5: re-putting the same set in another order is free on the index, another list order is not.
  @Test func comparesProjectedValuesAsTheServiceDoes() {
    func gsi(_ a: AttributeValue, _ b: AttributeValue) -> CapacityUnits {
      WriteCost.charge(
        before: CapturedTable.changed(CapturedTable.global, ["proj": a]),
        after: CapturedTable.changed(CapturedTable.global, ["proj": b]),
        schema: CapturedTable.schema
      ).globalTotal
    }
    #expect(gsi(.stringSet(["a", "b"]), .stringSet(["b", "a"])) == .zero)
    #expect(gsi(.map(["a": 1, "b": 2]), .map(["b": 2, "a": 1])) == .zero)
    #expect(gsi(.list([1, 2]), .list([2, 1])) == costUnits(1))
    #expect(gsi(.number(Number(1)), .string("1")) == costUnits(1))
  }

  /// 1.5 S2 to S7 on real items: an index that projects all has entries of the item's size.
  @Test func sizesEntriesNotItems() {
    let index = IndexSchema(name: "gsi", keyAttributes: ["g"], projection: .keysOnly)
    let all = IndexSchema(name: "gsi", keyAttributes: ["g"], projection: .all)
    let key = KeySchema(partition: KeyAttribute(name: "p", type: .string))
    func item(_ bytes: Int, g: String) -> Item {
      // "p" + 1, "g" + 1 and "x" + padding.
      [
        "p": .string("k"), "g": .string(g),
        "x": .string(String(repeating: "x", count: bytes - 5)),
      ]
    }
    func cost(_ before: Item?, _ after: Item?, _ index: IndexSchema) -> WriteCharge {
      WriteCost.charge(
        before: before, after: after, schema: TableSchema(key: key, globalIndexes: [index]))
    }
    let long = item(3_017, g: "a")
    let short = item(18, g: "a")
    #expect(long.sizeInBytes == 3_017)
    #expect(short.sizeInBytes == 18)
    #expect(cost(long, short, all).globalTotal == costUnits(3))
    #expect(cost(short, long, all).globalTotal == costUnits(3))
    #expect(cost(long, item(18, g: "b"), all).globalTotal == costUnits(4))
    #expect(cost(item(1_517, g: "a"), item(1_517, g: "b"), all).globalTotal == costUnits(4))
    #expect(cost(long, nil, all).globalTotal == costUnits(3))
    #expect(cost(long, short, index).globalTotal == .zero)
    #expect(cost(long, item(3_017, g: "b"), index).globalTotal == costUnits(2))
    #expect(cost(long, item(3_017, g: "b"), index).table == costUnits(3))
  }
}
