// Which charts a plan has, and what each says about itself.
//
// All series come from the first replication; estimates over all replications stand in the tables.

import Capacity
import Pricing
import Results
import Units

enum PlanCharts {
  /// Demand, consumption and limit over time, with throttle events in a panel of their own.
  static func throughput(_ view: ResourceView, _ run: RunRecord) -> Chart? {
    guard let series = view.series, view.isActive, !series.consumed.isEmpty else { return nil }
    let consumed = run.unitsPerSecond(series.consumed)
    let demand = run.unitsPerSecond(series.demanded)
    let limit = series.limit.map(Double.init)
    let highest = max(consumed.max() ?? 0, demand.max() ?? 0)
    let ceiling = limit.max() ?? 0
    let axis = Wording.name(view.axis)
    var text = "Means per minute of the first replication; demand counts each request once."
    var lines: [ChartSeries] = [
      .init(name: "consumed", role: .consumed, style: .area, values: consumed)
    ]
    if ceiling > 4 * highest, highest > 0 {
      text +=
        " The \(view.limitName) of up to \(group(Int(ceiling))) units/s is far above the chart."
    } else if !limit.isEmpty {
      lines.append(.init(name: view.limitName, role: .limit, style: .step, values: limit))
    }
    lines.append(
      .init(name: "demand", role: .demand, style: .line, values: demand))
    var panels = [
      ChartPanel(label: "\(axis) units/s", unit: .number, height: 170, series: lines)
    ]
    for cause in ThrottleCause.allCases {
      let throttles = throttlesPerMinute(series, cause)
      guard throttles.contains(where: { $0 > 0 }) else { continue }
      panels.append(
        ChartPanel(
          label: view.reason(cause).apiName + " /min", unit: .number, height: 60,
          series: [
            .init(name: "throttled", role: .throttled, style: .bars, values: throttles)
          ]))
    }
    if panels.count > 1 { text += " Below: throttle events per minute by reason." }
    return Chart(
      id: "throughput-" + slug(view.name) + "-" + axis,
      title: "\(view.name): \(axis) capacity over time", description: text,
      content: .timeSeries(
        TimeSeriesChart(
          secondsPerSample: 60, duration: run.duration.inSeconds, panels: panels)))
  }

  /// Throttle events of each minute, of one cause or of all.
  static func throttlesPerMinute(
    _ series: AxisSeries, _ cause: ThrottleCause? = nil
  ) -> [Double] {
    (0..<series.consumed.count).map { minute in
      series.throttles.enumerated().reduce(0.0) { sum, entry in
        let isMeant = cause.map { $0.rawValue == entry.offset } ?? true
        return isMeant && entry.element.indices.contains(minute)
          ? sum + Double(entry.element[minute]) : sum
      }
    }
  }

  /// Response-latency percentiles of every minute on a logarithmic axis.
  static func latency(_ run: RunRecord) -> Chart? {
    let minutes = run.latencyPerMinute
    guard minutes.contains(where: { $0.ended > 0 }) else { return nil }
    func seconds(_ part: (LatencyMinute) -> Int64) -> [Double?] {
      minutes.map { $0.ended > 0 && part($0) > 0 ? Double(part($0)) / 1e9 : nil }
    }
    let series: [ChartSeries] = [
      .init(name: "p50", role: .p50, style: .line, values: seconds(\.p50)),
      .init(name: "p90", role: .p90, style: .line, values: seconds(\.p90)),
      .init(name: "p99", role: .p99, style: .line, values: seconds(\.p99)),
      .init(name: "p99.9", role: .p999, style: .line, values: seconds(\.p999)),
    ]
    return Chart(
      id: "latency", title: "Response latency over time",
      description: "Percentiles of each minute over all operations, retries and waits included, "
        + "on a logarithmic axis; first replication.",
      content: .timeSeries(
        TimeSeriesChart(
          secondsPerSample: 60, duration: run.duration.inSeconds,
          panels: [
            ChartPanel(
              label: "response latency", unit: .seconds, scale: .logarithmic, height: 220,
              series: series, labelsDirectly: true)
          ])))
  }

