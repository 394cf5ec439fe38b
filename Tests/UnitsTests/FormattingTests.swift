// Why: every number a person reads goes through these functions; edges of rounding and of units
// are where such functions usually lie ("1,000 ms", "-0.00", "1,024 KB").
import Testing
import Units

@Suite struct FormattingTests {
  @Test(
    arguments: [
      (0, 0, "0"), (0, 2, "0.00"), (1234.5, 2, "1,234.50"), (-1234.5, 0, "-1,235"), (0.5, 0, "1"),
      (-0.5, 0, "-1"), (0.49, 0, "0"), (-0.004, 2, "0.00"), (-0.005, 2, "-0.01"), (0.05, 1, "0.1"),
      (999.999, 2, "1,000.00"), (1e6, 0, "1,000,000"), (12, 3, "12.000"), (0.000125, 6, "0.000125"),
      (1.25, 18, "1.250000000000000000"), (999_999_999_999_999, 0, "999,999,999,999,999"),
      (1e15, 2, "1000000000000000.0"), (1e16, 2, "1e+16"), (.nan, 2, "-"), (.infinity, 2, "-"),
      (-.infinity, 0, "-"),
    ] as [(Double, Int, String)])
  func fixedDecimals(_ value: Double, _ digits: Int, _ expected: String) {
    #expect(fixed(value, digits) == expected)
  }

  @Test func fixedWithoutGroups() {
    #expect(fixed(1234567.25, 1, grouped: false) == "1234567.3")
    #expect(fixed(-1234, 0, grouped: false) == "-1234")
  }

  @Test func decimalsHaveALimit() async {
    await #expect(processExitsWith: .failure) { _ = fixed(1, 19) }
    await #expect(processExitsWith: .failure) { _ = fixed(1, -1) }
  }

  @Test(
    arguments: [
      (0, "0"), (7, "7"), (999, "999"), (1_000, "1,000"), (12_345, "12,345"),
      (1_234_567, "1,234,567"), (-1, "-1"), (-999, "-999"), (-1_000, "-1,000"),
      (Int.max, "9,223,372,036,854,775,807"), (Int.min, "-9,223,372,036,854,775,808"),
    ] as [(Int, String)])
  func groups(_ value: Int, _ expected: String) {
    #expect(group(value) == expected)
  }

  @Test func groupsWideIntegers() {
    #expect(group(Int128(10_000_000_000_000_000_000_000)) == "10,000,000,000,000,000,000,000")
    #expect(group(UInt8(255)) == "255")
  }

  @Test(
    arguments: [
      (0, "0"), (0.01234, "0.0123"), (12.345, "12.3"), (12_345, "12,345"), (123.4, "123"),
      (1, "1.00"), (9.994, "9.99"), (9.996, "10.0"), (99.94, "99.9"), (99.96, "100"),
      (0.9996, "1.00"),
      (0.0009999, "0.00100"), (-0.5, "-0.500"), (1.25e-7, "0.000000125"), (1e-13, "0.000000000000"),
      (.nan, "-"), (.infinity, "-"),
    ] as [(Double, String)])
  func threeDigits(_ value: Double, _ expected: String) {
    #expect(significant(value) == expected)
  }

  @Test(
    arguments: [
      (0, "0 %"), (0.1234, "12.3 %"), (1, "100.0 %"), (0.0999999, "10.0 %"), (0.000_1, "0.0100 %"),
      (-0.25, "-25.0 %"), (12.5, "1,250.0 %"),
    ] as [(Double, String)])
  func percentages(_ share: Double, _ expected: String) {
    #expect(percentage(share) == expected)
  }

  @Test(
    arguments: [
      (1.5, 2, "1.5"), (2, 2, "2"), (100, 0, "100"), (100, 1, "100"), (0.25, 2, "0.25"),
      (-0.001, 2, "0"), (1.5e20, 2, "1.5e+20"), (1e20, 2, "1e+20"), (1000.10, 2, "1,000.1"),
    ] as [(Double, Int, String)])
  func withoutTrailingZeros(_ value: Double, _ digits: Int, _ expected: String) {
    #expect(trimmed(value, digits) == expected)
  }

