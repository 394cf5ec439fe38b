// A run read back from its run.json, as far as comparisons need it.
//
// Anything else in the file is left alone, so files of newer versions with more keys still compare.

import JSON

/// What was measured once in every interval of a run.
public struct StoredSeries: Sendable {
  /// "read-order" or "orders".
  public var subject: String
  public var quantity: StoredQuantity
  /// One per interval; nil where there was nothing to measure.
  public var values: [Double?]

  public init(subject: String, quantity: StoredQuantity, values: [Double?]) {
    self.subject = subject
    self.quantity = quantity
    self.values = values
  }
}

/// The quantities of run.json that come in series.
public enum StoredQuantity: String, Sendable, CaseIterable {
  case requestsPerSecond
  case throttledShare
  case failedShare
  case attemptsPerRequest
  case meanSeconds
  case p50Seconds
  case p90Seconds
  case p99Seconds
  case readUnitsPerSecond
  case writeUnitsPerSecond
}

/// A run folder's run.json.
public struct StoredRun: Sendable {
  public var name: String
  public var seed: UInt64
  public var interrupted: Bool
  /// Of the operations' series.
  public var intervalSeconds: Double
  /// Of the capacity series, which begin at the end of the warm-up too.
  public var periodSeconds: Double
  public var series: [StoredSeries]
  /// Dollars of the month; nil for a run that was not priced.
  public var monthlyCost: Double?

  public init(
    name: String, seed: UInt64, interrupted: Bool, intervalSeconds: Double, periodSeconds: Double,
    series: [StoredSeries], monthlyCost: Double? = nil
  ) {
    self.monthlyCost = monthlyCost
    self.name = name
    self.seed = seed
    self.interrupted = interrupted
    self.intervalSeconds = intervalSeconds
    self.periodSeconds = periodSeconds
    self.series = series
  }
}

/// Why a file is no run.
public struct StoredRunFault: Error, Hashable, Sendable {
  public var message: String
}

extension StoredRun {
  /// Reads the text of a run.json.
  public static func read(_ text: String) throws(StoredRunFault) -> StoredRun {
    let root: JSONValue
    do throws(JSONFault) {
      root = try JSONValue.parse(text)
    } catch {
      throw StoredRunFault(message: "not JSON: \(error)")
    }
    guard root["schema"]?.string == "plimsoll/run/1", let scenario = root["scenario"],
      let name = scenario["name"]?.string, let seed = scenario["seed"]?.integer
    else {
      throw StoredRunFault(
        message: "not a run of plimsoll (expected run.json with the schema plimsoll/run/1)")
    }
    guard let intervals = root["intervals"],
      let length = intervals["lengthSeconds"]?.double, length > 0
    else {
      throw StoredRunFault(message: "it has no intervals; run it again with this version")
    }
    var run = StoredRun(
      name: name, seed: UInt64(bitPattern: seed),
      interrupted: scenario["interrupted"]?.boolean ?? false, intervalSeconds: length,
      periodSeconds: 60, series: [])
    let total = root["bill"]?["totalPerMonth"]?.string.flatMap(Double.init) ?? 0
    run.monthlyCost = total > 0 ? total : nil
    let operations = intervals["operations"]?.elements ?? []
    let names = operations.compactMap { $0["name"]?.string }
    for operation in operations {
      let name = operation["name"]?.string ?? "operation"
      // Several fleets may have an operation of one name.
      let isShared = names.count { $0 == name } > 1
      let traffic = isShared ? operation["traffic"]?.string.map { $0 + ": " } ?? "" : ""
      run.series += operationSeries(operation, traffic + name, length)
    }
    run.addUnits(root["resources"]?.elements ?? [], scenario)
    return run
  }

  private static func operationSeries(
    _ row: JSONValue, _ subject: String, _ length: Double
  ) -> [StoredSeries] {
    func column(_ name: String) -> [Double?] { (row[name]?.elements ?? []).map(\.double) }
    let requests = column("requests")
    func perRequest(_ name: String) -> [Double?] {
      zip(column(name), requests).map { part, whole in
        guard let part, let whole, whole > 0 else { return nil }
        return part / whole
      }
    }
    let columns: [(StoredQuantity, [Double?])] = [
      (.requestsPerSecond, requests.map { value in value.map { $0 / length } }),
      (.throttledShare, perRequest("throttled")), (.failedShare, perRequest("failed")),
      (.attemptsPerRequest, perRequest("attempts")), (.meanSeconds, column("meanSeconds")),
      (.p50Seconds, column("p50Seconds")), (.p90Seconds, column("p90Seconds")),
      (.p99Seconds, column("p99Seconds")),
    ]
    return columns.map { StoredSeries(subject: subject, quantity: $0.0, values: $0.1) }
  }

  /// The units consumed after the warm-up; a partial last period is left out.
  private mutating func addUnits(_ resources: [JSONValue], _ scenario: JSONValue) {
    let warmUp = scenario["warmUpSeconds"]?.double ?? 0
    let duration = scenario["durationSeconds"]?.double ?? 0
    for resource in resources {
      let axes: [(String, StoredQuantity)] = [
        ("read", .readUnitsPerSecond), ("write", .writeUnitsPerSecond),
      ]
      for (axis, quantity) in axes {
        guard let series = resource[axis]?["series"],
          let period = series["periodMinutes"]?.double, period > 0,
          let units = series["consumedUnits"]?.elements
        else { continue }
        periodSeconds = period * 60
        let first = Int((warmUp / periodSeconds).rounded(.up))
        let whole = min(units.count, Int(duration / periodSeconds))
        guard first < whole else { continue }
        self.series.append(
          StoredSeries(
            subject: resource["name"]?.string ?? "table", quantity: quantity,
            values: units[first..<whole].map { value in value.double.map { $0 / periodSeconds } }))
      }
    }
  }
}
