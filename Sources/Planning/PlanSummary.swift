// From replications to numbers with confidence intervals.
//
// Every reported quantity is computed once per replication and then averaged: replications are
// independent, so Student's t gives the interval. Quantities inside one run are correlated and are
// never treated as independent samples.

import Capacity
public import Results
public import Scenarios
import Statistics
import Units

/// Aggregates the records of all replications.
public struct PlanSummary: Sendable {
  let scenario: Scenario
  let records: [RunRecord]

  /// - Precondition: at least one record.
  public init(_ scenario: Scenario, records: [RunRecord]) {
    precondition(!records.isEmpty, "a summary needs at least one replication")
    self.scenario = scenario
    self.records = records
  }

  /// The estimate of a quantity that each replication yields once.
  func estimate(_ quantity: (RunRecord) -> Double) -> Estimate {
    Estimate(samples: records.map(quantity), confidence: scenario.run.confidence)
  }

  /// Rows of the latency table, in scenario order.
  public func operations() -> [OperationSummary] {
    records[0].operations.indices.map { position in
      func of(_ quantity: @escaping (OperationRecord) -> Double) -> Estimate {
        estimate { quantity($0.operations[position]) }
      }
      func percentile(_ p: Double) -> Estimate {
        of { Double($0.response.value(atPercentile: p)) / 1e9 }
      }
      let first = records[0].operations[position]
      var summary = OperationSummary(
        traffic: first.traffic, name: first.name, kind: first.kind,
        requestsPerSecond: estimate {
          Double($0.operations[position].requests) / measuredSeconds($0)
        },
        succeeded: of { share($0.succeeded, $0.succeeded + $0.failed) },
        throttled: of { share($0.throttled, $0.requests) },
        failed: of { share($0.failed, $0.requests) },
        attemptsPerRequest: of { share($0.attempts, $0.requests) },
        mean: of { $0.response.mean / 1e9 }, p50: percentile(50), p90: percentile(90),
        p99: percentile(99), p999: percentile(99.9),
        max: records[0].method == .exact ? of { Double($0.response.max) / 1e9 } : nil)
      summary.conflicts = of { Double($0.conflicts) }
      return summary
    }
  }

  /// Length of the measured part in seconds, never zero.
  func measuredSeconds(_ record: RunRecord) -> Double {
    max(1e-9, (record.duration - record.warmUp).inSeconds)
  }

  /// Rows of the capacity table, in record order.
  public func resources() -> [ResourceSummary] {
    records[0].resources.indices.map { position in
      let first = records[0].resources[position]
      let replica = first.region != scenario.cost.region
      return ResourceSummary(
        name: replica ? "\(first.name)@\(first.region)" : first.name, isIndex: first.index != nil,
        isOnDemand: first.isOnDemand, read: axis(position, \.read), write: axis(position, \.write),
        partitionsAtEnd: estimate { Double($0.resources[position].partitions.count) })
    }
  }

  private func axis(
    _ position: Int, _ series: KeyPath<ResourceRecord, AxisSeries>
  ) -> AxisSummary {
    func of(_ quantity: @escaping (AxisSeries, RunRecord) -> Double) -> Estimate {
      estimate { quantity($0.resources[position][keyPath: series], $0) }
    }
    func seconds(_ record: RunRecord) -> Double { max(1e-9, record.duration.inSeconds) }
    func mean(_ values: [Int64]) -> Double {
      values.isEmpty ? 0 : Double(values.reduce(0, +)) / Double(values.count)
    }
    let first = records[0].resources[position][keyPath: series]
    return AxisSummary(
      consumed: of { $0.totalConsumed.inUnits / seconds($1) },
      peakMinute: of { Double($1.wholeMinutes($0.consumed).max() ?? 0) / 2 / 60 },
      peakSecond: of { series, _ in Double(series.peakSecond) / 2 },
      limitAtStart: Double(first.limit.first ?? 0),
      limitAtEnd: of { series, _ in Double(series.limit.last ?? 0) },
      limitMean: of { series, _ in mean(series.limit) },
      utilisation: of {
        let limit = mean($0.limit)
        return limit == 0 ? 0 : $0.totalConsumed.inUnits / seconds($1) / limit
      },
      throttlesByCause: ThrottleCause.allCases.map { cause in
        of { series, _ in Double(series.total(cause)) }
      },
      throttles: of { series, _ in Double(series.totalThrottles) },
      throttledSeconds: of { series, _ in Double(series.throttledSeconds) })
  }

  /// The cache's row; nil without a cluster.
  public func cache() -> CacheSummary? {
    guard let first = records[0].cache else { return nil }
    func of(_ quantity: @escaping (CacheRecord) -> Double) -> Estimate {
      estimate { $0.cache.map(quantity) ?? 0 }
    }
    return CacheSummary(
      nodes: first.nodes, nodeType: first.nodeType,
      itemHitRatio: of { share($0.itemCacheHits, $0.itemCacheHits + $0.itemCacheMisses) },
      queryHitRatio: of { share($0.queryCacheHits, $0.queryCacheHits + $0.queryCacheMisses) },
      throttled: of { Double($0.throttledRequests) }, evicted: of { Double($0.evictedItems) },
      memoryUsed: of { Double($0.bytesAtEnd.count) })
  }
}

/// `part / whole`; 0 when there is no whole.
func share(_ part: Int64, _ whole: Int64) -> Double {
  whole == 0 ? 0 : Double(part) / Double(whole)
}
