// Traffic, rates, operations and clients, key by key.
//
// Shapes of rates and arrivals: load-generators.md 4.4. Operations and batch limits: capacity.md
// 1.11. Retry policies: features.md 1.

extension ScenarioFormat {
  static let singleOperations = ["get", "put", "update", "delete", "query", "scan"]
  static let groupOperations = ["batch-get", "batch-write", "transact-get", "transact-write"]
  static let operationKinds = singleOperations + groupOperations

  static let trafficObjects =
    [
      ObjectDescription(
        name: "traffic", noun: "a traffic", summary: "A stream of requests from one fleet.",
        keys: [
          .required("name", .text, "name in the report"),
          .optional(
            "arrivals", .any([.choice(["poisson", "constant"]), .object("on-off")]), "poisson",
            "how single arrivals scatter around the rate"),
          .optional(
            "rate", .any([.rate, .object("rate-piece"), .list(of: .object("rate-piece"))]),
            "open loop: requests per second, or pieces of a profile one after the other"),
          .optional("users", .count, "closed loop: each user waits for its answer, then thinks"),
          .optional("think-time", .duration, "0s", "mean time between answer and next request"),
          .required("operations", .list(of: .object("operation")), "the mix"),
          .optional(
            "region", .pattern(#"^[a-z]{2}(-[a-z]+)+-\d$"#, "region such as `eu-west-1`"),
            "the one of `cost`", "region it asks, where its tables have replicas"),
          .optional(
            "network", .object("percentiles"), "the model's",
            "from its clients to that region's endpoint and back"),
          .optional(
            "client", .object("client"), "the file's client", "what differs for this fleet"),
        ], oneOf: ["rate", "users"]),
      ObjectDescription(
        name: "on-off", noun: "arrivals", summary: "Bursts whose mean is the profile's rate.",
        keys: [.required("on-off", .object("burst"), "requests only during `on` of each cycle")]),
      ObjectDescription(
        name: "burst", noun: "'on-off'", summary: "The two halves of a cycle.",
        keys: [
          .required("on", .duration, "time with requests"),
          .required("off", .duration, "time without"),
        ]),
    ] + rateObjects + operationObjects

  static let rateKinds = ["hold", "ramp", "steps", "spike", "sine", "diurnal", "trace"]

  static let rateObjects = [
    ObjectDescription(
      name: "rate-piece", noun: "a piece of a rate",
      summary: "One stretch of a rate profile; exactly one form.",
      keys: [
        .optional("hold", .rate, "a constant rate"),
        .optional("ramp", .object("ramp"), "a straight line between two rates"),
        .optional("steps", .list(of: .rate), "constant rates one after the other"),
        .optional("spike", .object("spike"), "a trapezoid on a base"),
        .optional("sine", .object("sine"), "a sine between two rates, starting at its mean"),
        .optional("diurnal", .object("diurnal"), "a day's curve, lower at the weekend"),
        .optional("trace", .object("trace"), "a recorded rate from a CSV file"),
        .optional(
          "for", .duration, "the rest of the run",
          for: ["hold", "ramp", "sine", "diurnal", "spike", "trace"], "how long the piece lasts"),
        .optional(
          "each", .duration, for: ["steps"], "how long each step lasts; required for steps"),
      ], oneOf: rateKinds),
    ObjectDescription(
      name: "ramp", noun: "'ramp'", summary: "A straight line.",
      keys: [
        .required("from", .rate, "rate at the start"), .required("to", .rate, "rate at the end"),
      ]),
    ObjectDescription(
      name: "spike", noun: "'spike'", summary: "Up, hold, down; the base fills the rest of `for`.",
      keys: [
        .required("base", .rate, "rate before and after"), .required("peak", .rate, "rate on top"),
        .optional("after", .duration, "0s", "time on the base before the rise"),
        .required("rise", .duration, "time from base to peak"),
        .required("hold", .duration, "time on the peak"),
        .required("fall", .duration, "time from peak to base"),
      ]),
    ObjectDescription(
      name: "sine", noun: "'sine'", summary: "A sine.",
      keys: [
        .required("low", .rate, "lowest rate"), .required("high", .rate, "highest rate"),
        .required("period", .duration, "one full wave"),
      ]),
    ObjectDescription(
      name: "diurnal", noun: "'diurnal'", summary: "A day's curve by the clock of `run: starts`.",
      keys: [
        .required("low", .rate, "rate twelve hours from the peak"),
        .required("high", .rate, "rate at the peak"),
        .optional(
          "peak-at", .pattern(#"^\d{1,2}:\d{2}$"#, "time of day such as `20:00`"), "20:00",
          "time of the peak"),
        .optional("weekend", .share, "100%", "Saturday's and Sunday's rate, of a weekday's"),
      ]),
    ObjectDescription(
      name: "trace", noun: "'trace'", summary: "A CSV file of `timestamp,value` rows.",
      keys: [
        .required("file", .text, "path from the scenario's folder"),
        .optional("scale", .number, "1", "factor on every value"),
        .optional(
          "value", .choice(["requests-per-interval", "requests-per-second"]),
          "requests-per-interval", "what the second column counts"),
      ]),
  ]

  static let itemWrites = ["put", "update", "delete"]

  static let operationObjects: [ObjectDescription] = [operation, part]

  static let operation = ObjectDescription(
    name: "operation", noun: "an operation",
    summary: "One operation of the mix: its kind with the table, then what differs.",
    keys: operationKindKeys + operationKeys + partKeys(singles: true), oneOf: operationKinds)

  static let part = ObjectDescription(
    name: "part", noun: "a part", summary: "One action of a batch or transaction.",
    keys: partKindKeys + partKeys(singles: false), oneOf: partKinds)

  static let partKinds = ["get", "put", "update", "delete", "check"]

  static let operationKindKeys: [KeyDescription] = operationKinds.map { kind in
    let isGroup = groupOperations.contains(kind)
    let form = isGroup ? ValueForm.any([.text, .list(of: .object("part"))]) : ValueForm.text
    let rest = isGroup ? " on this table, or a list of parts" : " on this table"
    return .optional(kind, form, apiName(kind) + rest)
  }

  static let operationKeys: [KeyDescription] = [
    .optional("name", .text, "the kind and the table", "the report's row; unique in its traffic"),
    .optional("weight", .number, "1", "relative frequency"),
    .optional(
      "consistency", .choice(["eventual", "strong"]), "eventual",
      for: ["get", "query", "scan", "batch-get"], "ConsistentRead"),
    .optional("index", .text, "the table itself", for: ["query", "scan"], "IndexName"),
    .optional(
      "items", .count, "1; a page of 1 MB for scan",
      for: ["query", "scan"] + groupOperations,
      "items evaluated per page (Query, Scan) or keys in the request; required for query"),
    .optional(
      "pages", .any([.choice(["all"]), .count]), "1", for: ["query", "scan"],
      "pages that a request reads, one after the other; `all` until there are no more"),
    .optional(
      "segments", .count, "1", for: ["scan"],
      "TotalSegments of a parallel Scan; requests take one segment each, in turn"),
  ]

  static let partKindKeys: [KeyDescription] =
    partKinds.map { kind in
      let api = kind == "check" ? "ConditionCheck" : String(apiName(kind).dropLast(4))
      return .optional(kind, .text, api + " on an item of this table")
    } + [.optional("items", .count, "1", "items with keys of their own")]

  /// Keys that say what happens to one item.
  static func partKeys(singles: Bool) -> [KeyDescription] {
    let groups = singles ? groupOperations : []
    let writers = singles ? ["batch-write", "transact-write"] : []
    let conditions = singles ? ["transact-write"] : ["check"]
    return [
      .optional(
        "keys", keysForm, "uniform", for: singles ? singleOperations + groups : [],
        "which keys are asked for"),
      .optional(
        "condition-fails", .share, "0%", for: itemWrites + conditions,
        "share of the writes whose condition fails"),
      .optional(
        "new-items", .share, "0%", for: ["put"] + writers,
        "share of the puts that create an item"),
      .optional(
        "item-size", sizeForm, "the table's", for: ["put", "update"] + writers,
        "size of what is written"),
      .optional(
        "index-changes", .map(of: .choice(["none", "projected", "key"])),
        "projected; none for KEYS_ONLY", for: ["put", "update"] + writers,
        "what overwriting an item changes in each index, by its name"),
    ]
  }

  /// The API's name of an operation's kind: "batch-get" → "BatchGetItem".
  static func apiName(_ kind: String) -> String {
    operationKind(kind)?.rawValue ?? kind
  }

  static func operationKind(_ kind: String) -> OperationKind? {
    switch kind {
    case "get": .get
    case "put": .put
    case "update": .update
    case "delete": .delete
    case "query": .query
    case "scan": .scan
    case "batch-get": .batchGet
    case "batch-write": .batchWrite
    case "transact-get": .transactGet
    case "transact-write": .transactWrite
    default: nil
    }
  }
}
