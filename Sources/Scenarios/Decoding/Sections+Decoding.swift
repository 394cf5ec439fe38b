// The smaller sections: run, DAX, cost.
//
// Days are Gregorian; a week starts on Monday, as the weekly shapes do.

import Caching
import Units
import YAML

extension ScenarioDecoder {
  /// The run; its duration is nil until the file gives one (the caller then takes the traffic's).
  func run(_ reader: NodeReader?) -> (spec: RunSpec, duration: Nanoseconds?) {
    var spec = RunSpec(duration: .zero)
    guard let fields = reader?.object(ScenarioFormat.run) else { return (spec, nil) }
    // A faulty duration still stands for one, so that rates do not ask for it again.
    let duration = fields["duration"].map {
      $0.duration(atLeast: .seconds(1)) ?? .seconds(1)
    }
    if let warmUp = fields["warm-up"] {
      spec.warmUp = warmUp.duration() ?? .zero
      faults.place("warm-up", at: warmUp.range)
    }
    spec.replications = fields["replications"]?.count(in: 1...1_000) ?? spec.replications
    spec.confidence = fields["confidence"]?.share(in: 0.5...0.999_9) ?? spec.confidence
    spec.precision = fields["precision"]?.share(in: 0.000_1...0.5)
    spec.maximumReplications =
      fields["max-replications"]?.count(in: 2...10_000) ?? spec.maximumReplications
    if let starts = fields["starts"], let text = starts.text() {
      if let start = StartTime(text) {
        spec.startDate = start.date
        spec.startOfWeekSeconds = start.secondsOfWeek
      } else {
        starts.report(
          "'\(text)' is not a date and time", expected: "a date such as '2026-11-02 08:00'")
      }
    }
    return (spec, duration)
  }

  func cache(_ reader: NodeReader?, _ names: Names) -> CacheSpec? {
    guard let fields = reader?.object(ScenarioFormat.dax) else { return nil }
    faults.place("dax", at: fields.keyRange("nodes"))
    var settings = CacheSettings(
      nodes: fields["nodes"]?.count(in: 1...11) ?? 1,
      nodeType: fields["node-type"].flatMap { nodeType($0) } ?? "dax.r5.large",
      itemTimeToLive: fields["item-ttl"]?.duration() ?? .minutes(5),
      queryTimeToLive: fields["query-ttl"]?.duration() ?? .minutes(5),
      memoryPerNode: fields["memory-per-node"]?.size(in: 1...(1 << 50)).map {
        ByteCount(Int64($0))
      },
      normalizedRequestsPerSecondPerNode: fields["capacity-per-node"]?.count(in: 1...1_000_000_000),
      deleteLeavesNegativeEntry: fields["negative-deletes"]?.flag() ?? false)
    if let delay = fields["replication-delay"] {
      settings.replicationDelay = delay.duration() ?? settings.replicationDelay
    }
    if settings.resolvedNodeType == nil {
      fields["node-type"]?.report(
        "no capacity is published for '\(settings.nodeType)'",
        expected: "'capacity-per-node' and 'memory-per-node' beside it, or a dax.r5 type")
    }
    var spec = CacheSpec(
      settings: settings, tables: cachedTables(fields, names),
      losses: nodeLosses(fields["node-losses"], nodes: settings.nodes))
    spec.losses.sort { $0.at < $1.at }
    return spec
  }

  private func nodeLosses(_ reader: NodeReader?, nodes: Int) -> [NodeLoss] {
    guard let items = reader?.list(of: "node losses") else { return [] }
    return items.compactMap { item in
      guard let fields = item.object(ScenarioFormat.nodeLoss),
        let node = fields["node"]?.count(in: 1...nodes), let at = fields["at"]?.duration()
      else { return nil }
      return NodeLoss(
        node: node - 1, at: at, duration: fields["for"]?.duration(atLeast: .seconds(1)),
        isWarm: fields["warm"]?.flag() ?? true)
    }
  }

  private func cachedTables(_ fields: Fields, _ names: Names) -> [Int] {
    guard let items = fields["tables"]?.list(of: "table names") else {
      return Array(names.tables.indices)
    }
    if items.isEmpty {
      fields["tables"]?.report("'tables' is empty", expected: "at least one table")
    }
    var tables: [Int] = []
    for item in items {
      guard let table = names.table(item) else { continue }
      if tables.contains(table) {
        item.report("the table stands twice")
      } else {
        tables.append(table)
      }
    }
    return tables
  }

  private func nodeType(_ reader: NodeReader) -> String? {
    let expected = "a node type such as dax.r5.large"
    guard let text = reader.scalarText(expected: expected) else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let isPlain = parts.allSatisfy { part in
      !part.isEmpty
        && part.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    }
    if parts.count == 3, parts[0] == "dax", isPlain { return text }
    reader.report(
      "'\(text)' is not a DAX node type", expected: expected,
      suggestion: parts.count == 2 && isPlain ? "dax.\(text)" : nil)
    return nil
  }

