// Makes a scenario's tables at an endpoint and loads their items, in order and in parallel.
//
// Batches go out in the order of their items, a bounded number at a time, so what is there is known
// without a file: the first item that is missing, found by bisection, less what may have been under
// way. Items are functions of their number; writing some twice changes nothing. Throttled parts are
// sent again for as long as there is progress.

import Capacity
import DataModel
import HTTPClient
import JSON
import Platform
public import Scenarios
import Units

/// How far a fill is.
public struct FillProgress: Sendable {
  public var table: String
  /// Items there, and wanted.
  public var done: Int64
  public var wanted: Int64
  /// Parts of batches that were throttled so far.
  public var throttled: Int64
  public var seconds: Double
}

/// What a fill did to one table.
public struct FilledTable: Sendable {
  public var table: String
  public var wasThere: Bool
  /// Items that an earlier fill had left there.
  public var resumedAt: Int64
  public var written: Int64
  public var throttled: Int64
  /// Items read back, and those of them that are exactly what was written.
  public var checked: Int64
  public var right: Int64
  public var seconds: Double
}

/// Fills the tables of one scenario.
public struct Fill: ~Copyable {
  private let scenario: Scenario
  private let connections: Int
  /// Units to provision while items are loaded; nil: the scenario's.
  private let units: Int?
  /// Reads every item back instead of a sample.
  private let verifiesAll: Bool
  private var client: ControlClient
  private var items: InitialItems
  private var throttled: Int64 = 0

  public init(
    _ scenario: Scenario, _ options: LoadOptions, connections: Int = 16, units: Int? = nil,
    verifiesAll: Bool = false
  ) throws(LoadFault) {
    let client = try ControlClient(options, connections: connections)
    self.client = client
    self.scenario = scenario
    self.connections = connections
    self.units = units
    self.verifiesAll = verifiesAll
    items = InitialItems(scenario, seed: options.seed)
  }

  /// Fills every table; nil when `observe`, called a few times per second, returned false.
  public mutating func run(
    observe: (FillProgress) -> Bool
  ) throws(LoadFault) -> [FilledTable]? {
    var filled: [FilledTable] = []
    for table in scenario.tables.indices {
      guard let one = try fill(table, observe) else { return nil }
      filled.append(one)
    }
    return filled
  }

  private mutating func fill(
    _ table: Int, _ observe: (FillProgress) -> Bool
  ) throws(LoadFault) -> FilledTable? {
    let spec = scenario.tables[table]
    let start = client.clock.now()
    throttled = 0
    let wasThere = try makeTable(spec)
    let first = try wasThere ? firstMissing(table) : 0
    var result = FilledTable(
      table: spec.name, wasThere: wasThere, resumedAt: Int64(first), written: 0, throttled: 0,
      checked: 0, right: 0, seconds: 0)
    if wasThere, first < UInt64(spec.itemCount) { try provision(units, spec) }
    let isLoaded = try load(table, from: first, since: start, observe)
    // Also when it was interrupted: what was provisioned for the loading costs while it is there.
    try provision(nil, spec)
    guard isLoaded else { return nil }
    result.written = Int64(spec.itemCount) - Int64(first)
    result.throttled = throttled
    (result.checked, result.right) = try check(table)
    result.seconds = (client.clock.now() - start).inSeconds
    return result
  }

  // MARK: Tables

  /// Creates a table and waits until it is active; whether it was there already.
  private mutating func makeTable(_ spec: TableSpec) throws(LoadFault) -> Bool {
    let answer = try client.call("CreateTable", TableSetup.body(spec, provisioning: units))
    let isThere = answer.exception == "ResourceInUseException"
    if let exception = answer.exception, !isThere {
      throw LoadFault("CreateTable \(spec.name): \(exception): \(answer.message)")
    }
    try waitUntilActive(spec.name)
    if isThere { try compareKeys(spec) }
    return isThere
  }

  private mutating func describe(_ name: String) throws(LoadFault) -> JSONValue? {
    var writer = JSONWriter(indented: false)
    writer.beginObject()
    writer.member("TableName", name)
    writer.endObject()
    let answer = try client.call("DescribeTable", Array(writer.text.utf8))
    if let exception = answer.exception {
      throw LoadFault("DescribeTable \(name): \(exception): \(answer.message)")
    }
    return answer.tree?["Table"]
  }