  @Test(
    arguments: [
      (Nanoseconds.zero, "0 s"), (.init(1), "1 ns"), (.init(999), "999 ns"),
      (.microseconds(1), "1.00 µs"), (.init(12_345), "12.3 µs"), (.init(999_400), "999 µs"),
      (.init(999_600), "1.00 ms"), (.init(4_560_000), "4.56 ms"), (.init(999_600_000), "1.00 s"),
      (.init(2_500_000_000), "2.5 s"), (.seconds(59), "59 s"), (.init(59_999_000_000), "1 min"),
      (.seconds(60), "1 min"), (.seconds(200), "3 min 20 s"), (.init(3_599_600_000_000), "1 h"),
      (.minutes(330), "5 h 30 min"), (.init(14_399_000_000_000), "3 h 59 min"), (.hours(24), "1 d"),
      (.days(14), "14 d"), (.hours(25), "1 d 1 h"), (.init(-1), "-1 ns"),
      (.seconds(-90), "-1 min 30 s"),
      (.init(-2_500_000), "-2.50 ms"),
    ] as [(Nanoseconds, String)])
  func spans(_ span: Nanoseconds, _ expected: String) {
    // "1.00 s" is trimmed, because whole seconds are common in scenarios.
    #expect(span.description == (expected == "1.00 s" ? "1 s" : expected))
  }

  @Test(
    arguments: [
      (0, "0:00:00"), (59, "0:00:59"), (60, "0:01:00"), (3_661, "1:01:01"), (86_399, "23:59:59"),
      (86_400, "1d 00:00:00"), (1_000_000, "11d 13:46:40"), (-5, "-0:00:05"),
      (-90_000, "-1d 01:00:00"),
    ] as [(Int64, String)])
  func instants(_ seconds: Int64, _ expected: String) {
    #expect(Instant(nanoseconds: seconds * 1_000_000_000).description == expected)
  }

  @Test(
    arguments: [
      (ByteCount.zero, "0 B"), (.init(812), "812 B"), (.init(1_023), "1,023 B"),
      (.init(1_024), "1 KB"),
      (.init(1_536), "1.5 KB"), (.kilobytes(400), "400 KB"), (.init(1_048_575), "1 MB"),
      (.megabytes(1), "1 MB"), (.gigabytes(10), "10 GB"), (.gigabytes(2_560), "2.5 TB"),
      (.init(13_207_024_435), "12.3 GB"), (.init(.max), "8,192 PB"), (.init(-2_048), "-2 KB"),
    ] as [(ByteCount, String)])
  func sizes(_ size: ByteCount, _ expected: String) {
    #expect(size.description == expected)
  }

  @Test(
    arguments: [
      (Money.zero, "$0.00"), (.cents(1), "$0.01"), (.cents(123_456), "$1,234.56"),
      (.cents(-5), "-$0.05"), (.dollars(1_000_000), "$1,000,000.00"),
      (.init(attodollars: 62_500_000_000_000), "$0.0000625"),
      (.init(attodollars: -125_000_000_000), "-$0.000000125"),
      (.init(attodollars: 1), "$0.000000000000000001"),
      (.init(attodollars: 261_701_643_466_949), "$0.0002617"),
      (.init(attodollars: 9_999_960_000_000_000), "$0.01"),
      (.init(attodollars: 9_999_000_000_000_000), "$0.009999"),
      (.init(attodollars: 1_234_565_000_000_000_000), "$1.23"),
      (.init(attodollars: 1_235_000_000_000_000_000), "$1.24"),
      (.init(attodollars: -1_235_000_000_000_000_000), "-$1.24"),
      (
        .init(attodollars: 100_000_000_000_000_000_000 * Money.dollar),
        "$100,000,000,000,000,000,000.00"
      ),
    ] as [(Money, String)])
  func amounts(_ amount: Money, _ expected: String) {
    #expect(amount.description == expected)
  }
}
