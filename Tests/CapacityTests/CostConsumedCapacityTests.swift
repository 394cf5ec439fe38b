// What responses report: capacity.md 1.9, and the arms of 1.3 and 1.5.

import Capacity
import DataModel
import Testing

/// Applications that add up the arms rely on absent ones being absent.
@Suite struct CostConsumedCapacityTests {
  private let put = WriteCost.charge(
    before: nil, after: CapturedTable.global, schema: CapturedTable.schema)

  private func putReport(_ level: ReturnConsumedCapacity) -> ConsumedCapacity? {
    ConsumedCapacity(
      put, schema: CapturedTable.schema, tableName: "t", level: level, isTransaction: false)
  }

  @Test func saysNothingUnlessAsked() {
    #expect(putReport(.none) == nil)
    #expect(
      ConsumedCapacity(ReadCharge(), tableName: "t", level: .none, isTransaction: false) == nil)
  }

  @Test func totalsHaveNoArms() throws {
    let total = try #require(putReport(.total))
    #expect(total.total == CapacityArm(units: costUnits(2)))
    #expect(total.table == nil)
    #expect(total.globalIndexes.isEmpty)
    #expect(total.localIndexes.isEmpty)
  }

  @Test func leavesOutIndexesThatWereNotCharged() throws {
    let report = try #require(putReport(.indexes))
    #expect(report.total == CapacityArm(units: costUnits(2)))
    #expect(report.table == CapacityArm(units: costUnits(1)))
    #expect(
      report.globalIndexes
        == [IndexCapacity(name: "gsi", arm: CapacityArm(units: costUnits(1)))])
    #expect(report.localIndexes.isEmpty)
  }

  @Test func transactionalWritesRepeatEveryNumber() throws {
    let charge = TransactionCost.charge(
      before: nil, after: CapturedTable.both, schema: CapturedTable.schema)
    let report = try #require(
      ConsumedCapacity(
        charge, schema: CapturedTable.schema, tableName: "t", level: .indexes,
        isTransaction: true))
    let one = CapacityArm(units: costUnits(1), writeUnits: costUnits(1))
    #expect(report.total == CapacityArm(units: costUnits(4), writeUnits: costUnits(4)))
    #expect(report.table == CapacityArm(units: costUnits(2), writeUnits: costUnits(2)))
    #expect(report.globalIndexes == [IndexCapacity(name: "gsi", arm: one)])
    #expect(report.localIndexes == [IndexCapacity(name: "lsi", arm: one)])
  }

  @Test func transactionalReadsRepeatReadUnits() throws {
    let report = try #require(
      ConsumedCapacity(
        ReadCharge(table: TransactionCost.getUnits(bytes: nil)), tableName: "t", level: .indexes,
        isTransaction: true))
    let two = CapacityArm(units: costUnits(2), readUnits: costUnits(2))
    #expect(report.total == two)
    #expect(report.table == two)
  }

  /// 1.3: a read of a global index reports 0.5 in total, 0 on the table and 0.5 on the index.
  @Test func globalIndexReadsReportAnEmptyTableArm() throws {
    let charge = ReadCharge(
      globalIndex: ReadCost.readUnits(bytes: 100, consistency: .eventual))
    let report = try #require(
      ConsumedCapacity(
        charge, index: "gsi", tableName: "t", level: .indexes, isTransaction: false))
    let half = CapacityArm(units: costUnits(0.5))
    #expect(report.total == half)
    #expect(report.table == CapacityArm(units: .zero))
    #expect(report.globalIndexes == [IndexCapacity(name: "gsi", arm: half)])
    #expect(report.localIndexes.isEmpty)
  }

  @Test func namesItsLevels() {
    #expect(ReturnConsumedCapacity.allCases.map(\.rawValue) == ["NONE", "TOTAL", "INDEXES"])
    #expect(ReturnConsumedCapacity(rawValue: "total") == nil)
  }
}
