// What might help against what a run showed: candidates, to be simulated before anybody believes
// them.
//
// Every candidate answers a mechanism that was seen: a shortage is met by more capacity, by auto
// scaling or by another billing mode, a hot key by spreading it, growth that came too late by
// warming, hot reads by a cache. Where several mechanisms show, one more candidate does all that is
// needed at once.

import Caching
import Capacity
import Clients
import Results
import Scenarios
import Statistics
import Units

/// A change worth trying.
struct Remedy: Hashable, Sendable {
  /// In the imperative.
  var title: String
  var changes: [ScenarioChange]

  func applied(to scenario: Scenario) -> Scenario {
    var changed = scenario
    for change in changes { change.apply(to: &changed) }
    return changed
  }
}

/// Finds candidates in a run's summary.
struct RemedyCandidates {
  let context: FindingContext

  /// One throttled axis of a table or index of the home region.
  private struct Shortage {
    var place: ResourcePlace
    var name: String
    var axis: CapacityAxis
    var least: Int
    var noBurst: Int
    var hasPolicy: Bool
    /// A capacity value now, units/s.
    var now: Int
    var events: Double
    /// When it throttles, if that is within a few hours of the day.
    var hours: HoursOfDay?

    var label: String { (axis == .read ? "read-capacity" : "write-capacity") + " of \(name)" }
  }

  /// Distinct candidates, at most eight, the simplest first; none when nothing throttles.
  func all() -> [Remedy] {
    let shortages = self.shortages()
    let heat = heatRemedies()
    var found = provisioned(shortages)
    found += heat
    if !shortages.isEmpty, let fix = heat.first {
      let capacity = provision(shortages) { $0.noBurst }
      found.append(
        Remedy(
          title: "\(capacity.title); and \(lowercasedFirst(fix.title))",
          changes: capacity.changes + fix.changes))
    }
    var distinct: [Remedy] = []
    for remedy in found
    where !remedy.changes.isEmpty && !distinct.contains(where: { $0.changes == remedy.changes }) {
      distinct.append(remedy)
    }
    return Array(distinct.prefix(8))
  }

  // MARK: Provisioned capacity

  /// Shortages worth mending: those with less than a hundredth of the worst one's refusals are what
  /// chance made of single seconds.
  private func shortages() -> [Shortage] {
    let all = allShortages()
    let worst = all.map(\.events).max() ?? 0
    return all.filter { $0.events * 100 >= worst }
  }

  private func allShortages() -> [Shortage] {
    places().flatMap { position, place in
      CapacityAxis.allCases.compactMap { axis -> Shortage? in
        let row = context.resources[position]
        let summary = axis == .read ? row.read : row.write
        let cause = ThrottleCause.provisionedThroughputExceeded.rawValue
        guard !row.isOnDemand, summary.throttlesByCause[cause].value > 0 else { return nil }
        let needed = context.neededCapacity(position, axis)
        let policy = context.policy(of: context.record.resources[position], axis)
        return Shortage(
          place: place, name: row.name, axis: axis, least: needed.least, noBurst: needed.noBurst,
          hasPolicy: policy != nil, now: Int(summary.limitAtStart),
          events: summary.throttlesByCause[cause].value,
          hours: HoursOfDay(of: context, position, axis))
      }
    }
  }

  private func provisioned(_ shortages: [Shortage]) -> [Remedy] {
    guard !shortages.isEmpty else { return [] }
    var found: [Remedy] = []
    if let scheduled = schedule(shortages) { found.append(scheduled) }
    // With less than now the replay has shown only that its even minutes hide the seconds.
    if shortages.allSatisfy({ $0.least > $0.now }) {
      found.append(provision(shortages) { $0.least })
    }
    found.append(provision(shortages) { max($0.noBurst, $0.now + 1) })
    found.append(provision(shortages) { max($0.noBurst, $0.now + 1) * 5 / 4 + 1 })
    let fixed = shortages.filter { !$0.hasPolicy }
    if !fixed.isEmpty { found.append(scale(fixed)) }
    let tables = Set(shortages.map(\.place.table)).sorted()
    let names = tables.map { context.scenario.tables[$0].name }
    found.append(
      Remedy(
        title: "Switch \(joined(names)) to PAY_PER_REQUEST",
        changes: tables.map { .onDemand(table: $0) }))
    return found
  }

  private func provision(_ shortages: [Shortage], _ units: (Shortage) -> Int) -> Remedy {
    let settings = shortages.map { shortage in
      let verb = shortage.hasPolicy ? "a minimum of " : ""
      return "\(shortage.label) to \(verb)\(group(units(shortage))) \(shortage.axis.capacityUnit)"
    }
    return Remedy(
      title: "Set " + joined(settings),
      changes: shortages.map { .provision($0.place, $0.axis, units: units($0)) })
  }

