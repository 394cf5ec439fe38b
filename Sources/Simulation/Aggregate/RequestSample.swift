// What the requests of a scenario ask for, found by playing the first of them.
//
// The aggregate mode does not know a second time what a put costs an index or where a Zipf key
// lies: it lets the exact simulator serve requests against tables that admit everything, and keeps
// what each of them asked of which table, index and position. That covers every kind of request
// with the exact mode's own code. The sample's error is that of its size, except for the likeliest
// keys: their exact shares are known, and the sample is weighted to have them
// (post-stratification), because the share of the hottest keys decides which partition throttles.

import Capacity
import Clients
import Randomness
import RequestStreams
import Results
import Scenarios
import Units
import Workloads

/// What one played request asked of one table or index.
struct SampledCharge {
  var resource: Int32
  var isWrite: Bool
  var halves: Int32
  /// What it consumes when its transaction is cancelled.
  var prepared: Int32
  var key: UInt64
  var position: UInt64
}

/// What an operation does to a table beside consuming units, per request.
struct TableDrift {
  var items = 0.0
  var bytes = 0.0
  var created = 0.0
  var streamRecords = 0.0
  var captureUnits = 0.0
}

/// Played requests of one operation.
struct OperationSample {
  var charges: [SampledCharge] = []
  /// Position in `charges` behind each request's.
  var ends: [Int32] = []
  /// One per request; they add up to the number of requests.
  var weights: [Double] = []
  /// Sent to answered, in ns, of attempts that the service serves.
  var latencies: [Int64] = []
  var conditionFailed = 0.0
  var timedOut = 0.0
  /// By table.
  var drifts: [TableDrift]

  var count: Int { ends.count }

  func charges(of request: Int) -> Range<Int> {
    (request == 0 ? 0 : Int(ends[request - 1]))..<Int(ends[request])
  }
}

/// Played requests of all operations, in the order of the scenario's.
struct RequestSample {
  private(set) var operations: [OperationSample]

  /// Requests played in all, and the fewest per traffic.
  static let requests = 600_000
  static let fewest = 30_000
  /// Ranks of a key distribution whose shares are made exact, as far as the sample has them often
  /// enough for a weight.
  static let exactRanks: UInt64 = 4_096
  static let exactCount = 20.0

  init(_ scenario: Scenario, replication: Int, requests: Int) {
    var player = Simulator(scenario, replication: replication, isPlaying: true)
    operations = (0..<player.operations.count).map { _ in
      OperationSample(drifts: Array(repeating: TableDrift(), count: scenario.tables.count))
    }
    let totals = scenario.traffic.map { traffic -> Double in
      guard case .open(_, let rate) = traffic.demand else { return 0 }
      return RateProfile(rate).integral(to: Instant(nanoseconds: scenario.run.duration.count))
    }
    let all = max(1, totals.reduce(0, +))
    for fleet in totals.indices {
      let share = Int(Double(requests) * totals[fleet] / all)
      let count = min(max(share, min(requests, Self.fewest)), Int(totals[fleet]) + 1)
      player.play(fleet: fleet, count: count, into: &operations)
    }
    for operation in operations.indices { finish(operation, player) }
  }

  private mutating func finish(_ operation: Int, _ player: borrowing Simulator) {
    let count = Double(max(1, operations[operation].count))
    operations[operation].conditionFailed /= count
    operations[operation].timedOut /= count
    for table in operations[operation].drifts.indices {
      operations[operation].drifts[table].items /= count
      operations[operation].drifts[table].bytes /= count
      operations[operation].drifts[table].created /= count
      operations[operation].drifts[table].streamRecords /= count
      operations[operation].drifts[table].captureUnits /= count
    }
    weigh(operation, player)
  }

