// How long the threads of client and engine were ready to run and got no processor, by the kernel's
// own account: the second number of /proc/PID/task/TID/schedstat, in ns since the thread began.
//
// Both run on one machine, so this is what other work on it adds to latency and is none of the
// engine's. Looked at once a second, because a thread's account ends with the thread.

import Glibc
import LoadGeneration
import Units

/// Watches the threads of some processes during a run.
final class MachineWatch {
  private let processes: [pid_t]
  private var first: [String: Int64]?
  private var last: [String: Int64] = [:]
  private var attempts: Int64 = 0

  init(_ processes: [pid_t]) { self.processes = processes }

  /// Looks, and takes in a second of the run.
  func look(_ second: LoadSecond) {
    last.merge(waits()) { max($0, $1) }
    if first == nil { first = last } else { attempts += second.attempts }
  }

  /// Wall-clock time per attempt since the first look; nil when the kernel does not say.
  var starved: Nanoseconds? {
    guard let first, attempts > 0, !last.isEmpty else { return nil }
    let waited = last.reduce(Int64(0)) { $0 + $1.value - (first[$1.key] ?? 0) }
    return Nanoseconds(waited / attempts)
  }

  private func waits() -> [String: Int64] {
    var waits: [String: Int64] = [:]
    for process in processes {
      let folder = "/proc/\(process)/task"
      for thread in Files.names(in: folder) ?? [] {
        guard let text = try? Files.read("\(folder)/\(thread)/schedstat") else { continue }
        let fields = text.split(separator: " ")
        if fields.count > 1, let waited = Int64(fields[1]) { waits[thread] = waited }
      }
    }
    return waits
  }
}