  /// From the present value up to what a target of 70 % makes of the busiest minute.
  private func scale(_ shortages: [Shortage]) -> Remedy {
    let policies = shortages.map { shortage in
      let highest = max(shortage.now, (shortage.noBurst * 10 + 6) / 7)
      return AutoscalingPolicy(minimum: max(1, shortage.now), maximum: highest)
    }
    let texts = zip(shortages, policies).map { shortage, policy in
      "\(shortage.label) scale from \(group(policy.minimum)) to \(group(policy.maximum))"
        + " \(shortage.axis.capacityUnit) at \(policy.targetPercent) %"
    }
    return Remedy(
      title: "Let " + joined(texts),
      changes: zip(shortages, policies).map { .scale($0.place, $0.axis, $1) })
  }

  /// A higher minimum around the hours in which each of them throttles; nil unless all of them
  /// scale, by no schedule yet, and throttle at one time of the day.
  private func schedule(_ shortages: [Shortage]) -> Remedy? {
    var (texts, changes): ([String], [ScenarioChange]) = ([], [])
    for shortage in shortages {
      guard shortage.hasPolicy, let hours = shortage.hours else { return nil }
      texts.append(
        "a minimum of \(group(shortage.noBurst)) \(shortage.axis.capacityUnit) for"
          + " \(shortage.label) from \(hours.from) to \(hours.until)")
      changes.append(
        .schedule(shortage.place, shortage.axis, units: shortage.noBurst, during: hours))
    }
    return Remedy(title: "Schedule " + joined(texts) + " every day", changes: changes)
  }

  // MARK: Partitions and keys

  private func heatRemedies() -> [Remedy] {
    places().flatMap { position, place in
      CapacityAxis.allCases.flatMap { axis -> [Remedy] in
        let row = context.resources[position]
        let summary = axis == .read ? row.read : row.write
        let cause = ThrottleCause.keyRangeThroughputExceeded.rawValue
        guard summary.throttlesByCause[cause].value > 0 else { return [] }
        return heat(position, place, axis)
      }
    }
  }

  private func heat(_ position: Int, _ place: ResourcePlace, _ axis: CapacityAxis) -> [Remedy] {
    let record = context.record.resources[position]
    let name = context.resources[position].name
    let peak = Double(context.demands(position, axis).joined().max() ?? 0) / 120
    var found: [Remedy] = []
    if let (hottest, least) = context.hotKey(position, axis), place.index == nil,
      namesHotKeys(place.table)
    {
      // The least that fits, and enough for two or more of them to meet in one partition.
      found += [least, least * 4, least * 16].map { ways in
        Remedy(
          title: "Shard the hottest keys of \(name), such as \(hottest.key), over \(ways) suffixes",
          changes: [.shard(table: place.table, ways: ways)])
      }
    }
    if record.isOnDemand {
      let units = Int((peak * 1.2).rounded(.up))
      found.append(
        Remedy(
          title: "Pre-warm \(name) to \(group(units)) \(axis.rateUnit)",
          changes: [.warm(place, axis, units: units)]))
    }
    if axis == .read, place.index == nil, context.scenario.cache == nil {
      let settings = CacheSettings(nodes: 3, nodeType: "dax.r5.large")
      found.append(
        Remedy(
          title: "Put DAX in front of \(name): 3 nodes of dax.r5.large",
          changes: [.cache(settings, tables: [place.table])]))
    }
    return found
  }

  private func namesHotKeys(_ table: Int) -> Bool {
    context.scenario.traffic.contains { traffic in
      traffic.operations.contains { operation in
        operation.parts.contains { $0.table == table && $0.keys.namesHotKeys }
      }
    }
  }

  // MARK: Places

  /// Tables and global indexes of the home region with their positions in a record.
  private func places() -> [(position: Int, place: ResourcePlace)] {
    context.record.resources.enumerated().compactMap { position, record in
      guard record.region == context.scenario.cost.region,
        let table = context.scenario.tables.firstIndex(where: { $0.name == record.table })
      else { return nil }
      guard let name = record.index else { return (position, ResourcePlace(table: table)) }
      let index = context.scenario.tables[table].globalIndexes.firstIndex { $0.name == name }
      return index.map { (position, ResourcePlace(table: table, index: $0)) }
    }
  }

  private func joined(_ parts: [String]) -> String {
    guard parts.count > 1, let last = parts.last else { return parts.first ?? "" }
    return parts.dropLast().joined(separator: ", ") + " and " + last
  }

  private func lowercasedFirst(_ text: String) -> String {
    text.prefix(1).lowercased() + text.dropFirst()
  }
}
