// Why: a prediction is worth something only if the requests that are simulated are those that are
// sent. Both sides are run to their end apart from each other; who named which item, when, and how
// large it then was, must be the same, to the nanosecond and to the byte.

import Capacity
import DataModel
import Randomness
import Results
import Scenarios
import TestSupport
import Testing
import Units
import Workloads

@testable import LoadGeneration
@testable import RequestStreams
@testable import Simulation

@Suite struct StreamTwinTests {
  /// Operations on one item; none is refused and none meets another, since answers take no time.
  private static func scenario(_ seed: UInt64) -> Scenario {
    func spec(
      _ name: String, _ kind: OperationKind, _ action: ItemAction, _ weight: Double,
      _ change: (inout OperationPart) -> Void = { _ in }
    ) -> OperationSpec {
      OperationSpec(
        name: name, kind: kind, weight: weight,
        parts: [LoadPredictionTests.part(action, 1, change)])
    }
    var table = LoadPredictionTests.table(.uniform(low: 1_500, high: 9_000))
    table.localIndexes = []
    var client = ClientSpec()
    client.connections = 1_000_000
    return Scenario(
      name: "stream", title: "", summary: "", seed: seed, tables: [table],
      traffic: [
        TrafficSpec(
          name: "traffic",
          demand: .open(
            arrivals: .poisson,
            rate: [RateSegment(duration: .seconds(20), from: 50, to: 250)]),
          operations: [
            spec("get", .get, .get, 3), spec("put", .put, .put, 2),
            spec("new", .put, .put, 1) { $0.newItems = 0.7 },
            spec("update", .update, .update, 2),
            spec("resize", .update, .update, 1) { $0.size = .uniform(low: 1_500, high: 4_000) },
            spec("condition", .update, .update, 1) { $0.conditionFailure = 0.3 },
            spec("delete", .delete, .delete, 1),
          ], client: client)
      ], cache: nil, model: ModelSpec(), run: RunSpec(duration: .seconds(20)), cost: CostSpec(),
      objectives: [], path: "")
  }

  /// Runs the simulator's events by hand; the instants of its arrivals.
  private static func simulate(_ simulator: inout Simulator, until end: Int64) -> [Int64] {
    var arrivals: [Int64] = []
    simulator.drawAhead(0)
    while true {
      let arrival = simulator.fleets[0].nextArrival
      let next = simulator.calendar.nextTime
      if min(arrival, next) >= end { return arrivals }
      if next <= arrival {
        let event = simulator.calendar.pop()
        guard event.kind == EventKind.attemptEnded.rawValue else { continue }
        simulator.attemptEnded(event.slot, at: event.time)
      } else {
        arrivals.append(arrival)
        simulator.begin(fleet: 0, at: arrival, until: min(next, end), horizon: end)
      }
    }
  }

  @Test(arguments: Seed.some(3))
  func `simulator and generator send the same stream`(_ seed: Seed) throws {
    let scenario = Self.scenario(seed.value)
    var simulator = Simulator(scenario, replication: 0)
    let arrivals = Self.simulate(&simulator, until: scenario.run.duration.count)
    var text = ""
    let count = RequestTrace.record(scenario, seed: scenario.seed, rateFactor: 1) {
      text += $0
      return true
    }
    #expect(count == arrivals.count && count > 2_500)
    let rows = text.split(separator: "\n").dropFirst(2).map { $0.split(separator: ",") }
    #expect(rows.map { Int64($0[0]) } == arrivals.map { Optional($0) })
    var counts: [Substring: Int64] = [:]
    var sizes: [ItemPair: Int] = [:]
    for row in rows {
      counts[row[3], default: 0] += 1
      let pair = ItemPair(
        partition: try #require(UInt64(row[5])), sort: try #require(UInt64(row[6])))
      sizes[pair] = Int(row[7])
    }
    for place in 0..<simulator.records.count {
      let record = simulator.records[place]
      #expect(record.requests == counts[Substring(record.name)], "\(record.name)")
    }
    let layout = ItemLayout(scenario.tables[0], position: 0)
    #expect(sizes.count > 300)
    for (pair, size) in sizes {
      let identity = layout.identity(partitionKey: pair.partition, sortNumber: pair.sort)
      let place = ItemPlace(
        item: identity.item, partitionKey: pair.partition, position: 0, isNew: false)
      let other = simulator.tables[0].size(of: place)
      #expect(other == size, "item \(identity.item), seed \(seed.value)")
    }
  }

  private struct ItemPair: Hashable {
    var partition: UInt64
    var sort: UInt64
  }
}
