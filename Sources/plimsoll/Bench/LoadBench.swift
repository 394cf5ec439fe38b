// bench --load: what the generator itself costs, against a responder that costs next to nothing on
// the other core; beside wrk where it is installed.

import Glibc
import HTTPClient
import LoadGeneration
import Platform
import Results
import Scenarios
import Statistics
import Units

enum LoadBench {
  private static let body =
    #"{"ConsumedCapacity":{"CapacityUnits":0.5,"Table":{"CapacityUnits":0.5},"TableName":"items"}}"#

  static func run(seconds: Double, rounds: Int) -> ExitCode {
    let answer =
      "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
    do throws(SystemError) {
      let responder = try NullResponder(answer: Array(answer.utf8), core: 0)
      defer { responder.stop() }
      _ = pinThread(toCore: Terminal.processors - 1)
      return measure(responder.port, seconds, rounds)
    } catch {
      Terminal.complain("plimsoll: \(error.description)")
      return .runtimeError
    }
  }

  private static func measure(_ port: UInt16, _ seconds: Double, _ rounds: Int) -> ExitCode {
    let time = Nanoseconds(seconds: seconds)
    var best = (wrk: 0.0, unsigned: 0.0, signed: 0.0)
    var (leastCPU, unsignedCPU) = (Nanoseconds(Int64.max), Nanoseconds(Int64.max))
    var wrkCPU = Nanoseconds(Int64.max)
    for _ in 0..<rounds {
      if let other = wrk(port, seconds) {
        best.wrk = max(best.wrk, other.rate)
        wrkCPU = min(wrkCPU, other.cpu)
      }
      for isSigned in [false, true] {
        guard let run = closed(port, time, signed: isSigned) else { return .runtimeError }
        let rate = Double(run.record.operations[0].succeeded) / seconds
        if isSigned {
          best.signed = max(best.signed, rate)
          leastCPU = min(leastCPU, run.measurement.cpuPerAttempt)
        } else {
          best.unsigned = max(best.unsigned, rate)
          unsignedCPU = min(unsignedCPU, run.measurement.cpuPerAttempt)
        }
        Terminal.say(
          "closed loop, 64 users, \(isSigned ? "signed" : "unsigned"): \(group(Int(rate)))/s,"
            + " \(run.measurement.cpuPerAttempt) of client CPU per request\n")
      }
    }
    if best.wrk > 0 {
      Terminal.say(
        "wrk, 64 connections: \(group(Int(best.wrk)))/s; unsigned is"
          + " \(percentage(best.unsigned / best.wrk)) of it (goal: 70 %)\n"
          + "wrk uses \(wrkCPU) of CPU per request: where the responder is the slower side,"
          + " unsigned is \(percentage(Double(wrkCPU.count) / Double(unsignedCPU.count))) by CPU\n")
    }
    Terminal.say(
      "signed is \(percentage(best.signed / best.unsigned)) of unsigned (goal: 60 %), at"
        + " \(leastCPU) of client CPU per request (goal: 12 µs)\n")
    guard lag(port, time, rate: best.signed / 2, work: leastCPU, rounds) else {
      return .runtimeError
    }
    guard let over = open(port, time, rate: best.signed * 1.5) else { return .runtimeError }
    Terminal.say(
      "open loop at 1.5 times the signed rate: \(over.measurement.isValid ? "VALID" : "INVALID")"
        + over.measurement.faults.map { "; \($0.text)" }.joined() + "\n")
    return over.measurement.isValid ? .runtimeError : .success
  }

  /// How late requests are at a rate, beside schedules of that rate without requests; false: a run
  /// failed.
  /// - Parameter work: What a request takes of this core.
  private static func lag(
    _ port: UInt16, _ time: Nanoseconds, rate: Double, work: Nanoseconds, _ rounds: Int
  ) -> Bool {
    var (idle, computing, sending) = (ScheduleLag(), ScheduleLag(), ScheduleLag())
    var cost = Nanoseconds(Int64.max)
    let seconds = Int(time.inSeconds.rounded(.up))
    for _ in 0..<rounds {
      idle.merge(.control(rate: rate, work: .zero, seconds: seconds))
      computing.merge(.control(rate: rate, work: work, seconds: seconds))
      let before = ProcessorTime.now()
      // A thread's account ends with it.
      var account = ThreadAccount()
      let observed = open(port, time, rate: rate) { progress in
        sending.add(progress.second.lag)
        account = ThreadAccount.ofThread(named: LoadRun.threadName(0)) ?? account
      }
      guard let run = observed else { return false }
      sending.thread = sending.thread + account
      sending.processors = sending.processors + (ProcessorTime.now() - before)
      cost = min(cost, run.measurement.cpuPerAttempt)
    }
    Terminal.say(
      "open loop at half the signed rate, \(group(Int(rate)))/s: lag \(sending.text); \(cost) of"
        + " client CPU per request\n"
        + "that schedule with \(work) of computing for each request: lag \(computing.text)\n"
        + "that schedule with nothing to do: lag \(idle.text)\n"
        + "\(sending.verdict(beside: computing, load: rate * cost.inSeconds))\n")
    return true
  }

