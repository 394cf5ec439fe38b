// Progress of replications on standard error: one line that redraws itself on a terminal, plain
// lines at most every few seconds otherwise, nothing at all for work that is over at once.

import Glibc
import Simulation
import Synchronization
import Units

/// Shows how far the replications are. Called from any thread.
final class ProgressMeter: Sendable {
  private struct State {
    var done: [Double]
    var requests: [Int64]
    var throttles: [Int64]
    var lastDrawn: Double
    var drew = false
  }

  private let state: Mutex<State>
  private let isTerminal: Bool
  private let isQuiet: Bool
  private let started = Terminal.seconds

  /// - Parameter done: Replications that an earlier meter has shown.
  init(replications: Int, quiet: Bool, done: Int = 0) {
    isQuiet = quiet
    isTerminal = Terminal.errorIsTerminal
    let zeros = [Int64](repeating: 0, count: replications)
    state = Mutex(
      State(
        done: (0..<replications).map { $0 < done ? 1 : 0 }, requests: zeros, throttles: zeros,
        lastDrawn: Terminal.seconds))
  }

  /// Takes in what one replication reports and draws if it is time to.
  /// - Parameter what: Named before the share done; empty for the scenario itself.
  func update(_ progress: SimulationProgress, of what: String = "") {
    if isQuiet { return }
    state.withLock { state in
      state.done[progress.replication] =
        Double(progress.at.nanoseconds) / Double(max(1, progress.duration.count))
      state.requests[progress.replication] = progress.requests
      state.throttles[progress.replication] = progress.throttles
      let now = Terminal.seconds
      guard now - state.lastDrawn >= (isTerminal ? 0.1 : 5) else { return }
      state.lastDrawn = now
      state.drew = true
      draw(state, at: progress.at, what)
    }
  }

  /// Removes the line from a terminal; plain lines stay.
  func finish() {
    state.withLock { state in
      guard state.drew else { return }
      if isTerminal { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
    }
  }

  private func draw(_ state: State, at simulated: Instant, _ what: String) {
    let share = state.done.reduce(0, +) / Double(state.done.count)
    let requests = group(state.requests.reduce(0, +))
    let throttles = group(state.throttles.reduce(0, +))
    let text =
      (what.isEmpty ? "" : what + " · ")
      + "\(percentage(share)) · simulated \(simulated) · \(requests) requests,"
      + " \(throttles) throttles"
    guard isTerminal else {
      Terminal.complain("simulating: \(text)")
      return
    }
    let cells = 24
    let filled = min(cells, Int(share * Double(cells)))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: cells - filled)
    Terminal.write("\r\u{1B}[K\(bar) \(text)", to: STDERR_FILENO)
  }
}
