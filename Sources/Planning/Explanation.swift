// The resolved arithmetic of a scenario, without simulating it: what `explain` prints.
//
// Requests per second, units per request with the rounding shown, expected units per second for
// each table and index against what they have, the hottest key's and partition's share against a
// partition's ceilings, and the month's cost at these rates. Everything here is an expectation at
// the mean and the peak of the rate; queueing, throttling and retries are the simulator's part.

public import Capacity
public import Pricing
import Results
public import Scenarios
import Units
import Workloads

/// One operation's arithmetic.
public struct OperationArithmetic: Sendable {
  public var traffic: String
  public var name: String
  public var kind: String
  /// Requests/s on average and at the profile's peak.
  public var meanRate: Double
  public var peakRate: Double
  /// One line per table or index: "orders: 1,229 B -> 2 KB -> 2 WCU".
  public var charges: [ChargeLine]
}

/// What one request of an operation costs on one table or index.
public struct ChargeLine: Sendable {
  public var resource: String
  public var axis: CapacityAxis
  public var arithmetic: String
  public var unitsPerRequest: Double
}

/// Expected load of one table or index and axis.
public struct ResourceArithmetic: Sendable {
  public var resource: String
  public var axis: CapacityAxis
  public var meanUnits: Double
  public var peakUnits: Double
  /// Provisioned or on-demand limit at the start, units/s.
  public var limit: Double
  public var isOnDemand: Bool
  /// Share of the hottest partition-key value, and its units/s at the peak.
  public var hottestShare: Double
  public var hottestPeakUnits: Double
  public var partitionCeiling: Double
}

/// The arithmetic of a whole scenario.
public struct Explanation: Sendable {
  public var operations: [OperationArithmetic] = []
  public var resources: [ResourceArithmetic] = []

  public init(_ scenario: Scenario) {
    var loads: [LoadKey: Load] = [:]
    for traffic in scenario.traffic {
      let (mean, peak) = Self.rates(
        traffic, over: scenario.run.duration, walking: Self.walk(traffic, scenario))
      let total = traffic.operations.reduce(0) { $0 + $1.weight }
      for operation in traffic.operations {
        let share = operation.weight / total
        let arithmetic = OperationCharges(scenario, operation)
        operations.append(
          OperationArithmetic(
            traffic: traffic.name, name: operation.name, kind: operation.kind.rawValue,
            meanRate: mean * share, peakRate: peak * share, charges: arithmetic.lines))
        for contribution in arithmetic.contributions {
          let key = Self.key(contribution.key, of: traffic, scenario)
          loads[key, default: Load()].add(
            contribution, mean: mean * share, peak: peak * share)
        }
      }
    }
    for table in scenario.tables {
      for region in [""] + table.replicas.map({ "@" + $0 }) {
        append(loads, name: table.name + region, mode: table.mode, warm: table.warmThroughput)
        for index in table.globalIndexes {
          append(
            loads, name: "\(table.name)/\(index.name)" + region, mode: index.mode ?? table.mode,
            warm: index.warmThroughput)
        }
      }
    }
  }

  /// Where a fleet's load falls: its reads on the replica of its region; its writes on all of them,
  /// which stand with the home region's.
  private static func key(
    _ key: LoadKey, of traffic: TrafficSpec, _ scenario: Scenario
  ) -> LoadKey {
    guard let region = traffic.region, region != scenario.cost.region, key.axis == .read else {
      return key
    }
    return LoadKey(resource: "\(key.resource)@\(region)", axis: key.axis)
  }

  /// The month's bill at these rates: every resource at its mean load, with its own capacity. Every
  /// read goes to its table, as if a cache missed; reads of streams are not in it.
  public func bill(for scenario: Scenario) -> Bill {
    let costing = Costing(scenario)
    var record = RunRecord(seed: scenario.seed, duration: .minutes(1), warmUp: .zero)
    for table in scenario.tables {
      let all = [nil] + table.globalIndexes.map(Optional.some)
      record.resources += all.map { steady(table, index: $0, scenario) }
    }
    for table in scenario.tables {
      for region in table.replicas {
        record.resources += record.resources.filter { home in
          home.table == table.name && home.region == scenario.cost.region
        }.map { replica($0, in: region) }
      }
    }
    return costing.bill(for: record)
  }

  /// What a table or index of the home region makes its replica do: all its writes, and the reads
  /// of that region's fleets.
  private func replica(_ home: ResourceRecord, in region: String) -> ResourceRecord {
    var record = home
    record.region = region
    let row = resources.first { $0.resource == "\(home.name)@\(region)" && $0.axis == .read }
    record.read.consumed = [Int64(((row?.meanUnits ?? 0) * 120).rounded())]
    record.read.demanded = record.read.consumed
    record.replicatedWrites = home.write.totalConsumed
    return record
  }

