// The measured side of a validation: an endpoint, a calibration run and the run itself.
//
// The embedded engine is started anew for each, so that the run meets the full buckets that the
// simulator starts with. With --clock xN both its capacity clock and the client's clock run N times
// as fast: rates, back-off, timeouts and latencies are then all in the scenario's time. Client and
// engine have cores of their own where there are enough.

import Arguments
import Glibc
import HTTPClient
import LoadGeneration
import Planning
import Results
import Scenarios
import Simulation
import Units

/// Where and how a scenario is measured.
struct ValidationBench {
  let scenario: Scenario
  let path: String
  /// The scenario's DAX cluster is left out on both sides.
  let leavesOutCache: Bool
  /// As it was asked for.
  private let duration: String?
  /// Scenario time per wall-clock time.
  let speed: Int
  /// nil: the embedded engine.
  let endpoints: [String]
  /// Of scenario time.
  private let calibrationTime: Nanoseconds
  private let options: LoadOptions

  init(_ scenario: Scenario, path: String, _ given: GivenArguments) throws(SettingsFault) {
    var measured = scenario
    if given.has("no-dax") { measured.cache = nil }
    // Both sides have the network that is measured.
    for traffic in measured.traffic.indices { measured.traffic[traffic].network = nil }
    self.scenario = measured
    leavesOutCache = scenario.cache != nil && measured.cache == nil
    self.path = path
    duration = given.text("duration")
    endpoints = given.all("endpoint")
    guard !scenario.traffic.isEmpty else {
      throw SettingsFault(message: "\(path): a scenario without traffic cannot be sent")
    }
    guard scenario.tables.allSatisfy(\.replicas.isEmpty) else {
      throw SettingsFault(
        message: "\(path): global tables cannot be validated: there is one endpoint")
    }
    speed = try LoadSettings.clock(given)
    let seconds = given.number("calibration") ?? 10
    guard seconds > 0 else {
      throw SettingsFault(message: "--calibration expects seconds above 0")
    }
    let asked = Nanoseconds(seconds: seconds * Double(speed))
    calibrationTime = min(asked, scenario.run.duration)
    var options = try LoadSettings.options(
      given, scenario, endpoints.isEmpty ? ["http://127.0.0.1"] : endpoints)
    options.clockSpeed = speed
    options.seed = scenario.seed
    if let refusal = LoadSettings.refusal(options, given) {
      throw SettingsFault(message: refusal)
    }
    self.options = options
  }

  /// The command that repeats the validation.
  var command: String {
    let seconds = calibrationTime.inSeconds / Double(speed)
    let calibration = seconds == 10 ? "" : " --calibration \(trimmed(seconds, 3))"
    let place = endpoints.map { " --endpoint \($0)" }.joined()
    let time = duration.map { " --duration \($0)" } ?? ""
    var limits = ""
    if options.inFlightLimit != LoadOptions([]).inFlightLimit {
      limits += " --max-in-flight \(options.inFlightLimit)"
    }
    if leavesOutCache { limits += " --no-dax" }
    if let connections = options.connections { limits += " --connections \(connections)" }
    return "plimsoll validate \(path)\(speed == 1 ? "" : " --clock x\(speed)")\(time)\(limits)"
      + calibration + place
  }

  /// What stands in the report.
  var against: String {
    if !endpoints.isEmpty { return endpoints.joined(separator: ", ") }
    return speed == 1 ? "the embedded engine" : "the embedded engine, clock x\(speed)"
  }

  /// A short run that nothing refuses, and the latencies it shows.
  /// - Parameter again: After the run, to see whether the machine is what it was.
  func calibrate(
    again: Bool = false, _ say: (String) -> Void
  ) throws(LoadFault) -> (latency: LatencyCalibration, machine: MachineRecord) {
    say("calibrating latency for \(calibrationTime)\(again ? " again" : "")")
    var options = options
    // An engine that has just loaded its items is slow at first, so as long again goes before.
    let whole = min(calibrationTime + calibrationTime, scenario.run.duration)
    options.duration = whole
    options.warmUp = Nanoseconds(whole.count / 2)
    let (outcome, machine) = try run(options, enforced: false, fills: !again)
    return (LatencyCalibration(scenario, outcome.record), machine)
  }

  /// The scenario itself.
  func measure(
    _ say: (String) -> Void
  ) throws(LoadFault) -> (run: MeasuredRun, machine: MachineRecord) {
    say("measuring \(scenario.run.duration) against \(against)")
    return try run(options, enforced: true, fills: false)
  }

  private func run(
    _ options: LoadOptions, enforced: Bool, fills: Bool
  ) throws(LoadFault) -> (run: MeasuredRun, machine: MachineRecord) {
    var options = options
    guard endpoints.isEmpty else {
      if fills {
        var fill = try Fill(scenario, options)
        _ = try fill.run { _ in !Interruption.isRequested }
      }
      return try watched(options, [], nil)
    }
    let cores = CoreShares(clientThreads: options.threads)
    cores?.takeEngine()
    defer { cores?.release() }
    let engine: EmbeddedEngine
    do throws(FileFault) {
      engine = try EmbeddedEngine(
        scenario: path, seed: scenario.seed, clock: "x\(speed)", enforces: enforced)
    } catch {
      throw LoadFault(error.message)
    }
    defer { engine.stop() }
    do throws(Endpoint.Fault) {
      options.endpoints = [try Endpoint(engine.url)]
    } catch {
      throw LoadFault(error.description)
    }
    return try watched(options, [engine.process], cores)
  }

  /// - Parameter cores: The client's threads start on its own; this one then leaves them.
  private func watched(
    _ options: LoadOptions, _ others: [pid_t], _ cores: CoreShares?
  ) throws(LoadFault) -> (run: MeasuredRun, machine: MachineRecord) {
    let watch = MachineWatch([getpid()] + others)
    cores?.takeClient()
    let outcome = try LoadRun.run(scenario, options) { progress in
      cores?.takeEngine()
      watch.look(progress.second)
      return !Interruption.isRequested
    }
    return (outcome, watch.record(outcome.measurement, clockSpeed: speed))
  }
}
