// Why: a generator that waits for answers before it sends hides exactly what its users look for. A
// stall of the server must show in the response of every request that fell due in it, what was not
// sent must be counted, and a server that is not there must end the run with its reason.

import Capacity
import Clients
import DataModel
import HTTPClient
import Platform
import Results
import Scenarios
import Statistics
import Synchronization
import TestSupport
import Testing
import Units
import Workloads

@testable import LoadGeneration

/// One small table and one kind of read.
private func simple(rate: Double, seconds: Int64, change: (inout Scenario) -> Void = { _ in })
  -> Scenario
{
  var table = TableSpec(
    name: "t", key: .init(partition: .init(name: "id", type: .string)),
    mode: .provisioned(
      read: .init(units: 1_000, autoscaling: nil), write: .init(units: 1_000, autoscaling: nil)))
  table.itemCount = 100
  table.partitionKeyCount = 100
  table.itemSize = .constant(200)
  var made = scenario(
    [table],
    [
      OperationSpec(
        name: "read", kind: .get, weight: 1,
        parts: [OperationPart(action: .get, table: 0, keys: .uniform)])
    ], rate: rate)
  made.run.duration = .seconds(seconds)
  made.traffic[0].demand = .open(
    arrivals: .constant,
    rate: [RateSegment(duration: .seconds(seconds), from: rate, to: rate)])
  made.traffic[0].client.timeout = .seconds(30)
  change(&made)
  return made
}

private let missing =
  #"{"ConsumedCapacity":{"TableName":"t","CapacityUnits":0.5,"Table":{"CapacityUnits":0.5}}}"#

/// Options for a server on loopback.
private func options(_ port: UInt16) throws -> LoadOptions {
  LoadOptions([try Endpoint("http://127.0.0.1:\(port)")])
}

@Suite struct LoadRunTests {
  /// A server that answers at once, except that from 1 s on it does nothing for 1.4 s.
  private func stalling() -> ScriptedServer {
    let clock = MonotonicClock()
    let begun = Mutex<Instant?>(nil)
    return ScriptedServer { _ in
      let start = begun.withLock { begun -> Instant in
        let start = begun ?? clock.now()
        begun = start
        return start
      }
      let since = clock.now() - start
      if since > .seconds(1), since < .milliseconds(2_400) {
        pause(for: .milliseconds(2_400) - since)
      }
      return .json(200, missing)
    }
  }

  @Test func `a stall shows in the open loop and hides in the closed one`() throws {
    let server = stalling()
    defer { server.stop() }
    let open = try LoadRun.run(simple(rate: 200, seconds: 4), options(server.port)) { _ in true }
    let response = open.record.operations[0].response
    #expect(open.record.operations[0].requests == 800)
    // 280 fall due in the stall; half of them wait for 0.7 s and more.
    #expect(response.count - response.count(atMost: 650_000_000) > 120)
    #expect(response.value(atPercentile: 99) > 1_000_000_000)
    let other = stalling()
    defer { other.stop() }
    var settings = try options(other.port)
    settings.closedUsers = 4
    let closed = try LoadRun.run(simple(rate: 200, seconds: 4), settings) { _ in true }
    let seen = closed.record.operations[0].response
    #expect(seen.count - seen.count(atMost: 650_000_000) <= 8)
    #expect(closed.measurement.closedUsers == 4)
    #expect(closed.measurement.loop == "CLOSED LOOP of 4 users")
    #expect(closed.measurement.notes.contains { $0.hasPrefix("closed loop") })
  }

  @Test func `what cannot be sent in time is counted`() throws {
    let server = stalling()
    defer { server.stop() }
    var settings = try options(server.port)
    settings.inFlightLimit = 4
    settings.deadline = .milliseconds(300)
    let run = try LoadRun.run(simple(rate: 200, seconds: 4), settings) { _ in true }
    let facts = run.measurement
    #expect(facts.due == 800)
    #expect(facts.shed > 100)
    #expect(facts.dispatched + facts.shed == facts.due)
    #expect(facts.peakInFlight <= 4)
    #expect(facts.faults.contains { $0.name == "shed" })
    #expect(!facts.isValid)
  }

