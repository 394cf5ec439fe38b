// A run while it goes: lines that redraw themselves on a terminal, one line every few seconds
// otherwise.
//
// The tokens of burst are not the server's: they are those of the model that the simulator uses,
// driven by what was consumed. A terminal that does not take a frame misses it: the run does not
// wait for it. After a change of width the lines begin anew below, because nobody knows how the
// terminal has wrapped the old ones.

import Capacity
import Glibc
import LoadGeneration
import Platform
import Reports
import Scenarios
import Statistics
import Units

/// Shows the seconds of a run on standard error.
final class LoadScreen {
  private let isTerminal: Bool
  private let isQuiet: Bool
  private let usesColour: Bool
  private var screen = LiveScreen()
  private var lines = 0
  private var width = 0
  private var lastLine = 0.0

  init(_ scenario: Scenario, quiet: Bool, plain: Bool, closed: Bool) {
    isQuiet = quiet
    isTerminal = Terminal.errorIsTerminal && !plain && !Terminal.isDumb
    usesColour = Terminal.allowsColour
    screen.title = scenario.name
    screen.isClosed = closed
    let fill = scenario.model.capacity.initialBurst
    for table in scenario.tables {
      screen.resources.append(Self.resource(table.name, table.mode, fill))
      screen.resources += table.globalIndexes.map {
        Self.resource("\(table.name)/\($0.name)", $0.mode ?? table.mode, fill)
      }
    }
  }

  private static func resource(
    _ name: String, _ mode: CapacityMode, _ fill: Double
  ) -> LiveScreen.Resource {
    var resource = LiveScreen.Resource(name)
    guard case .provisioned(let read, let write) = mode else { return resource }
    for (axis, units) in [
      (\LiveScreen.Resource.read, read.units), (\LiveScreen.Resource.write, write.units),
    ] {
      let most = Double(units * ServiceConstants.burstSeconds)
      resource[keyPath: axis].limit = units
      resource[keyPath: axis].burst = (most * fill, most)
    }
    return resource
  }

  /// Takes in one second and draws.
  func show(_ progress: LoadProgress) {
    take(progress)
    if isQuiet { return }
    if isTerminal { return draw() }
    let seconds = Double(progress.at.nanoseconds) / 1e9
    guard seconds - lastLine >= 5 || progress.at.nanoseconds >= progress.duration.count else {
      return
    }
    lastLine = seconds
    Terminal.complain(summary(progress))
  }

  /// Leaves what was drawn; what a Ctrl-C has left below it goes.
  func finish() {
    if lines > 0 { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
    lines = 0
  }

  private func take(_ progress: LoadProgress) {
    let second = progress.second
    screen.at = progress.at
    screen.duration = progress.duration
    screen.requests = screen.requests.suffix(59) + [Double(second.requests)]
    screen.throttled = screen.throttled.suffix(59) + [Double(second.throttled)]
    screen.failed = second.failed
    screen.inFlight = second.inFlight
    func at(_ percentile: Double) -> Nanoseconds {
      Nanoseconds(second.response.value(atPercentile: percentile))
    }
    screen.response = second.response.count > 0 ? (at(50), at(90), at(99)) : nil
    screen.lag = Nanoseconds(second.lag.value(atPercentile: 99))
    for place in screen.resources.indices where second.resources.indices.contains(place) {
      let isIndex = screen.resources[place].name.contains("/")
      let counts = second.resources[place]
      Self.take(counts.read, .read, isIndex, into: &screen.resources[place].read)
      Self.take(counts.write, .write, isIndex, into: &screen.resources[place].write)
    }
  }

  private static func take(
    _ counts: AxisSecond, _ axis: CapacityAxis, _ isIndex: Bool, into shown: inout LiveScreen.Axis
  ) {
    shown.used = Double(counts.consumed) / 2
    shown.throttles = ThrottleCause.allCases.map {
      (ThrottlingReason(isIndex: isIndex, axis: axis, cause: $0), counts[$0])
    }
    shown.isActive =
      shown.isActive || counts.consumed > 0 || shown.throttles.contains { $0.count > 0 }
    if let (left, most) = shown.burst, let limit = shown.limit {
      shown.burst = (min(most, max(0, left + Double(limit) - shown.used)), most)
    }
  }

  private func summary(_ progress: LoadProgress) -> String {
    let second = progress.second
    func percentile(_ p: Double) -> String {
      "\(Nanoseconds(second.response.value(atPercentile: p)))"
    }
    return
      "\(progress.at) · \(screen.isClosed ? "CLOSED " : "")\(group(second.requests))/s ·"
      + " p50 \(percentile(50)) p99 \(percentile(99)) · \(group(second.throttled)) throttled,"
      + " \(group(second.failed)) failed · \(group(second.inFlight)) in flight ·"
      + " lag p99 \(screen.lag)"
  }

  private func draw() {
    let (columns, rows) = Platform.Terminal.size(.error) ?? (80, 24)
    guard Platform.Terminal.takes(.error) else { return }
    if columns != width { lines = 0 }
    width = columns
    // The last column stays free: some terminals wrap when it is written.
    let text = screen.lines(width: max(20, columns - 1), height: max(1, rows - 1))
    var output = lines > 0 ? "\u{1B}[\(lines)A" : ""
    for line in text {
      let isRed = usesColour && line.isAlarm
      output += "\r" + (isRed ? "\u{1B}[31m" : "") + line.text + (isRed ? "\u{1B}[0m" : "")
      output += "\u{1B}[K\n"
    }
    lines = text.count
    // Fewer lines than before leave old ones below.
    Terminal.write(output + "\u{1B}[J", to: STDERR_FILENO)
  }
}