  /// One minute of a table or index at its mean load.
  private func steady(
    _ table: TableSpec, index: IndexSpec?, _ scenario: Scenario
  ) -> ResourceRecord {
    let mode = index?.mode ?? table.mode
    var record = ResourceRecord(
      table: table.name, index: index?.name, region: scenario.cost.region,
      isOnDemand: mode.apiName == "PAY_PER_REQUEST")
    for axis in CapacityAxis.allCases {
      let row = resources.first { $0.resource == record.name && $0.axis == axis }
      var series = AxisSeries()
      series.consumed = [Int64(((row?.meanUnits ?? 0) * 120).rounded())]
      series.demanded = series.consumed
      series.limit = [Int64(Self.limit(mode, axis, warm: nil))]
      if axis == .read { record.read = series } else { record.write = series }
    }
    let size = index?.entrySize ?? Int(SizeSampler(table.itemSize).mean.rounded())
    record.itemsAtStart = Int64(Double(table.itemCount) * (index?.share ?? 1))
    record.itemsAtEnd = record.itemsAtStart
    record.bytesAtStart = ByteCount(record.itemsAtStart * Int64(size))
    record.bytesAtEnd = record.bytesAtStart
    return record
  }

  /// Mean and peak requests/s of a traffic over a run; a closed loop's upper bound is users / think
  /// time. The profile may be longer than the run, or shorter: then the rest of the run is idle.
  /// - Parameter walk: seconds that a request takes for its pages at least.
  static func rates(
    _ traffic: TrafficSpec, over run: Nanoseconds, walking walk: Double = 0
  ) -> (mean: Double, peak: Double) {
    switch traffic.demand {
    case .open(let arrivals, let rate):
      let profile = RateProfile(clipped(rate, to: run))
      let mean = profile.total / max(1e-9, run.inSeconds)
      return (mean, profile.peak * arrivals.peakFactor)
    case .closed(let users, let think, let duration):
      let bound = Double(users) / max(1e-3, think.inSeconds + walk)
      return (bound * min(1, duration.inSeconds / max(1e-9, run.inSeconds)), bound)
    }
  }

  /// Mean seconds that the pages of a request take, one after the other; 0 for single pages.
  private static func walk(_ traffic: TrafficSpec, _ scenario: Scenario) -> Double {
    let total = traffic.operations.reduce(0) { $0 + $1.weight }
    return traffic.operations.reduce(0) { sum, operation in
      guard operation.pages != 1, let part = operation.parts.first else { return sum }
      let pages = PageArithmetic(scenario, scenario.tables[part.table], part, operation)
      let latency = scenario.model.latency.of(operation)
      let kilobytes = Double(pages.items * pages.entry) / 1_024
      let page =
        latency.query.median.inSeconds + (traffic.network ?? latency.network).median.inSeconds
        + latency.perKilobyte.inSeconds * kilobytes
      return sum + operation.weight / total * page * Double(pages.pages)
    }
  }

  /// The part of a profile that lies in a run.
  private static func clipped(_ rate: [RateSegment], to run: Nanoseconds) -> [RateSegment] {
    var left = run
    return rate.compactMap { segment in
      guard left > .zero, segment.duration > .zero else { return nil }
      let length = min(segment.duration, left)
      left = left - length
      let share = length.inSeconds / segment.duration.inSeconds
      let end =
        length == segment.duration
        ? segment.to : segment.from + (segment.to - segment.from) * share
      return RateSegment(duration: length, from: segment.from, to: end)
    }
  }

  private mutating func append(
    _ loads: [LoadKey: Load], name: String, mode: CapacityMode, warm: WarmThroughput?
  ) {
    for axis in CapacityAxis.allCases {
      guard let load = loads[LoadKey(resource: name, axis: axis)] else { continue }
      let ceiling =
        axis == .read ? ServiceConstants.partitionReadUnits : ServiceConstants.partitionWriteUnits
      resources.append(
        ResourceArithmetic(
          resource: name, axis: axis, meanUnits: load.mean, peakUnits: load.peak,
          limit: Self.limit(mode, axis, warm: warm), isOnDemand: mode.apiName == "PAY_PER_REQUEST",
          hottestShare: load.peak == 0 ? 0 : load.hottestPeak / load.peak,
          hottestPeakUnits: load.hottestPeak, partitionCeiling: Double(ceiling)))
    }
  }

  private static func limit(
    _ mode: CapacityMode, _ axis: CapacityAxis, warm: WarmThroughput?
  ) -> Double {
    switch mode {
    case .provisioned(let read, let write): return Double(axis == .read ? read.units : write.units)
    case .onDemand(let read, let write):
      let initial =
        axis == .read
        ? max(ServiceConstants.onDemandInitialReadUnits, warm?.readUnitsPerSecond ?? 0)
        : max(ServiceConstants.onDemandInitialWriteUnits, warm?.writeUnitsPerSecond ?? 0)
      let maximum = axis == .read ? read : write
      return Double(min(initial, maximum ?? .max))
    }
  }
}

/// A table or index and axis.
struct LoadKey: Hashable {
  var resource: String
  var axis: CapacityAxis
}

/// Expected units/s.
private struct Load {
  var mean = 0.0
  var peak = 0.0
  /// Units/s at the peak on the hottest key, as if all operations shared it.
  var hottestPeak = 0.0

  mutating func add(_ contribution: Contribution, mean: Double, peak: Double) {
    self.mean += contribution.units * mean
    self.peak += contribution.units * peak
    hottestPeak += contribution.units * peak * contribution.hottestShare
  }
}

extension ArrivalProcess {
  /// How far the rate inside a burst is above the profile's.
  var peakFactor: Double {
    switch self {
    case .constant, .poisson: 1
    case .onOff(let on, let off): (on + off).inSeconds / max(1e-9, on.inSeconds)
    }
  }
}