  private mutating func waitUntilActive(_ name: String) throws(LoadFault) {
    let limit = client.clock.now() + .minutes(10)
    while client.clock.now() < limit {
      let table = try describe(name)
      let indexes = table?["GlobalSecondaryIndexes"]?.elements ?? []
      let states = [table?["TableStatus"]?.string] + indexes.map { $0["IndexStatus"]?.string }
      if states.allSatisfy({ $0 == "ACTIVE" || $0 == nil }) { return }
      pause(for: .milliseconds(100))
    }
    throw LoadFault("the table \(name) did not become ACTIVE within ten minutes")
  }

  /// A table of that name must have the scenario's keys.
  private mutating func compareKeys(_ spec: TableSpec) throws(LoadFault) {
    let keys = try describe(spec.name)?["KeySchema"]?.elements ?? []
    let there = keys.compactMap { $0["AttributeName"]?.string }
    let wanted = spec.key.attributes.map(\.name)
    guard there == wanted else {
      throw LoadFault(
        "the table \(spec.name) is there with the key (\(there.joined(separator: ", "))), but the"
          + " scenario has (\(wanted.joined(separator: ", "))); delete it or use another endpoint")
    }
  }

  /// With `--capacity-during-fill`: gives a table `wanted` units, nil: the scenario's.
  private mutating func provision(_ wanted: Int?, _ spec: TableSpec) throws(LoadFault) {
    guard units != nil,
      let body = TableSetup.update(spec, provisioning: wanted, from: try describe(spec.name))
    else { return }
    let answer = try client.call("UpdateTable", body)
    if let exception = answer.exception {
      throw LoadFault("UpdateTable \(spec.name): \(exception): \(answer.message)")
    }
    try waitUntilActive(spec.name)
  }

  // MARK: Items

  /// Where to go on: behind the items that are certainly there.
  private mutating func firstMissing(_ table: Int) throws(LoadFault) -> UInt64 {
    let count = UInt64(scenario.tables[table].itemCount)
    var low: UInt64 = 0
    var high = count
    while low < high {
      let middle = low + (high - low) / 2
      if try found(table, [middle]).all == 1 { low = middle + 1 } else { high = middle }
    }
    if low == count { return count }
    // What was under way may have left holes behind.
    let slack = UInt64(2 * connections * InitialItems.perBatch)
    return low > slack ? low - slack : 0
  }

  private mutating func foundInHalves(
    _ table: Int, _ numbers: [UInt64]
  ) throws(LoadFault) -> (right: Int, all: Int) {
    let middle = numbers.count / 2
    let first = try found(table, Array(numbers[..<middle]))
    let second = try found(table, Array(numbers[middle...]))
    return (first.right + second.right, first.all + second.all)
  }

  private mutating func found(
    _ table: Int, _ numbers: [UInt64]
  ) throws(LoadFault) -> (right: Int, all: Int) {
    var body: [UInt8] = []
    items.appendGets(table, numbers, to: &body)
    for attempt in 1...200 {
      let answer = try client.call("BatchGetItem", body)
      if answer.status == 200 {
        let isWhole = answer.tree?["UnprocessedKeys"]?.members?.isEmpty ?? true
        if isWhole { return answer.body.withUnsafeBytes { items.countRight($0, table) } }
        // A table that cannot afford the whole batch would never answer it whole.
        if numbers.count > 1 { return try foundInHalves(table, numbers) }
      } else if answer.exception != "ProvisionedThroughputExceededException",
        answer.exception != "ThrottlingException"
      {
        throw LoadFault("BatchGetItem: \(answer.exception ?? ""): \(answer.message)")
      }
      pause(for: .milliseconds(Int64(min(1_000, 100 * attempt))))
    }
    throw LoadFault("reading \(scenario.tables[table].name) back is throttled all the time")
  }

