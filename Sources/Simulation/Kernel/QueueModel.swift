// The M/M/c queue on the calendar: the kernel's proof against closed forms, and its speed figure.
//
// Objects arrive with exponential gaps, wait for one of c servers in order of arrival, are served
// for an exponential time and leave. Every arrival and every end of service is a calendar event, as
// in the benchmark definition of other kernels (1,000,000 objects, rates 0.9 and 1).

import Randomness

/// Outcome of a queue run; times in seconds.
public struct QueueOutcome: Sendable {
  public var served: Int
  /// Time in system and time in queue over all objects.
  public var meanSojourn: Double
  public var meanWait: Double
  /// Time-weighted number in the system.
  public var meanInSystem: Double
  /// Sum of all event times, a fingerprint of the run.
  public var fingerprint: UInt64
  public var events: Int
}

/// Simulates an M/M/c queue.
public struct QueueModel: ~Copyable {
  private let servers: Int
  private let meanGap: Double
  private let meanService: Double
  private let objects: Int
  private var generator: Generator
  private let gaps = Ziggurat.exponential
  private var calendar = EventCalendar(capacity: 64)
  /// Arrival times of who waits, in a ring of a power of two.
  private var arrivals = FixedBuffer<Int64>(Array(repeating: 0, count: 1_024))
  private var head = 0
  private var waiting = 0
  private var busy = 0
  private var arrived = 0
  private var served = 0
  private var sojourn: Int64 = 0
  private var wait: Int64 = 0
  private var area: Double = 0
  private var lastChange: Int64 = 0
  private var fingerprint: UInt64 = 0
  /// Arrival times by server, and the idle servers, the next one on top.
  private var inService: FixedBuffer<Int64>
  private var idle: FixedBuffer<UInt32>

  /// - Parameters:
  ///   - servers: c, at least 1.
  ///   - arrivalRate: Objects per second.
  ///   - serviceRate: Objects per second and server.
  ///   - objects: How many to serve.
  public init(
    servers: Int, arrivalRate: Double, serviceRate: Double, objects: Int, seed: UInt64
  ) {
    self.servers = servers
    self.objects = objects
    meanGap = 1e9 / arrivalRate
    meanService = 1e9 / serviceRate
    generator = Generator(seed: seed, stream: 0x4D4D, index: UInt64(servers))
    inService = FixedBuffer(Array(repeating: 0, count: servers))
    idle = FixedBuffer((0..<UInt32(servers)).reversed())
  }

  /// Runs until all objects are served.
  public consuming func run() -> QueueOutcome {
    calendar.schedule(at: gap(), kind: 0, slot: 0)
    while served < objects {
      let event = calendar.pop()
      fingerprint = (fingerprint ^ UInt64(bitPattern: event.time)) &* 0x1000_0000_01B3
      area += Double(waiting + busy) * Double(event.time - lastChange)
      lastChange = event.time
      if event.kind == 0 { arrive(at: event.time) } else { leave(event.slot, at: event.time) }
    }
    return QueueOutcome(
      served: served, meanSojourn: Double(sojourn) / Double(served) / 1e9,
      meanWait: Double(wait) / Double(served) / 1e9, meanInSystem: area / Double(lastChange),
      fingerprint: fingerprint, events: Int(calendar.scheduled))
  }

  /// Independent M/M/1 runs at rates 0.9 and 1 with the seeds 0, 1, …; outcomes in that order,
  /// whatever the number of threads.
  public static func replicate(
    _ runs: Int, objects: Int, threads: Int
  ) async -> [QueueOutcome] {
    await withTaskGroup(of: [(Int, QueueOutcome)].self) { group in
      for first in 0..<max(1, threads) {
        group.addTask {
          stride(from: first, to: runs, by: max(1, threads)).map { run in
            (
              run,
              QueueModel(
                servers: 1, arrivalRate: 0.9, serviceRate: 1, objects: objects, seed: UInt64(run)
              ).run()
            )
          }
        }
      }
      var all: [(Int, QueueOutcome)] = []
      for await part in group { all += part }
      return all.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private mutating func gap() -> Int64 { Int64(generator.exponential(gaps) * meanGap) }

  private mutating func arrive(at now: Int64) {
    arrived += 1
    if arrived < objects { calendar.schedule(at: now + gap(), kind: 0, slot: 0) }
    if busy < servers {
      busy += 1
      serve(idle[servers - busy], arrivedAt: now, at: now)
    } else {
      if waiting == arrivals.count { growQueue() }
      arrivals[(head + waiting) & (arrivals.count - 1)] = now
      waiting += 1
    }
  }

  private mutating func serve(_ server: UInt32, arrivedAt: Int64, at now: Int64) {
    inService[Int(server)] = arrivedAt
    let time = Int64(generator.exponential(gaps) * meanService)
    calendar.schedule(at: now + time, kind: 1, slot: server)
  }

  private mutating func leave(_ server: UInt32, at now: Int64) {
    served += 1
    sojourn += now - inService[Int(server)]
    if waiting > 0 {
      let arrivedAt = arrivals[head]
      head = (head + 1) & (arrivals.count - 1)
      waiting -= 1
      wait += now - arrivedAt
      serve(server, arrivedAt: arrivedAt, at: now)
    } else {
      idle[servers - busy] = server
      busy -= 1
    }
  }

  private mutating func growQueue() {
    var larger = Array(repeating: Int64(0), count: arrivals.count * 2)
    for offset in 0..<waiting { larger[offset] = arrivals[(head + offset) & (arrivals.count - 1)] }
    arrivals = FixedBuffer(larger)
    head = 0
  }
}
