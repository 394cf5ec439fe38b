// The 400 KB limit and UpdateItem's stricter gate (capacity.md 1.11).
//
// The gate's figures were found by bisection on the service (B): UpdateItem refuses some results
// that PutItem accepts, because it counts the expression's actions against the limit.

/// The actions of an UpdateExpression as far as the size gate counts them.
public struct UpdateActions: Hashable, Sendable {
  /// SET and ADD actions.
  public var writing: Int
  /// REMOVE and DELETE actions.
  public var clearing: Int
  /// SET actions, among `writing`, whose target is a list index.
  public var listIndexSets: Int
  /// SET actions, among `writing`, that add or subtract.
  public var arithmeticSets: Int

  public init(
    writing: Int = 0, clearing: Int = 0, listIndexSets: Int = 0, arithmeticSets: Int = 0
  ) {
    self.writing = writing
    self.clearing = clearing
    self.listIndexSets = listIndexSets
    self.arithmeticSets = arithmeticSets
  }

  /// Bytes the gate adds to the item: 3 + 19 per writing and 2 per clearing action, + 1 per list
  /// index set, + 50 per arithmetic set. One SET -> 22. Source: capacity.md 1.11.
  public var overheadBytes: Int {
    ServiceConstants.updateGateBytes
      + ServiceConstants.updateGateWritingBytes * writing
      + ServiceConstants.updateGateClearingBytes * clearing
      + ServiceConstants.updateGateListIndexBytes * listIndexSets
      + ServiceConstants.updateGateArithmeticBytes * arithmeticSets
  }
}

/// Whether an item's size is acceptable.
public enum ItemLimit {
  /// PutItem, BatchWriteItem, TransactWriteItems and PartiQL: up to 409,600 bytes inclusive.
  /// Source: capacity.md 1.11.
  public static func accepts(itemBytes: Int) -> Bool { itemBytes <= ServiceConstants.itemBytes }

  /// UpdateItem: the item itself and the item without its key attributes but with the actions'
  /// overhead must both be within the limit. Source: capacity.md 1.11.
  public static func acceptsUpdate(
    itemBytesAfter: Int, keyAttributeBytes: Int, actions: UpdateActions
  ) -> Bool {
    accepts(itemBytes: itemBytesAfter)
      && accepts(itemBytes: itemBytesAfter - keyAttributeBytes + actions.overheadBytes)
  }
}
