// Every operation must cost in a run what capacity.md section 1 says. Expected units are worked
// out by hand from its tables; the simulator is asked for the sum over a hundred requests.

import Capacity
import Clients
import Results
import Scenarios
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct ChargeTests {
  /// Units per request.
  struct Case: CustomTestStringConvertible {
    var name: String
    var table: TableSpec
    var operation: OperationSpec
    var read = 0.0
    var write = 0.0
    var index: Double?
    var testDescription: String { name }
  }

  private static let requests = 100

  private func run(_ test: Case) -> Bench {
    var bench = Bench(seconds: 10, [test.table])
    bench.open(10, [test.operation])
    return bench
  }

  private func check(_ test: Case) {
    let record = run(test).run()
    #expect(record.requests == Int64(Self.requests))
    #expect(record.succeeded == Int64(Self.requests))
    let table = record.resources[0]
    #expect(table.read.totalConsumed.inUnits == test.read * Double(Self.requests))
    #expect(table.write.totalConsumed.inUnits == test.write * Double(Self.requests))
    #expect(table.read.demanded == table.read.consumed)
    #expect(table.write.demanded == table.write.consumed)
    if let index = test.index {
      let units =
        record.resources[1].write.totalConsumed.inUnits
        + record.resources[1].read.totalConsumed.inUnits
      #expect(units == index * Double(Self.requests))
    }
    // Partition totals are a second set of books.
    for resource in record.resources {
      let read = resource.partitions.reduce(CapacityUnits.zero) { $0 + $1.consumedRead }
      let write = resource.partitions.reduce(CapacityUnits.zero) { $0 + $1.consumedWrite }
      #expect(read == resource.read.totalConsumed)
      #expect(write == resource.write.totalConsumed)
    }
  }

  private static let nineKilobytes = TableSpec.plain(bytes: 9_000)

  @Test(arguments: [
    Case(
      name: "get, eventual, 9,000 B: 3 x 0.5", table: nineKilobytes,
      operation: .one(.get, [.part(.get)]), read: 1.5),
    Case(
      name: "get, strong, 9,000 B: 3", table: nineKilobytes,
      operation: .one(.get, [.part(.get)], .strong), read: 3),
    Case(
      name: "get, exactly 4 KB, strong: 1", table: .plain(bytes: 4_096),
      operation: .one(.get, [.part(.get)], .strong), read: 1),
    Case(
      name: "query of 30 x 1,000 B is rounded once: 8 x 0.5", table: .plain(bytes: 1_000),
      operation: .one(.query, [.part(.query, count: 30)]), read: 4),
    Case(
      name: "query of 1,500 x 64 B, strong: 24", table: .plain(bytes: 64),
      operation: .one(.query, [.part(.query, count: 1_500)], .strong), read: 24),
    Case(
      name: "scan page of 1,042 B items fills at 1,007: 128.5",
      table: TableSpec.plain(items: 100_700, bytes: 1_042).with { $0.partitions = 1 },
      operation: .one(.scan, [.part(.scan, count: 5_000)]), read: 128.5),
    Case(
      name: "scan of a table smaller than a page: 10 x 1,000 B, 3 x 0.5",
      table: TableSpec.plain(items: 10, bytes: 1_000).with { $0.partitions = 1 },
      operation: .one(.scan, [.part(.scan, count: 5_000)]), read: 1.5),
    Case(
      name: "batch get rounds each item: 10 x 1 strong", table: .plain(bytes: 20),
      operation: .one(.batchGet, [.part(.get, count: 10)], .strong), read: 10),
    Case(
      name: "transact get: 2 per 4 KB, two items of 9,000 B: 12", table: nineKilobytes,
      operation: .one(.transactGet, [.part(.get, count: 2)]), read: 12),
  ])
  func reads(_ test: Case) { check(test) }

  @Test(arguments: [
    Case(
      name: "put over a smaller item: new size", table: .plain(bytes: 1_000),
      operation: .one(.put, [.part(.put, bytes: 3_017, newItems: 1)]), write: 3),
    Case(
      name: "put over a larger item costs the old size",
      table: .plain(items: 100_000, bytes: 3_017),
      operation: .one(
        .put, [OperationPart.part(.put, bytes: 18).with { $0.keys = .sequential }]), write: 3),
    Case(
      name: "update keeps the size: 2,017 B", table: .plain(bytes: 2_017),
      operation: .one(.update, [.part(.update)]), write: 2),
    Case(
      name: "delete costs the deleted item", table: .plain(items: 100_000, bytes: 2_500),
      operation: .one(
        .delete, [OperationPart.part(.delete).with { $0.keys = .sequential }]), write: 3),
    Case(
      name: "batch write rounds each item: 500 B and 3,500 B", table: .plain(bytes: 1),
      operation: .one(
        .batchWrite,
        [.part(.put, bytes: 500, newItems: 1), .part(.put, bytes: 3_500, newItems: 1)]), write: 5),
    Case(
      name: "transact write doubles: 3,023 B put 6, check of 1,000 B 2", table: .plain(),
      operation: .one(
        .transactWrite,
        [.part(.put, bytes: 3_023, newItems: 1), .part(.conditionCheck)]), write: 8),
    Case(
      name: "failed put costs the larger of stored and attempted", table: .plain(bytes: 2_000),
      operation: .one(.put, [OperationPart.part(.put, bytes: 4_500).failing(1)]), write: 5),
    Case(
      name: "failed update costs the stored item", table: .plain(bytes: 2_000),
      operation: .one(.update, [OperationPart.part(.update, bytes: 4_500).failing(1)]), write: 2),
    Case(
      name: "failed transaction costs its preparation, once", table: .plain(bytes: 2_000),
      operation: .one(
        .transactWrite, [OperationPart.part(.put, bytes: 500).failing(1), .part(.conditionCheck)]),
      write: 4),
  ])
  func writes(_ test: Case) { check(test) }

  private static func indexed(
    _ bytes: Int, entry: Int?, local: Bool = false
  ) -> TableSpec {
    TableSpec.plain(items: 100_000, bytes: bytes).with {
      if local {
        $0.localIndexes = [.plain(entry: entry)]
      } else {
        $0.globalIndexes = [.plain(entry: entry, .plentiful)]
      }
    }
  }

  private static func write(
    _ kind: OperationKind, _ action: ItemAction, _ effect: IndexEffect, local: Bool = false,
    newItems: Double = 0
  ) -> OperationSpec {
    .one(
      kind,
      [
        OperationPart.part(action, newItems: newItems).with {
          $0.keys = .sequential
          if local { $0.localEffects = [effect] } else { $0.globalEffects = [effect] }
        }
      ])
  }

  @Test(arguments: [
    Case(
      name: "new entry: 1", table: indexed(500, entry: 100),
      operation: write(.put, .put, .projectedChange, newItems: 1), write: 1, index: 1),
    Case(
      name: "no projected attribute changes: no index write", table: indexed(500, entry: 100),
      operation: write(.update, .update, .unchanged), write: 1, index: 0),
    Case(
      name: "projected change: one index write", table: indexed(2_500, entry: 1_500),
      operation: write(.update, .update, .projectedChange), write: 3, index: 2),
    Case(
      name: "key move: 1,517 B both ways, 2 + 2", table: indexed(1_517, entry: nil),
      operation: write(.update, .update, .keyMove), write: 2, index: 4),
    Case(
      name: "delete removes the entry", table: indexed(2_500, entry: 1_500),
      operation: write(.delete, .delete, .unchanged), write: 3, index: 2),
    Case(
      name: "failed condition writes no index", table: indexed(2_500, entry: 1_500),
      operation: .one(
        .update, [OperationPart.part(.update).failing(1).with { $0.globalEffects = [.keyMove] }]),
      write: 3, index: 0),
    Case(
      name: "transaction doubles the table only", table: indexed(1_517, entry: nil),
      operation: write(.transactWrite, .update, .keyMove), write: 4, index: 4),
    Case(
      name: "failed transaction writes no index", table: indexed(1_517, entry: nil),
      operation: .one(
        .transactWrite,
        [OperationPart.part(.put, newItems: 1), OperationPart.part(.update).failing(1)]), write: 4,
      index: 0),
    Case(
      name: "local index on the table: key move 1 + 2",
      table: indexed(500, entry: 100, local: true),
      operation: write(.update, .update, .keyMove, local: true), write: 3),
    Case(
      name: "local index in a transaction: 2 x 1 + 1",
      table: indexed(500, entry: 100, local: true),
      operation: write(.transactWrite, .update, .projectedChange, local: true), write: 3),
    Case(
      name: "query of a global index uses its own units: 8 x 2,000 B",
      table: indexed(5_000, entry: 2_000),
      operation: .one(
        .query, [OperationPart.part(.query, count: 8).with { $0.index = .global(0) }]),
      index: 2),
    Case(
      name: "query of a local index uses the table's",
      table: indexed(5_000, entry: 200, local: true),
      operation: .one(
        .query, [OperationPart.part(.query, count: 30).with { $0.index = .local(0) }]), read: 1),
  ])
  func indexes(_ test: Case) { check(test) }

  @Test func cancelledTransactionsFollowTheSetting() {
    for (setting, units) in [
      (CancelledTransactionCharge.nothing, 0.0), (.prepare, 2), (.full, 4),
    ] {
      var bench = run(
        Case(
          name: "", table: .plain(bytes: 2_000),
          operation: .one(.transactWrite, [OperationPart.part(.update).failing(1)])))
      bench.model.capacity.cancelledTransactions = setting
      let record = bench.run()
      #expect(record.resources[0].write.totalConsumed.inUnits == units * Double(Self.requests))
      #expect(record.operations[0].conditionFailed == Int64(Self.requests))
    }
  }

  /// A sparse index takes its share of the writes.
  @Test func sparseIndexTakesItsShare() {
    var bench = Bench(
      seconds: 10,
      [
        TableSpec.plain(items: 10_000).with {
          $0.globalIndexes = [.plain(entry: 100, .plentiful)]
          $0.globalIndexes[0].share = 0.25
        }
      ])
    bench.open(
      200, [.one(.put, [OperationPart.part(.put).with { $0.keys = .sequential }])])
    let index = bench.run().resources[1]
    // 2,000 draws at 0.25: 500 with a standard deviation of 19.4.
    #expect(abs(index.write.totalConsumed.inUnits - 500) < 97)
    #expect(index.itemsAtStart == 2_500)
  }
}
