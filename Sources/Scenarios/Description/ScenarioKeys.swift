// The top level of a scenario file, the run, the cache and the money, key by key.
//
// Defaults quoted here are those of the types the decoders fill (RunSpec, CacheSettings, CostSpec);
// a test loads a file that states each of them and one that leaves it out, and compares. Sources:
// DAX features.md 2; money pricing.md 3; objectives load-generators.md 4.8.

extension ScenarioFormat {
  static let scenario = ObjectDescription(
    name: "scenario", noun: "a scenario", summary: "The file itself.",
    keys: [
      .required("version", .choice(["1"]), "version of the format"),
      .optional("name", namePattern, "the file's name", "names the report's folder"),
      .optional("title", .text, "the name", "head of the report"),
      .optional("description", .text, "what the scenario shows, in a sentence or a paragraph"),
      .optional("seed", .count, "1", "the one number all randomness comes from"),
      .required("tables", .list(of: .object("table")), "the tables, at least one"),
      .optional(
        "traffic", .list(of: .object("traffic")),
        "streams of requests; without any the file can only be priced"),
      .optional("client", .object("client"), "what clients do, for every traffic"),
      .optional("dax", .object("dax"), "a DAX cluster in front of the tables"),
      .optional("cost", .object("cost"), "what the month is priced with"),
      .optional("model", .object("model"), "assumptions about what the service does not publish"),
      .optional("run", .object("run"), "how long and how often to simulate"),
      .optional(
        "uncertainty", .object("uncertainty"), "how numbers that are given as intervals are drawn"),
      .optional("objectives", .list(of: objective), "what must hold, one threshold per line"),
    ])

  static let namePattern = ValueForm.pattern(
    "^[A-Za-z0-9][A-Za-z0-9._-]*$", "name (letters, digits, '.', '_', '-')")

  private static let threshold = ValueForm.pattern(
    "^.+(<|<=|>|>=).+$", "[objective](#objectives)")
  static let objective = ValueForm.any([threshold, .object("check")])

  static let check = ObjectDescription(
    name: "check", noun: "a check", summary: "An objective that may end a load test early.",
    keys: [
      .required("check", threshold, "what must hold"),
      .optional("abort", .flag, "false", "whether a load test ends when it is missed"),
      .optional("after", .duration, "0s", "how long after the warm-up it begins to count"),
    ])

  static let run = ObjectDescription(
    name: "run", noun: "'run'", summary: "How long and how often the simulation runs.",
    keys: [
      .optional(
        "duration", .duration, "the longest traffic profile",
        "simulated time; needed when a rate is given without `for`"),
      .optional("warm-up", .duration, "0s", "cut from the start of latencies and ratios"),
      .optional("replications", .count, "4", "independent runs; 2 or more give error bars"),
      .optional("confidence", .share, "95%", "confidence of the error bars"),
      .optional(
        "precision", .share, "none",
        "more replications until every objective's error bar is this small, or decides it"),
      .optional("max-replications", .count, "64", "where more replications for precision end"),
      .optional(
        "starts", .pattern(#"^\d{4}-\d{2}-\d{2}( \d{2}:\d{2})?$"#, "date `2026-11-02 08:00`"),
        "2026-11-02 00:00",
        "date and time of the first second; places diurnal curves, weekends and the month"),
    ])

  static let uncertaintyObjects = [
    ObjectDescription(
      name: "uncertainty", noun: "'uncertainty'",
      summary: "How numbers that are given as intervals are drawn.",
      keys: [
        .optional("draws", .count, "64", "scenarios drawn and simulated beside the middle one"),
        .optional(
          "correlated", .list(of: .object("correlated")), "inputs that are high or low together"),
      ]),
    ObjectDescription(
      name: "correlated", noun: "a correlated group",
      summary: "Inputs that are high or low together.",
      keys: [
        .required(
          "inputs", .list(of: .text), "paths of uncertain numbers such as `traffic.shop.rate`"),
        .required("correlation", .share, "correlation of any two of them"),
      ]),
  ]
  static let daxObjects = [dax, nodeLoss]

  static let nodeLoss = ObjectDescription(
    name: "node-loss", noun: "a node loss", summary: "A node of the DAX cluster that fails.",
    keys: [
      .required("node", .count, "number of the node; 1 is the primary at first"),
      .required("at", .duration, "when it fails"),
      .optional("for", .duration, "the end", "until a new node stands in its place"),
      .optional(
        "warm", .flag, "true", "whether the new node joins with the primary's content"),
    ])

  static let dax = ObjectDescription(
    name: "dax", noun: "'dax'", summary: "A DAX cluster; requests to its tables go through it.",
    keys: [
      .required("nodes", .count, "1 primary and up to 10 replicas"),
      .required(
        "node-type", .pattern(#"^dax\.[a-z0-9]+\.[a-z0-9]+$"#, "type such as `dax.r5.large`"),
        "node type"),
      .optional("item-ttl", .duration, "5m", "time to live of the item cache (record-ttl-millis)"),
      .optional("query-ttl", .duration, "5m", "time to live of the query cache; 0 caches none"),
      .optional("tables", .list(of: .text), "all tables", "tables whose requests go through it"),
      .optional("memory-per-node", .size, "the node type's", "memory of each node for each cache"),
      .optional(
        "capacity-per-node", .count, "the node type's",
        "normalized requests/s that a node bears; the sizing guide has them for dax.r5 only"),
      .optional(
        "replication-delay", .duration, "100ms",
        "how much later than the primary a replica gets a change"),
      .optional(
        "negative-deletes", .flag, "false", "whether a delete leaves a negative entry or none"),
      .optional("node-losses", .list(of: .object("node-loss")), "none", "nodes that fail"),
    ])

  static let costObjects = [
    ObjectDescription(
      name: "cost", noun: "'cost'", summary: "Region, rules and prices of the bill.",
      keys: [
        .optional(
          "region", .pattern(#"^[a-z]{2}(-[a-z]+)+-\d$"#, "region such as `us-east-1`"),
          "us-east-1", "region the tables stand in"),
        .optional(
          "month", .any([.choice(["calendar"]), .pattern(#"^\d+ ?h$"#, "hours such as `730h`")]),
          "730h", "length of the billed month"),
        .optional(
          "hour-rule", .choice(HourRule.allCases.map(\.rawValue)), "max",
          "what an hour costs in which provisioned capacity changes"),
        .optional("free-tier", .flag, "false", "whether the account's free tier is taken off"),
        .optional("reserved", .object("reserved"), "reserved capacity"),
        .optional(
          "horizon", .pattern(#"^\d+ ?(month|months|year|years)$"#, "months such as `12 months`"),
          "1 month", "how far the report projects the bill"),
        .optional("internet-out", .size, "0B", "sent to the internet or other regions per month"),
        .optional("exports", .size, "0B", "full exports to S3 per month"),
        .optional("incremental-exports", .size, "0B", "incremental exports to S3 per month"),
        .optional("imports", .size, "0B", "imports from S3 per month"),
        .optional("restores", .size, "0B", "restored from backups per month"),
        .optional(
          "prices", .map(of: .number),
          "prices in dollars that replace or complete the price list, by item name"),
      ]),
    ObjectDescription(
      name: "reserved", noun: "'reserved'", summary: "Reserved capacity, in blocks of 100 units.",
      keys: [
        .optional("read", .count, "0", "read units"),
        .optional("write", .count, "0", "write units"),
        .required("term", .choice(ReservedTerm.allCases.map(\.rawValue)), "term"),
      ]),
  ]
}
