// Bytes billed as storage, which are more than the item's size (capacity.md 1.10).
//
// The overhead counts neither for capacity units nor for the 400 KB limit, and DescribeTable leaves
// it out. Transactions and change data capture add further bytes whose number is not published;
// they are left out.

/// Billed bytes of items and index entries.
public enum StorageCost {
  /// Billed bytes of one item: + 100 for its index, + 48 on a global table.
  ///
  /// 1,000 B -> 1,100, on a global table 1,148. Source: capacity.md 1.10.
  public static func itemBytes(_ itemBytes: Int, isGlobalTable: Bool) -> Int {
    itemBytes + ServiceConstants.storageOverheadBytes
      + (isGlobalTable ? ServiceConstants.globalTableStorageOverheadBytes : 0)
  }

  /// Billed bytes of one entry of a secondary index: + 100.
  ///
  /// Source: pricing.md section 3, storage overhead.
  public static func indexEntryBytes(_ entryBytes: Int) -> Int {
    entryBytes + ServiceConstants.storageOverheadBytes
  }
}
