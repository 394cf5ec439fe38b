// Tables, indexes and their features, key by key.
//
// Names are the service's own (KeySchema, BillingMode, Projection, StreamViewType...) in lower case
// with hyphens; values keep the API's spelling. Limits: capacity.md 1.11 (keys, indexes, item
// size), 4 and 5 (maximum throughput, auto scaling), features.md 3.2, 3.3, 3.6, 3.7 (streams, TTL,
// backups, global tables).

extension ScenarioFormat {
  static let keyForm = ValueForm.pattern(
    "^\\S+ [SNB]$", "attribute and type such as `orderId S`")

  static let capacityForm = ValueForm.any([.count, .object("auto-scaling")])

  static let sizeForm = ValueForm.any([.size, .object("size-distribution")])

  static let keysForm = ValueForm.any([
    .choice(["uniform", "sequential", "latest", "zipf"]), .object("key-distribution"),
  ])

  static let tableObjects =
    [
      table, autoScaling, scheduledAction,
      throughput("maximum-throughput", "'maximum-throughput'", "Limits of on-demand throughput."),
      throughput("warm-throughput", "'warm-throughput'", "What can be served at once."),
    ] + indexObjects + featureObjects

  static let table = ObjectDescription(
    name: "table", noun: "a table", summary: "A table with its data and features.",
    keys: [
      .required("name", .text, "TableName"),
      .required("partition-key", keyForm, "name and type (S, N, B) of the partition key"),
      .optional("sort-key", keyForm, "name and type of the sort key"),
      .required(
        "billing-mode", .choice(["PROVISIONED", "PAY_PER_REQUEST"]), "BillingMode of the table"),
      .optional(
        "read-capacity", capacityForm, "ReadCapacityUnits; PROVISIONED only, then required"),
      .optional(
        "write-capacity", capacityForm, "WriteCapacityUnits; PROVISIONED only, then required"),
      .optional(
        "maximum-throughput", .object("maximum-throughput"), "none",
        "OnDemandThroughput; PAY_PER_REQUEST only"),
      .optional(
        "warm-throughput", .object("warm-throughput"), "the service's default", "WarmThroughput"),
      .optional(
        "table-class", .choice(["STANDARD", "STANDARD_INFREQUENT_ACCESS"]), "STANDARD",
        "TableClass"),
      .required("item-count", .count, "items at the start of the run"),
      .optional(
        "partition-keys", .count, "item-count, or a tenth of it with a sort key",
        "distinct partition-key values among the items"),
      .required("item-size", sizeForm, "whole item, attribute names included"),
      .optional("global-secondary-indexes", .list(of: .object("global-index")), "GSIs, up to 20"),
      .optional("local-secondary-indexes", .list(of: .object("local-index")), "LSIs, up to 5"),
      .optional(
        "stream", .any([.choice(streamViews), .choice(["off"]), .object("stream")]), "off",
        "DynamoDB Streams"),
      .optional("time-to-live", .object("time-to-live"), "none", "TTL of written items"),
      .optional("point-in-time-recovery", .flag, "false", "PITR"),
      .optional("backups", .object("backups"), "none", "on-demand backups on a schedule"),
      .optional(
        "encryption", .any([.choice(["AWS_OWNED", "AWS_MANAGED"]), .object("encryption")]),
        "AWS_OWNED", "whose key encrypts the table"),
      .optional("replicas", .list(of: .text), "none", "other regions of a global table"),
      .optional(
        "partitions", .count, "from warm throughput and size",
        "partitions at the start of the run"),
    ])

