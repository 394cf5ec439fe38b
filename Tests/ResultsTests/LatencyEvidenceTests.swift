// Reasons for latencies outside of their tolerance, from hand-made histograms.

import Statistics
import Testing
import Units

@testable import Results

/// A reason that does not account for the difference is an excuse.
@Suite struct LatencyEvidenceTests {
  /// 1,000 values, all alike.
  private func all(_ milliseconds: Double) -> Histogram {
    var histogram = Histogram()
    histogram.record(Int64(milliseconds * 1e6), times: 1_000)
    return histogram
  }

  private func record(_ response: Histogram) -> RunRecord {
    var record = RunRecord(seed: 1, duration: .minutes(2), warmUp: .zero)
    var row = OperationRecord(traffic: "t", name: "put", kind: "PutItem")
    row.requests = response.count
    row.succeeded = response.count
    row.attempts = response.count
    row.response = response
    record.operations = [row]
    return record
  }

  /// Median predicted with 10 ms, measured otherwise.
  private func median(
    measured: Double, _ change: (inout LatencyEvidence) -> Void = { _ in }
  ) throws -> ValidationRow {
    var validation = Validation(
      predictions: [record(all(10))], measured: record(all(measured)))
    var evidence = LatencyEvidence(before: [all(10)])
    change(&evidence)
    validation.weigh(evidence)
    return try #require(validation.rows.first { $0.quantity == "p50" })
  }

  @Test func whatAgreesNeedsNoReason() throws {
    let row = try median(measured: 10.5) { $0.after = [all(20)] }
    #expect(row.isWithinTolerance && row.because.isEmpty)
  }

