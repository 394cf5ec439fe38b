// A run while it goes: a few lines that redraw themselves on a terminal, one line every few seconds
// otherwise.
//
// The tokens of burst are not the server's: they are those of the model that the simulator uses,
// driven by what was consumed.

import Capacity
import Glibc
import LoadGeneration
import Scenarios
import Statistics
import Units

/// Shows the seconds of a run on standard error.
final class LoadScreen {
  private let scenario: Scenario
  private let isTerminal: Bool
  private let isQuiet: Bool
  private let isClosed: Bool
  private var lines = 0
  private var rates: [Double] = []
  private var lastLine = 0.0
  private var burst: [Double]

  init(_ scenario: Scenario, quiet: Bool, plain: Bool, closed: Bool) {
    self.scenario = scenario
    isQuiet = quiet
    isTerminal = Terminal.errorIsTerminal && !plain
    isClosed = closed
    burst = Self.limits(scenario).map {
      Double($0.write) * scenario.model.capacity.initialBurst
        * Double(ServiceConstants.burstSeconds)
    }
  }

  /// Takes in one second and draws.
  func show(_ progress: LoadProgress) {
    rates.append(Double(progress.second.requests))
    if rates.count > 60 { rates.removeFirst() }
    let limits = Self.limits(scenario)
    for place in limits.indices where limits[place].write > 0 {
      let used = Double(progress.second.resources[place].write.consumed) / 2
      let most = Double(limits[place].write * ServiceConstants.burstSeconds)
      burst[place] = min(most, max(0, burst[place] + Double(limits[place].write) - used))
    }
    if isQuiet { return }
    if isTerminal {
      redraw(screen(progress, limits))
    } else {
      let seconds = Double(progress.at.nanoseconds) / 1e9
      guard seconds - lastLine >= 5 || progress.at.nanoseconds >= progress.duration.count else {
        return
      }
      lastLine = seconds
      Terminal.complain(summary(progress))
    }
  }

  /// Leaves what was drawn.
  func finish() { lines = 0 }

  private func summary(_ progress: LoadProgress) -> String {
    let second = progress.second
    func percentile(_ p: Double) -> String {
      "\(Nanoseconds(second.response.value(atPercentile: p)))"
    }
    return
      "\(progress.at) · \(isClosed ? "CLOSED " : "")\(group(second.requests))/s ·"
      + " p50 \(percentile(50)) p99 \(percentile(99)) · \(group(second.throttled)) throttled,"
      + " \(group(second.failed)) failed · \(group(second.inFlight)) in flight ·"
      + " lag p99 \(Nanoseconds(second.lag.value(atPercentile: 99)))"
  }

  private func screen(
    _ progress: LoadProgress, _ limits: [(read: Int, write: Int)]
  ) -> [String] {
    var text = [summary(progress), "requests/s \(sparkline(rates))"]
    var place = 0
    for table in scenario.tables {
      for name in [table.name] + table.globalIndexes.map({ "\(table.name)/\($0.name)" }) {
        let counts = progress.second.resources[place]
        text.append(
          "\(name): read \(part(counts.read, limits[place].read)), write"
            + " \(part(counts.write, limits[place].write))"
            + (limits[place].write > 0
              ? " · burst left \(group(Int(burst[place]))) write units (model)" : ""))
        place += 1
      }
    }
    return text
  }

  private func part(_ counts: AxisSecond, _ limit: Int) -> String {
    let used = significant(Double(counts.consumed) / 2)
    let of = limit > 0 ? " of \(group(limit))" : ""
    var reasons: [String] = []
    for cause in ThrottleCause.allCases where counts[cause] > 0 {
      reasons.append("\(group(counts[cause])) \(cause.apiName)")
    }
    return "\(used)\(of) units/s" + (reasons.isEmpty ? "" : " (\(reasons.joined(separator: ", ")))")
  }

  private func sparkline(_ values: [Double]) -> String {
    let bars = Array("▁▂▃▄▅▆▇█")
    let top = max(values.max() ?? 1, 1)
    return String(values.map { bars[min(7, Int($0 / top * 7.999))] })
  }

  private func redraw(_ text: [String]) {
    var output = lines > 0 ? "\u{1B}[\(lines)A" : ""
    for line in text { output += "\r\u{1B}[K\(line.prefix(Terminal.width))\n" }
    lines = text.count
    Terminal.write(output, to: STDERR_FILENO)
  }

  /// Provisioned or permitted units/s by resource; 0: none.
  private static func limits(_ scenario: Scenario) -> [(read: Int, write: Int)] {
    scenario.tables.flatMap { table in
      ([table.mode] + table.globalIndexes.map { $0.mode ?? table.mode }).map { mode in
        switch mode {
        case .provisioned(let read, let write): (read.units, write.units)
        case .onDemand: (0, 0)
        }
      }
    }
  }
}
