// load and fill: a scenario's requests and items at a real endpoint.

import Arguments
import Capacity
import LoadGeneration
import Planning
import Reports
import Results
import Scenarios
import Statistics
import Units

enum LoadCommand {
  static let load = Command(
    "load", summary: "Send a scenario's requests to an endpoint and measure it",
    discussion: [
      "Open loop: every request has a due instant that no answer moves, and response latency counts"
        + " from it. Without --endpoint the embedded engine runs in a process of its own, filled"
        + " with the scenario's items. A run in which the client was the bottleneck is INVALID and"
        + " says why. Exit code 0: valid and every objective holds; 3: one is missed; 4: undecided"
        + " or invalid."
    ],
    positionals: [Positional("SCENARIO", summary: "A scenario file (YAML)")],
    options: LoadSettings.endpointOptions + LoadSettings.loadOptions,
    examples: [
      "plimsoll load scenarios/01-orders.yaml --duration 2m",
      "plimsoll load scenarios/01-orders.yaml --endpoint http://127.0.0.1:8000",
    ])

  static func run(_ given: GivenArguments) -> ExitCode {
    let path = given.positionals[0]
    guard var scenario = ScenarioInput.load(path) else { return .badInput }
    scenario.run.replications = 1
    let folder = folder(given, scenario)
    if let obstacle = Files.obstacle(toReportAt: folder) {
      Terminal.complain("plimsoll: \(obstacle.message)")
      return .badInput
    }
    guard !scenario.traffic.isEmpty else {
      Terminal.complain("\(path): error: a scenario without traffic cannot be sent")
      return .badInput
    }
    var engine: EmbeddedEngine?
    defer { engine?.stop() }
    Interruption.listen()
    do throws(SettingsFault) {
      // The options first: what is wrong with them is said before an engine starts.
      let isEmbedded = given.all("endpoint").isEmpty
      var options = try LoadSettings.options(
        given, scenario, isEmbedded ? ["http://127.0.0.1"] : given.all("endpoint"))
      if isEmbedded {
        let started = try start(path, seed: options.seed, given)
        engine = started
        options.endpoints = try LoadSettings.options(given, scenario, [started.url]).endpoints
      }
      if let refusal = LoadSettings.refusal(options, given) {
        throw SettingsFault(message: refusal)
      }
      apply(options, to: &scenario)
      return drive(scenario, options, given, path, folder)
    } catch {
      Terminal.complain("plimsoll: \(error.message)")
      return .badInput
    }
  }

  private static func start(
    _ path: String, seed: UInt64?, _ given: GivenArguments
  ) throws(SettingsFault) -> EmbeddedEngine {
    if !given.has("quiet") { Terminal.complain("starting the embedded engine with \(path)") }
    do throws(FileFault) {
      return try EmbeddedEngine(
        scenario: path, seed: seed, clock: given.text("clock"))
    } catch {
      throw SettingsFault(message: error.message)
    }
  }

  /// What the command line changes is what the report describes.
  private static func apply(_ options: LoadOptions, to scenario: inout Scenario) {
    scenario.run.duration = options.duration ?? scenario.run.duration
    scenario.run.warmUp = min(scenario.run.duration, options.warmUp ?? scenario.run.warmUp)
    scenario.seed = options.seed ?? scenario.seed
  }

  private static func drive(
    _ scenario: Scenario, _ options: LoadOptions, _ given: GivenArguments, _ path: String,
    _ folder: String
  ) -> ExitCode {
    let screen = LoadScreen(
      scenario, quiet: given.has("quiet"), plain: given.has("plain"),
      closed: options.closedUsers != nil)
    let names = scenario.tables.flatMap { table in
      [table.name] + table.globalIndexes.map { "\(table.name)/\($0.name)" }
    }
    let intervals = IntervalsFile(for: folder, names: names)
    do throws(LoadFault) {
      let rules = AbortRules(scenario)
      var missed: Objective?
      let outcome = try LoadRun.run(scenario, options) { progress in
        screen.show(progress)
        intervals.add(progress)
        missed = missed ?? rules.missed(by: progress.soFar)
        return missed == nil && !Interruption.isRequested
      }
      screen.finish()
      if let missed { Terminal.complain("plimsoll: ended early: \(missed.text) is missed") }
      let plan = Planner(scenario).plan([outcome.record])
      let input = ReportInput(
        plan: plan.plan, bill: plan.bill, alternatives: plan.alternatives,
        command: "plimsoll load \(path)", version: programVersion,
        measurement: outcome.measurement)
      let isWritten = write(input, intervals, outcome.record, to: folder)
      Terminal.say(
        LoadSummary.text(
          outcome, plan.plan, width: Terminal.outputIsTerminal ? Terminal.width : nil))
      if let fault = outcome.fault { Terminal.complain("plimsoll: \(fault.description)") }
      if !isWritten { return .runtimeError }
      Terminal.say("report: \(folder)/report.html\n")
      return code(outcome, plan.plan, endedBy: missed)
    } catch {
      Terminal.complain("plimsoll: \(error.description)")
      return .runtimeError
    }
  }

