// The first page: does it hold, in one sentence each for load, throttling, latency and money.
//
// The banner's headline is the verdict; a plan without objectives gets no verdict, since nothing
// was asked of it. Objectives stand with the simulated value and its half-width.

import Pricing
import Results
import Statistics
import Units

enum SummarySection: ReportSection {
  static func write(_ input: ReportInput, into document: inout Document) {
    document.banner = banner(input)
    var section = DocumentSection("Summary")
    section.paragraph(answer(input))
    if input.plan.scenario.interrupted {
      section.note(
        Callout(
          status: .warning, title: "The run was interrupted",
          text: "Everything below speaks of the \(input.plan.record.duration.description) that were"
            + " simulated, repeated for the month's bill."))
    }
    section.table(objectives(input.plan))
    if input.plan.objectives.isEmpty {
      section.paragraph("The scenario sets no objectives, so nothing could be missed.")
    }
    document.append(section)
  }

  /// The verdict as a headline with the counts of the objectives behind it.
  static func banner(_ input: ReportInput) -> Banner {
    let plan = input.plan
    let headline =
      switch plan.verdict {
      case .pass where isDoubtful(plan): "It holds in the middle of the intervals"
      case .pass: plan.objectives.isEmpty ? "No objectives are set" : "It holds"
      case .fail: "It does not hold"
      case .undecided: "Undecided"
      }
    var parts: [String] = []
    for verdict in [Verdict.fail, .undecided, .pass] {
      let n = plan.objectives.filter { $0.verdict == verdict }.count
      if n > 0 { parts.append("\(n) \(Wording.word(verdict))") }
    }
    let count = plan.objectives.count
    var text = ""
    if count == 1, let only = plan.objectives.first {
      text = "The one objective is \(Wording.word(only.verdict)). "
    } else if parts.count == 1, let only = plan.objectives.first {
      text = "All \(group(count)) objectives are \(Wording.word(only.verdict)). "
    } else if count > 0 {
      text = "Of \(group(count)) objectives: \(parts.joined(separator: ", ")). "
    }
    if plan.scenario.interrupted {
      text =
        "The run was interrupted after \(plan.record.duration.description). "
        + (text.isEmpty ? "" : "In that part: " + text)
    }
    if isDoubtful(plan), let draws = plan.uncertainty, let holding = draws.holding {
      let share = percentage(Double(holding) / Double(draws.draws))
      text += "With numbers drawn from them it holds in \(share) of \(group(draws.draws)) draws. "
    }
    if plan.verdict == .pass { text += price(input) }
    text += story(plan)
    while text.hasSuffix(" ") { text.removeLast() }
    let status: Status =
      plan.verdict == .pass && plan.objectives.isEmpty
      ? .neutral : isDoubtful(plan) ? .warning : Wording.status(plan.verdict)
    return Banner(status: status, headline: headline, text: Prose(text))
  }

  /// Whether a plan holds with the middles of its intervals, and more than one draw in twenty does
  /// not.
  private static func isDoubtful(_ plan: CapacityPlan) -> Bool {
    guard plan.verdict == .pass, let draws = plan.uncertainty, let holding = draws.holding else {
      return false
    }
    return holding * 20 < draws.draws * 19
  }

  /// What refuses requests, two causes at most; without any what is next in weight, be it only a
  /// note.
  private static func story(_ plan: CapacityPlan) -> String {
    let causes = plan.findings.filter { $0.isCause && $0.severity == .problem }.prefix(2)
    if !causes.isEmpty { return causes.map { $0.title + ". " }.joined() }
    guard let finding = plan.findings.first, finding.severity > .note || plan.verdict == .pass
    else { return "" }
    return finding.title + ". "
  }

  /// What the month costs, for what most of it, and what it would otherwise.
  private static func price(_ input: ReportInput) -> String {
    let bill = input.bill
    guard bill.total > .zero else { return "" }
    var text = "It costs \(bill.isComplete ? "" : "at least ")\(bill.total.description) a month"
    if let (name, share) = largest(bill) {
      text += ", \(fixed(share * 100, 0)) % of it for \(name)"
    }
    if let best = cheaper(input) {
      text += "; \(best.name) it would be \(best.monthly.description)"
    }
    return text + ". "
  }