  @Test func aMovedCalibrationIsAReason() throws {
    let row = try median(measured: 20) { $0.after = [all(16)] }
    #expect(!row.isInside)
    #expect(
      row.because
        == "the machine moved: the calibration gave 10.0 ms before the run and 16.0 ms after it")
  }

  @Test func lagIsAReason() throws {
    let row = try median(measured: 20) {
      $0.calibration.lag = all(1)
      $0.run.lag = all(8)
    }
    #expect(row.because.contains("p50 of the lag"))
    #expect(row.because.contains("8.00 ms, in the calibration 1.00 ms"))
  }

  @Test func waitingForAProcessorIsAReason() throws {
    let row = try median(measured: 16) {
      $0.calibration.starved = .milliseconds(1)
      $0.run.starved = .milliseconds(5)
    }
    #expect(row.because.contains("got no processor for 5.00 ms per attempt"))
  }

  /// Of the calibrated requests half took 10 ms and half 30 ms; a tenth more of them delayed moves
  /// the median to the slower half.
  @Test func aHypervisorIsAReason() throws {
    var halves = all(10)
    halves.merge(all(30))
    let row = try median(measured: 31) {
      $0.before = [halves]
      $0.calibration.stolen = 0.01
      $0.run.stolen = 0.11
      $0.measured = [self.all(31)]
    }
    #expect(
      row.because == "the hypervisor took 11.0 % of the processors, in the calibration 1.00 %")
  }

  /// At 60 % instead of 20 % a queue takes twice as long: (1 - 0.2) / (1 - 0.6).
  @Test func loadIsAReason() throws {
    let row = try median(measured: 20) {
      $0.calibration.busy = 0.2
      $0.run.busy = 0.6
    }
    #expect(row.because.hasPrefix("client and engine kept the processors busy for 60.0 %"))
  }

  /// Of 1,000 responses 140 waited for a retry, so the median of all is the 58th percentile of
  /// single answers: there the law drew 16 ms, and the calibration measured 10.
  @Test func theLawIsAReason() throws {
    var (predicted, drawn) = (Histogram(), Histogram())
    predicted.record(10_000_000, times: 495)
    predicted.record(16_000_000, times: 365)
    predicted.record(500_000_000, times: 140)
    drawn.record(10_000_000, times: 495)
    drawn.record(16_000_000, times: 5)
    drawn.record(30_000_000, times: 360)
    var prediction = record(predicted)
    prediction.operations[0].attempt = drawn
    var validation = Validation(predictions: [prediction], measured: record(all(11)))
    var calibration = all(10)
    calibration.record(30_000_000, times: 600)
    validation.weigh(LatencyEvidence(before: [calibration]))
    let row = try #require(validation.rows.first { $0.quantity == "p50" })
    #expect(
      row.because
        == "the law of the model: retries make this the 58.1th percentile of single answers, for"
        + " which the calibration has 10.0 ms and the law between its percentiles 16.0 ms")
  }

  /// Less than half of the difference, the other way, or nothing known.
  @Test func whatDoesNotAccountForItIsNoReason() throws {
    let changes: [(inout LatencyEvidence) -> Void] = [
      { $0.after = [self.all(14)] }, { $0.after = [self.all(5)] },
      { $0.run.lag = self.all(4) }, { $0.run.starved = .milliseconds(50) },
      { $0.calibration.lag = self.all(20) }, { _ in },
      {
        $0.calibration.busy = 0.2
        $0.run.busy = 0.4
      },
      {
        $0.calibration.stolen = 0.5
        $0.run.stolen = 0.6
      },
    ]
    for change in changes {
      let row = try median(measured: 20, change)
      #expect(row.because.hasPrefix("not explained"), "\(row.because)")
    }
  }

  /// 10 intervals of 100 requests, all of the slow tenth in one of them or ten in each.
  @Test func requestsOfOneStallCountOnce() throws {
    for (isStall, independent) in [(true, Int64(9)), (false, 1_000)] {
      var series = IntervalSeries()
      var total = record(Histogram()).operations[0]
      for interval in 0..<10 {
        let slow = isStall ? (interval == 3 ? 100 : 0) : interval % 2 == 0 ? 9 : 11
        total.requests += 100
        total.response.record(1_000_000, times: Int64(100 - slow))
        total.response.record(9_000_000, times: Int64(slow))
        series.close([total])
      }
      let count = try #require(series.independent(0, total.response, 90))
      #expect(count == independent, "\(count)")
    }
    #expect(IntervalSeries().independent(0, all(1), 50) == nil)
  }

  /// Of 1,000 values 1 ms ... 1,000 ms the 99th percentile lies between ranks 983 and 997 with 95 %
  /// (binomial: 990 +- 1.96 x 3.15).
  @Test func aCalibrationIsASample() throws {
    var response = Histogram()
    for value in 1...1_000 { response.record(Int64(value) * 1_000_000) }
    var wide = Histogram()
    for value in 1...1_000 { wide.record(Int64(value) * 100_000) }
    let evidence = LatencyEvidence(before: [response])
    let doubt = evidence.doubt(0, 99, 0.95)
    #expect(abs(doubt.lowerBound - 983.0 / 990) < 0.002, "\(doubt)")
    #expect(abs(doubt.upperBound - 997.0 / 990) < 0.002, "\(doubt)")
    // Ten values say next to nothing of a 99th percentile: up to the largest.
    let few = LatencyEvidence(before: [all(5).merged(with: 50)])
    let extremes = few.doubt(0, 99.99, 0.95)
    #expect(abs(extremes.lowerBound - 0.1) < 0.001 && abs(extremes.upperBound - 1) < 0.001)
    // Outside of the tolerance, but no further than the calibration knows.
    var validation = Validation(predictions: [record(all(10))], measured: record(all(15)))
    var sample = all(10)
    sample.record(40_000_000, times: 995)
    validation.weigh(LatencyEvidence(before: [sample]))
    let row = try #require(validation.rows.first { $0.quantity == "p50" })
    #expect(!row.isWithinTolerance && row.isInside && row.because.hasPrefix("chance"))
    // What reaches four times as far excuses twice.
    var far = Validation(predictions: [record(all(10))], measured: record(all(35)))
    far.weigh(LatencyEvidence(before: [sample]))
    let missed = try #require(far.rows.first { $0.quantity == "p50" })
    #expect(!missed.isInside && missed.because.hasPrefix("chance"))
  }
}

extension Histogram {
  /// With one more value.
  fileprivate func merged(with milliseconds: Int64) -> Histogram {
    var all = self
    all.record(milliseconds * 1_000_000)
    return all
  }
}
