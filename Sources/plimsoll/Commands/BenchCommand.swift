// bench: how fast simulator and engine are on this machine, by figures a reader can repeat.

import Arguments
import Platform
import Results
import Scenarios
import Simulation
import Units

enum BenchCommand {
  static let command = Command(
    "bench", summary: "Measure the speed of the simulator, or of the engine",
    discussion: [
      "Kernel: M/M/1 with arrival rate 0.9 and service rate 1, one million objects, two calendar"
        + " events each. Requests: 10,000 requests/s (Poisson) for five simulated minutes on one"
        + " provisioned table, one million keys Zipf 0.99, log-normal service times, retries with"
        + " jitter, everything the reports need switched on. Replications: a hundred M/M/1 runs on"
        + " one thread and on all processors. Month: thirty days of 100,000 requests/s on a hundred"
        + " partitions, many requests at a time, one core. Each figure is the best of the rounds,"
        + " in processor time; that of the replications is in real time."
        + " scripts/bench-simpy compares the kernel with SimPy, scripts/bench-cimba the requests"
        + " with cimba.",
      "With --engine: GetItem and PutItem of 1 KB items over HTTP on one core, in memory and on"
        + " disk, as shares of the rate of the same HTTP server with a constant answer (the median"
        + " of the rounds' own, with the lowest and the highest); the engine without HTTP; pages"
        + " of a Query; the start; and a table of --items items. With --url, GetItem and PutItem of"
        + " any endpoint, for comparisons (scripts/bench-engine).",
      "With --methods: rows of a table with what a scenario consumes, is refused and costs when"
        + " every request is simulated, and the mean difference when many are simulated at a time,"
        + " with its interval over replications of equal seeds (scripts/methods).",
    ],
    options: [
      Option("rounds", .integer("N"), summary: "Rounds per figure (default: 3; engine: 8)"),
      Option("kernel", summary: "Measure the simulator's kernel alone"),
      Option("requests", summary: "Measure simulated requests alone"),
      Option("engine", summary: "Measure the engine instead of the simulator"),
      Option(
        "load",
        summary: "Measure the load generator against a responder on the other core, beside wrk"),
      Option(
        "items", .integer("N"),
        summary: "Engine: items of the large table, 1 KB of memory each; 0 for none"
          + " (default: 1000000)"),
      Option(
        "seconds", .number("SECONDS"),
        summary: "Time of each measurement (default: 2; engine: 0.75)"),
      Option("url", .text("URL"), summary: "Measure the endpoint at this address"),
      Option(
        "methods", .text("SCENARIO"),
        summary: "Compare many requests at a time with every request, on this scenario"),
      Option(
        "replications", .integer("N"), summary: "Methods: runs of each (default: 30)"),
    ],
    examples: ["plimsoll bench", "plimsoll bench --engine"])

  static func run(_ given: GivenArguments) async -> ExitCode {
    let rounds = given.integer("rounds") ?? 3
    guard rounds >= 1 else {
      Terminal.complain("plimsoll: --rounds expects a number of at least 1")
      return .badInput
    }
    var plan = EngineBench.Plan()
    plan.rounds = given.integer("rounds") ?? plan.rounds
    plan.items = given.integer("items") ?? plan.items
    plan.seconds = given.number("seconds") ?? plan.seconds
    guard plan.items >= 0, plan.items < 1_000_000_000, plan.seconds > 0 else {
      Terminal.complain("plimsoll: --items expects 0 or more, --seconds more than 0")
      return .badInput
    }
    if let path = given.text("methods") {
      let replications = given.integer("replications") ?? MethodBench.replications
      guard replications >= 2 else {
        Terminal.complain("plimsoll: --replications expects a number of at least 2")
        return .badInput
      }
      return await MethodBench.run(path, replications: replications)
    }
    if let url = given.text("url") {
      return EndpointBench.run(url, seconds: given.number("seconds") ?? 2)
    }
    if given.has("load") {
      return LoadBench.run(seconds: given.number("seconds") ?? 2, rounds: rounds)
    }
    if given.has("engine") { return EngineBench.run(plan) }
    if !given.has("requests") {
      queue(rounds)
      await replications(rounds)
      if given.has("kernel") { return .success }
    }
    requests(rounds, name: "calm", benchScenario(capacity: 40_000))
    requests(rounds, name: "hot", benchScenario(capacity: 6_000))
    requests(rounds, name: "parted", partedScenario)
    if !given.has("requests") { month(rounds) }
    return .success
  }

  private static func best(_ rounds: Int, _ work: () -> Void) -> Double {
    (0..<rounds).map { _ in
      let start = ThreadTime.now()
      work()
      return (ThreadTime.now() - start).inSeconds
    }.min() ?? 0
  }