  /// - Parameter missed: The objective that ended the run; nil: none did.
  private static func code(
    _ outcome: MeasuredRun, _ plan: CapacityPlan, endedBy missed: Objective?
  ) -> ExitCode {
    if let code = Interruption.exitCode { return code }
    if outcome.fault != nil { return .runtimeError }
    if !outcome.measurement.isValid { return .undecided }
    if missed != nil { return .objectiveMissed }
    if outcome.record.interrupted { return .undecided }
    switch plan.verdict {
    case .pass: return .success
    case .fail: return .objectiveMissed
    case .undecided: return .undecided
    }
  }

  private static func folder(_ given: GivenArguments, _ scenario: Scenario) -> String {
    var folder = given.text("out") ?? "runs/\(scenario.name)"
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    return folder
  }

  private static func write(
    _ input: ReportInput, _ intervals: IntervalsFile, _ record: RunRecord, to folder: String
  ) -> Bool {
    do throws(FileFault) {
      try Files.replaceFolder(folder, with: ReportCatalog.files(input))
      if let fault = intervals.finish(into: folder, record) { throw FileFault(message: fault) }
      return true
    } catch {
      Terminal.complain("plimsoll: \(error.message)")
      return false
    }
  }
}

/// A run on one screen.
enum LoadSummary {
  /// - Parameter width: Lines are broken, and columns left out, to fit it; nil: neither.
  static func text(_ outcome: MeasuredRun, _ plan: CapacityPlan, width: Int? = nil) -> String {
    let run = outcome.measurement
    var lines = [
      "\(run.loop) · target \(significant(run.targetRate))/s · achieved"
        + " \(significant(run.achievedRate))/s (\(percentage(run.rateRatio))) · lag p99"
        + " \(Nanoseconds(run.lag.value(atPercentile: 99))) · client CPU"
        + " \(percentage(run.busiestThread)) · \(run.isValid ? "VALID" : "INVALID")"
        + (outcome.record.interrupted ? " · INTERRUPTED" : "")
    ]
    lines += (run.faults.map(\.text) + run.notes).map { "  " + $0 }
    var rows = [
      ["", "requests", "ok", "throttled", "failed", "attempts/op", "p50", "p99", "p99.9", "max"]
    ]
    for row in outcome.record.operations {
      let requests = max(1, row.requests)
      rows.append([
        row.name, group(row.requests), percentage(Double(row.succeeded) / Double(requests)),
        group(row.throttled), group(row.failed),
        significant(Double(row.attempts) / Double(requests)),
        "\(Nanoseconds(row.response.value(atPercentile: 50)))",
        "\(Nanoseconds(row.response.value(atPercentile: 99)))",
        "\(Nanoseconds(row.response.value(atPercentile: 99.9)))",
        "\(Nanoseconds(row.response.max))",
      ])
    }
    let head = lines
    lines = []
    for one in run.capacity {
      lines.append(
        "\(one.resource): reported \(significant(one.reportedRead.inUnits)) read and"
          + " \(significant(one.reportedWrite.inUnits)) write units, predicted"
          + " \(significant(one.predictedRead.inUnits)) and"
          + " \(significant(one.predictedWrite.inUnits))"
          + " (\(group(one.mismatches)) mismatches in \(group(one.compared)))")
    }
    for one in run.exceptions.prefix(8) {
      lines.append(
        "\(group(one.count)) × \(one.exception) \(one.reason) \(one.resource) (\(one.operation))")
    }
    for outcome in plan.objectives {
      lines.append("\(outcome.text): \(outcome.verdict.rawValue)")
    }
    func broken(_ lines: [String]) -> [String] {
      guard let width else { return lines }
      return lines.flatMap { wrapped($0, max(20, width)) }
    }
    let all = broken(head) + aligned(fitting(rows, width)) + broken(lines)
    return all.joined(separator: "\n") + "\n"
  }

  /// The table without the columns that are missed least, as many as must go.
  private static func fitting(_ rows: [[String]], _ width: Int?) -> [[String]] {
    var rows = rows
    guard let width else { return rows }
    for title in ["p99.9", "attempts/op", "max", "ok"]
    where aligned(rows).contains(where: { $0.count > width }) {
      guard let column = rows[0].firstIndex(of: title) else { continue }
      for row in rows.indices { rows[row].remove(at: column) }
    }
    return rows
  }

  /// A line broken between words; what goes on is set in.
  private static func wrapped(_ line: String, _ width: Int) -> [String] {
    var lines: [String] = []
    var rest = line
    while rest.count > width {
      let start = rest.prefix { $0 == " " }.endIndex
      let limit = rest.index(rest.startIndex, offsetBy: width)
      let fitting = rest[start...limit].lastIndex(of: " ")
      guard let space = fitting ?? rest[limit...].firstIndex(of: " ") else { break }
      lines.append(String(rest[..<space]))
      rest = "    " + rest[rest.index(after: space)...]
    }
    return lines + [rest]
  }

  /// Columns of equal width, the first to the left, the others to the right.
  static func aligned(_ rows: [[String]]) -> [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { column, text in
        let space = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 ? text + space : space + text
      }.joined(separator: "  ")
    }
  }
}
