// Why: a request that was made before its time must be the one that would have been made at its
// time. What the schedule's order is, what an answer has changed since, and how old a signature is
// must all be as if nothing had been made ahead.

import Capacity
import DataModel
import HTTPClient
import RequestStreams
import Scenarios
import TestSupport
import Testing
import Units
import Workloads

@testable import LoadGeneration

@Suite struct RequestsAheadTests {
  /// Reads and writes of the items of one table, and batches of two.
  private static func maker() -> RequestMaker {
    var table = TableSpec(
      name: "t", key: .init(partition: .init(name: "id", type: .string)),
      mode: .provisioned(
        read: .init(units: 1_000, autoscaling: nil), write: .init(units: 1_000, autoscaling: nil)))
    table.itemCount = 100
    table.partitionKeyCount = 100
    table.itemSize = .constant(200)
    func operation(_ kind: OperationKind, _ action: ItemAction, _ count: Int = 1) -> OperationSpec {
      var part = OperationPart(action: action, table: 0, keys: .uniform)
      part.count = count
      return OperationSpec(name: kind.rawValue, kind: kind, weight: 1, parts: [part])
    }
    let made = scenario(
      [table],
      [
        operation(.get, .get), operation(.put, .put), operation(.batchGet, .get, 2),
        operation(.batchWrite, .put, 2),
      ], rate: 1)
    return RequestMaker(made, seed: 1)
  }

  private static func head() throws -> RequestHead {
    RequestHead(
      try Endpoint("http://127.0.0.1:8000"), targets: ["GetItem", "PutItem", "BatchGetItem", "x"],
      signer: nil)
  }

  /// Request `number` of an operation, due at a thousand times its number.
  private static func flight(_ number: UInt64, _ operation: Int) -> Flight {
    var flight = Flight()
    flight.sequence = number
    flight.operation = operation
    flight.due = Int64(number) * 1_000
    flight.newest = 100
    return flight
  }

  /// Draws and writes a request as the worker does.
  private static func make(
    _ flight: Flight, _ maker: inout RequestMaker, _ head: inout RequestHead
  ) -> Bool {
    var draws = RequestDraws(
      seed: 7, sequence: flight.sequence, newest: flight.newest, firstNewItem: 0)
    maker.draw(flight.operation, &draws, answered: flight.answered)
    maker.price(flight.operation, stamp: flight.stamp)
    let isMade = maker.write(flight.operation, stamp: flight.stamp, isUncertain: false)
    head.write(flight.operation, body: maker.body)
    return isMade
  }

  @Test func `requests come back in order, as they were made`() throws {
    var maker = Self.maker()
    var head = try Self.head()
    var ahead = RequestsAhead(isUsed: true, clockSpeed: 1)
    let none = ahead.nextDue
    #expect(none == .max)
    // More than the ring has places, some at a time.
    for round in 0..<UInt64(20) {
      var expected: [[UInt8]] = []
      var items: [[ItemIdentity]] = []
      for step in 0..<UInt64(100) {
        let flight = Self.flight(round * 100 + step, Int(step % 4))
        let isMade = Self.make(flight, &maker, &head)
        expected.append(head.bytes)
        items.append(maker.items.map(\.identity))
        ahead.append(flight, isMade: isMade, from: &maker, &head)
      }
      for step in 0..<UInt64(100) {
        let due = ahead.nextDue
        #expect(due == Int64(round * 100 + step) * 1_000)
        let next = ahead.popFirst(at: 0, into: &maker, &head)
        #expect(next.isMade)
        #expect(next.flight.sequence == round * 100 + step)
        let drawn = maker.items.map(\.identity)
        #expect(head.bytes == expected[Int(step)])
        #expect(drawn == items[Int(step)])
      }
      let rest = ahead.nextDue
      #expect(rest == .max)
    }
  }

  @Test func `what names a changed item is made again`() throws {
    var maker = Self.maker()
    var head = try Self.head()
    var ahead = RequestsAhead(isUsed: true, clockSpeed: 1)
    var named: [ItemIdentity] = []
    for number in 0..<UInt64(400) {
      let flight = Self.flight(number, Int(number % 4))
      let isMade = Self.make(flight, &maker, &head)
      named.append(maker.items[0].identity)
      ahead.append(flight, isMade: isMade, from: &maker, &head)
    }
    let changed = named[200]
    ahead.forget(ItemReference(table: 0, item: changed.item))
    for number in 0..<400 {
      let next = ahead.popFirst(at: 0, into: &maker, &head)
      // Of several writes any may be the one; reads of several name keys only.
      let isSame = number % 4 < 2 && named[number].item == changed.item
      #expect(next.isMade == !(isSame || number % 4 == 3), "\(number)")
    }
  }

  @Test func `a signature of long ago is not sent`() throws {
    var maker = Self.maker()
    var head = try Self.head()
    var ahead = RequestsAhead(isUsed: true, clockSpeed: 10)
    for number in 1...UInt64(2) {
      let flight = Self.flight(number, 0)
      let isMade = Self.make(flight, &maker, &head)
      ahead.append(flight, isMade: isMade, from: &maker, &head)
    }
    // Nine seconds of a clock x10: 0.9 s of the wall's, and a tenth that it lay before.
    let early = ahead.popFirst(at: 9_000_000_000, into: &maker, &head)
    #expect(early.isMade)
    let late = ahead.popFirst(at: 9_000_002_000, into: &maker, &head)
    #expect(!late.isMade)
  }

  @Test func `no more is made than there is room for`() throws {
    var maker = Self.maker()
    var head = try Self.head()
    let unused = RequestsAhead(isUsed: false, clockSpeed: 1)
    let unusedHasRoom = unused.hasRoom
    #expect(!unusedHasRoom)
    var ahead = RequestsAhead(isUsed: true, clockSpeed: 1)
    for number in 0..<UInt64(RequestsAhead.most) {
      let hasRoom = ahead.hasRoom
      #expect(hasRoom)
      let isMade = Self.make(Self.flight(number, 0), &maker, &head)
      ahead.append(Self.flight(number, 0), isMade: isMade, from: &maker, &head)
    }
    let whenFull = ahead.hasRoom
    #expect(!whenFull)
    _ = ahead.popFirst(at: 0, into: &maker, &head)
    let again = ahead.hasRoom
    #expect(again)
  }

  @Test func `the effort follows what making takes, and no stall`() {
    var ahead = RequestsAhead(isUsed: true, clockSpeed: 1)
    for _ in 0..<100 { ahead.learn(20_000) }
    let usual = ahead.effort
    #expect(usual > 19_000 && usual <= 20_000)
    ahead.learn(5_000_000)
    let stalled = ahead.effort
    #expect(stalled < 2 * usual)
    for _ in 0..<100 { ahead.learn(2_000) }
    let faster = ahead.effort
    #expect(faster < 2_100)
  }
}