  @Test func `held requests are named as the cause`() throws {
    let server = stalling()
    defer { server.stop() }
    var settings = try options(server.port)
    settings.inFlightLimit = 4
    let run = try LoadRun.run(simple(rate: 200, seconds: 4), settings) { _ in true }
    #expect(run.measurement.held > 100)
    #expect(run.measurement.faults.contains { $0.name == "in-flight-limit" })
  }

  /// 60 deletions of 100 ms each, one at a time, beside reads that are answered at once: those wait
  /// for one another alone.
  @Test func `a traffic that waits for its own places holds up no other`() throws {
    let server = ScriptedServer { request in
      guard request.header("x-amz-target")?.hasSuffix("DeleteItem") == true else {
        return .json(200, missing)
      }
      pause(for: .milliseconds(100))
      return .json(200, "{}")
    }
    defer { server.stop() }
    let made = simple(rate: 200, seconds: 3) { made in
      var slow = made.traffic[0]
      slow.name = "slow"
      slow.operations = [
        OperationSpec(
          name: "drop", kind: .delete, weight: 1,
          parts: [OperationPart(action: .delete, table: 0, keys: .uniform)])
      ]
      slow.demand = .open(
        arrivals: .constant,
        rate: [RateSegment(duration: .seconds(3), from: 20, to: 20)])
      slow.client.concurrency = 1
      made.traffic.append(slow)
    }
    let run = try LoadRun.run(made, options(server.port)) { _ in true }
    let (reads, drops) = (run.record.operations[0], run.record.operations[1])
    #expect(reads.requests == 600)
    // One deletion at a time would leave a read in two behind by 100 ms and more.
    #expect(reads.response.count - reads.response.count(atMost: 80_000_000) < 200)
    // 60 fall due, thirty at most find a place; all are accounted for.
    let facts = run.measurement
    #expect(drops.requests == 60)
    #expect(drops.succeeded > 8 && drops.succeeded <= 31)
    #expect(drops.response.max > 700_000_000)
    #expect(facts.waiting >= 29 && drops.succeeded + drops.failed + facts.waiting >= 59)
    #expect(facts.due == 660 && facts.dispatched + facts.shed + facts.waiting == 660)
    #expect(!facts.faults.contains { $0.name == "shed" })
    // Waiting for its own client's place is no fault of the generator.
    #expect(run.measurement.held == 0)
    #expect(!run.measurement.faults.contains { $0.name == "in-flight-limit" })
  }

