// How evenly the load spreads: hottest partitions and hottest keys.
//
// The ceilings are the service's 3,000 read and 1,000 write units/s per partition (capacity.md 3).
// A table or index with one quiet partition and no hot key is left out.

import Capacity
import Results
import Units

enum PartitionsSection: ReportSection {
  static func write(_ input: ReportInput, into document: inout Document) {
    var section = DocumentSection("Partitions and keys")
    for (name, resource) in named(input.plan) {
      let chart = PlanCharts.partitions(resource, named: name)
      let keys = resource.hotKeys.prefix(5).filter { $0.share >= 0.005 || $0.throttles > 0 }
      guard chart != nil || !keys.isEmpty else { continue }
      section.heading(name)
      section.paragraph(spread(resource))
      section.chart(chart)
      section.table(hottest(resource))
      section.table(keyTable(Array(keys)))
    }
    document.append(section)
  }

  /// Records with the names the summaries use.
  static func named(_ plan: CapacityPlan) -> [(String, ResourceRecord)] {
    var out: [(String, ResourceRecord)] = []
    for view in ResourceView.all(plan) where view.axis == .read {
      if let record = view.record { out.append((view.name, record)) }
    }
    return out
  }

  private static func spread(_ resource: ResourceRecord) -> Prose {
    let partitions = resource.partitions
    let throttled = partitions.filter { $0.throttles > 0 }.count
    let split = partitions.filter { $0.createdAt != nil }.count
    var text: Prose = "\(Wording.count(partitions.count, "partition"))"
    if split > 0 { text = text + ", \(group(split)) of them made by a split" }
    if throttled > 0 { text = text + ", \(strong: group(throttled)) throttled" }
    return text + "."
  }

  /// Share of its ceiling that a partition reached in its highest second, the larger of both axes.
  static func heat(_ partition: PartitionRecord) -> Double {
    max(
      Double(partition.peakReadSecond) / 2 / PartitionCeiling.read,
      Double(partition.peakWriteSecond) / 2 / PartitionCeiling.write)
  }

  private static func hottest(_ resource: ResourceRecord) -> DocumentTable {
    let order = resource.partitions.enumerated().sorted {
      let first = (Double($0.element.throttles), heat($0.element))
      let second = (Double($1.element.throttles), heat($1.element))
      return first == second ? $0.offset < $1.offset : first > second
    }
    let titles = [
      "Hash range", "Read units", "Write units", "Peak read /s", "Peak write /s", "Throttles",
    ]
    var table = DocumentTable(
      caption: order.count > 5 ? "The 5 hottest of \(group(order.count)) partitions." : "",
      columns: [.init("Partition", .trailing)] + titles.map { .init($0, .trailing) })
    guard resource.partitions.count > 1 else { return table }
    table.rows = order.prefix(5).map { index, partition in
      let range = fixed(partition.rangeStart, 3) + "–" + fixed(partition.rangeEnd, 3)
      return [
        DocumentCell(group(index + 1)), DocumentCell(range),
        DocumentCell(significant(partition.consumedRead.inUnits)),
        DocumentCell(significant(partition.consumedWrite.inUnits)),
        DocumentCell(trimmed(Double(partition.peakReadSecond) / 2, 1)),
        DocumentCell(trimmed(Double(partition.peakWriteSecond) / 2, 1)),
        DocumentCell(group(partition.throttles), isStrong: partition.throttles > 0),
      ]
    }
    return table
  }

  private static func keyTable(_ keys: [HotKey]) -> DocumentTable {
    DocumentTable(
      caption: "Hottest keys, by the units that were asked for.",
      columns: [
        .init("Key"), .init("Share", .trailing), .init("Units", .trailing),
        .init("Throttles", .trailing),
      ],
      rows: keys.map { key in
        [
          DocumentCell(key.key, isCode: true), DocumentCell(percentage(key.share)),
          DocumentCell(significant(Double(key.units) / 2)),
          DocumentCell(group(key.throttles), isStrong: key.throttles > 0),
        ]
      })
  }
}
