// bench --engine, without HTTP: JSON in and JSON out through the engine, against the store's own
// get of the same items; and what a page of a Query costs by its size.
//
// Times are CPU time of the one thread at work, best of the rounds.

import Engine
import Platform
import Storage
import Units

enum EmbeddedBench {
  private static let keys = EngineBench.keys

  static func run(_ plan: EngineBench.Plan, directory: String) throws {
    Terminal.say("embedded, 1 KB items, one thread\n")
    let disk = try RocksStore(at: directory + "/embedded", RocksSettings(durability: .batch))
    try compare(plan, "in memory", .memory(MemoryStore()))
    try compare(plan, "on disk", .rocks(disk))
    try disk.close()
    try pages(plan)
  }

  private static func database(_ store: Store) throws -> Database {
    var options = DatabaseOptions()
    options.clockMultiplier = EngineBench.clock
    return try Database(store: store, options: options)
  }

  /// Reads time as the server does.
  private struct Caller {
    let database: Database
    let clock = MonotonicClock()

    func call(_ operation: String, _ body: [UInt8]) throws -> Int {
      let now = Instant(nanoseconds: clock.now().nanoseconds * Int64(EngineBench.clock))
      let reply = database.handle(operation, body: body, at: now)
      guard reply.status == 200 else {
        throw EngineBench.Fault.refused(String(decoding: reply.body, as: UTF8.self))
      }
      return reply.body.count
    }
  }

  private static func body(_ request: RequestTemplate) -> [UInt8] {
    guard let start = request.bytes.firstPlace(of: Array("\r\n\r\n".utf8)) else { return [] }
    return Array(request.bytes[(start + 4)...])
  }

  /// Best nanoseconds of CPU time per turn.
  private static func best(
    _ rounds: Int, turns: Int, _ body: (Int) throws -> Void
  ) throws -> Double {
    var best = Double.infinity
    for _ in 0..<rounds {
      let start = ThreadTime.now()
      for turn in 0..<turns { try body(turn) }
      best = min(best, Double((ThreadTime.now() - start).count) / Double(turns))
    }
    return best
  }

  private static func compare(_ plan: EngineBench.Plan, _ name: String, _ store: Store) throws {
    let caller = Caller(database: try database(store))
    _ = try caller.call("CreateTable", body(BenchItems.createTable))
    var put = Array(BenchItems.putBody.utf8)
    var get = Array(BenchItems.getBody.utf8)
    let key = Array(RequestTemplate.key.utf8)
    let places = (put.firstPlace(of: key) ?? 0, get.firstPlace(of: key) ?? 0)
    let writing = try best(plan.rounds, turns: keys) { turn in
      put.writeDigits(turn, at: places.0 + 1, count: 9)
      _ = try caller.call("PutItem", put)
    }
    var stored = try store.pairs(KeyScan(prefix: [0x10])).map(\.key)
    var shuffle = KeySequence()
    for index in stored.indices { stored.swapAt(index, shuffle.next(below: stored.count)) }
    var sequence = KeySequence()
    // A view reads past what the store keeps in front of the library.
    let view = try store.view()
    var seen = 0
    var library = Double.infinity
    var engine = Double.infinity
    for _ in 0..<plan.rounds {
      library = min(
        library,
        try best(1, turns: keys) { turn in seen += try view.get(stored[turn])?.count ?? 0 })
      engine = min(
        engine,
        try best(1, turns: keys) { _ in
          get.writeDigits(sequence.next(below: keys), at: places.1 + 1, count: 9)
          seen += try caller.call("GetItem", get)
        })
    }
    Terminal.say(
      "  \(name): the library's get \(significant(library)) ns, GetItem \(significant(engine)) ns"
        + " (\(significant(engine / library)) times), PutItem \(significant(writing)) ns\n")
  }

  /// Query of pages of several sizes in one item collection.
  private static func pages(_ plan: EngineBench.Plan) throws {
    let caller = Caller(database: try database(.memory(MemoryStore())))
    let table =
      #"{"TableName":"pages","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":"#
      + #"[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"}],"#
      + #""KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},"#
      + #"{"AttributeName":"sk","KeyType":"RANGE"}]}"#
    _ = try caller.call("CreateTable", Array(table.utf8))
    let text = String(repeating: "x", count: 300)
    for number in 0..<1_000 {
      let put =
        #"{"TableName":"pages","Item":{"pk":{"S":"p"},"sk":{"N":"\#(number)"},"#
        + #""text":{"S":"\#(text)"}}}"#
      _ = try caller.call("PutItem", Array(put.utf8))
    }
    for size in [1, 10, 100, 1_000] {
      let query =
        #"{"TableName":"pages","Limit":\#(size),"KeyConditionExpression":"pk = :p","#
        + #""ExpressionAttributeValues":{":p":{"S":"p"}}}"#
      let bytes = Array(query.utf8)
      let cost = try best(plan.rounds, turns: max(20, 5_000 / size)) { _ in
        _ = try caller.call("Query", bytes)
      }
      Terminal.say(
        "  Query, page of \(size): \(significant(cost / 1e3)) us,"
          + " \(significant(cost / 1e3 / Double(size))) us per item\n")
    }
  }
}
