// What the machine did to client and engine during a run, by the kernel's own account.
//
// Both run on one machine, so what other work on it adds to latency is none of the engine's. Read
// are /proc/PID/task/TID/schedstat (ns on a processor, and ns ready without one, since the thread
// began) and /proc/stat (ticks of all processors; those that a hypervisor gave to others are
// "steal"). Looked at once a second, because a thread's account ends with the thread.

import Glibc
import LoadGeneration
import Results
import Units

/// Time of all processors together, in ticks.
struct ProcessorTime {
  private var all: Int64 = 0
  private var steal: Int64 = 0

  /// Since the machine started; nothing where the kernel does not say.
  static func now() -> ProcessorTime {
    var time = ProcessorTime()
    let line = (try? Files.read("/proc/stat"))?.split(separator: "\n").first ?? ""
    // user nice system idle iowait irq softirq steal; guests are part of user.
    let fields = line.split(separator: " ").dropFirst().prefix(8).compactMap { Int64($0) }
    guard fields.count == 8 else { return time }
    time.all = fields.reduce(0, +)
    time.steal = fields[7]
    return time
  }

  static func - (a: Self, b: Self) -> Self {
    var difference = a
    difference.all -= b.all
    difference.steal -= b.steal
    return difference
  }

  static func + (a: Self, b: Self) -> Self {
    var sum = a
    sum.all += b.all
    sum.steal += b.steal
    return sum
  }

  /// The share that a hypervisor gave to others, 0...1; nil: not known.
  var stolen: Double? { all > 0 ? Double(steal) / Double(all) : nil }

  /// A time in ns as a share of this, 0...1; nil: not known.
  func share(_ nanoseconds: Int64) -> Double? {
    let tick = 1e9 / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    return all > 0 ? Double(nanoseconds) / (Double(all) * tick) : nil
  }
}

/// What the kernel says of a thread since it began, in ns.
struct ThreadAccount {
  /// On a processor.
  private(set) var ran: Int64 = 0
  /// Ready, while other threads had the processor.
  private(set) var waited: Int64 = 0

  init() {}

  /// - Parameter folder: Of the thread in /proc; nil where that says nothing.
  init?(in folder: String) {
    guard let text = try? Files.read("\(folder)/schedstat") else { return nil }
    let fields = text.split(separator: " ").compactMap { Int64($0) }
    guard fields.count > 1 else { return nil }
    (ran, waited) = (fields[0], fields[1])
  }

  static func ofThisThread() -> Self { Self(in: "/proc/thread-self") ?? Self() }

  /// Of a thread of this process; nil: there is none of that name.
  static func ofThread(named name: String) -> Self? {
    let folder = "/proc/self/task"
    let thread = Files.names(in: folder)?.first {
      (try? Files.read("\(folder)/\($0)/comm")) == name + "\n"
    }
    return thread.flatMap { Self(in: "\(folder)/\($0)") }
  }

  static func + (a: Self, b: Self) -> Self {
    var sum = a
    sum.ran += b.ran
    sum.waited += b.waited
    return sum
  }

  static func - (a: Self, b: Self) -> Self {
    var difference = a
    difference.ran -= b.ran
    difference.waited -= b.waited
    return difference
  }
}

/// Watches the threads of some processes during a run.
final class MachineWatch {
  /// By thread, in ns.
  private struct Accounts {
    var threads: [String: ThreadAccount] = [:]
    var processors = ProcessorTime()
  }

  private let processes: [pid_t]
  private var first: Accounts?
  private var last = Accounts()
  private var attempts: Int64 = 0

  init(_ processes: [pid_t]) { self.processes = processes }

  /// Looks, and takes in a second of the run.
  func look(_ second: LoadSecond) {
    last.processors = ProcessorTime.now()
    for process in processes { look(process) }
    if first == nil { first = last } else { attempts += second.attempts }
  }

  /// What was seen since the first look.
  func record(_ measurement: Measurement, clockSpeed: Int) -> MachineRecord {
    var record = MachineRecord(lag: measurement.lag)
    guard let first, attempts > 0, !last.threads.isEmpty else { return record }
    let sum = last.threads.reduce(ThreadAccount()) {
      $0 + ($1.value - (first.threads[$1.key] ?? ThreadAccount()))
    }
    record.starved = Nanoseconds(sum.waited / attempts * Int64(clockSpeed))
    let processors = last.processors - first.processors
    record.busy = processors.share(sum.ran)
    record.stolen = processors.stolen
    return record
  }

  private func look(_ process: pid_t) {
    let folder = "/proc/\(process)/task"
    for thread in Files.names(in: folder) ?? [] {
      guard let account = ThreadAccount(in: "\(folder)/\(thread)") else { continue }
      last.threads[thread] = account
    }
  }
}
