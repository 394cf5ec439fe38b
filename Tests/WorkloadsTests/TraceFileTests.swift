// Traces as people export them, and what is said when they are malformed.

import Foundation
import TestSupport
import Testing
import Units
import Workloads

/// A shifted minute or a swallowed line would quietly change a plan built on real traffic.
@Suite struct TraceFileTests {
  /// The first lines of a load balancer's request count, five-minute sums.
  static let export = """
    timestamp,value
    2014-04-10 00:04:00,94.0
    2014-04-10 00:09:00,56.0
    2014-04-10 00:14:00,187.0
    2014-04-10 00:24:00,95.0
    """

  /// A real load balancer's two weeks, kept beside the checkout and not shipped.
  static let twoWeeks = repositoryRoot() + "/../shared/data/elb_request_count.csv"

  @Test(.enabled(if: FileManager.default.fileExists(atPath: twoWeeks)))
  func readsTwoRealWeeks() throws {
    let text = try String(contentsOfFile: Self.twoWeeks, encoding: .utf8)
    let values = text.split(separator: "\n").dropFirst().compactMap {
      $0.split(separator: ",").last.flatMap { Double($0) }
    }
    let trace = TraceFile(parsing: text)
    #expect(trace.faults.isEmpty)
    #expect(trace.samples.count == 4_032)
    #expect(trace.samples.map(\.value) == values)
    #expect(trace.interval == .minutes(5))
    // Fifty times the counts, and a little more: a few steps are longer than five minutes.
    let profile = RateProfile(trace.segments(.countPerInterval, scale: 50))
    let least = 50 * values.reduce(0, +)
    #expect(profile.total >= least && profile.total < least * 1.01)
    #expect(profile.duration >= .days(14) && profile.duration < .days(14) + .hours(1))
  }

  @Test func readsAnExport() {
    let trace = TraceFile(parsing: Self.export)
    #expect(trace.faults.isEmpty)
    #expect(trace.samples.map(\.value) == [94, 56, 187, 95])
    // date -u -d '2014-04-10 00:04:00' +%s
    #expect(trace.samples[0].time == .seconds(1_397_088_240))
    #expect(trace.interval == .minutes(5))
    let segments = trace.segments(.countPerInterval, scale: 50)
    #expect(segments.map(\.duration) == [.minutes(5), .minutes(5), .minutes(10), .minutes(5)])
    let profile = RateProfile(segments)
    // The gap at 00:19 continues with 187 per five minutes.
    #expect(abs(profile.total - 50 * (94 + 56 + 187 + 187 + 95)) < 1e-6)
    let perSecond = RateProfile(trace.segments(.perSecond))
    #expect(perSecond.rate(at: .start) == 94)
  }

  struct Stamp: CustomTestStringConvertible {
    var text: String
    var nanoseconds: Int64
    var testDescription: String { text }
  }

  @Test(arguments: [
    Stamp(text: "0", nanoseconds: 0),
    Stamp(text: "12.5", nanoseconds: 12_500_000_000),
    Stamp(text: "1397088240", nanoseconds: 1_397_088_240_000_000_000),
    Stamp(text: "2014-04-10T00:04:00Z", nanoseconds: 1_397_088_240_000_000_000),
    Stamp(text: "2014-04-10T00:04:00.25Z", nanoseconds: 1_397_088_240_250_000_000),
    Stamp(text: "2014-04-10 00:04", nanoseconds: 1_397_088_240_000_000_000),
    Stamp(text: "1970-01-01", nanoseconds: 0),
    Stamp(text: "2000-02-29 23:59:59", nanoseconds: 951_868_799_000_000_000),
    Stamp(text: "2026-12-31 00:00:00", nanoseconds: 1_798_675_200_000_000_000),
  ])
  func readsTimestamps(stamp: Stamp) {
    let trace = TraceFile(parsing: "\(stamp.text), 5\r\n2100-01-01 00:00:00,1\n")
    #expect(trace.faults.isEmpty)
    #expect(trace.samples.first?.time.count == stamp.nanoseconds)
  }

  struct Fault: CustomTestStringConvertible {
    var text: String
    var line: Int
    var mentions: String
    var testDescription: String { text }
  }

  @Test(arguments: [
    Fault(text: "0,1\n1;2\n2,3", line: 2, mentions: "found 1 field, expected timestamp,value"),
    Fault(text: "0,1\n1,2,3\n2,3", line: 2, mentions: "found 3 fields"),
    Fault(text: "0,1\nsoon,2\n2,3", line: 2, mentions: "'soon' is no timestamp; expected YYYY"),
    Fault(text: "# c\n\n0,1\n1,many\n2,3", line: 4, mentions: "'many' is no value"),
    Fault(text: "0,1\n1,-2\n2,3", line: 2, mentions: "at least 0"),
    Fault(text: "0,1\n1,nan\n2,3", line: 2, mentions: "'nan' is no value"),
    Fault(text: "1,1\n1,2\n2,3", line: 2, mentions: "rising timestamps"),
    Fault(text: "2015-02-29 00:00:00,1\n2,2\n3,3", line: 1, mentions: "is no timestamp"),
    Fault(text: "2015-13-01 00:00:00,1\n2,2\n3,3", line: 1, mentions: "is no timestamp"),
    Fault(text: "2015-01-01 24:00:00,1\n2,2\n3,3", line: 1, mentions: "is no timestamp"),
    Fault(text: "2015-01-01 10:00:00.1234567890,1\n2,2\n3,3", line: 1, mentions: "no timestamp"),
    Fault(text: "-5,1\n2,2\n3,3", line: 1, mentions: "is no timestamp"),
    Fault(text: "timestamp,value\n0,1\n", line: 3, mentions: "at least two samples"),
    Fault(text: "", line: 1, mentions: "at least two samples"),
  ])
  func namesTheLineAndWhatWasExpected(fault: Fault) {
    let trace = TraceFile(parsing: fault.text)
    #expect(trace.faults.count == 1)
    #expect(trace.faults.first?.line == fault.line)
    #expect(trace.faults.first?.message.contains(fault.mentions) == true)
  }

  @Test func collectsAllFaultsUpToTwenty() {
    let text = (0..<30).map { "bad \($0),1" }.joined(separator: "\n")
    #expect(TraceFile(parsing: "0,1\n1,x\n2,y\n3,4").faults.map(\.line) == [2, 3])
    #expect(TraceFile(parsing: text).faults.count == 20)
  }
}