  private static func queue(_ rounds: Int) {
    let objects = 1_000_000
    var events = 0
    let seconds = best(rounds) {
      let outcome = QueueModel(
        servers: 1, arrivalRate: 0.9, serviceRate: 1, objects: objects, seed: 1
      ).run()
      events = outcome.events
    }
    Terminal.say(
      "kernel M/M/1      \(significant(Double(objects) / seconds / 1e6)) M objects/s,"
        + " \(significant(Double(events) / seconds / 1e6)) M events/s\n")
  }

  /// A hundred independent queues: how much faster all processors are than one.
  private static func replications(_ rounds: Int) async {
    let (runs, objects) = (100, 100_000)
    var best = (one: Double.infinity, all: Double.infinity)
    for _ in 0..<rounds {
      let start = Terminal.seconds
      _ = await QueueModel.replicate(runs, objects: objects, threads: 1)
      let middle = Terminal.seconds
      _ = await QueueModel.replicate(runs, objects: objects, threads: Terminal.processors)
      best.one = min(best.one, middle - start)
      best.all = min(best.all, Terminal.seconds - middle)
    }
    Terminal.say(
      "replications      \(significant(Double(runs * objects) / best.all / 1e6)) M objects/s on"
        + " \(Terminal.processors) processors, \(significant(best.one / best.all)) times one\n")
  }

  /// Thirty days of 100,000 requests/s on a hundred partitions, many requests at a time.
  private static func month(_ rounds: Int) {
    guard case .loaded(let scenario, _) = ScenarioLoader.load(text: monthScenario, path: "bench")
    else { preconditionFailure("the built-in scenario is not valid") }
    let experiment = Experiment(scenario, replications: 1, method: .aggregate)
    var requests: Int64 = 0
    let seconds = best(rounds) {
      let record = experiment.run(replication: 0) { _ in true }
      requests = record.operations.reduce(0) { $0 + $1.requests }
    }
    Terminal.say(
      "month, aggregate  \(significant(seconds)) s for \(group(requests)) requests\n")
  }

  private static let monthScenario = """
    version: 1
    name: month
    tables:
      - name: items
        partition-key: id S
        billing-mode: PROVISIONED
        read-capacity: {min: 30000, max: 200000, target: 70%, start: 70000}
        write-capacity: {min: 10000, max: 60000, target: 70%, start: 20000}
        item-count: 100M
        item-size: 1KB
        partitions: 100
    traffic:
      - name: clients
        rate:
          - diurnal: {low: 50k/s, high: 150k/s, peak-at: "20:00"}
            for: 30d
        operations:
          - get: items
            weight: 80
            keys: {zipf: 0.7}
            consistency: strong
          - update: items
            weight: 20
    model: {table-quota: 400k, account-quota: 800k}
    run: {replications: 1}
    """

  private static func requests(_ rounds: Int, name: String, _ text: String) {
    guard case .loaded(let scenario, _) = ScenarioLoader.load(text: text, path: "bench") else {
      preconditionFailure("the built-in scenario is not valid")
    }
    var requests: Int64 = 0
    var throttles: Int64 = 0
    let seconds = best(rounds) {
      let record = Simulator(scenario, replication: 0).run(replication: 0) { _ in true }
      requests = record.operations.reduce(0) { $0 + $1.requests }
      throttles = record.resources.reduce(0) {
        $0 + $1.read.totalThrottles + $1.write.totalThrottles
      }
    }
    let rate = significant(Double(requests) / seconds / 1e6)
    Terminal.say(
      "requests, \(EngineBench.padded(name, 8))\(rate) M requests/s"
        + " (\(group(requests)) requests, \(group(throttles)) throttles)\n")
  }

  /// Eight units each, clients that try ten times: the hottest keys ask more of their partitions
  /// than a partition serves, while the table has enough.
  private static var partedScenario: String {
    benchScenario(capacity: 160_000)
      .replacing("item-size: 1KB", with: "item-size: 32KB")
      .replacing("rate: 10000/s", with: "rate: 10000/s\n    client: {retries: full-jitter}")
      .replacing("model:", with: "model:\n  table-quota: 200k\n  account-quota: 400k")
  }

  /// The scenario of the request figures; public so that a reader can run it as a file.
  private static func benchScenario(capacity: Int) -> String {
    """
    version: 1
    name: bench
    tables:
      - name: items
        partition-key: id S
        billing-mode: PROVISIONED
        read-capacity: \(capacity)
        write-capacity: 1000
        item-count: 1M
        item-size: 1KB
        partitions: 32
    traffic:
      - name: readers
        arrivals: poisson
        rate: 10000/s
        operations:
          - get: items
            keys: {zipf: 0.99}
            consistency: strong
    model:
      initial-burst: empty
      split-for-heat: off
    run: {duration: 5m, replications: 1}
    """
  }
}
