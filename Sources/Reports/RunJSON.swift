// run.json: the plan for programs, as text that is the same bytes for the same plan.
//
// Keys stand in a fixed order, numbers in their shortest exact form, money as decimal strings so
// that no reader rounds it. Series are sums per `periodMinutes`, chosen as in csv/metrics.csv, so a
// two-week run stays small. The schema's name changes when a key changes its meaning.

import Capacity
import JSON
import Pricing
import Results
import Statistics
import Units

/// Writes run.json.
public enum RunJSON {
  public static let schema = "plimsoll/run/1"

  /// The whole file, ended by a line feed.
  public static func text(_ input: ReportInput) -> String {
    let plan = input.plan
    var json = JSONWriter()
    json.beginObject()
    json.member("schema", schema)
    json.member("version", input.version)
    scenario(plan.scenario, &json)
    json.member("verdict", plan.verdict.rawValue)
    objectives(plan, &json)
    operations(plan, &json)
    resources(plan, &json)
    IntervalJSON.write(plan.record, &json)
    cache(plan, &json)
    findings(plan, &json)
    remedies(plan, &json)
    uncertainty(plan, &json)
    events(plan, &json)
    bill(input, &json)
    measurement(input, &json)
    json.endObject()
    let text = json.text
    return text.hasSuffix("\n") ? text : text + "\n"
  }

  private static func scenario(_ facts: ScenarioFacts, _ json: inout JSONWriter) {
    json.key("scenario")
    json.beginObject()
    json.member("name", facts.name)
    json.member("title", facts.title)
    json.member("region", facts.region)
    json.member("seed", facts.seed)
    json.member("replications", facts.replications)
    json.member("confidence", facts.confidence)
    json.member("durationSeconds", facts.duration.inSeconds)
    json.member("warmUpSeconds", facts.warmUp.inSeconds)
    json.member("interrupted", facts.interrupted)
    for (name, rows) in [("facts", facts.rows), ("assumptions", facts.assumptions)] {
      json.key(name)
      json.beginArray()
      for row in rows {
        json.beginObject(compact: true)
        json.member("label", row.label)
        json.member("value", row.value)
        json.endObject()
      }
      json.endArray()
    }
    json.endObject()
  }

  private static func member(_ name: String, _ estimate: Estimate, _ json: inout JSONWriter) {
    json.key(name)
    json.beginObject(compact: true)
    number("value", estimate.value, &json)
    if let half = estimate.halfWidth { number("halfWidth", half, &json) }
    json.member("samples", estimate.samples)
    json.endObject()
  }

  /// The value to nine significant digits, so that the last bits of a mathematical library, which
  /// differ between machines, do not reach the file. Products and quotients of IEEE arithmetic
  /// only.
  static func rounded(_ value: Double) -> Double {
    guard value != 0, abs(value) < 1e15 else { return value }
    var scale = 1.0
    while abs(value) * scale < 1e8, scale < 1e24 { scale *= 10 }
    return (value * scale).rounded() / scale
  }

  /// JSON has no infinities and no not-a-number; they are written null.
  static func number(_ name: String, _ value: Double, _ json: inout JSONWriter) {
    if value.isFinite {
      json.member(name, rounded(value))
    } else {
      json.key(name)
      json.null()
    }
  }

  private static func objectives(_ plan: CapacityPlan, _ json: inout JSONWriter) {
    json.key("objectives")
    json.beginArray()
    for objective in plan.objectives {
      json.beginObject()
      json.member("text", objective.text)
      member("measured", objective.measured, &json)
      number("bound", objective.bound, &json)
      if let samples = objective.effectiveSamples { json.member("effectiveSamples", samples) }
      json.member("verdict", objective.verdict.rawValue)
      json.endObject()
    }
    json.endArray()
  }