  /// Two items of four come back, then those are refused, then taken: 2 + 2 events. A refusal names
  /// the reason, what comes back does not.
  @Test func `each refused item of a batch is a throttle event`() throws {
    let calls = Atomic<Int>(0)
    let server = ScriptedServer { request in
      switch calls.wrappingAdd(1, ordering: .relaxed).oldValue % 3 {
      case 0:
        let puts = elements(of: String(decoding: request.body, as: UTF8.self))
        let left = puts.prefix(2).joined(separator: ",")
        return .json(200, #"{"UnprocessedItems":{"t":["# + left + "]}}")
      case 1:
        return .json(
          400,
          #"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","#
            + #""ThrottlingReasons":[{"reason":"TableWriteKeyRangeThroughputExceeded","#
            + #""resource":"arn:aws:dynamodb:us-east-1:1:table/t"}],"message":"slow"}"#)
      default: return .json(200, "{}")
      }
    }
    defer { server.stop() }
    let made = simple(rate: 1, seconds: 3) { made in
      var part = OperationPart(action: .put, table: 0, keys: .uniform)
      part.count = 4
      part.newItems = 1
      made.traffic[0].client.concurrency = 1
      made.traffic[0].client.batchBackoff = false
      made.traffic[0].operations = [
        OperationSpec(
          name: "import", kind: .batchWrite, weight: 1, parts: [part])
      ]
    }
    let run = try LoadRun.run(made, options(server.port)) { _ in true }
    let row = run.record.operations[0]
    #expect(row.succeeded == 3 && row.attempts == 9 && row.throttled == 3)
    let series = run.record.resources[0].write
    #expect(series.total(.provisionedThroughputExceeded) == 3 * 2)
    #expect(series.total(.keyRangeThroughputExceeded) == 3 * 2)
  }

  /// The elements of the first array in a JSON text.
  private func elements(of text: String) -> [Substring] {
    guard let start = text.firstIndex(of: "[") else { return [] }
    var (found, depth, from) = ([Substring](), 0, start)
    for place in text[start...].indices {
      if text[place] == "{" {
        if depth == 0 { from = place }
        depth += 1
      } else if text[place] == "}" {
        depth -= 1
        if depth == 0 { found.append(text[from...place]) }
      } else if text[place] == "]", depth == 0 {
        break
      }
    }
    return found
  }

  @Test func `nobody there ends the run with the reason`() throws {
    let server = ScriptedServer { _ in .json(200, missing) }
    server.stop()
    let run = try LoadRun.run(simple(rate: 200, seconds: 30), options(server.port)) { _ in true }
    #expect(run.fault?.description.contains("cannot connect to 127.0.0.1") == true)
    #expect(run.record.interrupted)
    #expect(run.record.duration < .seconds(30))
  }

  @Test func `an interrupted run keeps what it has`() throws {
    let server = ScriptedServer { _ in .json(200, missing) }
    defer { server.stop() }
    var seconds = 0
    let run = try LoadRun.run(simple(rate: 100, seconds: 60), options(server.port)) { _ in
      seconds += 1
      return seconds < 2
    }
    #expect(run.record.interrupted)
    #expect(run.record.operations[0].succeeded > 50)
    #expect(run.record.duration < .seconds(30))
  }

  @Test func `throttles are told apart and retried by the scenario's policy`() throws {
    let calls = Atomic<Int>(0)
    let server = ScriptedServer { _ in
      let number = calls.wrappingAdd(1, ordering: .relaxed).oldValue
      if number % 3 == 2 { return .json(200, missing) }
      return .json(
        400,
        #"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","#
          + #""ThrottlingReasons":[{"reason":"TableReadKeyRangeThroughputExceeded","#
          + #""resource":"arn:aws:dynamodb:us-east-1:1:table/t"}],"message":"slow"}"#)
    }
    defer { server.stop() }
    let made = simple(rate: 50, seconds: 3) { made in
      made.traffic[0].client.retries = .init(mode: .none)
    }
    let run = try LoadRun.run(made, options(server.port)) { _ in true }
    let row = run.record.operations[0]
    #expect(row.requests == 150)
    #expect(row.attempts == 150)
    #expect(row.throttled == 100)
    #expect(row.failed == 100)
    let series = run.record.resources[0].read
    #expect(series.total(.keyRangeThroughputExceeded) == 100)
    #expect(series.totalConsumed.halves == 50)
    // A missing item of an eventually consistent read costs half a unit, as was reported.
    #expect(run.measurement.capacity[0].compared == 50)
    #expect(run.measurement.mismatchCount == 0)
    let counted = run.measurement.exceptions[0]
    #expect(counted.exception == "ProvisionedThroughputExceededException")
    #expect(counted.reason == "TableReadKeyRangeThroughputExceeded")
    #expect(counted.resource == "t")
    #expect(counted.count == 100)
  }

  @Test func `a wrong count of consumed units is reported with its request`() throws {
    let server = ScriptedServer { _ in
      .json(200, #"{"ConsumedCapacity":{"TableName":"t","CapacityUnits":7}}"#)
    }
    defer { server.stop() }
    let run = try LoadRun.run(simple(rate: 50, seconds: 1), options(server.port)) { _ in true }
    #expect(run.measurement.mismatchCount == 50)
    let first = try #require(run.measurement.mismatches.first)
    #expect(first.predicted.halves == 1)
    #expect(first.reported.halves == 14)
    #expect(first.request.contains(#""Key":{"id":{"S":"id-"#))
  }

  /// Every request puts an item of its own, so the server sees which came and how often.
  @Test(arguments: [1, 3])
  func `each second is shown once and the seconds add up to the run`(threads: Int) throws {
    let server = ScriptedServer { _ in .json(200, missing) }
    defer { server.stop() }
    var options = try options(server.port)
    options.threads = threads
    var seconds: [LoadSecond] = []
    let run = try LoadRun.run(simple(rate: 300, seconds: 3), options) {
      seconds.append($0.second)
      return true
    }
    // A machine that stalls beyond the end of a second closes it with the next one.
    #expect((1...3).contains(seconds.count))
    let whole = run.record.operations[0]
    #expect(seconds.reduce(0) { $0 + $1.requests } == 900 && whole.requests == 900)
    #expect(seconds.reduce(0) { $0 + $1.succeeded } == whole.succeeded)
    var (responses, lags) = (Histogram(), Histogram())
    for second in seconds {
      responses.merge(second.response)
      lags.merge(second.lag)
    }
    #expect(responses.encodedPayload == whole.response.encodedPayload)
    #expect(lags.encodedPayload == run.measurement.lag.encodedPayload)
  }

  @Test func `several threads send each request once`() throws {
    let seen = Mutex<[String: Int]>([:])
    let server = ScriptedServer { request in
      let key = String(decoding: request.body, as: UTF8.self).split(separator: "\"")
        .first { $0.hasPrefix("id-") }
      seen.withLock { $0[String(key ?? "none"), default: 0] += 1 }
      return .json(200, missing)
    }
    defer { server.stop() }
    var settings = try options(server.port)
    settings.threads = 3
    let made = simple(rate: 300, seconds: 2) { made in
      var put = OperationPart(action: .put, table: 0, keys: .uniform)
      put.newItems = 1
      made.traffic[0].operations = [
        OperationSpec(name: "new", kind: .put, weight: 1, parts: [put])
      ]
    }
    let run = try LoadRun.run(made, settings) { _ in true }
    #expect(run.measurement.due == 600)
    #expect(run.measurement.dispatched == 600)
    #expect(run.record.operations[0].succeeded == 600)
    let counts = seen.withLock { $0 }
    #expect(counts.count == 600)
    #expect(counts.values.allSatisfy { $0 == 1 })
  }

  /// The last second's answers come after the end: what was due in it is sent then, or counted.
  @Test(arguments: [4, 1_024])
  func `nothing that fell due is forgotten at the end`(_ inFlight: Int) throws {
    let clock = MonotonicClock()
    let begun = Mutex<Instant?>(nil)
    let server = ScriptedServer { _ in
      let start = begun.withLock { begun -> Instant in
        let start = begun ?? clock.now()
        begun = start
        return start
      }
      let since = clock.now() - start
      if since > .seconds(1) { pause(for: max(.zero, .milliseconds(2_300) - since)) }
      return .json(200, missing)
    }
    defer { server.stop() }
    var settings = try options(server.port)
    settings.inFlightLimit = inFlight
    let run = try LoadRun.run(simple(rate: 200, seconds: 2), settings) { _ in true }
    let facts = run.measurement
    #expect(facts.due == 400)
    #expect(facts.dispatched + facts.shed == 400)
    if inFlight == 4 {
      #expect(facts.shed > 100)
      #expect(facts.faults.contains { $0.name == "shed" })
    }
  }
}
