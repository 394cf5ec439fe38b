// What share of the transactions will meet an item of another one, before any is simulated.
//
// An item named by transactions at a rate r and held for a mean time h is busy for r h of the time
// as long as that is small; a transaction that names it conflicts with that probability
// (TransactionHolds has the exact form). Over all items of a table that is h times the sum of the
// squared rates. The likeliest keys count one by one, the rest as if all were alike.

import DataModel
import RequestStreams
import Scenarios
import Units
import Workloads

/// Expected conflicts of a scenario's open-loop transactions.
enum ConflictShare {
  /// Keys that count one by one.
  private static let ranks: UInt64 = 4_096

  /// Rate at which the transactions of one part name items, and which.
  private struct Writer {
    var rate: Double
    var sampler: KeySampler
    var itemsPerKey: Double
  }

  /// Conflicts per transaction, on average over the run; 0 without transactions.
  static func expected(_ scenario: Scenario) -> Double {
    guard scenario.model.transactionConflicts else { return 0 }
    var writers: [[Writer]] = scenario.tables.map { _ in [] }
    var transactions = 0.0
    for traffic in scenario.traffic {
      guard case .open(_, let rate) = traffic.demand else { continue }
      let end = Instant(nanoseconds: scenario.run.duration.count)
      let requests = RateProfile(rate).integral(to: end) / scenario.run.duration.inSeconds
      let weights = traffic.operations.reduce(0) { $0 + $1.weight }
      for operation in traffic.operations where operation.kind == .transactWrite {
        let rate = requests * operation.weight / max(weights, .leastNormalMagnitude)
        transactions += rate
        for part in operation.parts {
          writers[part.table].append(Self.writer(part, scenario.tables[part.table], rate))
        }
      }
    }
    guard transactions > 0 else { return 0 }
    let phase = scenario.model.latency.transactionPhase
    let held = 2 * LatencySampler(phase).mean / 1e9
    return writers.reduce(0) { $0 + squares($1) } * held / transactions
  }

  private static func writer(
    _ part: OperationPart, _ table: TableSpec, _ rate: Double
  ) -> Writer {
    let keys = table.key.sort == nil ? table.itemCount : table.partitionKeyCount
    let items = Double(max(1, table.itemCount)) / Double(max(1, keys))
    return Writer(
      rate: rate * Double(part.count) * (1 - part.newItems),
      sampler: KeySampler(
        part.keys, keys: UInt64(max(1, keys)), key: OperationPlans.permutation(table: part.table)),
      itemsPerKey: table.key.sort == nil ? 1 : max(1, items))
  }

  /// The sum over a table's items of the squared rate at which they are named.
  private static func squares(_ writers: [Writer]) -> Double {
    guard let keys = writers.first?.sampler.keys else { return 0 }
    let listed = min(ranks, keys)
    var sum = 0.0
    for rank in 0..<listed {
      let rate = writers.reduce(0) { $0 + $1.rate * $1.sampler.expectedShare(ofRank: rank) }
      sum += rate * rate
    }
    let rest = writers.reduce(0) { $0 + $1.rate * max(0, 1 - $1.sampler.topShare(listed)) }
    if keys > listed { sum += rest * rest / Double(keys - listed) }
    return sum / (writers.first?.itemsPerKey ?? 1)
  }
}
