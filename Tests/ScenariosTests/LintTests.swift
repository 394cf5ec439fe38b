// Each lint rule warns about the case it is for and is silent just beside it; thresholds are worked
// out by hand from capacity.md's numbers.
// Every row expects exactly one warning or none.

import Scenarios
import Testing
import YAML

@Suite("Lint")
struct LintTests {
  struct Row: CustomTestStringConvertible {
    let testDescription: String
    var table = "billing-mode: PAY_PER_REQUEST"
    var traffic = "rate: 100/s"
    var operation = "get: orders"
    var rest = ""
    /// A part of the one expected warning; nil: none.
    let warning: String?
  }

  private static let index =
    "billing-mode: PROVISIONED\n    read-capacity: 10\n    write-capacity: 1000\n"
    + "    global-secondary-indexes:\n      - {name: byStatus, partition-key: status S, "
    + "projection: KEYS_ONLY, read-capacity: 1, write-capacity: "

  @Test(
    arguments: [
      Row(testDescription: "nothing odd", warning: nil),
      // 100 new items/s = 100 index units/s.
      Row(
        testDescription: "GSI below the writes", table: index + "99}",
        operation: "put: orders\n        new-items: 100%",
        warning: "index 'byStatus' needs about 100 write units per second and has 99"),
      Row(
        testDescription: "GSI just enough", table: index + "100}",
        operation: "put: orders\n        new-items: 100%", warning: nil),
      Row(
        testDescription: "KEYS_ONLY untouched by updates", table: index + "1}",
        operation: "update: orders", warning: nil),
      // A key move is two writes.
      Row(
        testDescription: "GSI key moves", table: index + "199}",
        operation: "update: orders\n        index-changes: {byStatus: key}",
        warning: "needs about 200 write units"),
      // 1 KB puts take one unit, eventually consistent reads half of one.
      Row(
        testDescription: "table below its writes",
        table: "billing-mode: PROVISIONED\n    read-capacity: 1\n    write-capacity: 99",
        operation: "put: orders",
        warning: "table 'orders' needs about 100 write units per second and has 99"),
      Row(
        testDescription: "table just enough for its writes",
        table: "billing-mode: PROVISIONED\n    read-capacity: 1\n    write-capacity: 100",
        operation: "put: orders", warning: nil),
      Row(
        testDescription: "table below its reads",
        table: "billing-mode: PROVISIONED\n    read-capacity: 49\n    write-capacity: 1",
        warning: "table 'orders' needs about 50.0 read units per second and has 49"),
      Row(
        testDescription: "table that may scale far enough",
        table: "billing-mode: PROVISIONED\n    read-capacity: {min: 1, max: 50}\n"
          + "    write-capacity: 1",
        warning: nil),
      // 1 KB updates: one unit each, half of 2,100/s on one key.
      Row(
        testDescription: "hot key", traffic: "rate: 2100/s",
        operation: "update: orders\n        keys: {weighted: [50%]}",
        warning: "takes about 1,050 write units per second; a partition serves 1,000"),
      Row(
        testDescription: "warm key", traffic: "rate: 1900/s",
        operation: "update: orders\n        keys: {weighted: [50%]}", warning: nil),
      // Eventually consistent reads take half a unit.
      Row(
        testDescription: "hot key, reads", traffic: "rate: 10k/s",
        operation: "get: orders\n        keys: {weighted: [65%]}",
        warning: "takes about 3,250 read units per second; a partition serves 3,000"),
      Row(
        testDescription: "steep Zipf", operation: "get: orders\n        keys: {zipf: 6}",
        warning: "a Zipf exponent of 6.0"),
      Row(
        testDescription: "weight 0",
        operation: "get: orders\n      - put: orders\n        weight: 0",
        warning: "'put orders' has weight 0"),
      // 1,000/s × (1.6 + 0.5) ms = 2.1 in progress.
      Row(
        testDescription: "too few in progress",
        traffic: "rate: 1000/s\n    client: {concurrency: 2}",
        warning: "about 2.10 are in progress; the client allows 2"),
      Row(
        testDescription: "enough in progress",
        traffic: "rate: 1000/s\n    client: {concurrency: 3}", warning: nil),
      Row(
        testDescription: "quota",
        table: "billing-mode: PROVISIONED\n    read-capacity: 40001\n    write-capacity: 1",
        warning: "table 'orders' has a read capacity of 40,001, above the quota of 40,000"),
      Row(
        testDescription: "item collection",
        table: "billing-mode: PAY_PER_REQUEST\n    partition-keys: 1\n"
          + "    local-secondary-indexes: [{name: byTotal, sort-key: total N, share: 100%}]",
        warning: "an item collection of 'orders' has about 19.07 GB"),
      Row(
        testDescription: "traffic ends early", traffic: "rate: {hold: 100/s, for: 1m}",
        warning: "traffic 'shop' ends after 1 min, the run after 10 min"),
      Row(
        testDescription: "strong reads through DAX",
        operation: "get: orders\n        consistency: strong",
        rest: "dax: {nodes: 3, node-type: dax.r5.large}",
        warning: "'get orders' reads with strong consistency"),
    ])
  func rules(_ row: Row) throws {
    let file =
      "version: 1\ntables:\n  - name: orders\n    partition-key: customerId S\n"
      + "    sort-key: orderId S\n    item-count: 10M\n    item-size: 1KB\n    \(row.table)\n"
      + "traffic:\n  - name: shop\n    \(row.traffic)\n    operations:\n      - \(row.operation)\n"
      + "run: {duration: 10m}\n\(row.rest)\n"
    let (_, warnings) = try loaded(file)
    let shown = Diagnostic.rendered(warnings, source: file)
    if let warning = row.warning {
      #expect(warnings.count == 1, "\(shown)")
      #expect(warnings.first?.message.contains(warning) == true, "\(shown)")
      #expect(warnings.first?.severity == .warning)
    } else {
      #expect(warnings.isEmpty, "\(shown)")
    }
  }

  @Test func anUntouchedTable() throws {
    let table = """
        - name: NAME
          partition-key: id S
          billing-mode: PAY_PER_REQUEST
          item-count: 1
          item-size: 1KB

      """
    let text =
      "version: 1\ntables:\n" + table.replacing("NAME", with: "used")
      + table.replacing("NAME", with: "idle")
      + "traffic: [{name: t, rate: {hold: 1/s, for: 1m}, operations: [{get: used}]}]\n"
    let (_, warnings) = try loaded(text)
    #expect(
      warnings.map(\.headline) == ["test.yaml:8:11: warning: no traffic touches table 'idle'"])
  }
}
