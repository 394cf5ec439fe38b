// bench --engine: the engine's speed as ratios of things measured in one run, on one machine.
//
// The yardstick over HTTP is the same HTTP server answering a constant to the same requests; for
// the embedded engine it is the store's own get. What is compared takes turns, round after round.
// Over HTTP a share is the median of the rounds' own shares, because shared machines change their
// speed from second to second; elsewhere the best round of each counts. The server's threads are
// kept on the first core and the client on the last; its CPU time per request is the process's less
// the client's. Capacity is enforced, its clock hastened so that nothing is refused.

import Engine
import HTTP
import Platform
import Server
import Storage
import Units

/// Measures the engine in this process.
struct EngineBench {
  /// What is told on the command line.
  struct Plan {
    // Many short ones: the best of them is the one that nobody disturbed.
    var rounds = 8
    var seconds = 0.75
    /// Items of the large table.
    var items = 1_000_000
  }

  enum Fault: Error {
    case loop(ClosedLoop.Fault)
    case server(String)
    case refused(String)
  }

  /// A measured series: the best of its rounds.
  struct Series {
    var name: String
    var port: UInt16
    var request: RequestTemplate
    var keys: Int
    /// By round.
    var rates: [Double] = []
    /// Server CPU time per request in microseconds, by round.
    var costs: [Double] = []

    var bestRate: Double { rates.max() ?? 0 }
    var bestCPU: Double { costs.min() ?? .infinity }
  }

  static let keys = 10_000
  /// So many times: an embedded PutItem takes 2 us, and a new table on demand has 4,000 WCU.
  static let clock = 1_000
  private let plan: Plan
  private let directory: String

  static func run(_ plan: Plan) -> ExitCode {
    do {
      let directory = try FileSystem.makeTemporaryDirectory("plimsoll-bench")
      defer { try? FileSystem.removeTree(directory) }
      let bench = EngineBench(plan: plan, directory: directory)
      try bench.overHTTP()
      try EmbeddedBench.run(plan, directory: directory)
      try bench.start()
      if plan.items > 0 { try bench.growth() }
      return .success
    } catch {
      Terminal.complain("plimsoll: \(BenchFault.text(error))")
      return .runtimeError
    }
  }

  // MARK: Over HTTP

  private func server(
    _ place: StoragePlace, recent: ByteCount? = nil
  ) throws(Fault) -> DynamoServer {
    _ = pinThread(toCore: 0)
    defer { _ = pinThread(toCore: Terminal.processors - 1) }
    var options = ServerOptions()
    options.port = 0
    options.threads = 1
    options.storage = place
    if let recent { options.recentItems = recent }
    options.clockMultiplier = Self.clock
    do throws(DynamoServerError) { return try DynamoServer(options) } catch {
      throw .server(error.description)
    }
  }

  private func constant(_ body: [UInt8]) throws(Fault) -> HTTPServer {
    _ = pinThread(toCore: 0)
    defer { _ = pinThread(toCore: Terminal.processors - 1) }
    var settings = HTTPServerSettings()
    settings.threads = 1
    do throws(HTTPServerError) {
      return try HTTPServer(settings) { _, response in
        response.addHeader("Content-Type", "application/x-amz-json-1.0")
        response.body = body
      }
    } catch {
      throw .server(error.description)
    }
  }

  private func overHTTP() throws(Fault) {
    let memory = try server(.memory)
    let disk = try server(.directory(directory + "/http"))
    let library = try server(.directory(directory + "/library"), recent: .zero)
    for server in [memory, disk, library] { try fill(server.port, Self.keys) }
    let reply = try body(of: BenchItems.get, at: memory.port)
    let yardstick = try constant(reply)
    let acknowledgement = try constant(Array("{}".utf8))
    var all = [
      series("constant of \(reply.count) B", yardstick.port, BenchItems.get),
      series("GetItem in memory", memory.port, BenchItems.get),
      series("GetItem on disk", disk.port, BenchItems.get),
      series("GetItem, none recent", library.port, BenchItems.get),
      series("constant {} to PutItem", acknowledgement.port, BenchItems.put),
      series("PutItem in memory", memory.port, BenchItems.put),
      series("PutItem on disk, batch", disk.port, BenchItems.put),
      series("PutItem, none recent", library.port, BenchItems.put),
    ]
    for _ in 0..<plan.rounds {
      for index in all.indices { try measure(&all[index]) }
    }
    Terminal.say(
      "1 KB items over HTTP, one server core, 32 connections; the table on disk fits into what is"
        + " kept of recent items (none recent: nothing is kept)\n")
    for constant in [0, 4] {
      say(all[constant])
      for one in all[(constant + 1)..<(constant + 4)] { say(one, of: all[constant]) }
    }
    withExtendedLifetime((yardstick, acknowledgement)) {}
    do throws(StorageError) {
      try memory.stop()
      try disk.stop()
      try library.stop()
    } catch { throw .server(error.description) }
  }

  private func series(_ name: String, _ port: UInt16, _ request: RequestTemplate) -> Series {
    Series(name: name, port: port, request: request, keys: Self.keys)
  }

  private func say(_ one: Series) {
    Terminal.say(Self.columns(one) + "\n")
  }

  private static func columns(_ one: Series) -> String {
    padded(one.name, 26) + padded(group(Int64(one.bestRate)) + "/s", 12)
      + "\(significant(one.bestCPU)) us CPU"
  }

