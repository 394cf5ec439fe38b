// Expected demand, by mean values: just enough arithmetic for the lint rules.
//
// Mean rate times mean units (capacity.md 1: reads in 4 KB, writes in 1 KB, eventually consistent
// reads half, transactions double). No retries, no cache, no bursts: those are the simulator's.

import Capacity
import DataModel
import Units
import Workloads

extension Demand {
  /// Mean and highest requests/s of an open demand; nil for a closed one.
  var rates: (mean: Double, peak: Double)? {
    guard case .open(let arrivals, let segments) = self else { return nil }
    let seconds = duration.inSeconds
    guard seconds > 0 else { return nil }
    let total = segments.reduce(0) { $0 + ($1.from + $1.to) / 2 * $1.duration.inSeconds }
    var peak = segments.reduce(0) { max($0, $1.from, $1.to) }
    if case .onOff(let on, let off) = arrivals {
      peak *= (on + off).inSeconds / on.inSeconds
    }
    return (total / seconds, peak)
  }
}

extension TrafficSpec {
  /// Each operation with its share of the requests.
  var shares: [(operation: OperationSpec, share: Double)] {
    let total = operations.reduce(0) { $0 + $1.weight }
    return operations.map { ($0, total > 0 ? $0.weight / total : 0) }
  }
}

extension OperationPart {
  /// Mean read or write units of one of its items on the table's own key.
  func unitsPerItem(_ operation: OperationSpec, _ table: TableSpec) -> Double {
    let isWrite = operation.kind.isWrite
    let sampler = SizeSampler(isWrite ? size ?? table.itemSize : table.itemSize)
    let blocks = sampler.expectedBlocks(of: isWrite ? 1_024 : 4_096)
    switch operation.consistency {
    case .transactional: return 2 * blocks
    case .strong: return blocks
    case .eventual: return isWrite ? blocks : blocks / 2
    }
  }

  /// Mean write units of one of its items on an index (capacity.md 1.5).
  func indexUnitsPerItem(_ index: IndexSpec, _ effect: IndexEffect, _ table: TableSpec) -> Double {
    let entry = index.entrySize.map { SizeDistribution.constant($0) } ?? size ?? table.itemSize
    let blocks = SizeSampler(entry).expectedBlocks(of: 1_024) * index.share
    let changed =
      switch effect {
      case .unchanged: 0.0
      case .projectedChange: blocks
      case .keyMove: 2 * blocks
      }
    let perWrite =
      switch action {
      case .put: newItems * blocks + (1 - newItems) * changed
      case .update: changed
      case .delete: blocks
      default: 0.0
      }
    return perWrite * (1 - conditionFailure)
  }
}

extension KeyDistribution {
  /// Share of the hottest of `keys` keys; nil where it is not simple arithmetic.
  func hottestShare(of keys: Int) -> Double? {
    guard keys > 0 else { return nil }
    let even = 1 / Double(keys)
    switch self {
    case .uniform, .sequential: return even
    case .zipf(let exponent), .latest(let exponent):
      return ZipfSampler(count: UInt64(min(keys, 1 << 52)), exponent: exponent).topShare(1)
    case .hotspot(let share, let traffic):
      return max(even, traffic / max(1, (share * Double(keys)).rounded()))
    case .weighted(let shares): return max(shares.max() ?? 0, even)
    case .exponential: return nil
    }
  }
}
