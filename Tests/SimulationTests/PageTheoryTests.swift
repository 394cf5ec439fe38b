// Why: a page is charged for the sum of its items' sizes, rounded once. The mean of that is not
// what items of the mean size cost, and tables are planned for the mean.

import Capacity
import DataModel
import Results
import Scenarios
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct PageTheoryTests {
  /// Items of 1 KB and of 7 KB, as many of each, in collections of four.
  private static let table = TableSpec.plain(items: 40_000).with {
    $0.key = KeySchema(
      partition: KeyAttribute(name: "id", type: .string),
      sort: KeyAttribute(name: "at", type: .number))
    $0.partitionKeyCount = 10_000
    $0.itemSize = .weighted([
      WeightedSize(bytes: 1_024, weight: 1), WeightedSize(bytes: 7_168, weight: 1),
    ])
    $0.localIndexes = [.plain(entry: nil)]
    $0.globalIndexes = [.plain(entry: nil, .plentiful)]
  }

  /// Where a page is read.
  struct Place: CustomTestStringConvertible {
    var testDescription: String
    var kind = OperationKind.query
    var index: IndexReference?
  }

  @Test(arguments: [
    Place(testDescription: "table"), Place(testDescription: "local index", index: .local(0)),
    Place(testDescription: "global index", index: .global(0)),
    Place(testDescription: "scan", kind: .scan),
  ])
  func `a page of two items costs the mean of the rounded sum`(_ place: Place) {
    let action: ItemAction = place.kind == .scan ? .scan : .query
    let part = OperationPart.part(action, count: 2).with { $0.index = place.index }
    var bench = Bench(seconds: 100, [Self.table])
    bench.open(1_000, [.one(place.kind, [part])])
    let record = bench.run()
    let units = record.resources.reduce(0) { $0 + $1.read.totalConsumed.inUnits }
    // 2, 8 and 14 KB with the weights 1/4, 1/2 and 1/4 take 1, 2 and 4 blocks: 2.25 on average,
    // with variance 19/16, and half a unit each. Items of the mean size, 4 KB, would take 2.
    let mean = units / Double(record.requests)
    // Every key is asked for about ten times: the 10,000 different pages decide.
    let standardError: Double = 0.5 * (19.0 / 16 / 10_000).squareRoot()
    #expect(abs(mean - 1.125) < 4 * standardError, "\(mean)")
  }

  @Test func `a long page costs its mean size`() {
    let part = OperationPart.part(.scan, count: 200)
    var bench = Bench(seconds: 100, [Self.table])
    bench.open(10, [.one(.scan, [part])])
    let record = bench.run()
    let units = record.resources[0].read.totalConsumed.inUnits
    // 200 items of 4 KB on average: 200 blocks and half of one by rounding, half a unit each. The
    // mean of the table's own 40,000 items of 3 KB deviation moves that by 0.375.
    let mean = units / Double(record.requests)
    #expect(abs(mean - 100.25) < 1.5, "\(mean)")
  }
}
