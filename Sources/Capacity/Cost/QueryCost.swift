// Read units of Query and Scan on tables and indexes (capacity.md 1.2, 1.3).
//
// What counts is bytes evaluated: filters, projections and COUNT change nothing, Limit does,
// because it bounds what is evaluated. The bytes of a page are summed and rounded once, not per
// item. A page ends with the item that brings it to 1 MB or beyond, which is why a full page can
// cost 128.5 units.
//
// Measured on the service, an empty Scan costs a minimum per partition; the rule that each
// partition touched is rounded alone with a minimum of one unit is inferred (I) from that, and a
// page that touches one partition is free of it. The service's 1 MB stop uses an internal encoding
// that differs slightly from the billed size; pages here use the billed size.

/// What Query and Scan cost.
public enum QueryCost {
  /// One page that evaluates `evaluatedBytes` within one partition; 0 for an empty result.
  ///
  /// 40.8 KB strong -> 11; 1,500 x 64 B strong -> 24. Source: capacity.md 1.2.
  public static func pageUnits(
    evaluatedBytes: Int, consistency: ReadConsistency
  ) -> CapacityUnits {
    ReadCost.readUnits(bytes: evaluatedBytes, consistency: consistency)
  }

  /// One page over several partitions: each rounded alone, at least one unit each.
  ///
  /// Four empty partitions: 4 strong, 2 eventual. Source: capacity.md 1.2 (rule I, number B).
  public static func pageUnits(
    evaluatedBytesByPartition: [Int], consistency: ReadConsistency
  ) -> CapacityUnits {
    var blocks: Int64 = 0
    for bytes in evaluatedBytesByPartition { blocks += ReadCost.blocks(bytes: bytes) }
    return CapacityUnits(halves: blocks * consistency.halvesPerUnit)
  }

  /// One page of which only the sum of bytes and the number of partitions touched are known.
  ///
  /// The least the per-partition rule allows for them: max(blocks of the sum, partitions). Exact
  /// for one partition and for no data. Source: capacity.md 1.2 (I).
  public static func pageUnits(
    evaluatedBytes: Int, partitions: Int, consistency: ReadConsistency
  ) -> CapacityUnits {
    let blocks = max(ReadCost.blocks(bytes: evaluatedBytes), Int64(partitions))
    return CapacityUnits(halves: blocks * consistency.halvesPerUnit)
  }

  /// Items of one size that a page without Limit evaluates: the first count to reach 1 MB.
  ///
  /// 1,042 B -> 1,007. Precondition: `itemBytes` > 0; 0 counts as 1. Source: capacity.md 1.2.
  /// - Parameter before: Bytes that the page has evaluated already, less than 1 MB.
  public static func itemsPerFullPage(itemBytes: Int, after before: Int = 0) -> Int {
    (ServiceConstants.pageBytes - before - 1) / max(1, itemBytes) + 1
  }

  /// A page of a local secondary index that has to fetch attributes from the table.
  ///
  /// The entries are summed and rounded once; each fetched item is rounded alone. 4 entries of 200
  /// B and 4 items of 300 B: 4 KB + 16 KB = 20 KB, 5 strong. The fetch is done for every entry
  /// walked, whether or not it survives the filter. Source: capacity.md 1.3.
  public static func localIndexPageCharge(
    evaluatedEntryBytes: Int, fetchedItemBytes: [Int], consistency: ReadConsistency
  ) -> ReadCharge {
    var blocks: Int64 = 0
    for bytes in fetchedItemBytes { blocks += ReadCost.blocks(bytes: bytes) }
    return ReadCharge(
      table: CapacityUnits(halves: blocks * consistency.halvesPerUnit),
      localIndex: pageUnits(evaluatedBytes: evaluatedEntryBytes, consistency: consistency))
  }

  /// The same for `count` fetched items of one size, without a list.
  public static func localIndexPageCharge(
    evaluatedEntryBytes: Int, fetchedCount: Int, fetchedBytesEach: Int,
    consistency: ReadConsistency
  ) -> ReadCharge {
    let each = ReadCost.readUnits(bytes: fetchedBytesEach, consistency: consistency)
    return ReadCharge(
      table: each * Int64(fetchedCount),
      localIndex: pageUnits(evaluatedBytes: evaluatedEntryBytes, consistency: consistency))
  }
}

