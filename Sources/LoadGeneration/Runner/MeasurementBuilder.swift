// From the totals of a run to what can be said about it, and whether it may be believed
// (load-generators.md 4.10).

import Capacity
import HTTPClient
import Results
import Scenarios
import Statistics
import Units
import Workloads

extension TableSpec {
  /// Mean size of an item, in bytes.
  var meanItemBytes: Int { max(1, Int(SizeSampler(itemSize).mean.rounded())) }
}

extension Scenario {
  /// Of the intervals that a run's record keeps.
  func intervalLength(_ measured: Nanoseconds) -> Nanoseconds {
    IntervalSeries.length(measured: measured, windows: objectives.compactMap(\.window))
  }

  /// `orders`, `orders/byStatus`: tables, each followed by its global indexes.
  var resourceNames: [String] {
    tables.flatMap { table in
      [table.name] + table.globalIndexes.map { "\(table.name)/\($0.name)" }
    }
  }

  /// Units/s provisioned or permitted at the start, by resource; 0: no limit is set.
  var limits: [AxisPair<Int>] {
    tables.flatMap { table in
      ([table.mode] + table.globalIndexes.map { $0.mode ?? table.mode }).map { mode in
        switch mode {
        case .provisioned(let read, let write): AxisPair(read: read.units, write: write.units)
        case .onDemand(let read, let write): AxisPair(read: read ?? 0, write: write ?? 0)
        }
      }
    }
  }
}

/// Makes the measurement of a run.
struct MeasurementBuilder {
  var scenario: Scenario
  var options: LoadOptions
  var totals: LoadTotals
  var ran: Int64
  var warmUp: Int64
  /// CPU time of the busiest thread, in ns.
  var busiest: Int64
  var spent: Double

  /// Requests that may be given up or held before a run is invalid.
  static let shareAllowed = 0.01
  /// A thread that uses more of its core than this is the bottleneck if it is also late.
  static let busyLimit = 0.9
  /// Lag as a share of the median response.
  static let lagShare = 0.1
  /// Lag below this is noise of the machine, not of the client.
  static let lagFloor: Int64 = 1_000_000

  func measurement() -> Measurement {
    var result = Measurement()
    result.endpoint = options.endpoints.map(\.description).joined(separator: ", ")
    result.closedUsers = closedUsers
    result.threads = options.threads
    result.connections = options.connections ?? options.inFlightLimit
    result.inFlightLimit = options.inFlightLimit
    result.timeout =
      options.timeout ?? scenario.traffic.map(\.client.timeout).max() ?? .zero
    result.deadline = options.deadline
    result.isSigned = options.signing != nil
    result.due = totals.due
    result.dispatched = totals.dispatched
    result.shed = totals.shed
    result.held = totals.held
    result.waiting = totals.waiting
    result.measuredSeconds = Double(max(1, ran - min(warmUp, ran))) / 1e9
    result.peakInFlight = totals.peakInFlight
    result.lag = totals.lag
    result.busiestThread =
      Double(busiest) * Double(options.clockSpeed) / Double(max(1, ran))
    result.cpuPerAttempt = Nanoseconds(totals.busy.count / max(1, totals.attempts))
    result.connectionsOpened = totals.connectionsOpened
    result.operations = totals.measurements
    result.exceptions = exceptions()
    result.capacity = totals.capacity
    result.mismatches = totals.mismatches
    result.verification = totals.verification
    result.spent = spent
    result.faults = faults(result)
    result.notes = notes(result)
    return result
  }

  private var closedUsers: Int? {
    if let users = options.closedUsers { return users }
    let users = scenario.traffic.reduce(0) { sum, traffic in
      if case .closed(let users, _, _) = traffic.demand { sum + users } else { sum }
    }
    return users > 0 ? users : nil
  }

  private func exceptions() -> [ExceptionCount] {
    totals.exceptions.map { key, count in
      ExceptionCount(
        exception: key.exception, reason: key.reason, resource: key.resource,
        operation: totals.operations[key.operation].name, count: count)
    }.sorted {
      ($1.count, $0.exception, $0.reason, $0.resource, $0.operation)
        < ($0.count, $1.exception, $1.reason, $1.resource, $1.operation)
    }
  }

  private func faults(_ result: Measurement) -> [ValidityFault] {
    var faults: [ValidityFault] = []
    let due = Double(max(1, result.due))
    let shed = Double(result.shed) / due
    let held = Double(result.held) / due
    if shed > Self.shareAllowed { faults.append(.shed(shed)) }
    let isBusy = result.busiestThread >= Self.busyLimit
    if closedUsers != nil {
      if isBusy { faults.append(.clientBusy(result.busiestThread)) }
      return faults
    }
    var response = totals.operations.first?.response
    for row in totals.operations.dropFirst() { response?.merge(row.response) }
    let median = response?.value(atPercentile: 50) ?? 0
    let lag = result.lag.value(atPercentile: 99)
    let isLate =
      lag > max(Int64(Double(median) * Self.lagShare), Self.lagFloor * Int64(options.clockSpeed))
      || Double(result.dispatched + result.waiting) / due < 1 - Self.shareAllowed
    if isLate, held > Self.shareAllowed {
      faults.append(.inFlightLimit(held))
    } else if isLate, isBusy {
      faults.append(.clientBusy(result.busiestThread))
    } else if isLate, shed <= Self.shareAllowed {
      faults.append(.lag(Nanoseconds(lag)))
    }
    return faults
  }

  private func notes(_ result: Measurement) -> [String] {
    var notes: [String] = []
    if result.closedUsers != nil {
      notes.append(
        "closed loop: a user who waits asks for nothing, so what a stall would do to others does"
          + " not show")
    }
    if let cache = totals.cache {
      let hits = group(cache.itemCacheHits + cache.queryCacheHits)
      notes.append(
        "the DAX cluster is part of this process: \(hits) reads were answered there without a"
          + " network, and their latency is not a cluster's")
    }
    let duplicates = result.operations.reduce(0) { $0 + $1.duplicates }
    if duplicates > 0 {
      notes.append(
        "\(group(duplicates)) parts of batches and transactions named an item twice and were left"
          + " out; the service refuses such requests")
    }
    return notes
  }
}
