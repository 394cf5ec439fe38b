// Clients and the model's assumptions, key by key.
//
// Retry policies: features.md 1. The model's defaults are those of CapacitySettings and
// LatencySettings, where each one's source stands; none of them is published by the service.

import Clients

extension ScenarioFormat {
  static let clientObjects = [
    ObjectDescription(
      name: "client", noun: "'client'", summary: "What a client does around a request.",
      keys: [
        .optional(
          "retries", .any([.choice(RetryMode.allCases.map(\.rawValue)), .object("retries")]),
          "standard-2026", "retry policy"),
        .optional("timeout", .duration, "60s", "per attempt"),
        .optional(
          "concurrency", .count, "unlimited", "requests in progress at once; more wait in a queue"),
        .optional("connections", .count, "unlimited", "attempts on the wire at once"),
        .optional("instances", .count, "1", "client processes, each with its own retry quota"),
        .optional(
          "batch-backoff", .flag, "true",
          "whether unprocessed parts of a batch wait before they are sent again"),
      ]),
    ObjectDescription(
      name: "retries", noun: "'retries'", summary: "A retry policy with values of one's own.",
      keys: [
        .required("policy", .choice(RetryMode.allCases.map(\.rawValue)), "policy"),
        .optional("max-attempts", .count, "the policy's", "attempts, the first included"),
        .optional("base", .duration, "the policy's", "first delay"),
        .optional("cap", .duration, "the policy's", "longest delay"),
      ]),
  ]

  static let modelObjects = [
    ObjectDescription(
      name: "model", noun: "'model'",
      summary: "Assumptions about what the service does not publish.",
      keys: [
        .optional(
          "initial-burst", .any([.choice(["full", "empty"]), .share]), "full",
          "what stands in the 300 s burst bucket at the start"),
        .optional("partition-burst", .duration, "1s", "depth of a partition's own bucket"),
        .optional(
          "replica-reads", .any([.choice(["off"]), .count]), "off",
          "eventually consistent units per second from each of a partition's three replicas"),
        .optional("on-demand-burst", .duration, "1s", "depth of an on-demand table's bucket"),
        .optional(
          "partition-limit", .choice(["independent", "combined"]), "independent",
          "3,000 reads and 1,000 writes per partition, or a mix that adds up to one"),
        .optional(
          "adaptive-capacity", .flag, "true",
          "false divides provisioned throughput evenly over the partitions, as before 2018"),
        .optional(
          "admission-routers", .any([.choice(["off"]), .count]), "off",
          "request routers that keep tokens of a table's bucket for themselves"),
        .optional("token-lease", .duration, "2s", "how long a router's tokens are good for"),
        .optional(
          "cancelled-transactions", .choice(["nothing", "prepare", "full"]), "prepare",
          "units a cancelled transaction consumes: none, once or twice its writes"),
        .optional(
          "transaction-conflicts", .flag, "true",
          "whether a transaction under way turns away other writes of its items"),
        .optional("split-for-heat", .flag, "true", "whether hot partitions split"),
        .optional("split-threshold", .share, "90%", "share of a partition's limit that is hot"),
        .optional("split-after", .duration, "5m", "how long a partition is hot before it splits"),
        .optional("split-duration", .duration, "3m", "how long a split takes"),
        .optional(
          "split-hot-key-share", .share, "80%",
          "share of a partition's traffic on one key from which it does not split"),
        .optional(
          "on-demand-peak-after", .duration, "30m", "after which a level is the previous peak"),
        .optional("on-demand-sustained", .duration, "1m", "how long a level lasts to count"),
        .optional("metric-delay", .duration, "1m", "from a minute's end to the scaling alarm"),
        .optional("update-table-duration", .duration, "2m", "until new capacity is effective"),
        .optional(
          "index-buffer", .duration, "0s", "index writes held back before base writes throttle"),
        .optional("latency", .object("latency"), "latencies"),
        .optional("table-quota", .count, "40000", "units per second of a table or index, per axis"),
        .optional(
          "account-quota", .count, "80000", "provisioned units of all tables, per axis"),
      ]),
    ObjectDescription(
      name: "latency", noun: "'latency'", summary: "Latencies as log-normal distributions.",
      keys: [
        .optional("eventual-read", .object("percentiles"), "{median: 1.6ms, p99: 6ms}", "a read"),
        .optional(
          "strong-read", .object("percentiles"), "{median: 2ms, p99: 8ms}",
          "a strongly consistent read"),
        .optional("write", .object("percentiles"), "{median: 3ms, p99: 12ms}", "a write"),
        .optional(
          "query", .object("percentiles"), "{median: 2.4ms, p99: 10ms}",
          "Query and Scan, before the size"),
        .optional(
          "transaction-phase", .object("percentiles"), "{median: 4ms, p99: 16ms}",
          "each of a transaction's two phases"),
        .optional(
          "cache-hit", .object("percentiles"), "{median: 250us, p99: 900us}", "a hit in DAX"),
        .optional(
          "network", .object("percentiles"), "{median: 500us, p99: 2ms}",
          "client to endpoint and back"),
        .optional(
          "throttled", .object("percentiles"), "{median: 1ms, p99: 4ms}",
          "the answer of a refused request"),
        .optional("per-kilobyte", .duration, "50us", "added per KB of data moved"),
        .optional(
          "operations", .map(of: .object("percentiles")), "{}",
          "single operations, by name; a transaction's is of both phases together"),
      ]),
    ObjectDescription(
      name: "percentiles", noun: "a latency",
      summary: "A log-normal latency by two numbers; with `p90` another one beyond it.",
      keys: [
        .required("median", .duration, "half are faster"),
        .optional("p90", .duration, "90% are faster; without it where the other two have it"),
        .required("p99", .duration, "99% are faster"),
      ]),
  ]
}