  /// Puts items `first...`; false when `observe` ended it.
  private mutating func load(
    _ table: Int, from first: UInt64, since start: Instant, _ observe: (FillProgress) -> Bool
  ) throws(LoadFault) -> Bool {
    let wanted = UInt64(scenario.tables[table].itemCount)
    var next = first
    var done = first
    var lastSeen = client.clock.now()
    var lastProgress = lastSeen
    var bodies: [[UInt8]] = Array(repeating: [], count: connections)
    var sizes = Array(repeating: UInt64(0), count: connections)
    var idle = Array(0..<connections)
    /// Batches that wait before they go out again.
    var resting: [(at: Instant, place: Int)] = []
    while done < wanted {
      let now = client.clock.now()
      for entry in resting where entry.at <= now {
        client.start("BatchWriteItem", bodies[entry.place], token: UInt64(entry.place))
      }
      resting.removeAll { $0.at <= now }
      while next < wanted, client.pool.hasFree, let place = idle.popLast() {
        let end = min(wanted, next + UInt64(InitialItems.perBatch))
        bodies[place].removeAll(keepingCapacity: true)
        items.appendPuts(table, next..<end, to: &bodies[place])
        sizes[place] = end - next
        next = end
        client.start("BatchWriteItem", bodies[place], token: UInt64(place))
      }
      client.pool.turn(.milliseconds(20))
      for completion in client.pool.completions {
        let place = Int(completion.token)
        let rest = try rest(completion, of: bodies[place])
        client.pool.release(completion.connection)
        if let rest {
          bodies[place] = rest
          resting.append((client.clock.now() + .milliseconds(50), place))
        } else {
          done += sizes[place]
          idle.append(place)
          lastProgress = client.clock.now()
        }
      }
      client.pool.clearCompletions()
      if client.clock.now() - lastProgress > .minutes(10) {
        throw LoadFault("no item could be written for ten minutes")
      }
      if client.clock.now() - lastSeen > .milliseconds(200) {
        lastSeen = client.clock.now()
        let progress = FillProgress(
          table: scenario.tables[table].name, done: Int64(done), wanted: Int64(wanted),
          throttled: throttled, seconds: (lastSeen - start).inSeconds)
        if !observe(progress) { return false }
      }
    }
    return true
  }

  /// The body to send again for what was not written; nil: all of the batch is there.
  private mutating func rest(
    _ completion: Completion, of body: [UInt8]
  ) throws(LoadFault) -> [UInt8]? {
    switch completion.outcome {
    case .failed(let failure):
      if case .cannotConnect = failure {
        throw LoadFault(client.pool.text(failure, on: completion.connection))
      }
      return body
    case .response:
      let response = client.pool.response(completion.connection)
      let answer = ControlAnswer(
        status: response.status,
        body: Array(client.pool.bytes(completion.connection, response.body)))
      switch answer.exception {
      case nil: return unprocessed(answer)
      case "ProvisionedThroughputExceededException", "ThrottlingException",
        "RequestLimitExceeded":
        throttled += 1
        return body
      default:
        guard response.status >= 500 else {
          throw LoadFault("BatchWriteItem: \(answer.exception ?? ""): \(answer.message)")
        }
        return body
      }
    }
  }

  /// A body for the parts that came back; nil: none did.
  private mutating func unprocessed(_ answer: ControlAnswer) -> [UInt8]? {
    guard let left = answer.tree?["UnprocessedItems"], let tables = left.members, !tables.isEmpty
    else { return nil }
    throttled += tables.reduce(0) { $0 + Int64($1.value.elements?.count ?? 0) }
    var writer = JSONWriter(indented: false)
    writer.beginObject()
    writer.key("RequestItems")
    writer.value(tree: left)
    writer.endObject()
    return Array(writer.text.utf8)
  }

  /// Reads items back: all of them, or a sample over the whole table.
  private mutating func check(_ table: Int) throws(LoadFault) -> (Int64, Int64) {
    let count = UInt64(scenario.tables[table].itemCount)
    let sample = verifiesAll ? count : min(count, 1_000)
    var checked: Int64 = 0
    var right: Int64 = 0
    var number: UInt64 = 0
    while number < sample {
      let end = min(sample, number + UInt64(InitialItems.perRead))
      let numbers = (number..<end).map { sample == count ? $0 : $0 * count / sample }
      let answer = try found(table, numbers)
      checked += Int64(end - number)
      right += Int64(answer.right)
      number = end
    }
    return (checked, right)
  }
}

extension JSONWriter {
  /// Writes a tree as it was read.
  fileprivate mutating func value(tree: JSONValue) {
    if let text = tree.string {
      value(text)
    } else if let flag = tree.boolean {
      value(flag)
    } else if let elements = tree.elements {
      beginArray()
      for element in elements { value(tree: element) }
      endArray()
    } else if let members = tree.members {
      beginObject()
      for member in members {
        key(member.name)
        value(tree: member.value)
      }
      endObject()
    } else {
      null()
    }
  }
}
