// One change of a scenario, as a value: what a remedy would do to the file.
//
// A change names positions in the scenario's lists and is applied to a copy. It never makes an
// invalid scenario: capacities are at least 1, a policy's bounds stay in order.

import Caching
import Capacity
import Scenarios
import Workloads

/// A table, or one of its global indexes, by position in the scenario.
struct ResourcePlace: Hashable, Sendable {
  var table: Int
  var index: Int?
}

/// Something that can be changed about a scenario.
enum ScenarioChange: Hashable, Sendable {
  /// A fixed provisioned value; a policy there is kept and its bounds are moved to include it.
  case provision(ResourcePlace, CapacityAxis, units: Int)
  /// Auto scaling instead of a fixed value.
  case scale(ResourcePlace, CapacityAxis, AutoscalingPolicy)
  /// A higher minimum of a policy every day during some hours.
  case schedule(ResourcePlace, CapacityAxis, units: Int, during: HoursOfDay)
  /// PAY_PER_REQUEST for a table and its indexes.
  case onDemand(table: Int)
  /// Warm throughput of an on-demand table or index, never lowered.
  case warm(ResourcePlace, CapacityAxis, units: Int)
  /// The hottest keys of every request on a table, each spread over `ways` keys.
  case shard(table: Int, ways: Int)
  /// A DAX cluster in front of some tables.
  case cache(CacheSettings, tables: [Int])

  func apply(to scenario: inout Scenario) {
    switch self {
    case .provision(let place, let axis, let units):
      scenario.change(place) { $0.provision(axis, units: max(1, units)) }
    case .scale(let place, let axis, let policy):
      scenario.change(place) { $0.scale(axis, policy) }
    case .schedule(let place, let axis, let units, let hours):
      scenario.change(place) { $0.schedule(axis, units: units, hours) }
    case .onDemand(let table):
      let mode = CapacityMode.onDemand(maximumRead: nil, maximumWrite: nil)
      scenario.tables[table].mode = mode
      for index in scenario.tables[table].globalIndexes.indices {
        scenario.tables[table].globalIndexes[index].mode = mode
      }
    case .warm(let place, let axis, let units): scenario.warm(place, axis, units: units)
    case .shard(let table, let ways): scenario.shard(table: table, ways: ways)
    case .cache(let settings, let tables):
      scenario.cache = CacheSpec(settings: settings, tables: tables)
    }
  }
}

extension Scenario {
  /// Changes the capacity mode of a table or global index.
  fileprivate mutating func change(_ place: ResourcePlace, _ body: (inout CapacityMode) -> Void) {
    guard let index = place.index else { return body(&tables[place.table].mode) }
    if var mode = tables[place.table].globalIndexes[index].mode {
      body(&mode)
      tables[place.table].globalIndexes[index].mode = mode
    }
  }

  fileprivate mutating func warm(_ place: ResourcePlace, _ axis: CapacityAxis, units: Int) {
    let start = WarmThroughput(
      readUnitsPerSecond: ServiceConstants.onDemandInitialReadUnits,
      writeUnitsPerSecond: ServiceConstants.onDemandInitialWriteUnits)
    func raised(_ warm: WarmThroughput?) -> WarmThroughput {
      var warm = warm ?? start
      switch axis {
      case .read: warm.readUnitsPerSecond = max(warm.readUnitsPerSecond, units)
      case .write: warm.writeUnitsPerSecond = max(warm.writeUnitsPerSecond, units)
      }
      return warm
    }
    if let index = place.index {
      let old = tables[place.table].globalIndexes[index].warmThroughput
      tables[place.table].globalIndexes[index].warmThroughput = raised(old)
    } else {
      tables[place.table].warmThroughput = raised(tables[place.table].warmThroughput)
    }
  }

  fileprivate mutating func shard(table: Int, ways: Int) {
    for stream in traffic.indices {
      for operation in traffic[stream].operations.indices {
        for part in traffic[stream].operations[operation].parts.indices
        where traffic[stream].operations[operation].parts[part].table == table {
          let keys = traffic[stream].operations[operation].parts[part].keys
          traffic[stream].operations[operation].parts[part].keys = keys.sharded(ways)
        }
      }
    }
  }
}

extension CapacityMode {
  fileprivate mutating func provision(_ axis: CapacityAxis, units: Int) {
    change(axis) { capacity in
      capacity.units = units
      if var policy = capacity.autoscaling {
        policy.minimum = max(policy.minimum, units)
        policy.maximum = max(policy.maximum, units)
        capacity.autoscaling = policy
      }
    }
  }

  fileprivate mutating func scale(_ axis: CapacityAxis, _ policy: AutoscalingPolicy) {
    change(axis) { $0.autoscaling = policy }
  }

  fileprivate mutating func schedule(_ axis: CapacityAxis, units: Int, _ hours: HoursOfDay) {
    change(axis) { capacity in
      guard var policy = capacity.autoscaling else { return }
      let most = max(policy.maximum, units)
      policy.schedule = [
        ScheduledScaling(at: hours.from.time, minimum: max(policy.minimum, units), maximum: most),
        ScheduledScaling(
          at: hours.until.time, minimum: policy.minimum, maximum: policy.maximum),
      ]
      capacity.autoscaling = policy
    }
  }

  private mutating func change(
    _ axis: CapacityAxis, _ body: (inout ProvisionedCapacity) -> Void
  ) {
    guard case .provisioned(var read, var write) = self else { return }
    switch axis {
    case .read: body(&read)
    case .write: body(&write)
    }
    self = .provisioned(read: read, write: write)
  }
}

extension KeyDistribution {
  /// Whether `sharded` changes anything: the distribution names its hot keys.
  var namesHotKeys: Bool {
    switch self {
    case .weighted, .hotspot: true
    case .uniform, .zipf, .latest, .sequential, .exponential: false
    }
  }

  /// Each named hot key split evenly over `ways` keys; others are left as they are.
  ///
  /// Weights [12 %, 1 %] over 3 keys become [4 %, 4 %, 4 %, 1 %]: keys under a tenth of the hottest
  /// are not split.
  func sharded(_ ways: Int) -> KeyDistribution {
    switch self {
    case .weighted(let weights):
      let hottest = weights.max() ?? 0
      return .weighted(
        weights.flatMap { weight in
          weight * 10 < hottest
            ? [weight] : Array(repeating: weight / Double(ways), count: ways)
        })
    case .hotspot(let keys, let traffic):
      return .hotspot(keys: min(1, keys * Double(ways)), traffic: traffic)
    case .uniform, .zipf, .latest, .sequential, .exponential: return self
    }
  }
}
