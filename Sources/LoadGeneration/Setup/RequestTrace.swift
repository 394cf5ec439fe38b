// The requests of a run as a text file, one line for each item that a request names.
//
//     # plimsoll request trace 1, scenario orders, seed 42
//     due_ns,traffic,sequence,operation,table,partition,sort,bytes
//     1834221,shop,0,place-order,orders,57120,1000000,713
//
// A request is a function of seed, traffic and sequence, so a replay needs only when each was due;
// the rest is for people and other programs. Sizes are those of a run in which nothing is refused.

import RequestStreams
public import Scenarios
import Units

/// A recorded stream of requests.
public struct RequestTrace: Sendable {
  public var seed: UInt64
  /// Due instants of each traffic of the scenario, in ns.
  public var dues: [[Int64]]

  private static let title = "# plimsoll request trace 1, scenario "
  private static let columns =
    "due_ns,traffic,sequence,operation,table,partition,sort,bytes"

  /// Gives the file's text to `emit` in pieces, until the scenario's duration.
  /// - Returns: the number of requests.
  public static func record(
    _ scenario: Scenario, seed: UInt64, rateFactor: Double, emit: (String) -> Bool
  ) -> Int {
    var maker = RequestMaker(scenario, seed: seed)
    var streams = scenario.traffic.enumerated().map { position, spec in
      TrafficStream(
        spec, seed: StreamSeeds.traffic(position, of: seed), rateFactor: rateFactor)
    }
    var text = "\(title)\(scenario.name), seed \(seed)\n\(columns)\n"
    var count = 0
    while let traffic = earliest(streams),
      streams[traffic].nextArrival < scenario.run.duration.count
    {
      let due = streams[traffic].nextArrival
      let sequence = streams[traffic].issued
      streams[traffic].issued += 1
      streams[traffic].advance()
      let local = streams[traffic].operation(of: sequence)
      let operation = maker.firstOperations[traffic] + local
      let head =
        "\(due),\(scenario.traffic[traffic].name),\(sequence),"
        + "\(scenario.traffic[traffic].operations[local].name),"
      for line in maker.lines(operation, seed: streams[traffic].seed, sequence, traffic) {
        text += head + line + "\n"
      }
      count += 1
      if text.utf8.count > 1 << 20 {
        if !emit(text) { return count }
        text = ""
      }
    }
    _ = emit(text)
    return count
  }

  private static func earliest(_ streams: [TrafficStream]) -> Int? {
    let best = streams.indices.min { streams[$0].nextArrival < streams[$1].nextArrival }
    return best.flatMap { streams[$0].nextArrival == .max ? nil : $0 }
  }

  /// Reads a file's text for `scenario`.
  public init(_ text: String, for scenario: Scenario) throws(LoadFault) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: true)[...]
    guard let first = lines.popFirst(), first.hasPrefix(Self.title),
      let number = first.split(separator: " ").last.flatMap({ UInt64($0) }),
      lines.popFirst().map({ $0 == Self.columns }) == true
    else { throw LoadFault("this is no request trace of 'plimsoll record'") }
    seed = number
    dues = scenario.traffic.map { _ in [] }
    var position = 2
    for line in lines {
      position += 1
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      guard cells.count == 8, let due = Int64(cells[0]), let sequence = Int(cells[2]) else {
        throw LoadFault("line \(position) of the trace is not '\(Self.columns)'")
      }
      guard let traffic = scenario.traffic.firstIndex(where: { $0.name == cells[1] }) else {
        throw LoadFault("line \(position) of the trace: no traffic is called '\(cells[1])'")
      }
      if sequence == dues[traffic].count {
        dues[traffic].append(due)
      } else if sequence != dues[traffic].count - 1 {
        throw LoadFault("line \(position) of the trace: request \(sequence) is out of order")
      }
    }
  }
}

extension RequestMaker {
  /// Table, key and size of every item of a request, which is then taken as done.
  fileprivate mutating func lines(
    _ operation: Int, seed: UInt64, _ sequence: UInt64, _ traffic: Int
  ) -> [String] {
    let reserved = drawing.reserve(for: operations[operation])
    var draws = RequestDraws(
      seed: seed, sequence: sequence, newest: reserved.newest,
      firstNewItem: reserved.firstNewItem)
    draw(operation, &draws, answered: BitRow())
    let stamp = UInt64(traffic + 1) << 48 | (sequence + 1)
    var lines: [String] = []
    for place in items.indices {
      let item = items[place]
      var bytes = item.before
      switch parts[item.part].action {
      case .put, .update, .delete:
        if item.holds { bytes = item.after == 0 ? 0 : image(item, stamp: stamp).size }
        if item.isSent { acknowledge(place, after: bytes, stamp: stamp) }
      case .get, .query, .scan, .conditionCheck: break
      }
      lines.append(
        "\(layouts[item.table].name),\(item.identity.partitionKey),\(item.identity.sortNumber),"
          + "\(bytes)")
    }
    return lines
  }
}
