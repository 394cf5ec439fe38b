// From a scenario to the simulator's tables and resources, numbered once.
//
// Resources: the home region's tables in scenario order, each followed by its global indexes; then
// the same for every replica region. A table's local indexes share its capacity.

import Capacity
import DataModel
import Randomness
import RequestStreams
import Results
import Scenarios
import Units
import Workloads

/// The simulator's tables and resources.
struct ResourceLayout {
  let tables: [TableItems]
  private(set) var resources: [SimulatedResource] = []
  private let timeOfDay: Nanoseconds

  init(_ scenario: Scenario, seed: UInt64) {
    timeOfDay = .seconds(scenario.run.startOfWeekSeconds % 86_400)
    tables = TableItems.all(of: scenario, seed: seed)
    for (position, spec) in scenario.tables.enumerated() {
      add(spec, region: scenario.cost.region, scenario.model)
      let resource = tables[position].resource
      setSizes(of: resource, from: tables[position], spec)
      if let stream = spec.stream, stream.payingConsumers > 0 {
        resources[resource].consumers = StreamConsumers(stream)
      }
    }
    for (position, spec) in scenario.tables.enumerated() {
      for region in spec.replicas {
        let first = resources.count
        add(spec, region: region, scenario.model)
        for offset in 0...spec.globalIndexes.count {
          let home = tables[position].resource + offset
          resources[home].replicas.append(first + offset)
          resources[first + offset].itemsAtStart = resources[home].itemsAtStart
          resources[first + offset].bytesAtStart = resources[home].bytesAtStart
        }
      }
    }
  }

  /// Appends a table and its global indexes in one region.
  private mutating func add(_ spec: TableSpec, region: String, _ model: ModelSpec) {
    let bytes = Int64(spec.itemCount) * Int64(SizeSampler(spec.itemSize).mean)
    var throughput = ResourceThroughput(isIndex: false, mode: spec.mode)
    throughput.warmThroughput = spec.warmThroughput
    throughput.bytes = ByteCount(bytes)
    throughput.partitions = spec.partitions
    throughput.hasLocalIndexes = !spec.localIndexes.isEmpty
    throughput.quota = WarmThroughput(
      readUnitsPerSecond: model.tableQuota, writeUnitsPerSecond: model.tableQuota)
    let slot = resources.count
    append(throughput, table: spec.name, index: nil, region: region, model)
    resources[slot].slot = slot
    for index in spec.globalIndexes {
      var throughput = ResourceThroughput(isIndex: true, mode: index.mode ?? spec.mode)
      throughput.warmThroughput = index.warmThroughput
      let entry = Int64(index.entrySize ?? Int(SizeSampler(spec.itemSize).mean))
      throughput.bytes = ByteCount(
        Int64(Double(spec.itemCount) * min(1, max(0, index.share))) * entry)
      throughput.quota = WarmThroughput(
        readUnitsPerSecond: model.tableQuota, writeUnitsPerSecond: model.tableQuota)
      append(throughput, table: spec.name, index: index.name, region: region, model)
      resources[resources.count - 1].slot = slot
    }
  }

  private mutating func append(
    _ throughput: ResourceThroughput, table: String, index: String?, region: String,
    _ model: ModelSpec
  ) {
    let admission = ResourceAdmission(throughput, settings: model.capacity)
    var scaling = AxisPair<TargetTracking?>(read: nil, write: nil)
    if case .provisioned(let read, let write) = throughput.mode {
      scaling.read = read.autoscaling.map { TargetTracking(policy: $0, settings: model.capacity) }
      scaling.write = write.autoscaling.map { TargetTracking(policy: $0, settings: model.capacity) }
    }
    resources.append(
      SimulatedResource(
        table: table, index: index, region: region, isOnDemand: admission.isOnDemand,
        admission: admission, scaling: scaling, allowance: DecreaseAllowance(timeOfDay: timeOfDay)))
  }

  private mutating func setSizes(of resource: Int, from table: TableItems, _ spec: TableSpec) {
    resources[resource].itemsAtStart = table.liveItems
    resources[resource].bytesAtStart = table.bytes
    for (offset, index) in spec.globalIndexes.enumerated() {
      let items = Int64(Double(table.liveItems) * min(1, max(0, index.share)))
      resources[resource + 1 + offset].itemsAtStart = items
      resources[resource + 1 + offset].bytesAtStart =
        items * Int64(index.entrySize ?? table.meanSize)
    }
  }
}