  /// Hit ratio of the cluster per minute.
  static func cache(_ cache: CacheRecord, _ run: RunRecord) -> Chart? {
    let ratios = zip(cache.hitsPerMinute, cache.missesPerMinute).map { hits, misses -> Double? in
      hits + misses == 0 ? nil : Double(hits) / Double(hits + misses)
    }
    guard ratios.contains(where: { $0 != nil }) else { return nil }
    return Chart(
      id: "cache", title: "Cache hit ratio over time",
      description: "Hits over hits and misses of each minute, item and query cache together; "
        + "first replication.",
      content: .timeSeries(
        TimeSeriesChart(
          secondsPerSample: 60, duration: run.duration.inSeconds,
          panels: [
            ChartPanel(
              label: "hit ratio", unit: .share, height: 130,
              series: [.init(name: "hits", role: .hits, style: .area, values: ratios)], top: 1)
          ])))
  }

  /// Highest second of every partition against the ceilings of 3,000 reads and 1,000 writes.
  static func partitions(_ resource: ResourceRecord, named name: String) -> Chart? {
    let partitions = resource.partitions
    guard partitions.count > 1 || partitions.contains(where: { $0.throttles > 0 }) else {
      return nil
    }
    let reads = partitions.map { Double($0.peakReadSecond) / 2 }
    let writes = partitions.map { Double($0.peakWriteSecond) / 2 }
    var panels: [ColumnChart.Panel] = []
    if reads.contains(where: { $0 > 0 }) {
      panels.append(
        .init(
          label: "read units in the highest second", values: reads, ceiling: PartitionCeiling.read,
          ceilingName: "partition ceiling"))
    }
    if writes.contains(where: { $0 > 0 }) {
      panels.append(
        .init(
          label: "write units in the highest second", values: writes,
          ceiling: PartitionCeiling.write,
          ceilingName: "partition ceiling"))
    }
    guard !panels.isEmpty else { return nil }
    return Chart(
      id: "partitions-" + slug(name), title: "\(name): heat by partition",
      description: "Partitions at the end of the first replication in the order of their hash "
        + "ranges, against the ceiling of \(PartitionCeiling.inWords) of each.",
      content: .columns(
        ColumnChart(
          axisLabel: "partition", panels: panels, marked: partitions.map { $0.throttles > 0 },
          markName: "throttled")))
  }

  /// Consumption as a share of the limit for every active axis.
  static func heat(_ views: [ResourceView], _ run: RunRecord) -> Chart? {
    var rows: [HeatMap.Row] = []
    for view in views where view.isActive {
      guard let series = view.series, !series.limit.isEmpty else { continue }
      let shares = zip(run.unitsPerSecond(series.consumed), series.limit).map {
        $1 > 0 ? $0 / Double($1) : 0
      }
      rows.append(
        .init(
          label: view.label, values: shares,
          marked: throttlesPerMinute(series).map { $0 > 0 }))
    }
    guard rows.count > 1 else { return nil }
    return Chart(
      id: "utilisation", title: "How full each limit was",
      description: "Consumption as a share of the limit, per minute of the first replication; "
        + "above 100 % the burst reserve pays.",
      content: .heat(
        HeatMap(
          duration: run.duration.inSeconds, rows: rows, markName: "throttled")))
  }

  /// The scenario's own bill beside every alternative.
  static func cost(_ bill: Bill, _ alternatives: [PricedAlternative]) -> Chart? {
    guard !alternatives.isEmpty else { return nil }
    let own = BarChart.Row(
      label: "as in the scenario", value: bill.total.inDollars, text: bill.total.description,
      isOwn: true, isPartial: bill.lines.contains { $0.amount == nil })
    let rows = alternatives.sorted { $0.monthly < $1.monthly }.map {
      BarChart.Row(
        label: $0.name, value: $0.monthly.inDollars,
        text: ($0.isComplete ? "" : "≥ ") + $0.monthly.description, isOwn: false,
        isPartial: !$0.isComplete)
    }
    return Chart(
      id: "cost", title: "Cost by alternative",
      description:
        "US dollars per month for the same simulated traffic; alternatives cheapest first.",
      content: .bars(
        BarChart(axisLabel: "US dollars per month", rows: [own] + rows)))
  }
}
