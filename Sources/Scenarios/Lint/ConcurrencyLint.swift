// A concurrency limit below what the rate needs by Little's law: rate × time in the system. The
// median latency is less than the mean, so the bound is on the safe side.
// Retries and queueing, which need the simulation, only make it worse.

import Units
import YAML

func concurrencyLint(_ subject: LintSubject) -> [Diagnostic] {
  var warnings: [Diagnostic] = []
  for traffic in subject.scenario.traffic {
    guard let rate = traffic.demand.rates?.peak,
      let limit = [traffic.client.concurrency, traffic.client.connections].compactMap(\.self).min()
    else { continue }
    let cached = Set(subject.scenario.cache?.tables ?? [])
    let mean = traffic.shares.reduce(0.0) { sum, entry in
      let table = entry.operation.parts.first?.table ?? 0
      let latency = subject.scenario.model.latency.of(entry.operation)
      let isCached = !entry.operation.kind.isWrite && cached.contains(table)
      let service =
        switch entry.operation.kind {
        case _ where isCached: latency.cacheHit.median
        case .get, .batchGet: latency.eventualRead.median
        case .query, .scan: latency.query.median
        case .transactGet, .transactWrite: latency.transactionMedian
        case .put, .update, .delete, .batchWrite: latency.write.median
        }
      return sum + entry.share * (service + latency.network.median).inSeconds
    }
    let needed = rate * mean
    guard needed > Double(limit) else { continue }
    warnings.append(
      subject.warning(
        "at \(significant(rate)) requests per second about \(significant(needed)) are in progress; "
          + "the client allows \(group(limit))", at: "traffic \(traffic.name)",
        expected: "a concurrency and connections above that, or a queue will grow"))
  }
  return warnings
}
