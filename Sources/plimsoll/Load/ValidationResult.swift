// What a validation leaves behind: the page, both runs as run.json, and the calibration.

import Capacity
import LoadGeneration
import Planning
import Reports
import Results
import Scenarios
import Statistics
import Units

/// A finished validation.
struct ValidationResult {
  let validation: Validation
  let document: Document
  let files: [ReportFile]

  init(
    scenario: Scenario, bench: ValidationBench, calibration: LatencyCalibration,
    evidence: LatencyEvidence, predictions: [RunRecord], outcome: MeasuredRun
  ) {
    let (scope, omissions) = Self.scope(bench, predictions[0], outcome.record)
    var validation = Validation(
      predictions: predictions, measured: outcome.record, scope: scope,
      confidence: scenario.run.confidence, cached: Self.cachedOperations(scenario))
    validation.omissions += omissions
    validation.weigh(evidence)
    validation.explainTimeouts(
      in: outcome.record, clockSpeed: bench.speed,
      timeouts: scenario.traffic.flatMap { traffic in
        traffic.operations.map { _ in traffic.client.timeout }
      })
    if bench.leavesOutCache {
      validation.omissions.append(
        "the DAX cluster: all requests went to the tables, in the simulation too")
    }
    self.validation = validation
    let run = outcome.measurement
    var rows = [
      DocumentFact("Scenario", "\(code: bench.path), seed \(scenario.seed)"),
      DocumentFact("Measured", "\(outcome.record.duration.description) of its time"),
      DocumentFact("Simulated", "\(predictions.count) times, the first with the very requests"),
      DocumentFact(
        "Latency",
        Prose(
          "calibrated before, on \(group(calibration.samples)) requests that nothing refused; all"
            + " else is predicted")),
      DocumentFact("Machine", Self.machine(evidence)),
      DocumentFact(
        "Client",
        Prose(
          "\(run.loop), lag p99 \(Nanoseconds(run.lag.value(atPercentile: 99))), CPU"
            + " \(percentage(run.busiestThread)), \(run.isValid ? "valid" : "INVALID")")),
    ]
    rows += run.faults.map { DocumentFact("Invalid", Prose($0.text)) }
    if run.mismatchCount > 0 {
      rows.append(
        DocumentFact("Capacity", Prose("\(group(run.mismatchCount)) requests cost other units")))
    }
    document = ValidationReport.document(
      validation,
      ValidationReport.Facts(
        title: scenario.title.isEmpty ? scenario.name : scenario.title, against: bench.against,
        rows: rows, command: bench.command))
    files = [
      ReportFile(path: "report.md", contents: MarkdownRenderer().render(document)),
      ReportFile(path: "report.html", contents: HTMLRenderer().render(document)),
      ReportFile(path: "calibration.yaml", contents: calibration.fragment),
      ReportFile(
        path: "validation.json",
        contents: ValidationReport.json(
          validation, isValid: run.isValid, command: bench.command,
          invalidBecause: run.faults.map(\.text))),
      Self.run("run.json", scenario, [outcome.record], bench),
      Self.run("predicted.json", scenario, predictions, bench),
    ]
  }

  /// What the machine did to either run besides.
  private static func machine(_ evidence: LatencyEvidence) -> Prose {
    func words(_ record: MachineRecord) -> String {
      let parts = [
        "p99 of the client's lag \(Nanoseconds(record.lag.value(atPercentile: 99)))",
        record.busy.map { "processors busy with client and engine for \(percentage($0))" },
        record.starved.map { "\($0) without a processor per attempt" },
        record.stolen.map { "\(percentage($0)) of them taken by the hypervisor" },
      ]
      return parts.compactMap { $0 }.joined(separator: ", ")
    }
    return Prose("\(words(evidence.run)); in the calibration \(words(evidence.calibration))")
  }

  /// Operations that go to the scenario's DAX cluster, by position.
  private static func cachedOperations(_ scenario: Scenario) -> Set<Int> {
    guard let cache = scenario.cache else { return [] }
    let all = scenario.traffic.flatMap(\.operations)
    return Set(
      all.indices.filter { all[$0].parts.contains { cache.tables.contains($0.table) } })
  }

  /// What the endpoint can be held to; it shows by itself what it enforces.
  private static func scope(
    _ bench: ValidationBench, _ predicted: RunRecord, _ measured: RunRecord
  ) -> (ValidationScope, [String]) {
    guard !bench.endpoints.isEmpty else { return (.all, []) }
    func throttles(_ record: RunRecord) -> Int64 {
      record.resources.reduce(0) { $0 + $1.read.totalThrottles + $1.write.totalThrottles }
    }
    let units = measured.resources.reduce(Int64(0)) {
      $0 + $1.read.totalConsumed.halves + $1.write.totalConsumed.halves
    }
    if units == 0 {
      return (
        [.requests, .latency],
        ["consumed units: the endpoint reports none", "throttles: without units no limit is known"]
      )
    }
    if throttles(measured) == 0, throttles(predicted) > 0 {
      return (
        [.requests, .latency],
        [
          "throttles, and what follows from them: the simulator predicts"
            + " \(group(throttles(predicted))), the endpoint refused nothing and so does not"
            + " enforce capacity"
        ]
      )
    }
    return (.all, [])
  }

  private static func run(
    _ path: String, _ scenario: Scenario, _ records: [RunRecord], _ bench: ValidationBench
  ) -> ReportFile {
    let plan = Planner(scenario).plan(records)
    return ReportFile(
      path: path,
      contents: RunJSON.text(
        ReportInput(
          plan: plan.plan, bill: plan.bill, alternatives: plan.alternatives,
          command: bench.command, version: programVersion)))
  }
}
