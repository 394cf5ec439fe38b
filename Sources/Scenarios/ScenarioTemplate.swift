// The scenario that `plimsoll init` writes: complete, commented, and valid as it stands.
//
// It shows the keys a first scenario needs and names the commonest alternatives in comments; the
// rest is in scenarios/README.md. A test loads it and allows no diagnostic.

public enum ScenarioTemplate {
  /// A scenario called `name` (its file name without the extension).
  public static func text(name: String) -> String {
    opening + "title: \(quoted(name))\n" + body
  }

  private static let opening = """
    # A capacity plan: which tables there are, what clients ask of them, what must hold.
    # 'plimsoll lint' checks it, 'plimsoll explain' shows its arithmetic, 'plimsoll plan' runs it.
    version: 1

    """

  private static let body = """
    description: >
      What this scenario is about, in a sentence or two. It stands at the head of the report.
    seed: 1                              # the same seed gives the same report, byte for byte

    tables:
      - name: orders
        partition-key: customerId S      # attribute and type: S, N or B
        sort-key: orderId S              # leave out for a table with a partition key only
        billing-mode: PROVISIONED        # or PAY_PER_REQUEST (then without the two capacities)
        read-capacity: 300               # or auto scaled: {min: 100, max: 1000, target: 70%}
        write-capacity: 400
        item-count: 1M                   # k, M and G are thousands, millions, thousand millions
        partition-keys: 100k             # distinct customers among the items
        item-size: 700B                  # or {lognormal: {median: 700B, p99: 6KB}}
        global-secondary-indexes:
          - name: byStatus
            partition-key: status S
            sort-key: createdAt N
            projection: KEYS_ONLY        # ALL, KEYS_ONLY or {INCLUDE: [attribute, ...]}
            partition-keys: 50
            read-capacity: 50
            write-capacity: 400

    traffic:
      - name: shop
        arrivals: poisson                # or constant, or {on-off: {on: 10s, off: 50s}}
        rate: 500/s                      # or pieces, one after the other:
        # rate:
        #   - {hold: 200/s, for: 5m}
        #   - {ramp: {from: 200/s, to: 2000/s}, for: 10m}
        #   - {diurnal: {low: 100/s, high: 900/s, peak-at: "20:00", weekend: 60%}, for: 7d}
        operations:                      # get put update delete query scan batch-get batch-write
          - get: orders                  # transact-get transact-write
            name: read-order
            weight: 60
            keys: {zipf: 0.99}           # or uniform, {hotspot: {keys: 20%, traffic: 80%}}, ...
            consistency: eventual        # or strong
          - query: orders
            index: byStatus
            name: list-open
            weight: 5
            items: 20                    # items one page evaluates
          - put: orders
            name: place-order
            weight: 25
            new-items: 100%              # the rest would overwrite items
          - update: orders
            name: change-status
            weight: 10
            condition-fails: 2%
            index-changes: {byStatus: key}

    client:
      retries: standard-2026             # or {policy: full-jitter, max-attempts: 5, base: 50ms}
      timeout: 1s

    cost:
      region: us-east-1

    run:
      duration: 30m
      warm-up: 1m                        # cut from latencies and ratios
      replications: 4                    # several runs give error bars

    objectives:                          # a missed one makes 'plimsoll plan' exit with 3
      - p(99) < 50ms
      - p(99){read-order} < 20ms
      - throttled / requests < 0.1%
      - cost < 1000 USD

    """

  /// `name` as a YAML scalar that can hold anything.
  private static func quoted(_ name: String) -> String {
    var out = "'"
    for character in name { out += character == "'" ? "''" : String(character) }
    return out + "'"
  }
}