  private static func operations(_ plan: CapacityPlan, _ json: inout JSONWriter) {
    json.key("operations")
    json.beginArray()
    for operation in plan.operations {
      json.beginObject()
      json.member("traffic", operation.traffic)
      json.member("name", operation.name)
      json.member("api", operation.kind)
      member("requestsPerSecond", operation.requestsPerSecond, &json)
      member("succeeded", operation.succeeded, &json)
      member("throttled", operation.throttled, &json)
      member("failed", operation.failed, &json)
      member("attemptsPerRequest", operation.attemptsPerRequest, &json)
      member("meanSeconds", operation.mean, &json)
      member("p50Seconds", operation.p50, &json)
      member("p90Seconds", operation.p90, &json)
      member("p99Seconds", operation.p99, &json)
      member("p999Seconds", operation.p999, &json)
      if let max = operation.max { member("maxSeconds", max, &json) }
      json.endObject()
    }
    json.endArray()
  }

  private static func resources(_ plan: CapacityPlan, _ json: inout JSONWriter) {
    json.key("resources")
    json.beginArray()
    let views = ResourceView.all(plan)
    for (position, summary) in plan.resources.enumerated() {
      json.beginObject()
      json.member("name", summary.name)
      json.member("isIndex", summary.isIndex)
      json.member("isOnDemand", summary.isOnDemand)
      member("partitionsAtEnd", summary.partitionsAtEnd, &json)
      for view in views[(2 * position)..<(2 * position + 2)] { axis(view, plan.record, &json) }
      json.endObject()
    }
    json.endArray()
  }

  private static func axis(_ view: ResourceView, _ run: RunRecord, _ json: inout JSONWriter) {
    let summary = view.summary
    json.key(Wording.name(view.axis))
    json.beginObject()
    member("consumedPerSecond", summary.consumed, &json)
    member("peakMinutePerSecond", summary.peakMinute, &json)
    member("peakSecond", summary.peakSecond, &json)
    number("limitAtStart", summary.limitAtStart, &json)
    member("limitAtEnd", summary.limitAtEnd, &json)
    member("limitMean", summary.limitMean, &json)
    member("utilisation", summary.utilisation, &json)
    member("throttles", summary.throttles, &json)
    member("throttledSeconds", summary.throttledSeconds, &json)
    json.key("throttlesByReason")
    json.beginObject()
    for cause in ThrottleCause.allCases
    where summary.throttlesByCause.indices.contains(cause.rawValue) {
      let events = summary.throttlesByCause[cause.rawValue]
      if events.value > 0 { member(view.reason(cause).apiName, events, &json) }
    }
    json.endObject()
    if let series = view.series, view.isActive { self.series(series, run, &json) }
    json.endObject()
  }

  private static func series(
    _ series: AxisSeries, _ run: RunRecord, _ json: inout JSONWriter
  ) {
    let minutes = series.consumed.count
    let period = MetricsTable.period(series: run.resources.count, minutes: minutes)
    json.key("series")
    json.beginObject()
    json.member("periodMinutes", period)
    func array(_ name: String, _ values: [Int64], _ scale: Double) {
      json.key(name)
      json.beginArray(compact: true)
      for start in stride(from: 0, to: values.count, by: period) {
        let sum = values[start..<min(start + period, values.count)].reduce(0, +)
        json.value(Double(sum) * scale)
      }
      json.endArray()
    }
    array("consumedUnits", series.consumed, 0.5)
    array("demandedUnits", series.demanded, 0.5)
    array("throttles", PlanCharts.throttlesPerMinute(series).map { Int64($0) }, 1)
    json.endObject()
  }

  private static func cache(_ plan: CapacityPlan, _ json: inout JSONWriter) {
    json.key("cache")
    guard let cache = plan.cache else { return json.null() }
    json.beginObject()
    json.member("nodes", cache.nodes)
    json.member("nodeType", cache.nodeType)
    member("itemHitRatio", cache.itemHitRatio, &json)
    member("queryHitRatio", cache.queryHitRatio, &json)
    member("throttled", cache.throttled, &json)
    member("evicted", cache.evicted, &json)
    member("memoryUsedBytes", cache.memoryUsed, &json)
    json.endObject()
  }