  func cost(_ reader: NodeReader?) -> CostSpec {
    var cost = CostSpec()
    guard let fields = reader?.object(ScenarioFormat.object("cost")) else { return cost }
    if let region = fields["region"].flatMap({ region($0) }) { cost.region = region }
    if let month = fields["month"].flatMap({ month($0) }) { cost.month = month }
    if let rule = fields["hour-rule"]?.choice(HourRule.self) { cost.hourRule = rule }
    if let free = fields["free-tier"]?.flag() { cost.freeTier = free }
    cost.reserved = reserved(fields.object("reserved", "reserved"))
    if let months = fields["horizon"].flatMap({ horizon($0) }) { cost.horizonMonths = months }
    func gigabytes(_ name: String) -> Double {
      fields[name]?.size().map { ByteCount(Int64($0)).inGigabytes } ?? 0
    }
    cost.internetOutGigabytes = gigabytes("internet-out")
    cost.exportGigabytes = gigabytes("exports")
    cost.incrementalExportGigabytes = gigabytes("incremental-exports")
    cost.importGigabytes = gigabytes("imports")
    cost.restoreGigabytes = gigabytes("restores")
    for (name, _, value) in fields["prices"]?.freeMap(of: "prices in dollars") ?? [] {
      guard let text = value.scalarText(expected: "dollars such as 0.30") else { continue }
      guard let money = Money(decimal: text), money >= .zero else {
        value.report("'\(text)' is not a price", expected: "dollars such as 0.30")
        continue
      }
      cost.priceOverrides.append(PriceOverride(item: name, dollars: text))
    }
    return cost
  }

  private func month(_ reader: NodeReader) -> MonthRule? {
    let expected = "calendar, or hours such as 730h"
    guard let text = reader.scalarText(expected: expected) else { return nil }
    if text == "calendar" { return .calendar }
    guard let length = NodeReader.duration(text), length.count % Nanoseconds.hours(1).count == 0,
      (Nanoseconds.days(28)...Nanoseconds.days(31)).contains(length)
    else {
      reader.report("'\(text)' is not the length of a month", expected: expected)
      return nil
    }
    return .hours(Int(length.count / Nanoseconds.hours(1).count))
  }

  private func horizon(_ reader: NodeReader) -> Int? {
    let expected = "months or years such as '12 months'"
    guard let text = reader.scalarText(expected: expected) else { return nil }
    let factors = ["month": 1, "months": 1, "year": 12, "years": 12]
    guard let parsed = Quantity(text[...]), parsed.value == parsed.value.rounded(),
      (1...1_200).contains(parsed.value), let factor = factors[parsed.unit]
    else {
      reader.report("'\(text)' is not a horizon", expected: expected)
      return nil
    }
    return Int(parsed.value) * factor
  }

  private func reserved(_ fields: Fields?) -> ReservedSpec? {
    guard let fields else { return nil }
    func units(_ name: String) -> Int {
      guard let reader = fields[name], let units = reader.count(in: 0...100_000_000) else {
        return 0
      }
      if units % 100 != 0 {
        reader.report(
          "reserved capacity is bought in blocks of 100, not \(units)",
          expected: "\(units / 100 * 100) or \((units / 100 + 1) * 100)")
      }
      return units
    }
    return ReservedSpec(
      read: units("read"), write: units("write"),
      term: fields["term"]?.choice(ReservedTerm.self) ?? .oneYear)
  }
}

/// "2026-11-02 08:00" as a date and a place in its week.
struct StartTime: Hashable {
  /// ISO date.
  var date: String
  /// Since Monday 00:00.
  var secondsOfWeek: Int64

  /// nil when malformed or not a day of the Gregorian calendar after 2000.
  init?(_ text: String) {
    let words = text.split { $0 == " " || $0 == "T" }.map(String.init)
    guard (1...2).contains(words.count), words[0].utf8.count == 10 else { return nil }
    let parts = words[0].split(separator: "-").map(String.init)
    guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2,
      parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]),
      (2_000...2_999).contains(year), (1...12).contains(month),
      day >= 1, day <= Self.days(in: month, of: year)
    else { return nil }
    var time = Nanoseconds.zero
    if words.count == 2 {
      guard let clock = ScenarioDecoder.timeOfDay(words[1]) else { return nil }
      time = clock
    }
    self.date = words[0]
    // 2000-01-03 was a Monday.
    var days = day - 3
    for earlier in 2_000..<year { days += Self.isLeap(earlier) ? 366 : 365 }
    for earlier in 1..<month { days += Self.days(in: earlier, of: year) }
    let weekday = Int64(((days % 7) + 7) % 7)
    self.secondsOfWeek = weekday * 86_400 + time.count / 1_000_000_000
  }

  private static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func days(in month: Int, of year: Int) -> Int {
    if month == 2 { return isLeap(year) ? 29 : 28 }
    return [4, 6, 9, 11].contains(month) ? 30 : 31
  }
}
