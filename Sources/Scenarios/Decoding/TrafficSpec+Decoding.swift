// Streams of requests and what their clients do.
//
// A client inside a traffic overrides the file's key by key, so that one fleet's timeout can differ
// without repeating the rest. Retry policies and their defaults: features.md 1.

import Clients
import Units
import YAML

/// What traffic needs to know of the rest of the file.
struct TrafficContext {
  let names: Names
  /// Region the tables stand in.
  let home: String
  /// The file's client, which a traffic's own overrides key by key.
  let client: ClientSpec
  /// `run: duration`, when it is given.
  let duration: Nanoseconds?
  /// Time since Monday 00:00 at which the run starts.
  let startOffset: Nanoseconds
}

extension ScenarioDecoder {
  func traffic(_ reader: NodeReader?, _ context: TrafficContext) -> [TrafficSpec] {
    guard let items = reader?.list(of: "traffics") else { return [] }
    var seen: Set<String> = []
    return items.compactMap { item in
      guard let fields = item.object(ScenarioFormat.object("traffic")) else { return nil }
      let name = fields["name"]?.text() ?? ""
      if !name.isEmpty, !seen.insert(name).inserted {
        fields["name"]?.report("two traffics are called '\(name)'")
      }
      faults.place("traffic \(name)", at: fields["name"]?.range ?? fields.range)
      var traffic = TrafficSpec(
        name: name, demand: demand(fields, context),
        operations: operations(fields["operations"], of: name, context.names),
        client: client(fields["client"], over: context.client))
      traffic.network = fields.object("network", "percentiles").flatMap { percentiles($0) }
      traffic.region = region(fields, of: traffic, context)
      return traffic
    }
  }

  /// The region a traffic asks; all its tables must stand there.
  private func region(
    _ fields: Fields, of traffic: TrafficSpec, _ context: TrafficContext
  ) -> String? {
    guard let reader = fields["region"], let region = region(reader) else { return nil }
    if region == context.home { return region }
    for table in Set(traffic.operations.flatMap { $0.parts.map(\.table) }).sorted() {
      let spec = context.names.tables[table]
      guard !spec.replicas.contains(region) else { continue }
      reader.report(
        "table '\(spec.name)' does not stand in \(region)",
        expected: "replicas: [\((spec.replicas + [region]).joined(separator: ", "))] of the table")
    }
    return region
  }

  /// A client, with `base` for every key that is not written.
  func client(_ reader: NodeReader?, over base: ClientSpec) -> ClientSpec {
    guard let fields = reader?.object(ScenarioFormat.object("client")) else { return base }
    var client = base
    if let retries = fields["retries"].flatMap({ self.retries($0) }) { client.retries = retries }
    if let timeout = fields["timeout"]?.duration(atLeast: .milliseconds(1)) {
      client.timeout = timeout
    }
    if let concurrency = fields["concurrency"]?.count(in: 1...1_000_000_000) {
      client.concurrency = concurrency
    }
    if let connections = fields["connections"]?.count(in: 1...1_000_000_000) {
      client.connections = connections
    }
    if let instances = fields["instances"]?.count(in: 1...100_000) { client.instances = instances }
    if let backoff = fields["batch-backoff"]?.flag() { client.batchBackoff = backoff }
    return client
  }

  private func retries(_ reader: NodeReader) -> RetrySettings? {
    guard case .mapping = reader.node.content else {
      return reader.choice(RetryMode.self).map { RetrySettings(mode: $0) }
    }
    guard let fields = reader.object(ScenarioFormat.object("retries")) else { return nil }
    let base = fields["base"]?.duration(atLeast: Nanoseconds(1))
    let cap = fields["cap"]?.duration(atLeast: Nanoseconds(1))
    if let base, let cap, base > cap {
      fields["base"]?.report("base \(base) is longer than cap \(cap)", expected: "base <= cap")
    }
    let mode = fields["policy"]?.choice(RetryMode.self) ?? .standard2026
    if mode == .none {
      for name in ["max-attempts", "base", "cap"] where fields.has(name) {
        faults.report("'\(name)' has no meaning for the policy none", at: fields.keyRange(name))
      }
    }
    return RetrySettings(
      mode: mode, maximumAttempts: fields["max-attempts"]?.count(in: 1...100), base: base, cap: cap)
  }
}
