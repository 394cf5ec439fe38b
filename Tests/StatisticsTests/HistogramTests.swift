// The histogram's layout and percentiles against HdrHistogram's own test values.

import Testing

@testable import Statistics

/// Percentiles are exchanged with other tools as HdrHistogram logs: the buckets must be theirs.
@Suite struct HistogramTests {
  /// Three digits, lowest value 1: the expectations of HdrHistogram's HistogramTest.java
  /// (testLowestEquivalentValue, testHighestEquivalentValue, testMedianEquivalentValue).
  @Test func bucketsAreThoseOfHdrHistogram() {
    func low(_ value: Int64) -> Int64 {
      Histogram.lowestEquivalent(atIndex: Histogram.index(of: value))
    }
    func high(_ value: Int64) -> Int64 {
      Histogram.highestEquivalent(atIndex: Histogram.index(of: value))
    }
    func median(_ value: Int64) -> Int64 {
      Histogram.medianEquivalent(atIndex: Histogram.index(of: value))
    }
    #expect(low(10_007) == 10_000 && low(10_009) == 10_008)
    #expect(high(8_180) == 8_183 && high(8_191) == 8_191 && high(8_193) == 8_199)
    #expect(high(9_995) == 9_999 && high(10_007) == 10_007 && high(10_008) == 10_015)
    let medians = [4, 5, 4_000, 8_000, 10_007].map(median)
    #expect(medians == [4, 5, 4_001, 8_002, 10_004])
    // Widths: 1, 2, 4, 8, 8.
    let widths = [1, 2_500, 8_191, 8_192, 10_000].map { (value: Int64) in
      high(value) - low(value) + 1
    }
    #expect(widths == [1, 2, 4, 8, 8])
  }

  /// One hour in ns at three digits: 33,792 counts (load-generators.md section 4.2).
  @Test func countsCoverAnHour() {
    let top = Histogram.index(of: Histogram.highestTrackable)
    #expect(top < Histogram.countsLength && top >= Histogram.countsLength - 1_024)
    var last = -1
    for value in 0..<20_000 as Range<Int64> {
      let index = Histogram.index(of: value)
      #expect(index == last || index == last + 1)
      last = index
    }
    #expect(Histogram.areEquivalent(10_000, 10_007) && !Histogram.areEquivalent(10_007, 10_008))
  }

  /// HdrHistogram's HistogramDataAccessTest: 10,000 times 1,000 and once 100,000,000.
  @Test func percentilesOfTheReferenceData() {
    var histogram = Histogram()
    histogram.record(1_000, times: 10_000)
    histogram.record(100_000_000)
    for percentile in [30, 50, 75, 90, 99, 99.99] {
      #expect(histogram.value(atPercentile: percentile) == 1_000, "p\(percentile)")
    }
    #expect(histogram.value(atPercentile: 99.999) == 100_000_000)
    #expect(histogram.value(atPercentile: 100) == 100_000_000)
    let mean = 110_000_000.0 / 10_001
    #expect(histogram.mean == mean)
    #expect(histogram.min == 1_000 && histogram.max == 100_000_000 && histogram.count == 10_001)
    // sqrt((10,000 (1,000 - m)² + (1e8 - m)²) / 10,001) = 999,890.
    #expect(abs(histogram.standardDeviation - 999_890) < 1_000)
  }

  /// Rank rules: the p-th percentile of n values is the ceil(p n / 100)-th.
  @Test func ranksAreRoundedUp() {
    var histogram = Histogram()
    for value in 1...1_000 as ClosedRange<Int64> { histogram.record(value) }
    for (percentile, value) in [
      (0, 1), (0.1, 1), (0.11, 2), (50, 500), (99.9, 999), (99.91, 1_000), (100, 1_000),
      (120, 1_000),
      (-5, 1),
    ] as [(Double, Int64)] {
      #expect(histogram.value(atPercentile: percentile) == value, "p\(percentile)")
    }
    #expect(histogram.count(atMost: 250) == 250)
    #expect(histogram.count(atMost: -1) == 0 && histogram.count(atMost: 5_000) == 1_000)
  }

  @Test func outOfRangeValuesAreMovedInside() {
    var histogram = Histogram()
    histogram.record(-7)
    histogram.record(.max)
    #expect(histogram.min == 0 && histogram.max == Histogram.highestTrackable)
    #expect(histogram.value(atPercentile: 100) == Histogram.highestTrackable)
  }

  @Test func reservedMemoryIsNotTakenAgain() {
    var reserved = Histogram()
    var grown = Histogram()
    reserved.reserve(upTo: 1_000_000_000)
    let room = reserved.counts.count
    #expect(room > Histogram.index(of: 1_000_000_000))
    for value in [0, 80, 1_000_000_000, 12_345] as [Int64] {
      reserved.record(value)
      grown.record(value)
    }
    #expect(reserved.counts.count == room)
    #expect(reserved.encodedPayload == grown.encodedPayload)
    reserved.reserve(upTo: 5)
    #expect(reserved.counts.count == room, "less than there is changes nothing")
    reserved.reserve(upTo: .max)
    #expect(reserved.counts.count == Histogram.countsLength)
  }

  @Test func emptyIsSmallAndZero() {
    var histogram = Histogram()
    #expect(histogram.counts.isEmpty)
    #expect(histogram.value(atPercentile: 99) == 0 && histogram.mean == 0)
    #expect(histogram.min == 0 && histogram.max == 0 && histogram.standardDeviation == 0)
    histogram.merge(Histogram())
    #expect(histogram.counts.isEmpty && histogram.buckets.isEmpty)
    histogram.record(5)
    histogram.reset()
    #expect(histogram == Histogram())
  }
}