  private static func scenario(rate: Double, _ time: Nanoseconds) -> Scenario? {
    let text = """
      version: 1
      name: bench
      tables:
        - name: items
          partition-key: id S
          billing-mode: PAY_PER_REQUEST
          item-count: 1M
          item-size: 1KB
      traffic:
        - name: app
          rate: \(Int(max(1, rate)))/s
          operations:
            - {get: items, keys: {zipf: 0.99}}
      run: {duration: \(max(1, Int(time.inSeconds.rounded(.up))))s}

      """
    guard case .loaded(let scenario, _) = ScenarioLoader.load(text: text, path: "bench") else {
      return nil
    }
    return scenario
  }

  private static func options(_ port: UInt16, _ time: Nanoseconds, signed: Bool) -> LoadOptions? {
    guard let endpoint = try? Endpoint("http://127.0.0.1:\(port)") else { return nil }
    var options = LoadOptions([endpoint])
    options.duration = time
    if signed {
      options.signing = SigningIdentity(
        accessKey: "bench", secretKey: "bench", region: "us-east-1")
    }
    return options
  }

  private static func closed(
    _ port: UInt16, _ time: Nanoseconds, signed: Bool
  ) -> MeasuredRun? {
    guard let scenario = scenario(rate: 1, time), var options = options(port, time, signed: signed)
    else { return nil }
    options.closedUsers = 64
    return outcome(scenario, options)
  }

  private static func open(
    _ port: UInt16, _ time: Nanoseconds, rate: Double, _ observe: (LoadProgress) -> Void = { _ in }
  ) -> MeasuredRun? {
    guard let scenario = scenario(rate: rate, time),
      let options = options(port, time, signed: true)
    else { return nil }
    return outcome(scenario, options, observe)
  }

  private static func outcome(
    _ scenario: Scenario, _ options: LoadOptions, _ observe: (LoadProgress) -> Void = { _ in }
  ) -> MeasuredRun? {
    do throws(LoadFault) {
      var memory: [Int] = []
      // The generator's thread has this core, which it gets from the thread that starts it, for
      // itself: the seconds are put together on the other one.
      defer { _ = pinThread(toCore: Terminal.processors - 1) }
      let run = try LoadRun.run(scenario, options) { progress in
        if memory.isEmpty { _ = pinThread(toCore: 0) }
        memory.append(residentKilobytes())
        observe(progress)
        return true
      }
      if let first = memory.first, let last = memory.last {
        Terminal.say(
          "  memory: \(group(first)) KB after the first second, \(group(last)) KB at the end,"
            + " \(group(run.measurement.dispatched)) requests\n")
      }
      return run
    } catch {
      Terminal.complain("plimsoll: \(error.description)")
      return nil
    }
  }

  /// Memory of this process that is in use; 0 when the system does not say.
  private static func residentKilobytes() -> Int {
    guard let text = try? Files.read("/proc/self/status"),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
    else { return 0 }
    return Int(line.filter(\.isNumber)) ?? 0
  }

  /// What wrk does with a request of the same length on this core; nil when it is not installed.
  private static func wrk(_ port: UInt16, _ seconds: Double) -> (rate: Double, cpu: Nanoseconds)? {
    let script = "/tmp/plimsoll-wrk-\(getpid()).lua"
    let text = """
      wrk.method = "POST"
      wrk.headers["X-Amz-Target"] = "DynamoDB_20120810.GetItem"
      wrk.headers["Content-Type"] = "application/x-amz-json-1.0"
      wrk.body = '{"ReturnConsumedCapacity":"INDEXES","TableName":"items",' ..
        '"Key":{"id":{"S":"id-000000042"}}}'

      """
    guard let file = fopen(script, "w") else { return nil }
    fputs(text, file)
    fclose(file)
    defer { unlink(script) }
    let length = max(1, Int(seconds))
    let command =
      "wrk -t1 -c64 -d\(length)s -s \(script) http://127.0.0.1:\(port)/ 2>/dev/null"
    let before = childrenTime()
    guard let pipe = popen(command, "r") else { return nil }
    var output = ""
    var line = [CChar](repeating: 0, count: 512)
    while fgets(&line, 512, pipe) != nil {
      output += String(
        decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    pclose(pipe)
    let used = childrenTime() - before
    for line in output.split(separator: "\n") where line.hasPrefix("Requests/sec:") {
      guard let rate = Double(line.dropFirst(13).drop { $0 == " " }), rate > 0 else { return nil }
      return (rate, Nanoseconds(Int64(used / rate / Double(length) * 1e9)))
    }
    return nil
  }

  /// CPU seconds of all children that have ended.
  private static func childrenTime() -> Double {
    var usage = rusage()
    getrusage(RUSAGE_CHILDREN.rawValue, &usage)
    return [usage.ru_utime, usage.ru_stime].reduce(0) {
      $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
    }
  }
}
