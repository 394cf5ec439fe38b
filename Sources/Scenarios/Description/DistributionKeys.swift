// How item sizes and keys spread, key by key.
//
// Meanings: load-generators.md 1b and 4.1 (YCSB's vocabulary: zipfian, latest, hotspot,
// exponential); sizes are those of whole items (capacity.md 1.10).

extension ScenarioFormat {
  static let distributionObjects = [
    ObjectDescription(
      name: "size-distribution", noun: "an item-size distribution",
      summary: "Sizes that differ from item to item; exactly one form.",
      keys: [
        .optional("uniform", .object("size-range"), "evenly between two sizes"),
        .optional("lognormal", .object("size-lognormal"), "log-normal by median and p99"),
        .optional("weighted", .list(of: .object("weighted-size")), "a few sizes with weights"),
        .optional("histogram", .list(of: .object("size-bucket")), "ranges with weights"),
      ], oneOf: ["uniform", "lognormal", "weighted", "histogram"]),
    ObjectDescription(
      name: "size-range", noun: "a range of sizes", summary: "Two sizes, both inclusive.",
      keys: [
        .required("from", .size, "smallest size"), .required("to", .size, "largest size"),
      ]),
    ObjectDescription(
      name: "size-lognormal", noun: "a log-normal distribution",
      summary: "The median and one high percentile.",
      keys: [
        .required("median", .size, "half of the items are smaller"),
        .optional("p90", .size, "90% of the items are smaller"),
        .optional("p95", .size, "95% of the items are smaller"),
        .optional("p99", .size, "99% of the items are smaller"),
        .optional("p99.9", .size, "99.9% of the items are smaller"),
      ], oneOf: ["p90", "p95", "p99", "p99.9"]),
    ObjectDescription(
      name: "weighted-size", noun: "a weighted size", summary: "One size of a list.",
      keys: [
        .required("size", .size, "the size"),
        .required("weight", .number, "relative frequency"),
      ]),
    ObjectDescription(
      name: "size-bucket", noun: "a range of a histogram", summary: "One range of a histogram.",
      keys: [
        .required("from", .size, "smallest size"), .required("to", .size, "largest size"),
        .required("weight", .number, "relative frequency"),
      ]),
    ObjectDescription(
      name: "key-distribution", noun: "a key distribution",
      summary: "Which keys are asked for how often; exactly one form.",
      keys: [
        .optional(
          "zipf", .number, "the key of rank r has weight 1/r^s; YCSB's s is 0.99"),
        .optional("latest", .number, "Zipf counted back from the newest key"),
        .optional("hotspot", .object("key-share"), "a share of the traffic on a share of the keys"),
        .optional("exponential", .object("key-share"), "exponentially falling popularity"),
        .optional(
          "weighted", .list(of: .share),
          "shares of the first keys; the rest is spread evenly over the others"),
      ], oneOf: ["zipf", "latest", "hotspot", "exponential", "weighted"]),
    ObjectDescription(
      name: "key-share", noun: "a share of the keys",
      summary: "This much traffic on that many keys.",
      keys: [
        .required("keys", .share, "share of the keys"),
        .required("traffic", .share, "share of the traffic they get"),
      ]),
  ]
}
