// Partitions and keys that carry far more than their share, before they throttle.

import Capacity
import Results
import Units

enum HeatFindings {
  /// Share of a ceiling from which a partition is worth a warning.
  private static let warmShare = 0.8

  static func find(_ context: FindingContext) -> [Finding] {
    context.resources.indices.flatMap { position in
      CapacityAxis.allCases.compactMap { finding(context, position, $0) }
    }
  }

  private static func finding(
    _ context: FindingContext, _ position: Int, _ axis: CapacityAxis
  ) -> Finding? {
    let name = context.resources[position].name
    let record = context.record.resources[position]
    let ceiling = axis.partitionCeiling
    let peaks = record.partitions.map { axis == .read ? $0.peakReadSecond : $0.peakWriteSecond }
    guard let top = peaks.max(), let fullest = peaks.firstIndex(of: top) else { return nil }
    let units = Double(top) / 2
    let throttled = context.series(position, axis).reduce(0) {
      $0 + $1.total(.keyRangeThroughputExceeded)
    }
    guard units >= Double(ceiling) * warmShare, throttled == 0 else { return nil }
    let partition = record.partitions[fullest]
    var text =
      "Its busiest second took \(rateText(units)) of \(group(ceiling)) \(axis.rateUnit); the"
      + " partition owns \(percentage(partition.rangeEnd - partition.rangeStart)) of the hash"
      + " range."
    if let key = record.hotKeys.first {
      text += " The busiest key of all, \(key.key), has \(percentage(key.share)) of the units."
    }
    return Finding(
      severity: .warning,
      title: "\(name): one partition runs at \(percentage(units / Double(ceiling))) of its"
        + " \(axis == .read ? "read" : "write") ceiling",
      explanation: text,
      remedies: ["Spread the traffic over more partition-key values before it grows further."])
  }
}
