// The CSV files beside the pages: exact values of the first replication and of the bill.
//
// Names follow CloudWatch where it has a metric (capacity.md 6). Counts are sums over the row's
// period; capacity is in units; times are seconds since the start of the run.

import Capacity
import Pricing
import Results
import Statistics
import Units

enum ExportTables {
  /// All tables with their file names, in a fixed order.
  static func all(_ input: ReportInput) -> [(path: String, table: CSVTable)] {
    let plan = input.plan
    var out = [
      ("csv/metrics.csv", MetricsTable.table(plan.record)),
      ("csv/throttles.csv", throttles(plan)), ("csv/partitions.csv", partitions(plan)),
      ("csv/hot-keys.csv", hotKeys(plan)), ("csv/operations.csv", operations(plan)),
      ("csv/latency.csv", MetricsTable.latency(plan.record)), ("csv/events.csv", events(plan)),
      ("csv/bill.csv", bill(input.bill)),
      ("csv/alternatives.csv", alternatives(input.alternatives)),
    ]
    if let cache = plan.record.cache {
      out.append(("csv/cache.csv", MetricsTable.cache(cache, plan.record)))
    }
    return out
  }

  private static func half(_ estimate: Estimate) -> String {
    estimate.halfWidth.map(Wording.plain) ?? ""
  }

  static func throttles(_ plan: CapacityPlan) -> CSVTable {
    var table = CSVTable(header: [
      "Resource", "Axis", "Reason", "Events", "EventsHalfWidth", "ThrottledSeconds",
      "FirstThrottleSeconds", "LongestStretchSeconds", "RefusedUnitsPerSecond",
    ])
    for view in ResourceView.all(plan) {
      for cause in ThrottleCause.allCases
      where view.summary.throttlesByCause.indices.contains(cause.rawValue) {
        let events = view.summary.throttlesByCause[cause.rawValue]
        guard events.value > 0 else { continue }
        let series = view.series
        table.rows.append([
          view.name, Wording.name(view.axis), view.reason(cause).apiName,
          Wording.plain(events.value), half(events),
          Wording.plain(view.summary.throttledSeconds.value),
          series?.firstThrottle.map { Wording.plain($0.inSeconds) } ?? "",
          series.map { String($0.longestThrottledStretch) } ?? "",
          series.flatMap(ThrottlingSection.refusedRate).map(Wording.plain) ?? "",
        ])
      }
    }
    return table
  }

  static func partitions(_ plan: CapacityPlan) -> CSVTable {
    var table = CSVTable(header: [
      "Resource", "Partition", "RangeStart", "RangeEnd", "ConsumedReadCapacityUnits",
      "ConsumedWriteCapacityUnits", "PeakReadUnitsPerSecond", "PeakWriteUnitsPerSecond",
      "ThrottleEvents", "CreatedAtSeconds",
    ])
    for (name, resource) in PartitionsSection.named(plan) {
      for (index, partition) in resource.partitions.enumerated() {
        table.rows.append([
          name, String(index + 1), Wording.plain(partition.rangeStart),
          Wording.plain(partition.rangeEnd), Wording.plain(partition.consumedRead.inUnits),
          Wording.plain(partition.consumedWrite.inUnits),
          Wording.plain(Double(partition.peakReadSecond) / 2),
          Wording.plain(Double(partition.peakWriteSecond) / 2), String(partition.throttles),
          partition.createdAt.map { Wording.plain($0.inSeconds) } ?? "",
        ])
      }
    }
    return table
  }

  static func hotKeys(_ plan: CapacityPlan) -> CSVTable {
    var table = CSVTable(header: ["Resource", "Key", "Units", "Share", "ThrottleEvents"])
    for (name, resource) in PartitionsSection.named(plan) {
      for key in resource.hotKeys {
        table.rows.append([
          name, key.key, Wording.plain(Double(key.units) / 2), Wording.plain(key.share),
          String(key.throttles),
        ])
      }
    }
    return table
  }

  static func operations(_ plan: CapacityPlan) -> CSVTable {
    let measures: [(String, (OperationSummary) -> Estimate?)] = [
      ("RequestsPerSecond", \.requestsPerSecond), ("SucceededShare", \.succeeded),
      ("ThrottledShare", \.throttled), ("FailedShare", \.failed),
      ("AttemptsPerRequest", \.attemptsPerRequest), ("MeanSeconds", \.mean),
      ("P50Seconds", \.p50), ("P90Seconds", \.p90), ("P99Seconds", \.p99),
      ("P999Seconds", \.p999), ("MaxSeconds", \.max),
    ]
    return CSVTable(
      header: ["Traffic", "Operation", "API"] + measures.flatMap { [$0.0, $0.0 + "HalfWidth"] },
      rows: plan.operations.map { operation in
        [operation.traffic, operation.name, operation.kind]
          + measures.flatMap { measure -> [String] in
            guard let estimate = measure.1(operation) else { return ["", ""] }
            return [Wording.exact(estimate.value), estimate.halfWidth.map(Wording.exact) ?? ""]
          }
      })
  }

  static func events(_ plan: CapacityPlan) -> CSVTable {
    CSVTable(
      header: ["Seconds", "Resource", "Event", "Text"],
      rows: plan.record.events.map {
        [Wording.plain($0.at.inSeconds), $0.resource, $0.kind.rawValue, $0.text]
      })
  }

  static func bill(_ bill: Bill) -> CSVTable {
    CSVTable(
      header: [
        "Resource", "UsageType", "Description", "Quantity", "UnitPrice", "Per", "Amount", "Source",
      ],
      rows: bill.lines.map { line in
        [
          line.resource, line.usageType, line.description, line.quantity,
          line.unitPrice.map(Wording.decimal) ?? "unpriced", line.per,
          line.amount.map(Wording.decimal) ?? "unpriced", line.source,
        ]
      } + [["", "", "Total", "", "", "", Wording.decimal(bill.total), ""]])
  }

  static func alternatives(_ alternatives: [PricedAlternative]) -> CSVTable {
    CSVTable(
      header: ["Alternative", "PerMonth", "Difference", "IsComplete", "Note"],
      rows: AlternativesSection.sorted(alternatives).map {
        [
          $0.name, Wording.decimal($0.monthly), Wording.decimal($0.difference),
          String($0.isComplete), $0.note,
        ]
      })
  }
}
