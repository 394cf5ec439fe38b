// Why: search by load sells a rate as one that was seen to hold. The capacity of a table that is
// asked for constant writes can be worked out on paper.

import TestSupport
import Testing

@Suite struct SearchByLoadTests {
  /// Two units per second. A tenth may be refused: 2 / 0.9 = 2.2/s hold for good, with 600 saved
  /// units for 300 s (600 + 600) / 300 / 0.9 = 4.4/s.
  private static let text = """
    version: 1
    name: small
    tables:
      - name: events
        partition-key: id S
        billing-mode: PROVISIONED
        read-capacity: 2
        write-capacity: 2
        item-count: 50
        item-size: 900B
    traffic:
      - name: devices
        arrivals: constant
        rate: 2/s
        operations:
          - {put: events, name: report}
        client: {retries: none, timeout: 60s}
    run: {duration: 5m}

    """

  /// The rate that holds in the row of a capacity.
  private func held(_ words: String, _ text: String) throws -> Double {
    let line = try #require(text.split(separator: "\n").first { $0.contains(words) }, "\(text)")
    let rate = try #require(line.firstMatch(of: /✓ ([0-9.]+)\/s/), "\(line)")
    return try #require(Double(rate.1))
  }

  @Test func `both capacities of a table are found by load`() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.text, to: "small.yaml")
    let run = try plimsoll(
      "search", "small.yaml", "--clock", "x100", "--slo", "throttled / requests < 10%", "--from",
      "1", "--to", "16", "--resolution", "25%", "--probe", "60s", in: folder)
    #expect([0, 4].contains(run.code), "\(run)")
    let burst = try held("burst, full buckets", run.output)
    let sustained = try held("sustained, empty buckets", run.output)
    // On this clock a tenth of a second of a busy machine between emptying the buckets and the
    // probe saves 20 units: (120 + 20) / 60 / 0.9 = 2.6/s. Full buckets would carry 4/s.
    #expect(burst <= 4.45 && sustained <= 2.9, "\(run.output)")
    // 4: this machine was too busy for a probe, which then counts as missed.
    if run.code == 0 { #expect(burst >= 3.5 && sustained >= 1.7, "\(run.output)") }
    #expect(run.errors.contains("events throttles writes"), "\(run.errors)")
  }
}