/// Units of one read by the arm that reports them.
public struct ReadCharge: Hashable, Sendable {
  /// On the table itself, fetches for a local index included.
  public var table: CapacityUnits
  /// On a global index; consumed from the index's own throughput.
  public var globalIndex: CapacityUnits
  /// On a local index; consumed from the table's throughput.
  public var localIndex: CapacityUnits

  public init(
    table: CapacityUnits = .zero, globalIndex: CapacityUnits = .zero,
    localIndex: CapacityUnits = .zero
  ) {
    self.table = table
    self.globalIndex = globalIndex
    self.localIndex = localIndex
  }

  /// `ConsumedCapacity.CapacityUnits`: all arms.
  public var total: CapacityUnits { table + globalIndex + localIndex }

  /// What the table's own throughput pays: table and local index. Source: capacity.md 1.2.
  public var fromTable: CapacityUnits { table + localIndex }

  /// What two reads cost together.
  public static func + (a: Self, b: Self) -> Self {
    ReadCharge(
      table: a.table + b.table, globalIndex: a.globalIndex + b.globalIndex,
      localIndex: a.localIndex + b.localIndex)
  }
}

/// A page being read item by item. A value without memory of its own; `evaluate` is O(1).
///
/// Source: capacity.md 1.2: add the item, then test for 1 MB, so that the crossing item belongs to
/// the page.
public struct EvaluatedPage: Hashable, Sendable {
  /// Items evaluated so far.
  public private(set) var itemCount = 0
  /// Their bytes.
  public private(set) var bytes = 0
  private var closedBlocks: Int64 = 0
  private var partitionBytes = 0

  /// An empty page in its first partition.
  public init() {}

  /// Whether evaluation stops here.
  public var isFull: Bool { bytes >= ServiceConstants.pageBytes }

  /// Adds an item of the current partition. Precondition: the page is not full.
  public mutating func evaluate(itemBytes: Int) {
    itemCount += 1
    bytes += itemBytes
    partitionBytes += itemBytes
  }

  /// Goes on to the next partition, which costs its minimum even if it turns out empty.
  public mutating func enterNextPartition() {
    closedBlocks += ReadCost.blocks(bytes: partitionBytes)
    partitionBytes = 0
  }

  /// Units of the page as it stands.
  public func units(consistency: ReadConsistency) -> CapacityUnits {
    let blocks = closedBlocks + ReadCost.blocks(bytes: partitionBytes)
    return CapacityUnits(halves: blocks * consistency.halvesPerUnit)
  }
}

/// A page of a local secondary index being read entry by entry, with fetches where needed.
///
/// Its 1 MB counts the index bytes rounded once and every fetched item rounded alone, all to 4 KB.
/// Source: capacity.md 1.3.
public struct EvaluatedLocalIndexPage: Hashable, Sendable {
  private var entries = EvaluatedPage()
  private var fetchedBlocks: Int64 = 0

  /// Entries evaluated so far.
  public var entryCount: Int { entries.itemCount }
  /// Their bytes, fetched items excluded.
  public var entryBytes: Int { entries.bytes }

  public init() {}

  /// Whether evaluation stops here.
  public var isFull: Bool {
    let blocks = fetchedBlocks + (entryCount == 0 ? 0 : ReadCost.blocks(bytes: entryBytes))
    return blocks * Int64(ServiceConstants.readUnitBytes) >= Int64(ServiceConstants.pageBytes)
  }

  /// Adds an entry; `fetchedItemBytes` is nil when all that is asked for is projected.
  public mutating func evaluate(entryBytes: Int, fetchedItemBytes: Int?) {
    entries.evaluate(itemBytes: entryBytes)
    if let fetchedItemBytes { fetchedBlocks += ReadCost.blocks(bytes: fetchedItemBytes) }
  }

  /// Goes on to the next partition of the table, whose entries are rounded alone and cost their
  /// minimum (as for a table: I).
  public mutating func enterNextPartition() { entries.enterNextPartition() }

  /// Units of the page as it stands.
  public func charge(consistency: ReadConsistency) -> ReadCharge {
    ReadCharge(
      table: CapacityUnits(halves: fetchedBlocks * consistency.halvesPerUnit),
      localIndex: entries.units(consistency: consistency))
  }
}
