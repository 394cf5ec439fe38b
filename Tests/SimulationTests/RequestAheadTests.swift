// Why: what is drawn ahead must be what would be drawn when it is asked for, or retries, waiting
// requests and the load generator would see other requests than the run does.

import Randomness
import RequestStreams
import Scenarios
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct RequestAheadTests {
  @Test("blocks drawn ahead repeat what each number draws", arguments: [0, 1, 5])
  func blocks(_ block: Int) throws {
    var zipf = OperationPart.part(.get)
    zipf.keys = .zipf(exponent: 0.99)
    var latest = OperationPart.part(.get)
    latest.keys = .latest(exponent: 0.9)
    var bench = Bench(seconds: 60, [.plain("t", .plentiful, bytes: 6_000)])
    bench.open(
      100, [.one(.get, [zipf]), .one(.get, [latest]), .put, .one(.batchGet, [.part(.get)])],
      arrivals: .poisson)
    var simulator = Simulator(bench.scenario, replication: 0)
    var stream = TrafficStream(
      bench.scenario.traffic[0], seed: StreamSeeds.traffic(0, of: bench.scenario.seed))
    for _ in 0..<block * RequestAhead.block {
      simulator.fleets[0].stream.issued += 1
      simulator.fleets[0].stream.advance()
      stream.advance()
    }
    simulator.drawAhead(0)
    var named = 0
    for position in 0..<RequestAhead.block {
      let sequence = UInt64(block * RequestAhead.block + position)
      let number = Int(simulator.ahead.operations[position])
      let operation = simulator.operations[number]
      #expect(simulator.ahead.instants[position] == stream.nextArrival)
      #expect(number == stream.operation(of: sequence))
      stream.advance()
      var draws = RequestDraws(
        seed: stream.seed, sequence: sequence, newest: 0, firstNewItem: 0)
      if operation.namesFixedItem {
        let place = simulator.drawing.place(operation.firstPart, &draws)
        let known = simulator.ahead.places[position]
        #expect(place.item == known.item && place.position == known.position)
        named += 1
      }
      #expect(simulator.ahead.draws[position] == draws.generator)
      var latency = simulator.fleets[0].firstLatencies.generator(at: sequence)
      let served = simulator.services[0].served(operation, using: &latency)
      #expect(simulator.ahead.served[position] == served)
    }
    #expect(named > 0 && named < RequestAhead.block)
  }
}
