// The options of `serve` that make it late: copies that lag and answers that take their time.

import Arguments
import Capacity
import Engine
import Scenarios
import Server
import Units

extension ServeCommand {
  /// Options on lags and latency.
  static let delayOptions = [
    Option(
      "read-lag", .text("MEDIAN[,P99]"),
      summary: "How late a follower gets writes, e.g. 20ms,200ms; eventually consistent reads may"
        + " miss them (default: 0)"),
    Option(
      "index-lag", .text("MEDIAN[,P99]"),
      summary: "How late global secondary indexes get writes (default: 0)"),
    Option(
      "transaction-time", .text("MEDIAN[,P99]"),
      summary: "How long each of a transaction's two phases takes; meanwhile other writes and"
        + " transactions of its items are refused (default: as --latency says, else 0)"),
    Option(
      "region-lag", .text("MEDIAN[,P99]"),
      summary: "How late other regions get the changes of a global table (default: 0)"),
    Option(
      "ttl-lag", .text("MEDIAN[,P99]"),
      summary: "How long after its time an expired item is deleted, e.g. 10m,48h (default: 0,"
        + " within a second)"),
    Option(
      "latency", .text("SCENARIO"),
      summary: "Hold answers back as model.latency of a scenario file says (default: no)"),
  ]

  /// Adds lags and latency to `options`.
  static func withDelays(
    _ options: ServerOptions, _ given: GivenArguments
  ) -> Result<ServerOptions, OptionFault> {
    var options = options
    for (name, place) in [
      ("read-lag", \ServerOptions.readLag), ("index-lag", \ServerOptions.indexLag),
      ("transaction-time", \ServerOptions.transactionTime),
      ("region-lag", \ServerOptions.regionLag),
    ] {
      guard let text = given.text(name) else { continue }
      guard let delay = delay(text) else {
        return .failure(
          OptionFault(
            message: "--\(name) expects a median and a 99th percentile up to 1h, such as 20ms,200ms"
          ))
      }
      options[keyPath: place] = delay
    }
    if let text = given.text("ttl-lag") {
      guard let delay = delay(text, longest: longestExpiryLag) else {
        return .failure(
          OptionFault(
            message: "--ttl-lag expects a median and a 99th percentile up to 336h, such as 10m,48h")
        )
      }
      options.expiryLag = delay
    }
    if let path = given.text("latency") {
      guard let scenario = ScenarioInput.load(path) else {
        return .failure(OptionFault(message: "--latency needs a scenario without errors"))
      }
      options.latency = latency(scenario)
    }
    return .success(options)
  }

  /// The service deletes within a few days; two weeks leave room.
  private static let longestExpiryLag = Nanoseconds.days(14)

  /// `20ms` or `20ms,200ms`; nil for anything else.
  static func delay(
    _ text: String, longest: Nanoseconds = DelayDistribution.longest
  ) -> DelayDistribution? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count <= 2, let median = span(parts[0], longest) else { return nil }
    guard parts.count == 2 else { return DelayDistribution(median: median, longest: longest) }
    guard let p99 = span(parts[1], longest), p99 >= median else { return nil }
    return DelayDistribution(median: median, p99: p99, longest: longest)
  }

  /// A number with a unit; 0 needs none.
  private static func span(_ text: Substring, _ longest: Nanoseconds) -> Nanoseconds? {
    if text == "0" { return .zero }
    let units: [(String, Double)] = [
      ("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3_600),
    ]
    guard let (unit, seconds) = units.first(where: { text.hasSuffix($0.0) }),
      let number = Double(text.dropLast(unit.count)), number >= 0,
      number * seconds <= longest.inSeconds
    else { return nil }
    return Nanoseconds(seconds: number * seconds)
  }

  private static func latency(_ scenario: Scenario) -> InjectedLatency {
    func delay(_ spec: LatencySpec) -> DelayDistribution {
      DelayDistribution(median: spec.median, p90: spec.p90, p99: spec.p99)
    }
    let settings = scenario.model.latency
    var latency = InjectedLatency()
    latency.eventualRead = delay(settings.eventualRead)
    latency.strongRead = delay(settings.strongRead)
    latency.write = delay(settings.write)
    latency.query = delay(settings.query)
    latency.transactionPhase = delay(settings.transactionPhase)
    latency.network = delay(settings.network)
    latency.throttled = delay(settings.throttled)
    latency.perKilobyte = settings.perKilobyte
    for operation in scenario.traffic.flatMap(\.operations) {
      latency.operations.add(
        settings.operations[operation.name].map(delay), for: shape(operation, scenario),
        weight: operation.weight)
    }
    return latency
  }

  /// What a request of an operation looks like.
  private static func shape(_ operation: OperationSpec, _ scenario: Scenario) -> RequestShape {
    let index = operation.parts.first.flatMap { part in
      part.index.map { index in
        switch index {
        case .global(let place): scenario.tables[part.table].globalIndexes[place].name
        case .local(let place): scenario.tables[part.table].localIndexes[place].name
        }
      }
    }
    return RequestShape(
      operation: operation.kind.rawValue,
      tables: Set(operation.parts.map { scenario.tables[$0.table].name }), index: index,
      isStrong: operation.consistency == .strong)
  }
}
