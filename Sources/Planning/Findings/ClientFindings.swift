// What clients add to the load and give up, what the cache answers, and capacity that nobody uses.

import Capacity
import Clients
import Results
import Scenarios
import Statistics
import Units

enum ClientFindings {
  /// Share of failed requests below which nobody is woken up.
  private static let negligible = 0.0001

  static func find(_ context: FindingContext) -> [Finding] {
    context.operations.enumerated().compactMap { position, row in
      let records = context.summary.records.map { $0.operations[position] }
      let hasTimeouts = records.contains { $0.timedOut > 0 }
      if row.failed.value > 0 {
        let hasConflicts = records.contains { $0.conflicts > 0 }
        // Then ConflictFindings has said it.
        if hasConflicts, !hasTimeouts, row.throttled.value == 0 { return nil }
        return failing(context, row, hasTimeouts: hasTimeouts, hasConflicts: hasConflicts)
      }
      guard row.attemptsPerRequest.value > 1.05 else { return nil }
      return Finding(
        severity: .warning,
        title: "\(context.name(row)): retries add"
          + " \(percentage(row.attemptsPerRequest.value - 1)) to the requests on the wire",
        explanation:
          "\(percentage(row.throttled.value)) of the requests meet at least one throttle"
          + (hasTimeouts ? ", and some time out, though the service does and charges the work" : "")
          + "; back-off hides the error but its waiting time is in the latency: p99"
          + " \(Nanoseconds(seconds: row.p99.value)).",
        remedies: [])
    }
  }

  /// The limits of the operation's tables and indexes that refused something, as
  /// "orders/byStatus writes".
  private static func throttled(_ context: FindingContext, _ row: OperationSummary) -> [String] {
    let operation = context.scenario.traffic.first { $0.name == row.traffic }?.operations
      .first { $0.name == row.name }
    guard let operation else { return [] }
    let axis: CapacityAxis = operation.kind.isWrite ? .write : .read
    let tables = operation.parts.map { context.scenario.tables[$0.table].name }
    return context.resources.indices.compactMap { position in
      let summary = context.resources[position]
      let axes = axis == .read ? summary.read : summary.write
      guard tables.contains(context.record.resources[position].table),
        axes.throttlesByCause.contains(where: { $0.value > 0 })
      else { return nil }
      return "\(summary.name) \(axis == .read ? "reads" : "writes")"
    }
  }

  private static func failing(
    _ context: FindingContext, _ row: OperationSummary, hasTimeouts: Bool, hasConflicts: Bool
  ) -> Finding {
    let client = context.scenario.traffic.first { $0.name == row.traffic }?.client
    var remedies: [String] = []
    if row.throttled.value > 0 {
      let causes = throttled(context, row)
      let cause = causes.isEmpty ? "" : " (" + causes.joined(separator: ", ") + ")"
      remedies.append(
        "Remove the cause of the throttling\(cause) first; more attempts only move the load to a"
          + " later second.")
    }
    if hasTimeouts, let client {
      remedies.append(
        "Some attempts ran into the timeout of \(client.timeout); allow more than the p99.9 of an"
          + " attempt takes. What a client gives up on is carried out and charged all the same, and"
          + " the retry again.")
    }
    let attempts = context.text(row.attemptsPerRequest)
    let isTransaction = row.kind.hasPrefix("Transact")
    let policy = client?.retries.mode.rawValue ?? "none"
    let end =
      isTransaction && (row.throttled.value > 0 || hasConflicts)
      ? "clients do not retry a cancelled transaction."
      : hasConflicts && row.throttled.value == 0
        ? "clients do not retry a write that meets a transaction."
        : "the policy \(policy) returns the error to the application"
          + " when its attempts or its retry quota are used up."
    return Finding(
      severity: row.failed.value < negligible ? .warning : .problem,
      title: "\(context.name(row)): \(percentage(row.failed.value)) of the requests fail for good",
      explanation:
        "A request takes \(attempts) attempt\(attempts == "1" ? "" : "s") on average; \(end)",
      remedies: remedies)
  }
}

enum CacheFindings {
  /// The low end of what the service calls a typical hit ratio (features.md 2).
  private static let typicalHitRatio = 0.85

  static func find(_ context: FindingContext) -> [Finding] {
    guard let cache = context.cache else { return [] }
    var found: [Finding] = []
    if cache.throttled.value > 0 {
      let asked =
        cache.nodes == 1
        ? "1 node of \(cache.nodeType) is asked for more than its throughput."
        : "\(cache.nodes) nodes of \(cache.nodeType) are asked for more than their throughput."
      found.append(
        Finding(
          severity: .problem,
          title: "DAX throttles: \(context.text(cache.throttled)) requests refused by its nodes",
          explanation: asked, remedies: ["Add nodes or take a larger node type."], isCause: true))
    }
    let lookups = context.summary.records.reduce(0) {
      $0 + ($1.cache?.itemCacheHits ?? 0) + ($1.cache?.itemCacheMisses ?? 0)
    }
    if lookups > 0, cache.itemHitRatio.value < typicalHitRatio {
      found.append(lowHitRatio(context, cache))
    }
    if let saving = CacheSizing.saving(context, cache) { found.append(saving) }
    if let sizing = CacheSizing.finding(context, cache) { found.append(sizing) }
    return found
  }

  private static func lowHitRatio(_ context: FindingContext, _ cache: CacheSummary) -> Finding {
    let evicts = cache.evicted.value > 0
    return Finding(
      severity: .warning,
      title: "DAX answers \(percentage(cache.itemHitRatio.value)) of its item reads",
      explanation:
        "A typical hit ratio is 85-95 %; below that a miss costs an extra hop and the nodes buy"
        + " little. "
        + (evicts
          ? "For lack of memory \(context.text(cache.evicted)) entries were evicted."
          : "Nothing was evicted: entries are missing because they expired or were never read"
            + " before."),
      remedies: [
        evicts
          ? "Take nodes with more memory, or fewer tables through the cluster."
          : "Lengthen the item TTL if staleness allows; a cache that has just started fills first."
      ])
  }
}

enum IdleCapacityFindings {
  /// Utilisation below which provisioned capacity costs more than on-demand in the price list's
  /// ratio (pricing.md 3: 28.9 %); the alternatives table prices it exactly.
  private static let breakEven = 0.289
  /// Units/s below which there is nothing worth saving.
  private static let smallCapacity = 20.0

  static func find(_ context: FindingContext) -> [Finding] {
    context.resources.compactMap { row in
      guard !row.isOnDemand, row.write.utilisation.value < breakEven,
        row.read.utilisation.value < breakEven,
        row.read.limitMean.value + row.write.limitMean.value > smallCapacity
      else { return nil }
      return Finding(
        severity: .note,
        title: "\(row.name) uses \(percentage(row.read.utilisation.value)) of its read and"
          + " \(percentage(row.write.utilisation.value)) of its write capacity",
        explanation:
          "Below about 29 % utilisation on-demand is cheaper than provisioned at list prices.",
        remedies: ["See the priced alternatives: on-demand, less capacity, or auto scaling."])
    }
  }
}
