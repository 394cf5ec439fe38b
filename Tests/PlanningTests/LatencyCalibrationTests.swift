// Laws from hand-made records, and the fragment read back by the loader.

import Results
import Scenarios
import Statistics
import Testing
import Units

@testable import Planning

/// A calibration that mixes operations predicts none of them.
@Suite struct LatencyCalibrationTests {
  private func text(_ sections: [String] = []) -> String {
    ordersText(sections: sections).replacing(
      "      - {put: orders, name: write, weight: 1}",
      with: """
              - {put: orders, name: write, weight: 1}
              - {update: orders, name: 'it''s: paid', weight: 1}
              - {delete: orders, name: rare, weight: 1}
        """)
  }

  private func record(_ milliseconds: [(name: String, ms: Int64, count: Int64)]) -> RunRecord {
    var record = RunRecord(seed: 1, duration: .minutes(1), warmUp: .zero)
    record.operations = milliseconds.map { name, ms, count in
      var row = OperationRecord(traffic: "shop", name: name, kind: "")
      row.response.record(ms * 1_000_000, times: count)
      return row
    }
    return record
  }

  private func near(_ spec: LatencySpec?, _ ms: Double) -> Bool {
    guard let spec else { return false }
    return [spec.median, spec.p90 ?? .zero, spec.p99].allSatisfy {
      isClose($0.inSeconds * 1e3, ms, within: 0.002)
    }
  }

  @Test func everyOperationHasItsLaw() throws {
    let scenario = try loaded(text())
    let calibration = LatencyCalibration(
      scenario,
      record([("read", 1, 500), ("write", 2, 900), ("it's: paid", 3, 200), ("rare", 9, 99)]))
    let latency = calibration.settings
    #expect(calibration.samples == 1_699)
    #expect(latency.operations.keys.sorted() == ["it's: paid", "read", "write"])
    #expect(near(latency.operations["write"], 2) && near(latency.operations["it's: paid"], 3))
    #expect(near(latency.eventualRead, 1))
    // Writes together: 900 of 2 ms, 200 of 3 ms, 99 of 9 ms; what is rare has that law.
    #expect(isClose(latency.write.median.inSeconds, 0.002, within: 1e-5))
    #expect(isClose(latency.write.p99.inSeconds, 0.009, within: 1e-5))
    let operations = scenario.traffic[0].operations
    #expect(near(latency.of(operations[1]).write, 2) && near(latency.of(operations[2]).write, 3))
    #expect(latency.of(operations[3]).write == latency.write)
  }

  @Test func theFragmentIsPartOfAScenario() throws {
    let scenario = try loaded(text())
    let calibration = LatencyCalibration(
      scenario,
      record([("read", 1, 500), ("write", 2, 900), ("it's: paid", 3, 200), ("rare", 9, 0)]))
    let read = try loaded(text([calibration.fragment])).model.latency
    #expect(read.operations.count == 3 && near(read.operations["it's: paid"], 3))
    #expect(near(read.eventualRead, 1) && read.perKilobyte == .zero)
  }

  /// The simulated medians are the laws' own.
  @Test func theSimulatorFollowsThem() throws {
    let scenario = try loaded(
      text([
        """
        model:
          latency:
            network: {median: 1us, p99: 1us}
            per-kilobyte: 0us
            operations:
              write: {median: 2ms, p99: 2ms}
              'it''s: paid': {median: 7ms, p99: 7ms}
        """
      ]))
    let rows = simulated(scenario).operations
    func median(_ name: String) throws -> Double {
      let row = try #require(rows.first { $0.name == name })
      return Double(row.response.value(atPercentile: 50)) / 1e6
    }
    #expect(isClose(try median("write"), 2.001, within: 0.002))
    #expect(isClose(try median("it's: paid"), 7.001, within: 0.002))
    #expect(try median("rare") > 2.2)
  }
}