  private func say(_ one: Series, of base: Series) {
    let rates = zip(one.rates, base.rates).map(/).sorted()
    let costs = zip(base.costs, one.costs).map(/).sorted()
    guard let lowest = rates.first, let highest = rates.last else { return }
    Terminal.say(
      Self.padded(Self.columns(one), 52) + "rate \(Self.percent(Self.median(rates)))"
        + " (\(Self.percent(lowest)) to \(Self.percent(highest))),"
        + " CPU \(Self.percent(Self.median(costs))) of the constant's\n")
  }

  /// Of sorted values, at least one.
  private static func median(_ sorted: [Double]) -> Double {
    (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

  private func measure(_ one: inout Series) throws(Fault) {
    do throws(ClosedLoop.Fault) {
      var loop = try ClosedLoop(port: one.port)
      let cpu = ProcessTime.now()
      let outcome = try loop.run(one.request, keys: one.keys, seconds: plan.seconds)
      let used = Double((ProcessTime.now() - cpu).count) / 1e9 - outcome.clientSeconds
      if outcome.refusals > 0 { throw ClosedLoop.Fault.reply("\(one.name): not all answered 200") }
      one.rates.append(outcome.rate)
      one.costs.append(used * 1e6 / Double(max(1, outcome.replies)))
    } catch { throw .loop(error) }
  }

  private func fill(_ port: UInt16, _ count: Int) throws(Fault) {
    do throws(ClosedLoop.Fault) {
      var loop = try ClosedLoop(port: port)
      guard try loop.call(BenchItems.createTable).status == 200 else {
        throw ClosedLoop.Fault.reply("CreateTable was refused")
      }
      let outcome = try loop.run(BenchItems.put, each: count)
      if outcome.refusals > 0 { throw ClosedLoop.Fault.reply("not all items were stored") }
    } catch { throw .loop(error) }
  }

  private func body(of request: RequestTemplate, at port: UInt16) throws(Fault) -> [UInt8] {
    do throws(ClosedLoop.Fault) {
      var loop = try ClosedLoop(port: port, connections: 1)
      return try loop.call(request).body
    } catch { throw .loop(error) }
  }

  // MARK: Growth and start

  /// GetItem of random keys in a small and in a large table, in memory.
  private func growth() throws(Fault) {
    let small = try server(.memory)
    let large = try server(.memory)
    try fill(small.port, Self.keys)
    try fill(large.port, plan.items)
    var few = series("GetItem of 10,000", small.port, BenchItems.get)
    var many = series("GetItem of \(group(Int64(plan.items)))", large.port, BenchItems.get)
    many.keys = plan.items
    for _ in 0..<plan.rounds {
      try measure(&few)
      try measure(&many)
    }
    Terminal.say(
      "growth: \(few.name) items \(group(Int64(few.bestRate)))/s, \(many.name)"
        + " \(group(Int64(many.bestRate)))/s: \(significant(few.bestRate / many.bestRate)) times"
        + " the time, \(significant(many.bestCPU / few.bestCPU)) times the CPU time\n")
    withExtendedLifetime((small, large)) {}
  }

  private func start() throws(Fault) {
    var best = Double.infinity
    var resident: Int64 = .max
    for _ in 0..<plan.rounds {
      guard let one = StartProbe.run() else { throw .server("the program could not be started") }
      best = min(best, one.seconds)
      resident = min(resident, one.residentKilobytes)
    }
    Terminal.say(
      "start to first answered request: \(significant(best * 1e3)) ms;"
        + " idle memory \(significant(Double(resident) / 1e3)) MB\n")
  }
}

/// Failures of a benchmark in words.
enum BenchFault {
  static func text(_ error: any Error) -> String {
    switch error {
    case EngineBench.Fault.loop(.system(let fault)), ClosedLoop.Fault.system(let fault):
      fault.description
    case EngineBench.Fault.loop(.reply(let text)), ClosedLoop.Fault.reply(let text),
      EngineBench.Fault.server(let text), EngineBench.Fault.refused(let text):
      text
    default: "\(error)"
    }
  }
}

/// The table and the item that all measurements use.
enum BenchItems {
  static let createTable = RequestTemplate(
    "CreateTable",
    #"{"TableName":"bench","BillingMode":"PAY_PER_REQUEST","#
      + #""AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],"#
      + #""KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]}"#)

  static let get = RequestTemplate("GetItem", getBody)
  static let put = RequestTemplate("PutItem", putBody)

  static let getBody = #"{"TableName":"bench","Key":{"pk":{"S":"\#(RequestTemplate.key)"}}}"#

  /// Twelve attributes of all kinds, 983 bytes as the service counts.
  static let putBody = #"{"TableName":"bench","Item":\#(item)}"#

  static let item =
    #"{"pk":{"S":"\#(RequestTemplate.key)"},"name":{"S":"Grace Brewster Murray Hopper"},"#
    + #""email":{"S":"grace@example.com"},"visits":{"N":"48151"},"balance":{"N":"-162.342"},"#
    + #""active":{"BOOL":true},"deleted":{"NULL":true},"roles":{"SS":["admin","author","reader"]},"#
    + #""scores":{"L":[{"N":"1"},{"N":"2"},{"N":"3"},{"S":"four"}]},"#
    + #""address":{"M":{"street":{"S":"1 Harbour Road"},"city":{"S":"Arlington"},"#
    + #""zip":{"S":"22201"}}},"token":{"B":"AAECAwQFBgcICQoLDA0ODw=="},"#
    + #""note":{"S":"\#(String(repeating: "All the world is a stage. ", count: 26))"}}"#
}
