// From a run to its bill: what the record shows, in the terms of Pricing.
//
// Throughput goes over minute by minute and is repeated to fill the month; storage is the mean of
// start and end, local indexes' copies added; stream reads and capture units are the run's. The
// cache, backups and transfers come from the scenario, which knows them better than a run of
// minutes does.

import Caching
import Capacity
public import Pricing
public import Results
public import Scenarios
import Units

/// Prices runs of a scenario.
public struct Costing: Sendable {
  let scenario: Scenario
  public let rules: BillingRules
  public let prices: PriceList
  /// Overrides in the file that the price list could not take, as sentences.
  public let complaints: [String]

  public init(_ scenario: Scenario) {
    self.scenario = scenario
    let cost = scenario.cost
    rules = BillingRules(
      region: cost.region, monthHours: Self.monthHours(scenario),
      hourRule: Self.hourRule(cost.hourRule, seed: scenario.seed), freeTier: cost.freeTier,
      reserved: cost.reserved.map {
        ReservedCapacity(
          readUnits: $0.read, writeUnits: $0.write,
          term: $0.term == .oneYear ? .oneYear : .threeYears)
      })
    var prices = PriceList.published
    var complaints: [String] = []
    for override in cost.priceOverrides {
      let outcome = prices.override(
        item: override.item, in: cost.region, dollars: override.dollars)
      if let complaint = Self.complaint(outcome, override) { complaints.append(complaint) }
    }
    self.prices = prices
    self.complaints = complaints
  }

  private static func hourRule(_ rule: HourRule, seed: UInt64) -> BilledHourRule {
    switch rule {
    case .max: .max
    case .mean: .mean
    case .sample: .sample(seed: seed)
    }
  }

  private static func complaint(
    _ outcome: PriceOverrideOutcome, _ override: PriceOverride
  ) -> String? {
    switch outcome {
    case .applied: nil
    case .unknownItem(let nearest):
      "price item '\(override.item)' is not known"
        + (nearest.map { "; did you mean '\($0)'?" } ?? "")
    case .malformedPrice: "'\(override.dollars)' is not an amount of dollars"
    }
  }

  /// Hours of the billed month: the rule's number, or the length of the month the run starts in.
  static func monthHours(_ scenario: Scenario) -> Int {
    switch scenario.cost.month {
    case .hours(let hours): return hours
    case .calendar:
      let parts = scenario.run.startDate.split(separator: "-").compactMap { Int($0) }
      guard parts.count == 3 else { return 730 }
      return 24 * daysInMonth(year: parts[0], month: parts[1])
    }
  }

