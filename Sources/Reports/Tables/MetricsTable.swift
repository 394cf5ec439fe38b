// Time series as CSV under CloudWatch's metric names (capacity.md 6), a row per resource and
// period.
//
// The period keeps committed files small: it is the shortest of 1, 5 and 60 minutes with which the
// table has at most 2,000 rows, else 60 minutes; the column Period says which in seconds. Counts
// and consumed units are sums over the period, capacity is the mean of its minutes. Columns that
// are no CloudWatch metric: Demanded…Units (units that requests asked for) and
// …LimitUnitsPerSecond (the limit in force, provisioned or on demand).

import Capacity
import Results
import Units

enum MetricsTable {
  /// Most rows before the period grows.
  static let rowLimit = 2_000

  /// Minutes per row for `series` series of `minutes` minutes. (1, 1440) → 1, (4, 1440) → 5.
  static func period(series: Int, minutes: Int) -> Int {
    for period in [1, 5] where series * ((minutes + period - 1) / period) <= rowLimit {
      return period
    }
    return 60
  }

  private static let causes: [(name: String, cause: ThrottleCause)] = [
    ("ProvisionedThroughput", .provisionedThroughputExceeded),
    ("KeyRangeThroughput", .keyRangeThroughputExceeded),
    ("AccountLimit", .accountLimitExceeded),
    ("MaxOnDemandThroughput", .maxOnDemandThroughputExceeded),
  ]

  private static func columns(_ axis: String) -> [String] {
    [
      "Consumed\(axis)CapacityUnits", "Demanded\(axis)Units", "Provisioned\(axis)CapacityUnits",
      "\(axis)LimitUnitsPerSecond", "\(axis)ThrottleEvents",
    ] + causes.map { "\(axis)\($0.name)ThrottleEvents" }
  }

  static func table(_ run: RunRecord) -> CSVTable {
    var table = CSVTable(
      header: [
        "OffsetSeconds", "Period", "TableName", "GlobalSecondaryIndexName", "Region",
      ] + columns("Read") + columns("Write"))
    let minutes =
      run.resources.map { max($0.read.consumed.count, $0.write.consumed.count) }.max() ?? 0
    let period = period(series: run.resources.count, minutes: minutes)
    for resource in run.resources {
      var start = 0
      while start < minutes {
        let stretch = start..<min(start + period, minutes)
        table.rows.append(
          [
            String(start * 60), String(period * 60), resource.table, resource.index ?? "",
            resource.region,
          ] + fields(resource.read, resource, stretch) + fields(resource.write, resource, stretch))
        start += period
      }
    }
    return table
  }

  private static func fields(
    _ series: AxisSeries, _ resource: ResourceRecord, _ stretch: Range<Int>
  ) -> [String] {
    let limits = slice(series.limit, stretch)
    let limit =
      limits.isEmpty
      ? "" : Wording.plain(Double(limits.reduce(0, +)) / Double(limits.count))
    let byCause = causes.map { entry in
      series.throttles.indices.contains(entry.cause.rawValue)
        ? slice(series.throttles[entry.cause.rawValue], stretch).reduce(0, +) : 0
    }
    return [
      Wording.plain(Double(slice(series.consumed, stretch).reduce(0, +)) / 2),
      Wording.plain(Double(slice(series.demanded, stretch).reduce(0, +)) / 2),
      resource.isOnDemand ? "" : limit, limit, String(byCause.reduce(0, +)),
    ] + byCause.map { String($0) }
  }

  private static func slice(_ values: [Int64], _ stretch: Range<Int>) -> ArraySlice<Int64> {
    values[stretch.clamped(to: values.startIndex..<values.endIndex)]
  }

  /// Percentiles per minute, or per period the highest of its minutes when there are too many.
  static func latency(_ run: RunRecord) -> CSVTable {
    let minutes = run.latencyPerMinute
    let period = period(series: 1, minutes: minutes.count)
    var table = CSVTable(header: [
      "OffsetSeconds", "Period", "RequestsEnded", "P50Milliseconds", "P90Milliseconds",
      "P99Milliseconds", "P999Milliseconds",
    ])
    for start in stride(from: 0, to: minutes.count, by: period) {
      let part = minutes[start..<min(start + period, minutes.count)]
      func highest(_ value: (LatencyMinute) -> Int64) -> String {
        Wording.plain(Double(part.map(value).max() ?? 0) / 1e6)
      }
      table.rows.append([
        String(start * 60), String(period * 60), String(part.reduce(0) { $0 + $1.ended }),
        highest(\.p50), highest(\.p90), highest(\.p99), highest(\.p999),
      ])
    }
    return table
  }

  static func cache(_ cache: CacheRecord, _ run: RunRecord) -> CSVTable {
    let count = min(cache.hitsPerMinute.count, cache.missesPerMinute.count)
    let period = period(series: 1, minutes: count)
    var table = CSVTable(header: ["OffsetSeconds", "Period", "CacheHits", "CacheMisses"])
    for start in stride(from: 0, to: count, by: period) {
      let stretch = start..<min(start + period, count)
      table.rows.append([
        String(start * 60), String(period * 60),
        String(cache.hitsPerMinute[stretch].reduce(0, +)),
        String(cache.missesPerMinute[stretch].reduce(0, +)),
      ])
    }
    return table
  }
}
