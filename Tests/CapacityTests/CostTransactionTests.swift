// Transactions, global tables, streams, storage, item limit: capacity.md 1.6, 1.8, 1.10, 1.11.

import Capacity
import DataModel
import Testing

/// Doubling the wrong arm, or not at all, is what other calculators get wrong.
@Suite struct CostTransactionTests {
  @Test(arguments: [
    CostWriteCase("1.6 a small put", nil, 18, 2),
    CostWriteCase("1.6 B3: a put, 3,023 B to 18 B", 3_023, 18, 6),
    CostWriteCase("1.6 S1: a 9 KB delete", 9_216, nil, 18),
    CostWriteCase("1.6 K1: a delete of a missing item", nil, nil, 2),
  ])
  func doublesTheTable(_ testCase: CostWriteCase) {
    #expect(
      TransactionCost.writeUnits(before: testCase.before, after: testCase.after)
        == costUnits(testCase.units))
  }

  @Test(arguments: [
    CostWriteCase("1.6 F1: a check of 3,023 B", 3_023, nil, 6),
    CostWriteCase("1.6 a check of a small item", 18, nil, 2),
    CostWriteCase("1.6 K2: a check of a missing item", nil, nil, 2),
  ])
  func chargesConditionChecks(_ testCase: CostWriteCase) {
    #expect(
      TransactionCost.conditionCheckUnits(bytes: testCase.before) == costUnits(testCase.units))
  }

  @Test(arguments: [
    CostWriteCase("1.6 4 KB", 4_096, nil, 2),
    CostWriteCase("1.6 one byte over 4 KB", 4_097, nil, 4),
    CostWriteCase("1.1, 1.6 a missing item", nil, nil, 2),
  ])
  func readsAtTwiceTheUnits(_ testCase: CostWriteCase) {
    #expect(TransactionCost.getUnits(bytes: testCase.before) == costUnits(testCase.units))
    #expect(
      TransactionCost.acceleratorReadUnits(bytes: testCase.before ?? 0) == costUnits(testCase.units)
    )
  }

  /// 1.6 S1 to S3: a 9 KB delete costs 18 and its replay 6; with a small put beside it, 20 and 8.
  @Test func chargesReplaysAsReads() {
    let delete = TransactionCost.writeUnits(before: 9_216, after: nil)
    let put = TransactionCost.writeUnits(before: nil, after: 18)
    let deleteAgain = TransactionCost.replayReadUnits(before: 9_216, after: nil)
    let putAgain = TransactionCost.replayReadUnits(before: nil, after: 18)
    #expect(delete == costUnits(18))
    #expect(deleteAgain == costUnits(6))
    #expect(delete + put == costUnits(20))
    #expect(deleteAgain + putAgain == costUnits(8))
    #expect(TransactionCost.replayReadUnits(before: 18, after: 9_216) == costUnits(6))
    #expect(TransactionCost.replayReadUnits(before: nil, after: nil) == costUnits(2))
  }

  /// 1.6 (I): what a cancelled action consumes is a setting, the prepare phase by default.
  @Test func chargesCancelledActionsAsSet() {
    func cost(_ charge: CancelledTransactionCharge) -> CapacityUnits {
      TransactionCost.cancelledUnits(before: 3_023, after: 18, charge: charge)
    }
    #expect(cost(.nothing) == .zero)
    #expect(cost(.prepare) == costUnits(3))
    #expect(cost(.full) == costUnits(6))
    #expect(CapacitySettings().cancelledTransactions == .prepare)
  }

  /// 1.6 A1: an indexed put is 2 + 1.
  @Test func writesIndexesOnce() {
    let charge = TransactionCost.charge(
      before: nil, after: CapturedTable.global, schema: CapturedTable.schema)
    #expect(charge.table == costUnits(2))
    #expect(charge.globalIndexes == [costUnits(1)])
    #expect(charge.localIndexes == [.zero])
    #expect(charge.total == costUnits(3))
  }

  /// 1.6 B7: a moved GSI key with entries of 1,517 B is 4 on the table and 4 on the index.
  @Test func movesIndexKeysAtThePlainCost() {
    func item(_ g: String) -> Item {
      ["p": .string("k"), "g": .string(g), "x": .string(String(repeating: "x", count: 1_512))]
    }
    let schema = TableSchema(
      key: KeySchema(partition: KeyAttribute(name: "p", type: .string)),
      globalIndexes: [IndexSchema(name: "gsi", keyAttributes: ["g"], projection: .all)])
    let charge = TransactionCost.charge(before: item("a"), after: item("b"), schema: schema)
    #expect(item("a").sizeInBytes == 1_517)
    #expect(charge.table == costUnits(4))
    #expect(charge.globalIndexes == [costUnits(4)])
  }
}

/// What else consumes or is counted: replicas, expiry, streams, storage.
@Suite struct CostOtherConsumerTests {
  /// 1.8: 200 writes of 1 KB, two regions, one index of all attributes: 400 rWU and 400 WU.
  @Test func chargesEveryRegion() {
    let write = WriteCharge(
      table: GlobalTableCost.replicatedUnits(before: nil, after: 1_024),
      globalIndexes: [
        IndexCost.indexWriteUnits(before: nil, after: 1_024, change: .sameKey)
      ])
    let regions = GlobalTableCost.regionalCharge(write) * 2
    var sum = RegionalWriteCharge.none
    for _ in 0..<200 { sum = sum + regions }
    #expect(sum.table == costUnits(400))
    #expect(sum.globalIndexes == costUnits(400))
    #expect(sum.total == costUnits(800))
  }

  /// 1.8: expiry is free where the item expires and a replicated write elsewhere.
  @Test func chargesExpiryOnlyInOtherRegions() {
    #expect(GlobalTableCost.expiryUnits(bytes: 1_024, role: .source) == .zero)
    #expect(GlobalTableCost.expiryUnits(bytes: 1_024, role: .replica) == costUnits(1))
    #expect(GlobalTableCost.expiryUnits(bytes: 2_500, role: .replica) == costUnits(3))
    let delete = WriteCost.charge(
      before: CapturedTable.both, after: nil, schema: CapturedTable.schema)
    #expect(GlobalTableCost.expiryCharge(delete, role: .source) == .none)
    #expect(
      GlobalTableCost.expiryCharge(delete, role: .replica)
        == RegionalWriteCharge(
          table: costUnits(1), globalIndexes: costUnits(1), localIndexes: costUnits(1)))
  }

  @Test(arguments: [(0, Int64(1)), (1_024, 1), (1_025, 2), (409_600, 400)])
  func countsChangeDataCapture(_ bytes: Int, _ captured: Int64) {
    #expect(StreamCost.changeDataCaptureUnits(bytes: bytes) == captured)
  }
}