  static let streamViews = ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]

  static let autoScaling = ObjectDescription(
    name: "auto-scaling", noun: "auto scaling", summary: "Target tracking on one axis.",
    keys: [
      .optional("start", .count, "min", "units at the start of the run"),
      .required("min", .count, "least units the policy sets"),
      .required("max", .count, "most units the policy sets"),
      .optional("target", .share, "70%", "target utilisation, 20% to 90%"),
      .optional("scale-out-cooldown", .duration, "0s", "time that blocks a further increase"),
      .optional("scale-in-cooldown", .duration, "0s", "time that blocks a further decrease"),
      .optional(
        "schedule", .list(of: .object("scheduled-action")), "none",
        "other bounds by the time of day"),
    ])

  static let scheduledAction = ObjectDescription(
    name: "scheduled-action", noun: "a scheduled action",
    summary: "Bounds of an auto-scaling policy from a time on, every day.",
    keys: [
      .required(
        "at", .pattern(#"^\d{1,2}:\d{2}$"#, "time of day such as `20:00`"), "when, in UTC"),
      .optional("min", .count, "as before", "least units from then on"),
      .optional("max", .count, "as before", "most units from then on"),
    ])

  static func throughput(_ name: String, _ noun: String, _ summary: String) -> ObjectDescription {
    ObjectDescription(
      name: name, noun: noun, summary: summary,
      keys: [
        .optional(
          "read", .count, name == "warm-throughput" ? "the service's default" : "none",
          "read units per second"),
        .optional(
          "write", .count, name == "warm-throughput" ? "the service's default" : "none",
          "write units per second"),
      ])
  }

  static let projectionForm = ValueForm.any([
    .choice(["ALL", "KEYS_ONLY"]), .object("projection"),
  ])

  static let commonIndexKeys: [KeyDescription] = [
    .optional("projection", projectionForm, "ALL", "what the index copies"),
    .optional(
      "entry-size", .size, "the item for ALL, the keys for KEYS_ONLY",
      "bytes of an entry; required for INCLUDE"),
    .optional("share", .share, "100%", "share of the items that have the index's key (sparse)"),
  ]

  static let indexObjects = [
    ObjectDescription(
      name: "global-index", noun: "a global secondary index",
      summary: "A GSI; its billing mode is the table's.",
      keys: [
        .required("name", .text, "IndexName"),
        .required("partition-key", keyForm, "partition key of the index"),
        .optional("sort-key", keyForm, "sort key of the index"),
      ] + commonIndexKeys + [
        .optional(
          "partition-keys", .count, "as for a table", "distinct partition-key values of the index"),
        .optional("keys", keysForm, "uniform", "how items spread over those values"),
        .optional(
          "read-capacity", capacityForm, "ReadCapacityUnits; PROVISIONED only, then required"),
        .optional(
          "write-capacity", capacityForm, "WriteCapacityUnits; PROVISIONED only, then required"),
        .optional(
          "maximum-throughput", .object("maximum-throughput"), "none",
          "OnDemandThroughput; PAY_PER_REQUEST only"),
        .optional(
          "warm-throughput", .object("warm-throughput"), "the service's default",
          "WarmThroughput"),
      ]),
    ObjectDescription(
      name: "local-index", noun: "a local secondary index",
      summary: "An LSI; it shares the table's partition key and capacity.",
      keys: [
        .required("name", .text, "IndexName"),
        .required("sort-key", keyForm, "sort key of the index"),
      ] + commonIndexKeys),
    ObjectDescription(
      name: "projection", noun: "a projection", summary: "A projection of chosen attributes.",
      keys: [.required("INCLUDE", .list(of: .text), "NonKeyAttributes")]),
  ]

  static let featureObjects = [
    ObjectDescription(
      name: "stream", noun: "'stream'", summary: "DynamoDB Streams and change data capture.",
      keys: [
        .optional("view", .choice(streamViews), "NEW_AND_OLD_IMAGES", "StreamViewType"),
        .optional(
          "consumers", .count, "0",
          "consumers that pay for GetRecords (Lambda and replication do not)"),
        .optional("poll", .duration, "1s", "how often each consumer polls each shard"),
        .optional(
          "batch", .count, "1000",
          "records a consumer asks for in one call; it goes on while pages are full"),
        .optional("kinesis", .flag, "false", "change data capture to a Kinesis stream"),
      ]),
    ObjectDescription(
      name: "time-to-live", noun: "'time-to-live'", summary: "Expiry of written items.",
      keys: [
        .required("after", .duration, "age at which an item expires"),
        .optional("share", .share, "100%", "share of the written items that have the attribute"),
        .optional(
          "deletion-lag", .duration, "10m",
          "time from expiry to deletion; the service says within a few days"),
      ]),
    ObjectDescription(
      name: "backups", noun: "'backups'", summary: "On-demand backups on a schedule.",
      keys: [
        .required("every", .duration, "time between backups"),
        .required("keep", .duration, "time a backup is kept"),
      ]),
    ObjectDescription(
      name: "encryption", noun: "'encryption'", summary: "A key that the account manages.",
      keys: [
        .required("key", .text, "its name; tables that name the same key share its fee"),
        .optional("rotations", .count, "0", "rotations that are charged, up to 2"),
        .optional(
          "callers", .count, "1", "principals whose requests have the table's key decrypted"),
      ]),
  ]
}