  private static func findings(_ plan: CapacityPlan, _ json: inout JSONWriter) {
    json.key("findings")
    json.beginArray()
    for finding in plan.findings {
      let severity =
        switch finding.severity {
        case .note: "note"
        case .warning: "warning"
        case .problem: "problem"
        }
      json.beginObject()
      json.member("severity", severity)
      json.member("title", finding.title)
      json.member("explanation", finding.explanation)
      json.key("remedies")
      json.beginArray()
      for remedy in finding.remedies { json.value(remedy) }
      json.endArray()
      json.endObject()
    }
    json.endArray()
  }

  private static func remedies(_ plan: CapacityPlan, _ json: inout JSONWriter) {
    json.key("remedies")
    json.beginArray()
    for remedy in plan.remedies {
      json.beginObject()
      json.member("title", remedy.title)
      json.member("verdict", remedy.verdict.rawValue)
      member("throttled", remedy.throttled, &json)
      member("failed", remedy.failed, &json)
      member("p99Seconds", remedy.p99, &json)
      member("dollarsPerMonth", remedy.monthlyCost, &json)
      member("dollarsPerMonthDifference", remedy.costDifference, &json)
      json.endObject()
    }
    json.endArray()
  }

  private static func uncertainty(_ plan: CapacityPlan, _ json: inout JSONWriter) {
    guard let summary = plan.uncertainty else { return }
    json.key("uncertainty")
    json.beginObject()
    json.member("draws", summary.draws)
    if let holding = summary.holding { json.member("holding", holding) }
    json.key("inputs")
    json.beginArray()
    for input in summary.inputs {
      json.beginObject(compact: true)
      for (name, text) in [
        ("path", input.path), ("low", input.low), ("mid", input.mid), ("high", input.high),
      ] {
        json.member(name, text)
      }
      json.endObject()
    }
    json.endArray()
    json.key("outputs")
    json.beginArray()
    for output in summary.outputs {
      json.beginObject()
      json.member("name", output.name)
      number("p5", output.low, &json)
      number("p50", output.median, &json)
      number("p95", output.high, &json)
      json.key("rankCorrelations")
      json.beginArray(compact: true)
      for value in output.dependence { json.value(rounded(value)) }
      json.endArray()
      json.endObject()
    }
    json.endArray()
    json.endObject()
  }

  private static func events(_ plan: CapacityPlan, _ json: inout JSONWriter) {
    json.key("events")
    json.beginArray()
    for event in plan.record.events {
      json.beginObject(compact: true)
      json.member("seconds", event.at.inSeconds)
      json.member("kind", event.kind.rawValue)
      json.member("resource", event.resource)
      json.member("text", event.text)
      json.endObject()
    }
    json.endArray()
  }

  private static func bill(_ input: ReportInput, _ json: inout JSONWriter) {
    let bill = input.bill
    json.key("bill")
    json.beginObject()
    json.member("region", bill.region)
    json.member("totalPerMonth", Wording.decimal(bill.total))
    json.member("isComplete", bill.isComplete)
    json.key("lines")
    json.beginArray()
    for line in bill.lines {
      json.beginObject(compact: true)
      json.member("resource", line.resource)
      json.member("usageType", line.usageType)
      json.member("quantity", line.quantity)
      for (name, money) in [("unitPrice", line.unitPrice), ("amount", line.amount)] {
        json.key(name)
        if let money { json.value(Wording.decimal(money)) } else { json.null() }
      }
      json.member("source", line.source)
      json.endObject()
    }
    json.endArray()
    for (name, texts) in [("assumptions", bill.assumptions), ("warnings", bill.warnings)] {
      json.key(name)
      json.beginArray()
      for text in texts { json.value(text) }
      json.endArray()
    }
    json.endObject()
    json.key("alternatives")
    json.beginArray()
    for alternative in AlternativesSection.sorted(input.alternatives) {
      json.beginObject(compact: true)
      json.member("name", alternative.name)
      json.member("perMonth", Wording.decimal(alternative.monthly))
      json.member("isComplete", alternative.isComplete)
      json.endObject()
    }
    json.endArray()
  }
}
