// Reads of single items, batches, queries, scans and indexes: capacity.md 1.1 to 1.3.

import Capacity
import Testing

/// A number of units as a test writes it: exact to a half.
func costUnits(_ count: Double) -> CapacityUnits { CapacityUnits(halves: Int64(count * 2)) }

struct CostReadCase: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var bytes: Int
  var eventual: Double
  var strong: Double
  var transactional: Double

  init(_ name: String, _ bytes: Int, _ eventual: Double, _ strong: Double, _ twice: Double) {
    self.testDescription = name
    self.bytes = bytes
    self.eventual = eventual
    self.strong = strong
    self.transactional = twice
  }
}

/// The rounding and the three factors underlie every read.
@Suite struct CostReadTests {
  @Test(arguments: [
    CostReadCase("1.1 missing item", 0, 0.5, 1, 2),
    CostReadCase("1.1 one byte", 1, 0.5, 1, 2),
    CostReadCase("1.1 4 KB", 4_096, 0.5, 1, 2),
    CostReadCase("1.0 one byte over 4 KB", 4_097, 1, 2, 4),
    CostReadCase("1.1 8 KB", 8_192, 1, 2, 4),
    CostReadCase("1.0 12 KB and a byte", 12_289, 2, 4, 8),
    CostReadCase("2: a 20 KB item, 600 strong reads/s of 3,000", 20_480, 2.5, 5, 10),
    CostReadCase("1.11 the largest item", 409_600, 50, 100, 200),
  ])
  func roundsUpToFourKilobytes(_ testCase: CostReadCase) {
    let bytes = testCase.bytes
    #expect(
      ReadCost.readUnits(bytes: bytes, consistency: .eventual) == costUnits(testCase.eventual))
    #expect(ReadCost.readUnits(bytes: bytes, consistency: .strong) == costUnits(testCase.strong))
    #expect(
      ReadCost.readUnits(bytes: bytes, consistency: .transactional)
        == costUnits(testCase.transactional))
  }

  @Test func chargesMissingItemsTheMinimum() {
    #expect(ReadCost.missingItemUnits(consistency: .eventual) == costUnits(0.5))
    #expect(ReadCost.missingItemUnits(consistency: .strong) == costUnits(1))
    #expect(ReadCost.missingItemUnits(consistency: .transactional) == costUnits(2))
  }

  /// 1.1: each item of a batch is rounded alone.
  @Test func roundsEachItemOfABatch() {
    #expect(ReadCost.batchGetUnits(bytes: [1_536, 6_656], consistency: .strong) == costUnits(3))
    #expect(
      ReadCost.batchGetUnits(bytes: Array(repeating: 20, count: 10), consistency: .strong)
        == costUnits(10))
    #expect(
      ReadCost.batchGetUnits(bytes: [nil, nil, 4_097], consistency: .eventual) == costUnits(2))
    #expect(ReadCost.batchGetUnits(bytes: [], consistency: .eventual) == .zero)
    #expect(
      ReadCost.batchGetUnits(count: 10, bytesEach: 4_097, consistency: .eventual) == costUnits(10))
  }
}

struct CostPageCase: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var items: Int
  var bytesEach: Int
  var consistency: ReadConsistency
  var units: Double

  init(
    _ name: String, _ items: Int, of bytesEach: Int, _ consistency: ReadConsistency,
    _ units: Double
  ) {
    self.testDescription = name
    self.items = items
    self.bytesEach = bytesEach
    self.consistency = consistency
    self.units = units
  }
}

/// Queries round once over what they evaluate; forgetting that is the commonest cost error.
@Suite struct CostQueryTests {
  @Test(arguments: [
    CostPageCase("1.2 1,500 items of 64 B are 96 KB", 1_500, of: 64, .strong, 24),
    CostPageCase("1.2 40.8 KB are rounded to 44 KB", 1, of: 41_779, .strong, 11),
    CostPageCase("1.2 the same, eventual", 1, of: 41_779, .eventual, 5.5),
    CostPageCase("1.2 nothing found, strong", 0, of: 0, .strong, 1),
    CostPageCase("1.2 nothing found, eventual", 0, of: 0, .eventual, 0.5),
    CostPageCase("1.2 a full page of 1,042 B items", 1_007, of: 1_042, .eventual, 128.5),
  ])
  func roundsAPageOnce(_ testCase: CostPageCase) {
    let bytes = testCase.items * testCase.bytesEach
    let expected = costUnits(testCase.units)
    #expect(
      QueryCost.pageUnits(evaluatedBytes: bytes, consistency: testCase.consistency) == expected)
    var page = EvaluatedPage()
    for _ in 0..<testCase.items { page.evaluate(itemBytes: testCase.bytesEach) }
    #expect(page.units(consistency: testCase.consistency) == expected)
  }

  /// 1.2: add the item, then test for 1 MB; a full eventual scan page of the cited table is 128.5.
  @Test func keepsTheItemThatCrossesAMegabyte() {
    var page = EvaluatedPage()
    while !page.isFull { page.evaluate(itemBytes: 1_042) }
    #expect(page.itemCount == 1_007)
    #expect(page.bytes == 1_049_294)
    #expect(page.units(consistency: .eventual) == costUnits(128.5))
    #expect(QueryCost.itemsPerFullPage(itemBytes: 1_042) == 1_007)
  }

  @Test(arguments: [
    (1_048_576, 1), (1_048_575, 2), (524_288, 2), (4_096, 256), (1_024, 1_024), (409_600, 3),
    (1, 1_048_576),
  ])
  func countsTheItemsOfAFullPage(_ itemBytes: Int, _ items: Int) {
    #expect(QueryCost.itemsPerFullPage(itemBytes: itemBytes) == items)
  }

  /// 1.2: a fresh on-demand table (four partitions) costs 4 strong and 2 eventual to scan.
  @Test func chargesEveryPartitionTouched() {
    for bytes in [[0, 0, 0, 0], [20, 0, 0, 0], [0, 20, 0, 0]] {
      #expect(
        QueryCost.pageUnits(evaluatedBytesByPartition: bytes, consistency: .strong) == costUnits(4))
      #expect(
        QueryCost.pageUnits(evaluatedBytesByPartition: bytes, consistency: .eventual)
          == costUnits(2))
    }
    #expect(
      QueryCost.pageUnits(evaluatedBytesByPartition: [5_000, 4_096, 1], consistency: .strong)
        == costUnits(4))
  }

  @Test func entersPartitionsOneByOne() {
    var page = EvaluatedPage()
    page.evaluate(itemBytes: 3_000)
    page.evaluate(itemBytes: 2_000)
    page.enterNextPartition()
    page.enterNextPartition()
    page.evaluate(itemBytes: 10)
    #expect(page.units(consistency: .strong) == costUnits(2 + 1 + 1))
    #expect(page.bytes == 5_010)
  }

  @Test func boundsAPageByItsSumAndItsPartitions() {
    #expect(
      QueryCost.pageUnits(evaluatedBytes: 0, partitions: 4, consistency: .eventual) == costUnits(2))
    #expect(
      QueryCost.pageUnits(evaluatedBytes: 40_960, partitions: 4, consistency: .strong)
        == costUnits(10))
  }
}

