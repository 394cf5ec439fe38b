// How far the aggregate mode is from the exact one, measured on a stretch that both can run.
//
// The stretch is the busiest of the run, short enough for a few million requests, with the
// capacity that the tables had then. Both modes run it with the same seed and the same arrivals;
// their difference is what the report states. It says nothing about what only a long run shows,
// such as growth.

import Capacity
import Results
import Scenarios
import Units
import Workloads

/// Runs both modes on a stretch of a scenario.
struct AggregateCheck {
  /// Requests of the stretch.
  static let requests = 2_000_000.0

  /// The comparison for an aggregate run's record; nil when nothing arrived.
  static func measure(_ scenario: Scenario, _ record: RunRecord) -> MethodCheck? {
    guard let stretch = stretch(scenario, record) else { return nil }
    let exact = Simulator(stretch.scenario, replication: 0).run(replication: 0) { _ in true }
    let steps = AggregateRun(stretch.scenario, replication: 0, followsArrivals: true)
      .run(replication: 0) { _ in true }
    return MethodCheck(
      start: stretch.start, length: stretch.scenario.run.duration, exact: exact.figures,
      aggregate: steps.figures)
  }

  /// The busiest stretch as a scenario of its own.
  private static func stretch(
    _ scenario: Scenario, _ record: RunRecord
  ) -> (scenario: Scenario, start: Instant)? {
    let profiles = scenario.traffic.map { traffic -> RateProfile in
      guard case .open(_, let rate) = traffic.demand else { return RateProfile([]) }
      return RateProfile(rate)
    }
    let minutes = Int(record.duration.count / AggregateRun.minute)
    var busiest = (minute: 0, requests: 0.0)
    for minute in 0...max(0, minutes - 1) {
      let from = Instant(nanoseconds: Int64(minute) * AggregateRun.minute)
      let to = from + .minutes(1)
      let count = profiles.reduce(0) { $0 + $1.integral(to: to) - $1.integral(to: from) }
      if count > busiest.requests { busiest = (minute, count) }
    }
    guard busiest.requests > 0 else { return nil }
    let seconds = min(600, max(5, (requests / busiest.requests * 60).rounded()))
    let start = Int64(busiest.minute) * AggregateRun.minute
    let length = min(Int64(seconds) * AggregateRun.second, scenario.run.duration.count - start)
    var part = scenario
    part.run.duration = Nanoseconds(length)
    part.run.warmUp = .zero
    for traffic in part.traffic.indices {
      guard case .open(let process, let rate) = part.traffic[traffic].demand else { continue }
      part.traffic[traffic].demand = .open(
        arrivals: process, rate: cut(rate, from: start, length: length))
    }
    setCapacity(&part, record, minute: busiest.minute)
    return (part, Instant(nanoseconds: start))
  }

  /// The part of a profile from `start` on, `length` ns long.
  static func cut(_ rate: [RateSegment], from start: Int64, length: Int64) -> [RateSegment] {
    var segments: [RateSegment] = []
    var time: Int64 = 0
    for segment in rate {
      let span = segment.duration.count
      let from = max(start, time)
      let to = min(start + length, time + span)
      if from < to, span > 0 {
        let slope = (segment.to - segment.from) / Double(span)
        segments.append(
          RateSegment(
            duration: Nanoseconds(to - from), from: segment.from + slope * Double(from - time),
            to: segment.from + slope * Double(to - time)))
      }
      time += span
    }
    return segments
  }

  /// Gives tables and indexes what they had in that minute of the run.
  private static func setCapacity(_ scenario: inout Scenario, _ record: RunRecord, minute: Int) {
    func limits(_ table: String, _ index: String?) -> (read: Int, write: Int)? {
      guard
        let resource = record.resources.first(where: {
          $0.table == table && $0.index == index && $0.region == scenario.cost.region
        }),
        minute < resource.read.limit.count
      else { return nil }
      return (Int(resource.read.limit[minute]), Int(resource.write.limit[minute]))
    }
    func changed(_ mode: CapacityMode, _ limits: (read: Int, write: Int)) -> CapacityMode {
      guard case .provisioned(var read, var write) = mode else { return mode }
      read.units = limits.read
      write.units = limits.write
      return .provisioned(read: read, write: write)
    }
    for table in scenario.tables.indices {
      let name = scenario.tables[table].name
      if let found = limits(name, nil) {
        scenario.tables[table].mode = changed(scenario.tables[table].mode, found)
      }
      for index in scenario.tables[table].globalIndexes.indices {
        let spec = scenario.tables[table].globalIndexes[index]
        guard let mode = spec.mode, let found = limits(name, spec.name) else { continue }
        scenario.tables[table].globalIndexes[index].mode = changed(mode, found)
      }
    }
  }
}

extension RunRecord {
  /// What both methods must agree on.
  var figures: MethodFigures {
    MethodFigures(
      requests: operations.reduce(0) { $0 + $1.requests },
      failed: operations.reduce(0) { $0 + $1.failed },
      throttles: resources.reduce(0) { $0 + $1.read.totalThrottles + $1.write.totalThrottles },
      consumed: resources.reduce(CapacityUnits.zero) {
        $0 + $1.read.totalConsumed + $1.write.totalConsumed
      })
  }
}
