// The core workloads of YCSB as scenarios: the words in which stores are compared.
//
// Proportions and distributions are those of YCSB's files workloads/workloada ... workloadf
// (1,000 records of ten fields of 100 bytes); the key distribution is an exact Zipf law and not
// YCSB's approximation over 10^10 ranks (load-generators.md sections 2.5 and 4.1). YCSB sets no
// rate and knows no billing; here 1,000 operations a second meet an on-demand table. They are
// texts, so that `init --from` writes what the other commands read.

/// A scenario that the program carries with it.
public struct BuiltInScenario: Sendable {
  /// As it is given instead of a file: "ycsb-a".
  public var name: String
  public var title: String
  private var rate: Int
  private var traffic: String

  private var letter: String { name.suffix(1).uppercased() }

  /// The scenario's file.
  public var text: String {
    """
    # YCSB core workload \(letter): \(title).
    # Ten fields of 100 bytes with their names and a key of 23 bytes make items of 1,086 bytes,
    # which is more than 1 KB: a write costs two units.
    version: 1
    name: \(name)
    title: '\(name.uppercased()): \(title)'
    description: >
      YCSB's core workload \(letter) on an on-demand table, with an exact Zipf law.
    seed: 42

    tables:
      - name: usertable
        partition-key: key S
        billing-mode: PAY_PER_REQUEST
        item-count: 1000
        item-size: 1086B

    traffic:
      - name: ycsb
        arrivals: poisson
        rate: \(rate)/s
        operations:
    \(traffic)
    client:
      retries: standard-2026
      timeout: 1s

    run:
      duration: 10m
      warm-up: 1m

    objectives:
      - p(99) < 50ms
      - throttled / requests < 0.1%

    """
  }

  /// The built-in scenario of that name.
  public static func named(_ name: String) -> BuiltInScenario? { all.first { $0.name == name } }

  /// Every built-in scenario.
  public static let all: [BuiltInScenario] = [
    BuiltInScenario(
      name: "ycsb-a", title: "half reads, half updates",
      traffic: """
              - {get: usertable, name: read, weight: 50, keys: {zipf: 0.99}}
              - {update: usertable, name: update, weight: 50, keys: {zipf: 0.99}}

        """),
    BuiltInScenario(
      name: "ycsb-b", title: "reads with a few updates",
      traffic: """
              - {get: usertable, name: read, weight: 95, keys: {zipf: 0.99}}
              - {update: usertable, name: update, weight: 5, keys: {zipf: 0.99}}

        """),
    BuiltInScenario(
      name: "ycsb-c", title: "only reads",
      traffic: """
              - {get: usertable, name: read, keys: {zipf: 0.99}}

        """),
    BuiltInScenario(
      name: "ycsb-d", title: "reads of the latest items",
      traffic: """
              - {get: usertable, name: read, weight: 95, keys: {latest: 0.99}}
              - {put: usertable, name: insert, weight: 5, new-items: 100%}

        """),
    BuiltInScenario(
      name: "ycsb-e", title: "short ranges",
      traffic: """
              # Ranges of 1 to 100 records, 50 on average; on a hashed key a range is a Scan.
              - {scan: usertable, name: scan, weight: 95, items: 50, keys: {zipf: 0.99}}
              - {put: usertable, name: insert, weight: 5, new-items: 100%}

        """),
    BuiltInScenario(
      name: "ycsb-f", title: "reads, and reads with a write behind them", rate: 1_500,
      traffic: """
              # 500 reads/s and 500 read-modify-writes/s, which are a read and an update each.
              - {get: usertable, name: read, weight: 50, keys: {zipf: 0.99}}
              - {get: usertable, name: modify-read, weight: 50, keys: {zipf: 0.99}}
              - {update: usertable, name: modify-write, weight: 50, keys: {zipf: 0.99}}

        """),
  ]

  private init(name: String, title: String, rate: Int = 1_000, traffic: String) {
    self.name = name
    self.title = title
    self.rate = rate
    self.traffic = traffic
  }
}
