// The kernel against queueing theory: a wrong order of events, a lost event or a biased draw would
// move these means.

import Testing

@testable import Simulation

@Suite struct QueueTheoryTests {
  struct Case: CustomTestStringConvertible {
    var servers: Int
    var arrivalRate: Double
    var serviceRate: Double
    var testDescription: String { "M/M/\(servers) at \(arrivalRate)/\(serviceRate)" }

    /// Erlang C: probability that an arrival waits.
    var waitProbability: Double {
      let load = arrivalRate / serviceRate
      var term = 1.0
      var sum = 1.0
      for k in 1..<max(2, servers) where k < servers {
        term *= load / Double(k)
        sum += term
      }
      let last = (servers == 1 ? load : term * load / Double(servers))
      let busy = last / (1 - load / Double(servers))
      return busy / (sum + busy)
    }
    var meanWait: Double {
      waitProbability / (Double(servers) * serviceRate - arrivalRate)
    }
  }

  @Test(arguments: [
    Case(servers: 1, arrivalRate: 0.5, serviceRate: 1),
    Case(servers: 1, arrivalRate: 0.8, serviceRate: 1),
    Case(servers: 2, arrivalRate: 1.5, serviceRate: 1),
    Case(servers: 5, arrivalRate: 4, serviceRate: 1),
    Case(servers: 20, arrivalRate: 17, serviceRate: 1),
  ])
  func meansMatchErlangC(_ test: Case) {
    let runs = 8
    var waits: [Double] = []
    var inSystem = 0.0
    var sojourn = 0.0
    for seed in 1...runs {
      let outcome = QueueModel(
        servers: test.servers, arrivalRate: test.arrivalRate, serviceRate: test.serviceRate,
        objects: 40_000, seed: UInt64(seed)
      ).run()
      waits.append(outcome.meanWait)
      sojourn += outcome.meanSojourn / Double(runs)
      inSystem += outcome.meanInSystem / Double(runs)
    }
    let mean = waits.reduce(0, +) / Double(runs)
    let variance = waits.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(runs - 1)
    let error = 5 * (variance / Double(runs)).squareRoot() + 0.002
    #expect(abs(mean - test.meanWait) < error, "wait \(mean), theory \(test.meanWait)")
    let sojournTheory = test.meanWait + 1 / test.serviceRate
    #expect(abs(sojourn - sojournTheory) < error + 0.02, "sojourn \(sojourn)")
    // Little's law: L = lambda W.
    #expect(abs(inSystem - test.arrivalRate * sojourn) / inSystem < 0.02, "L \(inSystem)")
  }

  @Test func sameSeedSameFingerprint() {
    func run(_ seed: UInt64) -> UInt64 {
      QueueModel(servers: 3, arrivalRate: 2, serviceRate: 1, objects: 5_000, seed: seed).run()
        .fingerprint
    }
    #expect(run(7) == run(7))
    #expect(run(7) != run(8))
  }
}
