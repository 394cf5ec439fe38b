// What capacity looks like from inside: tokens, limits, partitions, counts.
//
// The service shows such figures as CloudWatch metrics, minutes late; here they are as of now.
// Names are CloudWatch's (capacity.md section 6); counters run since the start, so a scraper's rate
// is what CloudWatch's sum per period is. Reading takes the database's lock for its time.

import Capacity
import ServiceAPI
public import Units

extension Database {
  /// Every table and global index with buckets and partitions, as JSON.
  public func capacityReport(at now: Instant) -> [UInt8] {
    withState { $0.capacityReport(at: now) }
  }

  /// The heaviest keys of tables and indexes whose contributor insights are enabled, as JSON.
  public func insightsReport() -> [UInt8] { withState { $0.insightsReport() } }

  /// Counters and gauges in Prometheus' text format.
  public func metrics(at now: Instant) -> [UInt8] {
    withState { $0.metrics(at: now) }
  }
}

extension DatabaseState {
  /// A table or global index under its admission.
  private struct Resource {
    var table: String
    var index: String?
    var admission: ResourceAdmission
  }

  /// In order of names.
  private var resources: [Resource] {
    var found: [Resource] = []
    for name in tables.keys.sorted() {
      guard let table = tables[name] else { continue }
      found.append(Resource(table: name, index: nil, admission: table.admission))
      for index in table.indexes {
        guard let admission = index.admission else { continue }
        found.append(
          Resource(table: name, index: index.definition.name, admission: admission))
      }
    }
    return found
  }

  fileprivate func capacityReport(at now: Instant) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("Resources")
    writer.beginArray()
    for resource in resources {
      let admission = resource.admission
      writer.beginObject()
      writer.member("TableName", resource.table)
      if let index = resource.index { writer.member("IndexName", index) }
      writer.member("BillingMode", admission.isOnDemand ? "PAY_PER_REQUEST" : "PROVISIONED")
      for axis in CapacityAxis.allCases {
        writer.key(axis == .read ? "Read" : "Write")
        writer.beginObject()
        writer.member("LimitUnitsPerSecond", admission.currentLimit(axis))
        writer.key("AvailableUnits")
        writer.value(admission.available(axis, at: now))
        writer.key("ConsumedUnits")
        writer.value(admission.consumed(axis, at: now))
        for cause in ThrottleCause.allCases {
          writer.member(cause.apiName, Int(admission.throttles(axis, cause)))
        }
        writer.endObject()
      }
      write(admission, at: now, &writer)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  private func write(
    _ admission: ResourceAdmission, at now: Instant, _ writer: inout ReplyWriter
  ) {
    let partitions = admission.partitions
    writer.key("Partitions")
    writer.beginArray()
    for partition in 0..<partitions.count {
      let statistics = partitions.statistics(of: partition)
      writer.beginObject()
      writer.member("Partition", partition)
      writer.member("FirstPosition", String(statistics.lowest, radix: 16))
      writer.member("LastPosition", String(statistics.highest, radix: 16))
      writer.member("Bytes", Int(statistics.bytes.count))
      // Time spent above the threshold less time spent below it, in capacity time; a partition
      // that has gathered enough of it is split.
      let heat = admission.heat(of: partition)
      writer.member("HotSeconds", Int(heat.hotFor.count / 1_000_000_000))
      if let ready = heat.splitReadyAt {
        writer.member("SplitInSeconds", Int(max(.zero, ready - now).count / 1_000_000_000))
      }
      for (name, axis) in [("Read", statistics.read), ("Write", statistics.write)] {
        writer.key(name)
        writer.beginObject()
        writer.key("ConsumedUnits")
        writer.value(axis.consumed)
        writer.key("PeakSecondUnits")
        writer.value(axis.peakSecond)
        writer.member("ThrottleEvents", Int(axis.throttles))
        writer.endObject()
      }
      writer.endObject()
    }
    writer.endArray()
  }

  fileprivate func metrics(at now: Instant) -> [UInt8] {
    var text = ""
    let resources = resources
    for axis in CapacityAxis.allCases {
      let name = axis == .read ? "Read" : "Write"
      add("Consumed\(name)CapacityUnits", "counter", resources, &text) {
        [("", String($0.consumed(axis, at: now).inUnits))]
      }
      add("Provisioned\(name)CapacityUnits", "gauge", resources, &text) {
        $0.isOnDemand ? [] : [("", String($0.currentLimit(axis)))]
      }
      add("\(name)ThrottleEvents", "counter", resources, &text) { admission in
        let counts = ThrottleCause.allCases.map { admission.throttles(axis, $0) }
        return [("", String(counts.reduce(0, +)))]
      }
      for cause in ThrottleCause.allCases {
        add(cause.metric(axis), "counter", resources, &text) {
          [("", String($0.throttles(axis, cause)))]
        }
      }
    }
    add("Partitions", "gauge", resources, &text) { [("", String($0.partitions.count))] }
    for (name, count) in [
      ("TimeToLiveDeletedItemCount", \Table.expiredItems),
      ("StreamRecordsWritten", \Table.streamRecords),
    ] {
      text += "# TYPE \(name) counter\n"
      for table in tables.keys.sorted().compactMap({ tables[$0] }) {
        text += "\(name){TableName=\"\(table.name)\"} \(table[keyPath: count])\n"
      }
    }
    text += "# TYPE ReplicatedWriteCapacityUnits counter\n"
    for name in tables.keys.sorted() {
      guard let table = tables[name], table.definition.global != nil else { continue }
      text += "ReplicatedWriteCapacityUnits{TableName=\"\(name)\"} "
      text += "\(table.replicatedUnits.inUnits)\n"
    }
    return Array((text + refusals.text).utf8)
  }

  /// One metric of all resources: samples are further labels and values.
  private func add(
    _ name: String, _ type: String, _ resources: [Resource], _ text: inout String,
    _ samples: (ResourceAdmission) -> [(labels: String, value: String)]
  ) {
    text += "# TYPE \(name) \(type)\n"
    for resource in resources {
      let index = resource.index.map { ",GlobalSecondaryIndexName=\"\($0)\"" } ?? ""
      for sample in samples(resource.admission) {
        text += "\(name){TableName=\"\(resource.table)\"\(index)\(sample.labels)} \(sample.value)\n"
      }
    }
  }
}
