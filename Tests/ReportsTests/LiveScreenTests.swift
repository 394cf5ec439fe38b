// The live screen as text: what it says, and that it fits any terminal.

import Capacity
import Testing
import Units

@testable import Reports

/// A screen that is taller or wider than its terminal leaves rubbish behind at every redraw.
@Suite struct LiveScreenTests {
  private func sample() -> LiveScreen {
    var screen = LiveScreen()
    screen.title = "shop"
    screen.at = .start + .seconds(5)
    screen.duration = .seconds(20)
    screen.requests = [100, 200, 150]
    screen.throttled = [0, 0, 48]
    screen.failed = 2
    screen.inFlight = 37
    screen.response = (.microseconds(200), .milliseconds(1), .milliseconds(24))
    screen.lag = .microseconds(60)
    var orders = LiveScreen.Resource("orders")
    orders.read.used = 44.5
    orders.read.limit = 100
    orders.read.burst = (28_500, 30_000)
    orders.read.isActive = true
    orders.write.used = 65
    orders.write.limit = 20
    orders.write.burst = (0, 6_000)
    orders.write.isActive = true
    let reason = ThrottlingReason(
      isIndex: false, axis: .write, cause: .provisionedThroughputExceeded)
    orders.write.throttles = [(reason, 48)]
    var other = LiveScreen.Resource("customers-with-a-rather-long-name-of-a-table")
    other.read.used = 9.5
    other.read.isActive = true
    screen.resources = [orders, other, LiveScreen.Resource("never-used")]
    return screen
  }

  @Test func saysWhatIsToBeSeen() {
    let lines = sample().lines(width: 100, height: 40)
    #expect(
      lines.map(\.text) == [
        "shop  0:00:05 of 0:00:20  ███████▌",
        "requests   150/s     ▅█▆ peak 200/s",
        "throttled  48/s      ▁▁█ peak 48/s",
        "response   p50 200 µs · p90 1.00 ms · p99 24.0 ms",
        "client     37 in flight · 2 failed · lag p99 60.0 µs",
        "orders".padding(to: 36) + "read    44.5 of 100 RCU/s    ████▌     "
          + "   burst 28,500 (95.0 %)",
        "".padding(to: 36) + "write   65.0 of 20 WCU/s     ██████████   burst 0 (0 %)",
        "  ✗ 48/s TableWriteProvisionedThroughputExceeded",
        "customers-with-a-rather-long-name-… read    9.50 RCU/s on demand",
      ])
    #expect(lines.indices.filter { lines[$0].isAlarm } == [2, 4, 7])
  }

  @Test func aNarrowTerminalHasNoBars() {
    let lines = sample().lines(width: 60, height: 40).map(\.text)
    #expect(lines[5] == "orders     read    44.5 of 100 RCU/s      burst 28,500")
    #expect(lines[8] == "customers… read    9.50 RCU/s on demand")
    #expect(sample().lines(width: 40, height: 40)[5].text.hasSuffix("44.5 of 100 RCU/s"))
  }

  @Test func fitsEveryTerminal() {
    for width in [1, 20, 40, 59, 60, 79, 80, 120, 200, 500] {
      for height in [1, 3, 6, 8, 9, 24, 50] {
        let lines = sample().lines(width: width, height: height)
        #expect(!lines.isEmpty && lines.count <= height, "\(width) x \(height)")
        #expect(lines.allSatisfy { $0.text.count <= width }, "\(width) x \(height)")
      }
    }
  }

  /// Room for one block and the line that counts the other.
  @Test func whatIsCalmIsLeftOutFirst() {
    var screen = sample()
    screen.resources[1].write.isActive = true
    screen.resources.swapAt(0, 1)
    let lines = screen.lines(width: 100, height: 9).map(\.text)
    #expect(lines.contains { $0.contains("✗") } && lines.last == "and 1 more tables and indexes")
    #expect(!lines.contains { $0.hasPrefix("customers") })
  }

  @Test func nothingIsMadeUp() {
    var screen = LiveScreen()
    screen.duration = .seconds(10)
    screen.requests = [0]
    let lines = screen.lines(width: 80, height: 24).map(\.text)
    #expect(lines.contains("response   none") && !lines.contains { $0.contains("throttled") })
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
