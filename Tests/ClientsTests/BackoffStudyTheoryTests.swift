// The published study "Exponential Backoff And Jitter" (features.md 1.4) simulated again with our
// policies: it is the one public table of what back-off does to contending clients.
//
// N clients read and then conditionally write one row; a hop takes |Normal(10, 2)| ms. The table's
// figures are means of 100 runs of the published program, and so are ours; two such means differ
// by less than 3 · sqrt(2) · s / 10 where s is the standard deviation of a run.

import Clients
import Randomness
import Testing
import Units

/// One cell pair of the table.
struct StudyCase: CustomTestStringConvertible, Sendable {
  let name: String
  let clients: Int
  let meanTime: Double
  let meanCalls: Double
  var testDescription: String { "\(name), \(clients) clients" }

  /// The study's base of 5 ms with exponents from 1 is a first bound of 10 ms; cap 2 s.
  var policy: RetryPolicy {
    let base: Nanoseconds = .milliseconds(name == "Decorr" ? 5 : name == "None" ? 0 : 10)
    let modes: [String: RetryMode] = [
      "Exponential": .exponential, "Decorr": .decorrelatedJitter, "Equal": .equalJitter,
      "Full": .fullJitter,
    ]
    return RetryPolicy(
      RetrySettings(
        mode: modes[name] ?? .exponential, maximumAttempts: .max, base: base, cap: .seconds(2)))
  }
}

let studyCases = [
  StudyCase(name: "Exponential", clients: 10, meanTime: 3_582, meanCalls: 51.1),
  StudyCase(name: "Decorr", clients: 10, meanTime: 435, meanCalls: 37.4),
  StudyCase(name: "Equal", clients: 10, meanTime: 731, meanCalls: 42.4),
  StudyCase(name: "Full", clients: 10, meanTime: 466, meanCalls: 38.8),
  StudyCase(name: "None", clients: 10, meanTime: 376, meanCalls: 50.2),
  StudyCase(name: "Exponential", clients: 50, meanTime: 35_830, meanCalls: 623),
  StudyCase(name: "Decorr", clients: 50, meanTime: 2_122, meanCalls: 374),
  StudyCase(name: "Equal", clients: 50, meanTime: 4_283, meanCalls: 347),
  StudyCase(name: "Full", clients: 50, meanTime: 3_056, meanCalls: 333),
  StudyCase(name: "None", clients: 50, meanTime: 1_142, meanCalls: 689),
]

/// One run of the study: a row with a version, and clients that each update it once.
private struct StudyRun {
  /// When each client's next message reaches the row; infinity once it has succeeded.
  private var arrival: [Double]
  private var writes: [Bool]
  private var readVersion: [Int]
  private var attempt: [Int]
  private var lastWait: [Nanoseconds]
  private var generator: Generator
  private var states: [ClientRetryState]
  var calls = 0
  /// When the last response arrived, in ms.
  var end = 0.0

  init(clients: Int, policy: RetryPolicy, run: UInt64) {
    generator = Generator(seed: 2015, stream: UInt64(clients), index: run)
    arrival = [Double](repeating: 0, count: clients)
    writes = [Bool](repeating: false, count: clients)
    readVersion = [Int](repeating: 0, count: clients)
    attempt = [Int](repeating: 0, count: clients)
    lastWait = [Nanoseconds](repeating: .zero, count: clients)
    states = [ClientRetryState](repeating: ClientRetryState(policy), count: clients)
    for client in 0..<clients { arrival[client] = hop() }
    simulate()
  }

  private mutating func hop() -> Double { abs(10 + 2 * generator.normal()) }

  private func next() -> Int {
    arrival.withUnsafeBufferPointer { times in
      var first = 0
      for client in 1..<times.count where times[client] < times[first] { first = client }
      return first
    }
  }

  private mutating func simulate() {
    var version = 0
    var left = arrival.count
    while left > 0 {
      let client = next()
      let now = arrival[client]
      let response = now + hop()
      if !writes[client] {
        readVersion[client] = version
        writes[client] = true
        arrival[client] = response + hop()
        continue
      }
      calls += 1
      writes[client] = false
      if readVersion[client] == version {
        version += 1
        left -= 1
        arrival[client] = .infinity
        end = max(end, response)
        continue
      }
      attempt[client] += 1
      let decision = states[client].next(
        after: .serverError, attempt: attempt[client], previousDelay: lastWait[client],
        at: .start, using: &generator)
      guard case .retry(let wait) = decision else { return }
      lastWait[client] = wait
      arrival[client] = response + hop() + wait.inSeconds * 1e3
    }
  }
}

@Suite struct BackoffStudyTheoryTests {
  @Test(arguments: studyCases)
  func reproducesThePublishedTable(_ expected: StudyCase) {
    let runs = 100
    let policy = expected.policy
    var times: [Double] = []
    var calls: [Double] = []
    for run in 0..<UInt64(runs) {
      let result = StudyRun(clients: expected.clients, policy: policy, run: run)
      times.append(result.end)
      calls.append(Double(result.calls))
    }
    expectMean(times, expected.meanTime, rounding: 0.5, "time in ms")
    expectMean(calls, expected.meanCalls, rounding: 0.5, "write calls")
  }

  private func expectMean(
    _ values: [Double], _ published: Double, rounding: Double, _ what: String
  ) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    let tolerance = 3 * (2 * variance / count).squareRoot() + rounding
    // A wide spread must not make the check empty: the tolerance itself is bounded.
    #expect(tolerance < 0.2 * published + 20, "\(what)")
    #expect(abs(mean - published) < tolerance, "\(what): \(mean), tolerance \(tolerance)")
  }
}
