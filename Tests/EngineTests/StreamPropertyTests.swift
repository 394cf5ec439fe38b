// A stream read from its beginning must make the table, whatever failed meanwhile.
//
// Why: item and record are stored together or not at all; a consumer that missed or repeated a
// change would never know. Writes are random; the store refuses some and in the end crashes.
// Every state is compared: each record's old image is what the records before it made.

import ServiceAPI
import Storage
import TestSupport
import Testing
import Units

@testable import Engine

@Suite struct StreamPropertyTests {
  /// Items by key as the records of all shards make them; nil when a record does not follow.
  private func replayed(_ bench: StreamBench) -> [String: WireValue]? {
    var items: [String: WireValue] = [:]
    for record in bench.all {
      guard let change = record["dynamodb"], let key = change["Keys"]?["pk"]?["S"]?.text,
        items[key] == change["OldImage"], items[key] != change["NewImage"],
        record["eventName"]?.text
          == (change["OldImage"] == nil
            ? "INSERT" : change["NewImage"] == nil ? "REMOVE" : "MODIFY")
      else { return nil }
      items[key] = change["NewImage"]
    }
    return items
  }

  private func scanned(_ bench: StreamBench) -> [String: WireValue] {
    let items = bench.bench.value("Scan", #"{"TableName":"log"}"#, "Items")?.elements ?? []
    return Dictionary(uniqueKeysWithValues: items.map { ($0["pk"]?["S"]?.text ?? "", $0) })
  }

  private func write(_ bench: TestDatabase, _ generator: inout TestGenerator) {
    func key() -> String { #""pk":{"S":"k\#(generator.integer(in: 0...7))"}"# }
    func item() -> String { #"{\#(key()),"v":{"N":"\#(generator.integer(in: 0...2))"}}"# }
    switch generator.integer(in: 0...5) {
    case 0, 1: _ = bench.call("PutItem", #"{"TableName":"log","Item":\#(item())}"#)
    case 2: _ = bench.call("DeleteItem", #"{"TableName":"log","Key":{\#(key())}}"#)
    case 3:
      _ = bench.call(
        "UpdateItem",
        #"{"TableName":"log","Key":{\#(key())},"UpdateExpression":"SET v = :v","#
          + #""ConditionExpression":"attribute_exists(v)","#
          + #""ExpressionAttributeValues":{":v":{"N":"\#(generator.integer(in: 0...2))"}}}"#)
    case 4:
      _ = bench.call(
        "TransactWriteItems",
        #"{"TransactItems":[{"Put":{"TableName":"log","Item":\#(item())}},"#
          + #"{"Delete":{"TableName":"log","Key":{\#(key())}}}]}"#)
    default:
      // Hours pass, shards come and go.
      bench.now = bench.now + .minutes(Int64(generator.integer(in: 0...90)))
    }
  }

  @Test(arguments: Seed.some(25)) func theStreamMakesTheTable(_ seed: Seed) throws {
    var generator = seed.generator
    var plan = FaultPlan()
    for write in 3...80 where generator.integer(in: 0...4) == 0 { plan.refusedWrites.insert(write) }
    plan.crashAfterWrites = generator.integer(in: 30...80)
    let faulty = FaultyStore(.memory(MemoryStore()), plan)
    let bench = StreamBench(
      try TestDatabase({ $0.enforcesCapacity = false }, store: .faulty(faulty)))
    for _ in 0..<40 { write(bench.bench, &generator) }
    if faulty.writes < plan.crashAfterWrites ?? 0 {
      #expect(replayed(bench) == scanned(bench))
    }
    for _ in 0..<40 { write(bench.bench, &generator) }
    let restarted = StreamBench(
      try TestDatabase({ $0.enforcesCapacity = false }, store: faulty.base), view: nil)
    restarted.bench.now = bench.bench.now
    // What a day has trimmed cannot be replayed.
    guard bench.bench.now - .start < .hours(24) else { return }
    #expect(replayed(restarted) == scanned(restarted))
    write(restarted.bench, &generator)
    #expect(replayed(restarted) == scanned(restarted))
  }
}
