// Random sizes and items against slow, obvious references.

import Capacity
import DataModel
import Testing

/// SplitMix64, so that a failing case can be repeated from the seed in its message.
private struct TestGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// A size that often stands at a rounding boundary.
  mutating func size() -> Int {
    switch below(3) {
    case 0: below(5_000)
    case 1: below(100) * 1_024 + below(3)
    default: max(0, below(100) * 4_096 - below(3))
    }
  }

  mutating func sizeOrNil() -> Int? { below(4) == 0 ? nil : size() }

  /// An item of the captured table with few values, so that two often agree in parts.
  mutating func item() -> Item? {
    if below(6) == 0 { return nil }
    var item: Item = ["pk": .string("p"), "sk": .string("s")]
    for name in ["gsiPk", "lsiSk", "proj", "other"] where below(3) > 0 {
      item[name] = .string(
        String(repeating: "ab".randomPick(below(2)), count: [1, 1_500][below(2)]))
    }
    return item
  }
}

extension String {
  fileprivate func randomPick(_ index: Int) -> String {
    String(self[self.index(startIndex, offsetBy: index)])
  }
}

/// Blocks counted by taking them away one at a time.
private func referenceBlocks(_ bytes: Int, of size: Int) -> Double {
  var rest = bytes
  var blocks = 0
  while rest > 0 {
    rest -= size
    blocks += 1
  }
  return Double(max(1, blocks))
}

/// The table of 1.5 in terms of attribute dictionaries.
private func referenceIndexUnits(
  _ before: Item?, _ after: Item?, keys: [String], projected: [String]?
) -> Double {
  func entry(_ item: Item?) -> [String: String]? {
    guard let item else { return nil }
    var all: [String: String] = [:]
    for attribute in item.attributes {
      guard case .string(let text) = attribute.value else { continue }
      if projected?.contains(attribute.name) ?? true { all[attribute.name] = text }
    }
    return keys.allSatisfy { all[$0] != nil } ? all : nil
  }
  func cost(_ entry: [String: String]) -> Double {
    referenceBlocks(entry.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }, of: 1_024)
  }
  switch (entry(before), entry(after)) {
  case (nil, nil): return 0
  case (nil, let new?): return cost(new)
  case (let old?, nil): return cost(old)
  case (let old?, let new?):
    if keys.contains(where: { old[$0] != new[$0] }) { return cost(old) + cost(new) }
    return old == new ? 0 : max(cost(old), cost(new))
  }
}

/// Integer rounding has its faults at boundaries that tables of cases tend to miss.
@Suite struct CostPropertyTests {
  @Test(arguments: [UInt64(1), 2, 3])
  func roundsLikeCountingBlocks(_ seed: UInt64) {
    var generator = TestGenerator(state: seed)
    for round in 0..<500 {
      let context = "seed \(seed), round \(round)"
      let bytes = generator.size()
      let reads = referenceBlocks(bytes, of: 4_096)
      #expect(
        ReadCost.readUnits(bytes: bytes, consistency: .eventual) == costUnits(reads / 2),
        "\(context)")
      #expect(
        ReadCost.readUnits(bytes: bytes, consistency: .transactional) == costUnits(reads * 2),
        "\(context)")
      let before = generator.sizeOrNil()
      let after = generator.sizeOrNil()
      let writes = max(
        referenceBlocks(before ?? 0, of: 1_024), referenceBlocks(after ?? 0, of: 1_024))
      #expect(WriteCost.writeUnits(before: before, after: after) == costUnits(writes), "\(context)")
      #expect(
        TransactionCost.writeUnits(before: before, after: after) == costUnits(writes * 2),
        "\(context)")
    }
  }

  @Test(arguments: [UInt64(4), 5])
  func pagesAgreeWithTheirList(_ seed: UInt64) {
    var generator = TestGenerator(state: seed)
    for round in 0..<50 {
      let context = "seed \(seed), round \(round)"
      var page = EvaluatedPage()
      var partitions = [0]
      var items = 0
      while !page.isFull && items < 400 {
        if generator.below(20) == 0 {
          page.enterNextPartition()
          partitions.append(0)
        }
        let bytes = generator.size()
        page.evaluate(itemBytes: bytes)
        partitions[partitions.count - 1] += bytes
        items += 1
      }
      let expected = partitions.reduce(0.0) { $0 + referenceBlocks($1, of: 4_096) }
      #expect(page.itemCount == items, "\(context)")
      #expect(page.bytes == partitions.reduce(0, +), "\(context)")
      #expect(page.units(consistency: .strong) == costUnits(expected), "\(context)")
      #expect(
        QueryCost.pageUnits(evaluatedBytesByPartition: partitions, consistency: .strong)
          == costUnits(expected), "\(context)")
      // What only knows the sum is never above what knows the partitions.
      #expect(
        QueryCost.pageUnits(
          evaluatedBytes: page.bytes, partitions: partitions.count, consistency: .strong)
          <= costUnits(expected), "\(context)")
    }
  }

  @Test(arguments: [UInt64(6), 7, 8])
  func chargesItemsLikeDictionaries(_ seed: UInt64) {
    var generator = TestGenerator(state: seed)
    for round in 0..<300 {
      let before = generator.item()
      let after = generator.item()
      let charge = WriteCost.charge(before: before, after: after, schema: CapturedTable.schema)
      let context = "seed \(seed), round \(round)"
      let global = referenceIndexUnits(
        before, after, keys: ["gsiPk"], projected: ["pk", "sk", "gsiPk", "proj"])
      let local = referenceIndexUnits(before, after, keys: ["pk", "lsiSk"], projected: nil)
      #expect(charge.globalIndexes == [costUnits(global)], "\(context)")
      #expect(charge.localIndexes == [costUnits(local)], "\(context)")
      #expect(charge.total == charge.table + costUnits(global + local), "\(context)")
      let transacted = TransactionCost.charge(
        before: before, after: after, schema: CapturedTable.schema)
      #expect(transacted.total - charge.total == charge.table, "\(context)")
    }
  }
}
