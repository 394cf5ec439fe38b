// The size of an item or index entry, as far as its capacity units go: what `explain` expects.
//
// Units round every size up to whole blocks, so what counts is the distribution and not the mean:
// with mean size 851 B a write of scenarios/01-orders.yaml costs more than 1 unit, since items
// above 1 KB cost 2 and more. The expectation is the sum over j of the probability that the size
// exceeds j blocks.

import Units
import Workloads

/// A size that is drawn, or the larger of two independent draws, cut at a limit.
struct ImageSize: CustomStringConvertible {
  private let draws: [SizeSampler]
  /// What an index projects at most, in bytes.
  private var limit = Int.max

  init(_ draws: SizeSampler...) { self.draws = draws }

  /// The entry that an index keeps of it; nil: all of it.
  func limited(_ limit: Int?) -> ImageSize {
    var entry = self
    entry.limit = limit ?? .max
    return entry
  }

  /// Expected blocks of `block` bytes, at least 1.
  ///
  /// Worked value: the larger of two sizes that are evenly 500 or 1,500 B has 1.75 blocks of 1 KB.
  func blocks(of block: Int) -> Double {
    var sum = 1.0
    var covered = block
    while covered < min(limit, SizeSampler.largest) {
      sum += 1 - draws.reduce(1) { $0 * $1.share(atMost: covered) }
      covered += block
    }
    return sum
  }

  /// `1.31 × 1 KB`.
  func blocksText(of block: Int) -> String {
    "\(trimmed(blocks(of: block), 2)) × \(block / 1_024) KB"
  }

  /// The mean size; of two, the larger mean.
  var description: String {
    let mean = draws.map(\.mean).max() ?? 0
    let size = ByteCount(Int64(min(max(1, mean), Double(limit)).rounded())).description
    let isConstant = draws.allSatisfy {
      if case .constant = $0.distribution { true } else { false }
    }
    if isConstant || Double(limit) <= mean { return size }
    return draws.count > 1 ? "\(size) on average, old or new" : "\(size) on average"
  }
}