  /// What more than half of a bill is for: kinds of usage by the words of their usage types.
  private static func largest(_ bill: Bill) -> (name: String, share: Double)? {
    let kinds = [
      ("Write", "writes"), ("Read", "reads"), ("NodeUsage", "DAX nodes"),
      ("TimedStorage", "storage"),
    ]
    let shares = kinds.map { word, name -> (name: String, share: Double) in
      let lines = bill.lines.filter { $0.usageType.contains(word) }
      let sum = lines.reduce(Money.zero) { $0 + ($1.amount ?? .zero) }
      return (name, sum.inDollars / bill.total.inDollars)
    }
    return shares.first { $0.share > 0.5 }
  }

  /// The cheapest other way to pay for the same traffic, without a commitment, if it saves a tenth.
  /// What is unpriced in the bill is so in its alternatives too.
  private static func cheaper(_ input: ReportInput) -> PricedAlternative? {
    let isPartial = !input.bill.isComplete
    return input.alternatives.filter { $0.isLikeForLike && ($0.isComplete || isPartial) }
      .min { $0.monthly < $1.monthly }
      .flatMap { $0.difference.inDollars < -0.1 * input.bill.total.inDollars ? $0 : nil }
  }

  private static func answer(_ input: ReportInput) -> Prose {
    let plan = input.plan
    let facts = plan.scenario
    let rate = plan.operations.reduce(0) { $0 + $1.requestsPerSecond.value }
    var text: Prose = "\(facts.duration.description) of traffic"
    text = text + " at \(strong: significant(rate) + " requests/s") on average were simulated "
    text = text + "\(facts.replications == 1 ? "once" : "\(facts.replications) times")"
    text = text + " from seed \(facts.seed). "
    let views = ResourceView.all(plan).filter { $0.summary.throttles.value > 0 }
    if let worst = views.max(by: { $0.summary.throttles.value < $1.summary.throttles.value }) {
      let share = throttledShare(plan)
      text = text + "\(strong: percentage(share)) of the requests met a throttle, "
      text = text + (views.count == 1 ? "all at " : "most of them at ")
      text = text + "the \(code: worst.name) \(Wording.name(worst.axis)) limit. "
    } else {
      text = text + "Nothing was throttled. "
    }
    if let slow = plan.operations.filter({ $0.p99.samples > 0 })
      .max(by: { $0.p99.value < $1.p99.value })
    {
      text =
        text + "The slowest operation, \(code: slow.name), answers 99 % of its requests within "
      text = text + "\(strong: Wording.latencyValue(slow.p99)). "
    }
    guard !input.bill.lines.isEmpty || input.bill.total != .zero else { return text }
    let isPartial = input.bill.lines.contains { $0.amount == nil }
    text = text + "The month costs \(isPartial ? "at least " : "")"
    text = text + "\(strong: input.bill.total.description) in \(input.bill.region)"
    if let best = cheaper(input) { text = text + "; \(best.name) it would be \(best.monthly)" }
    return text + "."
  }

  /// Requests that met a throttle over all requests, weighted by rate.
  static func throttledShare(_ plan: CapacityPlan) -> Double {
    let rate = plan.operations.reduce(0) { $0 + $1.requestsPerSecond.value }
    guard rate > 0 else { return 0 }
    return plan.operations.reduce(0) { $0 + $1.throttled.value * $1.requestsPerSecond.value } / rate
  }

  private static func measured(_ objective: ObjectiveOutcome) -> DocumentCell {
    var cell = Wording.cell(objective.measured, objective.unit)
    if let samples = objective.effectiveSamples, cell.detail.isEmpty {
      cell.detail = "of \(Wording.count(Int(samples), "effective sample"))"
    }
    return cell
  }

  static func objectives(_ plan: CapacityPlan) -> DocumentTable {
    let percent = Wording.confidence(plan.scenario.confidence)
    return DocumentTable(
      caption: plan.scenario.replications > 1
        ? "± is the half-width at \(percent) confidence." : "",
      columns: [.init("Verdict"), .init("Objective"), .init("Simulated", .trailing)],
      rows: plan.objectives.map { objective in
        [
          DocumentCell(
            Wording.word(objective.verdict), status: Wording.status(objective.verdict)),
          DocumentCell(objective.text, isCode: true),
          measured(objective),
        ]
      })
  }
}