  /// Days of a month in the Gregorian calendar: (2026, 2) is 28, (2028, 2) is 29.
  static func daysInMonth(year: Int, month: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// The bill of one run.
  public func bill(for record: RunRecord) -> Bill {
    BillBuilder(rules: rules, prices: prices).bill(for: usage(of: record), title: scenario.title)
  }

  /// The bill's alternatives, in the pricer's order; auto scaling only where something does not
  /// scale already.
  public func alternatives(to record: RunRecord, own: Bill) -> [PricedAlternative] {
    let all = AlternativePricer(builder: BillBuilder(rules: rules, prices: prices))
      .alternatives(to: usage(of: record), own: own)
    return scalesAlready ? all.filter { $0.name != AlternativePricer.autoScaledName } : all
  }

  /// Whether every table and index is provisioned under policies on both axes.
  private var scalesAlready: Bool {
    scenario.tables.allSatisfy { table in
      ([table.mode] + table.globalIndexes.compactMap(\.mode)).allSatisfy {
        guard case .provisioned(let read, let write) = $0 else { return false }
        return read.autoscaling != nil && write.autoscaling != nil
      }
    }
  }

  /// What a run used, in billing terms.
  func usage(of record: RunRecord) -> BilledUsage {
    var usage = BilledUsage(runMinutes: record.wholeMinuteCount)
    usage.resources = record.resources.map { resource($0, of: record) }
    if let cache = scenario.cache {
      usage.caches = [
        CacheUsage(
          region: scenario.cost.region, nodeType: cache.settings.nodeType,
          nodes: cache.settings.nodes)
      ]
    }
    usage.keys = encryptionKeys
    let cost = scenario.cost
    usage.transfers.restored = bytes(cost.restoreGigabytes)
    usage.transfers.exported = bytes(cost.exportGigabytes)
    if cost.incrementalExportGigabytes > 0 {
      usage.transfers.incrementalExports = [bytes(cost.incrementalExportGigabytes)]
    }
    usage.transfers.imported = bytes(cost.importGigabytes)
    usage.transfers.internetOut = bytes(cost.internetOutGigabytes)
    usage.transfers.interRegionOut = replication(record)
    return usage
  }

  /// Each key once in every region that has a table under it, in the order of the tables.
  private var encryptionKeys: [EncryptionKeyUsage] {
    var keys: [EncryptionKeyUsage] = []
    for table in scenario.tables {
      guard let encryption = table.encryption else { continue }
      for region in [scenario.cost.region] + table.replicas {
        let known = keys.firstIndex { $0.name == encryption.key && $0.region == region }
        if let known {
          keys[known].callers += encryption.callers
          keys[known].versions = max(keys[known].versions, 1 + encryption.rotations)
        } else {
          keys.append(
            EncryptionKeyUsage(
              name: encryption.key, region: region, versions: 1 + encryption.rotations,
              callers: encryption.callers))
        }
      }
    }
    return keys
  }

  private func bytes(_ gigabytes: Double) -> ByteCount {
    ByteCount(Int64((gigabytes * 1_073_741_824).rounded()))
  }

  /// What each region's clients write leaves it for every other region: at most the capacity units
  /// in KB. Expired items leave the home region.
  private func replication(_ record: RunRecord) -> [InterRegionTransfer] {
    let tables = record.resources.filter { $0.index == nil }
    return tables.flatMap { target in
      tables.compactMap { source -> InterRegionTransfer? in
        guard source.table == target.table, source.region != target.region else { return nil }
        var units = source.sentWrites
        if source.region == scenario.cost.region {
          let sent = tables.filter { $0.table == source.table }.reduce(CapacityUnits.zero) {
            $0 + $1.sentWrites
          }
          units += target.replicatedWrites - sent
        }
        guard units > .zero else { return nil }
        let run = Int128(units.halves) * 512
        let month = run * Int128(rules.monthHours) * 3_600 / Int128(record.wholeSeconds)
        return InterRegionTransfer(
          source: source.region, target: target.region, bytes: ByteCount(Int64(clamping: month)))
      }
    }
  }

  private func resource(_ record: ResourceRecord, of run: RunRecord) -> ResourceUsage {
    let table = scenario.tables.first { $0.name == record.table }
    var usage = ResourceUsage(
      name: record.name, region: record.region, isOnDemand: record.isOnDemand)
    usage.isIndex = record.index != nil
    usage.tableClass = table?.tableClass ?? .standard
    usage.isReplicated = !(table?.replicas.isEmpty ?? true)
    usage.read = axis(record.read, of: run, isOnDemand: record.isOnDemand)
    usage.write = axis(record.write, of: run, isOnDemand: record.isOnDemand)
    usage.storage = .average(
      storage(record, table, items: record.itemsAtStart, bytes: record.bytesAtStart),
      storage(record, table, items: record.itemsAtEnd, bytes: record.bytesAtEnd))
    if let warm = warmThroughput(record, table) {
      let read =
        record.isOnDemand
        ? Int64(ServiceConstants.onDemandInitialReadUnits) : record.read.limit.first ?? 0
      let write =
        record.isOnDemand
        ? Int64(ServiceConstants.onDemandInitialWriteUnits) : record.write.limit.first ?? 0
      usage.raisedWarmReadUnits = max(0, Int64(warm.readUnitsPerSecond) - read)
      usage.raisedWarmWriteUnits = max(0, Int64(warm.writeUnitsPerSecond) - write)
    }
    if let table, record.index == nil, record.region == scenario.cost.region {
      let bytes = usage.storage.bytes
      if table.pointInTimeRecovery { usage.pointInTimeRecovery = bytes }
      if let backups = table.backups {
        usage.backups = [.scheduled(bytes, every: backups.every, keep: backups.keep)]
      }
    }
    // The scenario's consumers read the home region's stream; a replica's has none of its own.
    if record.region == scenario.cost.region {
      usage.streamReads = run.inWholeMinutes(record.streamReads)
      usage.captureUnits = run.inWholeMinutes(record.captureUnits)
    }
    return usage
  }

  /// The warm throughput that the scenario asks for, of a table or index.
  private func warmThroughput(_ record: ResourceRecord, _ table: TableSpec?) -> WarmThroughput? {
    guard let name = record.index else { return table?.warmThroughput }
    return table?.globalIndexes.first { $0.name == name }?.warmThroughput
  }

  /// Data of a table with its local indexes' copies, or of a global index.
  private func storage(
    _ record: ResourceRecord, _ table: TableSpec?, items: Int64, bytes: ByteCount
  ) -> StorageUsage {
    var usage = StorageUsage(bytes: bytes, items: items)
    guard let table, record.index == nil else { return usage }
    for index in table.localIndexes {
      let entries = Int64((Double(items) * index.share).rounded())
      usage.items += entries
      let whole = ByteCount(Int64((Double(bytes.count) * index.share).rounded()))
      let fixed = index.entrySize.map { ByteCount(Int64($0)) * entries } ?? whole
      usage.bytes = usage.bytes + min(whole, fixed)
    }
    return usage
  }

  private func axis(
    _ series: AxisSeries, of run: RunRecord, isOnDemand: Bool
  ) -> AxisUsage {
    AxisUsage(
      consumedHalves: run.wholeMinutes(series.consumed),
      provisionedUnits: isOnDemand ? [] : run.wholeMinutes(levels: series.limit),
      demandedHalves: run.wholeMinutes(series.demanded))
  }
}
