// Encoded histograms against bytes of another implementation, and hostile bytes.

import Testing

@testable import Statistics

/// Logs are read by HdrHistogram's own tools; a shifted header or run would be silently wrong.
@Suite struct HistogramEncodingTests {
  /// Written by HdrHistogram's Python port (1 to 3,600,000,000,000, three digits) and inflated:
  /// 0 once, 1 twice, 1,000 ten thousand times, 2,500 three times, 100,000,000 once,
  /// 3,599,000,000,000 seventy times.
  static let reference: [UInt8] = [
    0x1C, 0x84, 0x93, 0x13, 0x00, 0x00, 0x00, 0x13, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x03, 0x46, 0x30, 0xB8, 0xA0, 0x00,
    0x3F, 0xF0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x04, 0xCB, 0x0F, 0xA0, 0x9C, 0x01, 0xF1,
    0x13, 0x06, 0xA3, 0xF4, 0x01, 0x02, 0xA9, 0xF2, 0x01, 0x8C, 0x01,
  ]

  private func sample() -> Histogram {
    var histogram = Histogram()
    for (value, times) in [
      (0, 1), (1, 2), (1_000, 10_000), (2_500, 3), (100_000_000, 1), (3_599_000_000_000, 70),
    ] as [(Int64, Int64)] {
      histogram.record(value, times: times)
    }
    return histogram
  }

  @Test func writesTheBytesOfTheReference() {
    #expect(sample().encodedPayload == Self.reference)
  }

  @Test func readsTheBytesOfTheReference() throws {
    let histogram = try #require(Histogram(encodedPayload: Self.reference))
    #expect(histogram.buckets == sample().buckets)
    #expect(histogram.min == 0)
    // What the Python port gives for the 50th, 99th and 100th percentile.
    #expect(histogram.value(atPercentile: 50) == 1_000)
    #expect(histogram.value(atPercentile: 99) == 1_000)
    #expect(histogram.value(atPercentile: 100) == 3_599_182_594_047)
  }

  @Test(arguments: (0..<10).map(UInt64.init)) func survivesTheRoundTrip(seed: UInt64) throws {
    var numbers = SeededNumbers(state: seed)
    var histogram = Histogram()
    for _ in 0..<Int.random(in: 0...500, using: &numbers) {
      let value = Int64.random(in: 0...3_600_000_000_000, using: &numbers)
      let times = Int64(1) << Int64.random(in: 0...46, using: &numbers)
      histogram.record(value >> Int64.random(in: 0...40, using: &numbers), times: times)
    }
    let back = try #require(Histogram(encodedPayload: histogram.encodedPayload))
    #expect(back.buckets == histogram.buckets && back.count == histogram.count, "seed \(seed)")
  }

  /// Two digits from 1,000 on, as jHiccup writes; the bytes and the percentiles are those of
  /// HdrHistogram's Python port for 999 once, 5,000 ten times, 1,000,000 and 77,777,777 once each.
  @Test func readsOtherPrecisions() throws {
    let bytes: [UInt8] = [
      0x1C, 0x84, 0x93, 0x13, 0, 0, 0, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0x03,
      0xE8, 0x00, 0x00, 0x03, 0x46, 0x30, 0xB8, 0xA0, 0x00, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0x01,
      0x02, 0x0D, 0x14, 0xD3, 0x09, 0x02, 0xBD, 0x0C, 0x02,
    ]
    let histogram = try #require(Histogram(encodedPayload: bytes))
    #expect(histogram.count == 13 && histogram.min == 512 && histogram.max == 78_118_911)
    // The middles 4,864 and 77,856,768 of their buckets are what remains known, and lie in our
    // buckets of 4 and 65,536 values.
    #expect(histogram.value(atPercentile: 50) == 4_867)
    #expect(histogram.value(atPercentile: 100) == 77_856_768 + 65_535)
  }

  @Test func refusesWhatItCannotMean() {
    for length in 0..<Self.reference.count {
      #expect(Histogram(encodedPayload: Array(Self.reference.prefix(length))) == nil)
    }
    func changed(_ offset: Int, _ byte: UInt8) -> [UInt8] {
      var bytes = Self.reference
      bytes[offset] = byte
      return bytes
    }
    #expect(Histogram(encodedPayload: changed(3, 0x03)) == nil, "cookie")
    #expect(Histogram(encodedPayload: changed(7, 0x12)) == nil, "length")
    #expect(Histogram(encodedPayload: changed(11, 1)) == nil, "offset")
    #expect(Histogram(encodedPayload: changed(15, 6)) == nil, "digits")
    #expect(Histogram(encodedPayload: changed(23, 0)) == nil, "lowest value")
    #expect(Histogram(encodedPayload: changed(58, 0x81)) == nil, "cut number")
    var endless = Array(Self.reference.prefix(40))
    endless[7] = 9
    #expect(Histogram(encodedPayload: endless + [UInt8](repeating: 0xFF, count: 9)) == nil)
  }
}
