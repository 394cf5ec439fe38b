// Why: sums of time and size are exact integers; conversions at the edges must clamp, not trap.
import Testing
import Units

@Suite struct TimeAndSizeTests {
  @Test(
    arguments: [
      (0, 0), (1.5, 1_500_000_000), (1e-9, 1), (0.4e-9, 0), (0.5e-9, 1), (-0.5e-9, -1),
      (0.1, 100_000_000),
      (1e30, Int64.max), (-1e30, Int64.min), (.infinity, Int64.max), (-.infinity, Int64.min),
    ] as [(Double, Int64)])
  func fromSeconds(_ seconds: Double, _ count: Int64) {
    #expect(Nanoseconds(seconds: seconds).count == count)
  }

  @Test func unitsOfTime() {
    #expect(Nanoseconds.microseconds(2).count == 2_000)
    #expect(Nanoseconds.milliseconds(2).count == 2_000_000)
    #expect(Nanoseconds.seconds(2).count == 2_000_000_000)
    #expect(Nanoseconds.minutes(2) == .seconds(120))
    #expect(Nanoseconds.hours(2) == .minutes(120))
    #expect(Nanoseconds.days(2) == .hours(48))
    #expect(Nanoseconds.milliseconds(1_500).inSeconds == 1.5)
  }

  @Test func arithmeticOfTime() {
    var span = Nanoseconds.seconds(3)
    span += .seconds(2)
    span -= .seconds(1)
    #expect(span == .seconds(4))
    #expect(span * 2 - .seconds(1) + .seconds(1) == .seconds(8))
    #expect(Nanoseconds.seconds(1) < .seconds(2))
    var instant = Instant.start + .minutes(1)
    instant += .seconds(30)
    #expect(instant - .start == .seconds(90))
    #expect(instant - Nanoseconds.seconds(60) == Instant(nanoseconds: 30_000_000_000))
    #expect(instant.inSeconds == 90)
    #expect(Instant.start < instant)
  }

  @Test func sizesAreBinary() {
    #expect(ByteCount.kilobytes(1).count == 1_024)
    #expect(ByteCount.megabytes(1) == .kilobytes(1) * 1_024)
    #expect(ByteCount.gigabytes(1) == .megabytes(1) * 1_024)
    #expect(ByteCount.gigabytes(3).inGigabytes == 3)
    var size = ByteCount.kilobytes(3) - .kilobytes(1) + ByteCount(5)
    size += ByteCount(1)
    #expect(size.count == 2_054)
    #expect(ByteCount(1) < ByteCount(2))
  }

  @Test func overflowStopsInsteadOfWrapping() async {
    await #expect(processExitsWith: .failure) { _ = Nanoseconds(.max) + .seconds(1) }
    await #expect(processExitsWith: .failure) { _ = ByteCount(.max) * 2 }
  }
}