  /// Gives the likeliest keys of the operation's first part their exact shares.
  private mutating func weigh(_ operation: Int, _ player: borrowing Simulator) {
    let count = operations[operation].count
    operations[operation].weights = Array(repeating: 1, count: count)
    let part = player.parts[player.operations[operation].firstPart]
    let sampler = player.keySamplers[part.keySampler]
    switch sampler.distribution {
    case .latest, .sequential: return
    default: break
    }
    guard part.newItems == 0, part.action != .scan else { return }
    var resource = player.tables[part.table].resource
    if case .global(let index) = part.index {
      resource = player.tables[part.table].indexes[index].resource
    }
    let ranks = min(Self.exactRanks, sampler.keys)
    var found = Array(repeating: 0.0, count: Int(ranks))
    var rankOf = Array(repeating: -1, count: count)
    for request in 0..<count {
      // A write's own charge stands behind those of its indexes.
      let own = operations[operation].charges(of: request).last {
        Int(operations[operation].charges[$0].resource) == resource
      }
      guard let own, let rank = sampler.rank(ofKey: operations[operation].charges[own].key),
        rank < ranks
      else { continue }
      rankOf[request] = Int(rank)
      found[Int(rank)] += 1
    }
    var exact = 0.0
    var listed = 0.0
    var weight = found
    for rank in 0..<Int(ranks) {
      let expected = sampler.expectedShare(ofRank: UInt64(rank)) * Double(count)
      guard expected >= Self.exactCount, found[rank] > 0 else {
        weight[rank] = -1
        continue
      }
      weight[rank] = expected / found[rank]
      exact += expected
      listed += found[rank]
    }
    let rest = Double(count) - listed > 0 ? (Double(count) - exact) / (Double(count) - listed) : 1
    for request in 0..<count {
      let own = rankOf[request] >= 0 ? weight[rankOf[request]] : -1
      operations[operation].weights[request] = own >= 0 ? own : rest
    }
  }
}

extension Simulator {
  /// Serves the first `count` requests of a traffic, all at the start of the run.
  mutating func play(fleet: Int, count: Int, into samples: inout [OperationSample]) {
    for _ in 0..<count {
      let sequence = fleets[fleet].stream.issued
      fleets[fleet].stream.issued += 1
      let local = fleets[fleet].stream.operation(of: sequence)
      let operation = fleets[fleet].firstOperation + local
      var request = PendingRequest(
        fleet: Int32(fleet), sequence: sequence, operation: Int32(operation), instance: 0, due: 0)
      request.attempts = 1
      let slot = requests.take()
      requests[slot] = request
      played.removeAll(keepingCapacity: true)
      let before = tableStates(operation)
      let answer = serve(slot, fleet: fleet, at: .start)
      requests.release(slot)
      samples[operation].charges.append(contentsOf: played)
      samples[operation].ends.append(Int32(samples[operation].charges.count))
      samples[operation].latencies.append(answer.latency)
      if answer.state == .conditionFailed { samples[operation].conditionFailed += 1 }
      if answer.latency > fleets[fleet].timeout { samples[operation].timedOut += 1 }
      note(before, operation, into: &samples[operation])
    }
  }

  private struct TableState {
    var table: Int
    var drift: TableDrift
  }

  private func tableStates(_ operation: Int) -> [TableState] {
    let plan = operations[operation]
    guard plan.kind.isWrite else { return [] }
    var tables: [Int] = []
    for part in plan.firstPart..<plan.firstPart + plan.partCount
    where !tables.contains(parts[part].table) {
      tables.append(parts[part].table)
    }
    return tables.map { TableState(table: $0, drift: totals(of: $0)) }
  }

  private func totals(of table: Int) -> TableDrift {
    let resource = tables[table].resource
    return TableDrift(
      items: Double(tables[table].liveItems), bytes: Double(tables[table].bytes),
      created: Double(tables[table].createdThisMinute),
      streamRecords: Double(resources[resource].streamRecords),
      captureUnits: Double(resources[resource].captureUnits))
  }

  private func note(
    _ before: [TableState], _ operation: Int, into sample: inout OperationSample
  ) {
    for state in before {
      let now = totals(of: state.table)
      sample.drifts[state.table].items += now.items - state.drift.items
      sample.drifts[state.table].bytes += now.bytes - state.drift.bytes
      sample.drifts[state.table].created += now.created - state.drift.created
      sample.drifts[state.table].streamRecords += now.streamRecords - state.drift.streamRecords
      sample.drifts[state.table].captureUnits += now.captureUnits - state.drift.captureUnits
    }
  }
}
