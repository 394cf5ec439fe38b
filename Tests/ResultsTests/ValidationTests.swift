// Validation rows from hand-made records: errors, tolerances, intervals and what is left out.

import Capacity
import Statistics
import Testing
import Units

@testable import Results

/// A validation that calls a wrong prediction right is the one thing worse than none.
@Suite struct ValidationTests {
  private func record(
    requests: Int64 = 1_000, throttled: Int64 = 100, units: Int64 = 1_800, first: Double? = 300,
    latency: Int64 = 5_000_000
  ) -> RunRecord {
    var record = RunRecord(seed: 1, duration: .minutes(2), warmUp: .zero)
    var row = OperationRecord(traffic: "t", name: "put", kind: "PutItem")
    row.requests = requests
    row.succeeded = requests - 10
    row.failed = 10
    row.throttled = throttled
    row.attempts = requests + throttled
    row.response.record(latency, times: 990)
    row.response.record(10 * latency, times: 10)
    record.operations = [row]
    var table = ResourceRecord(table: "orders", index: nil, region: "r", isOnDemand: false)
    table.write.consumed = [units, units]
    table.write.throttles[0] = [0, throttled]
    table.write.firstThrottle = first.map { Instant(nanoseconds: Int64($0 * 1e9)) }
    record.resources = [table]
    return record
  }

  private func row(_ validation: Validation, _ quantity: String) throws -> ValidationRow {
    try #require(validation.rows.first { $0.quantity == quantity }, "\(quantity)")
  }

  @Test func equalRecordsAgreeEverywhere() throws {
    let validation = Validation(predictions: [record()], measured: record())
    #expect(validation.holds && validation.rows.allSatisfy { $0.error == 0 })
    #expect(
      validation.rows.map(\.quantity) == [
        "requests", "succeeded", "failed", "attempts per request", "throttled requests", "p50",
        "p90", "p99", "write units", "write throttles, provisioned throughput exceeded",
        "first write throttle", "write burst exhausted",
      ])
    #expect(try row(validation, "write units").predicted == 1_800)
    #expect(validation.minutes.map(\.measured) == [[0, 100]])
  }

  @Test func timeoutsOfAFastClockAreNamed() throws {
    var measured = record()
    measured.operations[0].timedOut = 46
    measured.operations[0].succeeded -= 46
    measured.operations[0].failed += 46
    func because(_ clockSpeed: Int) throws -> [String: String] {
      var validation = Validation(predictions: [record()], measured: measured)
      validation.explainTimeouts(
        in: measured, clockSpeed: clockSpeed, timeouts: [.milliseconds(500)])
      return Dictionary(uniqueKeysWithValues: validation.rows.map { ($0.quantity, $0.because) })
    }
    let fast = try because(20)
    #expect(fast["failed"]?.hasPrefix("46 requests more than predicted met") == true)
    #expect(fast["failed"]?.contains("25.0 ms of this machine on a clock x20") == true)
    // What agrees needs no reason, and on the real clock there is no such excuse.
    #expect(fast["requests"] == "" && fast["write units"] == "")
    #expect(try because(1).values.allSatisfy(\.isEmpty))
  }

  @Test func tolerancesAreStated() throws {
    func judged(_ quantity: String, _ measured: RunRecord) throws -> ValidationRow {
      try row(Validation(predictions: [record()], measured: measured), quantity)
    }
    #expect(try judged("requests", record(requests: 1_020)).isInside)
    #expect(try !judged("requests", record(requests: 1_021)).isInside)
    #expect(try judged("write units", record(units: 1_836)).isInside)
    #expect(try !judged("write units", record(units: 1_840)).isInside)
    #expect(try judged("p50", record(latency: 5_400_000)).isInside)
    #expect(try !judged("p50", record(latency: 5_600_000)).isInside)
    let late = try judged("write burst exhausted", record(first: 301.9))
    #expect(late.isInside && abs(late.error - 1.9) < 1e-9)
    #expect(try !judged("first write throttle", record(first: 302.1)).isInside)
  }

  /// Three predictions 90, 100, 110: mean 100, deviation 10, t = 4.303, half-width 49.7.
  @Test func chanceWidensTheRange() throws {
    let predictions = [100, 90, 110].map { record(throttled: $0) }
    let measured = Validation(predictions: predictions, measured: record(throttled: 140))
    let found = try row(measured, "throttled requests")
    let interval = try #require(found.interval)
    #expect(abs(interval.upperBound - 149.69) < 0.01 && abs(interval.lowerBound - 50.31) < 0.01)
    #expect(!found.isWithinTolerance && found.isInside && found.predicted == 100)
    let far = Validation(predictions: predictions, measured: record(throttled: 151))
    #expect(try !row(far, "throttled requests").isInside && !far.holds)
  }

  @Test func onlyWhatIsEnforcedIsCompared() {
    let units = Validation(
      predictions: [record()], measured: record(throttled: 0, first: nil),
      scope: [.requests, .outcomes, .units])
    #expect(
      units.rows.map(\.quantity) == [
        "requests", "succeeded", "failed", "attempts per request", "write units",
      ])
    var cached = record()
    cached.cache = CacheRecord(nodes: 1, nodeType: "dax.r5.large")
    let without = Validation(predictions: [cached], measured: record())
    #expect(without.omissions.count == 1)
  }

  @Test func unpredictedThrottlesAreOutside() throws {
    let quiet = record(throttled: 0, first: nil)
    let validation = Validation(predictions: [quiet], measured: record(throttled: 5))
    let throttles = try row(validation, "write throttles, provisioned throughput exceeded")
    #expect(!throttles.isInside && throttles.error == 5)
  }
}
