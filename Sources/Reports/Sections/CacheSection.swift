// What the DAX cluster keeps away from the tables.
//
// The hit ratio is an outcome of the simulated keys, sizes and times to live, so it comes with its
// uncertainty; the chart shows how long a cold cache takes to warm up.

import Results
import Statistics
import Units

enum CacheSection: ReportSection {
  static func write(_ input: ReportInput, into document: inout Document) {
    guard let cache = input.plan.cache else { return }
    var section = DocumentSection("Cache")
    let cluster = "\(Wording.count(cache.nodes, "node")) of \(cache.nodeType)"
    var rows: [DocumentFact] = [.init("DAX cluster", Prose(cluster))]
    func add(_ label: String, _ estimate: Estimate, _ unit: ValueUnit) {
      if estimate.samples > 0 {
        rows.append(.init(label, Prose(Wording.estimate(estimate, unit))))
      }
    }
    add("Item cache hit ratio", cache.itemHitRatio, .share)
    add("Query cache hit ratio", cache.queryHitRatio, .share)
    add("Items evicted", cache.evicted, .count)
    add("Requests throttled by the cluster", cache.throttled, .count)
    if cache.memoryUsed.samples > 0, cache.memoryUsed.value.isFinite {
      let bytes = ByteCount(Int64(max(0, min(cache.memoryUsed.value, 9e18))))
      rows.append(.init("Memory used at the end", Prose(bytes.description)))
    }
    section.facts(rows)
    if let record = input.plan.record.cache {
      section.chart(PlanCharts.cache(record, input.plan.record))
    }
    document.append(section)
  }
}
