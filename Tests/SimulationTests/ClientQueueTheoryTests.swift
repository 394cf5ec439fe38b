// Concurrency and connection limits are queues in front of the service; their waits are compared
// with Pollaczek-Khinchine, and a closed loop with the interactive response time law. A lost or
// repeated place in a queue would show here.

import Capacity
import Clients
import Results
import Scenarios
import Statistics
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct ClientQueueTheoryTests {
  enum Limit: String, CustomTestStringConvertible {
    case concurrency, connections, both
    var testDescription: String { rawValue }
  }

  /// Poisson arrivals at rho = 0.6 on one server whose service time is log-normal.
  ///
  /// ln X = ln median + sigma Z with sigma = ln(p99 / median) / 2.3263: E[X] = median e^(s²/2),
  /// E[X²] = median² e^(2 s²), and the mean wait is lambda E[X²] / (2 (1 - rho)).
  @Test(arguments: [Limit.concurrency, .connections, .both])
  func oneServerWaitsByPollaczekKhinchine(limit: Limit) {
    let (median, p99) = (0.010, 0.040)
    let sigma = 1.3862943611198906 / 2.3263478740408408  // ln 4 over the normal's 99th percentile.
    let mean = median * Self.exp(sigma * sigma / 2)
    let square = median * median * Self.exp(2 * sigma * sigma)
    let rate = 0.6 / mean
    let wait = rate * square / (2 * (1 - 0.6))
    var means: [Double] = []
    for replication in 0..<6 {
      var bench = Bench(seconds: 180, [.plain()])
      bench.warmUpSeconds = 10
      bench.model.latency.strongRead = LatencySpec(
        median: Nanoseconds(seconds: median), p99: Nanoseconds(seconds: p99))
      let client = ClientSpec(
        retries: RetrySettings(mode: .none), concurrency: limit == .connections ? nil : 1,
        connections: limit == .concurrency ? nil : 1)
      bench.open(rate, [.get], arrivals: .poisson, client: client)
      means.append(bench.run(replication: replication).operations[0].response.mean / 1e9)
    }
    let average = means.reduce(0, +) / 6
    let variance = means.reduce(0) { $0 + ($1 - average) * ($1 - average) } / 5
    let tolerance = 4.5 * (variance / 6).squareRoot() + 0.0001
    #expect(
      abs(average - mean - wait) < tolerance,
      "\(average * 1e3) ms, theory \((mean + wait) * 1e3) ms ± \(tolerance * 1e3)")
    #expect(tolerance < wait / 4, "the run is long enough to tell")
  }

  /// Deterministic arrivals faster than one server: the k-th request waits k times the difference.
  @Test func constantOverloadQueuesLinearly() {
    var bench = Bench(seconds: 10, [.plain()])
    bench.model.latency = .constant(service: 20)
    bench.open(
      100, [.get], client: ClientSpec(retries: RetrySettings(mode: .none), concurrency: 1))
    let record = bench.run()
    // One request per 20 ms from time 0: 499 answered before the end (the network's 1 ns a
    // request pushes the 500th over it).
    #expect(record.succeeded == 499)
    #expect(record.operations[0].unfinished == 501)
    // The last one answered came at 4.98 s and was answered at 9.98 s.
    let longest = Double(record.operations[0].response.max) / 1e9
    #expect(abs(longest - 5) < 0.03, "\(longest)")
  }

  /// Fifty requests 10 ms apart for one server of 20 ms: in order, the k-th waits k x 10 ms; were
  /// places in the queue lost, an early one would wait a second.
  @Test(arguments: [(1, nil), (nil, 1), (4, 1), (20, 1)] as [(Int?, Int?)])
  func queuesAreFirstInFirstOut(concurrency: Int?, connections: Int?) {
    var bench = Bench(seconds: 10, [.plain()])
    bench.model.latency = .constant(service: 20)
    bench.open(
      [
        RateSegment(duration: .milliseconds(500), from: 100, to: 100),
        RateSegment(duration: .milliseconds(9_500), from: 0, to: 0),
      ], [.get],
      client: ClientSpec(
        retries: RetrySettings(mode: .none), concurrency: concurrency, connections: connections))
    let response = bench.run().operations[0].response
    #expect(response.count == 50)
    #expect(abs(Double(response.max) / 1e6 - 510) < 1, "\(response.max)")
    #expect(abs(response.mean / 1e6 - 265) < 1, "\(response.mean)")
  }

  struct Loop: CustomTestStringConvertible {
    var users: Int
    var think: Double
    var testDescription: String { "\(users) users, \(think) s" }
  }

  /// N = X (R + Z), the interactive response time law.
  @Test(arguments: [Loop(users: 1, think: 0.02), Loop(users: 30, think: 0.1)])
  func closedLoopObeysTheInteractiveLaw(_ loop: Loop) {
    let seconds = 120.0
    var bench = Bench(seconds: seconds, [.plain()])
    bench.model.latency = .constant(service: 20)
    bench.traffic = [
      TrafficSpec(
        name: "users",
        demand: .closed(
          users: loop.users, thinkTime: Nanoseconds(seconds: loop.think),
          duration: Nanoseconds(seconds: seconds)),
        operations: [.get],
        client: ClientSpec(retries: RetrySettings(mode: .none), connections: 4))
    ]
    let record = bench.run()
    let throughput = Double(record.succeeded) / seconds
    let response = record.operations[0].response.mean / 1e9
    let population = throughput * (response + loop.think)
    #expect(abs(population / Double(loop.users) - 1) < 0.04, "\(population)")
    #expect(record.operations[0].unfinished <= Int64(loop.users))
    // 30 users would ask 250 times a second; four connections of 20 ms answer 200.
    if loop.users == 30 { #expect(throughput < 200 && throughput > 180, "\(throughput)") }
  }

  /// e^x by its series; x is small here.
  private static func exp(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for n in 1...30 {
      term *= x / Double(n)
      sum += term
    }
    return sum
  }
}