struct CostFetchCase: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var entryBytes: Int
  var rows: Int
  var itemBytes: Int
  var consistency: ReadConsistency
  var index: Double
  var table: Double
}

/// Fetching what a local index does not project is dearer than it looks: one rounding per row.
@Suite struct CostLocalIndexReadTests {
  @Test(arguments: [
    CostFetchCase(
      testDescription: "1.3 the guide: 4 entries of 200 B, 4 items of 300 B", entryBytes: 200,
      rows: 4, itemBytes: 300, consistency: .strong, index: 1, table: 4),
    CostFetchCase(
      testDescription: "1.3 measured: 3 rows of 50 B", entryBytes: 30, rows: 3, itemBytes: 50,
      consistency: .eventual, index: 0.5, table: 1.5),
    CostFetchCase(
      testDescription: "1.3 measured: 3 rows of 3 KB", entryBytes: 30, rows: 3, itemBytes: 3_072,
      consistency: .eventual, index: 0.5, table: 1.5),
    CostFetchCase(
      testDescription: "1.3 measured: 3 rows of 9 KB", entryBytes: 30, rows: 3, itemBytes: 9_216,
      consistency: .eventual, index: 0.5, table: 4.5),
    CostFetchCase(
      testDescription: "1.3 measured: 3 rows of 9 KB, strong", entryBytes: 30, rows: 3,
      itemBytes: 9_216, consistency: .strong, index: 1, table: 9),
    CostFetchCase(
      testDescription: "1.2 no row", entryBytes: 0, rows: 0, itemBytes: 0, consistency: .eventual,
      index: 0.5, table: 0),
  ])
  func roundsEachFetchedItem(_ testCase: CostFetchCase) {
    let expected = ReadCharge(
      table: costUnits(testCase.table), localIndex: costUnits(testCase.index))
    let entryBytes = testCase.entryBytes * testCase.rows
    let listed = QueryCost.localIndexPageCharge(
      evaluatedEntryBytes: entryBytes,
      fetchedItemBytes: Array(repeating: testCase.itemBytes, count: testCase.rows),
      consistency: testCase.consistency)
    let counted = QueryCost.localIndexPageCharge(
      evaluatedEntryBytes: entryBytes, fetchedCount: testCase.rows,
      fetchedBytesEach: testCase.itemBytes, consistency: testCase.consistency)
    var page = EvaluatedLocalIndexPage()
    for _ in 0..<testCase.rows {
      page.evaluate(entryBytes: testCase.entryBytes, fetchedItemBytes: testCase.itemBytes)
    }
    #expect(listed == expected)
    #expect(counted == expected)
    #expect(page.charge(consistency: testCase.consistency) == expected)
    #expect(listed.total == costUnits(testCase.table + testCase.index))
    #expect(listed.fromTable == listed.total)
  }

  /// 1.3: the page counts rounded index bytes and per-item rounded table bytes: 255 fetches of 4 KB
  /// and one block of entries make 1 MB.
  @Test func countsRoundedBytesTowardsThePage() {
    var page = EvaluatedLocalIndexPage()
    while !page.isFull { page.evaluate(entryBytes: 10, fetchedItemBytes: 300) }
    #expect(page.entryCount == 255)
    var projected = EvaluatedLocalIndexPage()
    while !projected.isFull { projected.evaluate(entryBytes: 4_096, fetchedItemBytes: nil) }
    #expect(projected.entryCount == 256)
    #expect(projected.charge(consistency: .eventual).table == .zero)
  }

  /// A Scan walks through the table's partitions: each rounded alone, at least one block each, as
  /// for a table (1.2, I). Two entries of 3 KB in the first and one in the third: 2 + 1 + 1 blocks.
  @Test func aScanPaysItsMinimumInEveryPartition() {
    var page = EvaluatedLocalIndexPage()
    page.evaluate(entryBytes: 3_000, fetchedItemBytes: nil)
    page.evaluate(entryBytes: 3_000, fetchedItemBytes: nil)
    page.enterNextPartition()
    page.enterNextPartition()
    page.evaluate(entryBytes: 10, fetchedItemBytes: nil)
    #expect(page.charge(consistency: .strong).localIndex == CapacityUnits(4))
    #expect(page.entryCount == 3)
    #expect(page.entryBytes == 6_010)
  }
}
