// Why: load is run by people and pipelines; what it says about a run, and the code that it ends
// with, must be the run's truth: throttles as the table gives them, units as they were predicted,
// interruptions kept, faults named.

import Foundation
import JSON
import TestSupport
import Testing

/// A table of 100 write units that is asked for `rate` writes per second.
private func writes(rate: Int, duration: String, burst: String = "10%") -> String {
  """
  version: 1
  name: writes
  tables:
    - name: items
      partition-key: id S
      billing-mode: PROVISIONED
      read-capacity: 100
      write-capacity: 100
      item-count: 200
      item-size: 600B
  traffic:
    - name: app
      arrivals: constant
      rate: \(rate)/s
      operations:
        - {put: items, name: write}
      client: {retries: none}
  model: {initial-burst: \(burst)}
  run: {duration: \(duration)}

  """
}

/// `run.json` of a folder.
private func record(_ path: String) throws -> JSONValue {
  try JSONValue.parse(String(contentsOfFile: path + "/run.json", encoding: .utf8))
}

@Suite struct LoadCommandTests {
  /// Capacity time runs four times as fast: 800 writes/s are 200 per capacity second, twice what
  /// the table has; 3,000 units of burst are gone after 30 capacity seconds, 7.5 s of the run.
  @Test func `a table throttles half when its burst is spent, and units are as predicted`() throws {
    let folder = try TemporaryFolder()
    try folder.write(writes(rate: 800, duration: "16s"), to: "writes.yaml")
    let run = try shell(
      "$plimsoll load writes.yaml --clock x4 --plain --out out", in: folder)
    #expect(run.code == 0 || run.code == 4, "\(run)")
    let tree = try record(folder.path + "/out")
    let measured = try #require(tree["measurement"])
    let capacity = try #require(measured["capacity"]?[0])
    #expect(capacity["mismatches"]?.integer == 0)
    #expect(capacity["reportedWrite"]?.double == capacity["predictedWrite"]?.double)
    // 16 s are 64 capacity seconds: 6,400 units and the 3,000 of burst, of 12,800 asked for. A busy
    // machine may send some late, when there is more.
    let reported = try #require(capacity["reportedWrite"]?.double)
    #expect(reported > 9_200 && reported < 10_500, "\(reported)")
    let thrown = measured["exceptions"]?[0]
    #expect(thrown?["reason"]?.string == "TableWriteProvisionedThroughputExceeded")
    #expect(thrown?["resource"]?.string == "items")
  }

  @Test func `without a server it says so at once`() throws {
    let folder = try TemporaryFolder()
    try folder.write(writes(rate: 50, duration: "60s"), to: "writes.yaml")
    let run = try shell(
      "$plimsoll load writes.yaml --endpoint http://127.0.0.1:1 --plain --out out", in: folder)
    #expect(run.code == 1)
    #expect(run.errors.contains("cannot connect to 127.0.0.1:1: Connection refused"), "\(run)")
  }

  @Test(arguments: [
    ("--endpoint http://192.0.2.1:8000", "--yes"),
    ("--endpoint nowhere", "is no endpoint"),
    ("--closed 0", "--closed expects"),
    ("--timeout soon", "--timeout expects a time"),
    ("--replay none.csv", "none.csv"),
    ("--warm-up 60s", "ends within its warm-up"),
  ])
  func `wrong options are refused before anything runs`(_ option: (String, String)) throws {
    let folder = try TemporaryFolder()
    try folder.write(writes(rate: 50, duration: "60s"), to: "writes.yaml")
    let run = try shell("$plimsoll load writes.yaml --unsigned \(option.0)", in: folder)
    #expect(run.code == 2)
    #expect(run.errors.contains(option.1), "\(run)")
  }

  @Test func `Ctrl-C keeps what was measured and marks it`() throws {
    let folder = try TemporaryFolder()
    try folder.write(writes(rate: 50, duration: "600s"), to: "writes.yaml")
    let run = try shell(
      """
      $plimsoll load writes.yaml --plain --out out 2> errors & p=$!
      for i in $(seq 300); do
        [ -s out.$p.intervals ] && break; sleep 0.1
      done
      sleep 2; kill -INT $p; wait $p
      """, in: folder)
    #expect(run.code == 130, "\(run)")
    #expect(run.output.contains("INTERRUPTED"))
    let tree = try record(folder.path + "/out")
    #expect(tree["scenario"]?["interrupted"]?.boolean == true)
  }

  /// An empty bucket and half of what is asked for: the rule is broken in its first window.
  @Test func `a rule ends the run, and the objective counts as missed`() throws {
    let folder = try TemporaryFolder()
    let rule = "objectives: [{check: failed / requests < 1% over 2s, abort: true}]\n"
    try folder.write(writes(rate: 200, duration: "600s", burst: "empty") + rule, to: "writes.yaml")
    let run = try shell("$plimsoll load writes.yaml --plain --out out", in: folder)
    // 4: this loaded machine could not keep the schedule.
    #expect(run.code == 3 || run.code == 4 && run.output.contains("INVALID"), "\(run)")
    #expect(run.errors.contains("ended early: failed / requests < 1% over 2s is missed"), "\(run)")
    let seconds = try record(folder.path + "/out")["scenario"]?["durationSeconds"]?.double ?? 600
    #expect(seconds < 300, "\(run)")
  }

  /// A million write units cost $0.625 on demand in us-east-1, as published in 2026: the budget
  /// is worth 300 of them, and 50 are asked for in a second.
  @Test func `a budget is not passed`() throws {
    let folder = try TemporaryFolder()
    try folder.write(writes(rate: 50, duration: "600s"), to: "writes.yaml")
    let run = try shell(
      "$plimsoll load writes.yaml --plain -q --out out --max-spend 0.0001875", in: folder)
    #expect(run.code == 4, "\(run)")
    #expect(run.output.contains("INTERRUPTED"), "\(run)")
    #expect(run.output.contains("passed the budget of $0.000188"), "\(run)")
    let measured = try #require(try record(folder.path + "/out")["measurement"])
    let units = try #require(measured["capacity"]?[0]?["reportedWrite"]?.double)
    #expect(units >= 100 && units <= 300, "\(units)")
    let spent = try #require(measured["spentDollars"]?.double)
    #expect(abs(spent - units * 0.625e-6) < 1e-6, "\(spent) for \(units)")
  }

  /// A debug build on one core with its engine cannot send so much; it must not call that the
  /// engine's latency.
  @Test func `a client without a core of its own says so`() throws {
    let folder = try TemporaryFolder()
    try folder.write(writes(rate: 20_000, duration: "3s"), to: "writes.yaml")
    let run = try shell(
      "taskset -c 0 $plimsoll load writes.yaml --plain -q --out out", in: folder)
    #expect(run.code == 4, "\(run)")
    #expect(run.output.contains("INVALID"), "\(run)")
    let measured = try #require(try record(folder.path + "/out")["measurement"])
    #expect(measured["valid"]?.boolean == false)
    #expect(measured["due"]?.integer == 60_000)
    let sent = try #require(measured["dispatched"]?.integer)
    let shed = try #require(measured["shed"]?.integer)
    #expect(sent + shed == 60_000)
  }

  @Test func `the engine ends with a client that is killed`() throws {
    let folder = try TemporaryFolder()
    try folder.write(writes(rate: 50, duration: "600s"), to: "writes.yaml")
    let run = try shell(
      """
      $plimsoll load writes.yaml --plain --out out 2> errors & p=$!
      for i in $(seq 300); do
        [ -s out.$p.intervals ] && break; sleep 0.1
      done
      engine=$(grep -ls "^PPid:[[:space:]]*$p\\$" /proc/[0-9]*/status | cut -d/ -f3)
      echo "engine $engine"; kill -9 $p; wait $p
      for i in $(seq 300); do
        grep -qs '^State:[[:space:]]*[^Z]' /proc/$engine/status || { echo ended; break; }
        sleep 0.1
      done
      """, in: folder)
    #expect(run.output.wholeMatch(of: /engine \d+\nended\n/) != nil, "\(run)")
  }

  @Test func `the seconds of a run add up to its responses`() throws {
    let folder = try TemporaryFolder()
    try folder.write(writes(rate: 50, duration: "3s"), to: "writes.yaml")
    let run = try shell(
      """
      $plimsoll load writes.yaml --plain -q --out out > said
      wc -l < out/intervals.ndjson
      grep -c '"histogram": *"HISTFAAAA' out/intervals.ndjson
      total() { $plimsoll hlog "$@" | grep -o 'Total count *= *[0-9]*' | grep -o '[0-9]*$'; }
      total out/latency.hlog
      total out/operations.hlog --tag write
      """, in: folder)
    let numbers = run.output.split(separator: "\n").compactMap { Int($0) }
    #expect(numbers.count == 4, "\(run)")
    #expect(numbers[0] >= 3 && numbers[1] == numbers[0], "\(run)")
    #expect(numbers[2] == 150 && numbers[3] == 150, "\(run)")
  }

  @Test func `what is recorded is replayed`() throws {
    let folder = try TemporaryFolder()
    try folder.write(writes(rate: 50, duration: "2s"), to: "writes.yaml")
    let recorded = try shell("$plimsoll record writes.yaml --seed 9 -o t.csv", in: folder)
    #expect(recorded.code == 0)
    #expect(recorded.output == "100 requests: t.csv\n")
    let lines = try String(contentsOfFile: folder.path + "/t.csv", encoding: .utf8)
      .split(separator: "\n")
    #expect(lines.count == 102)
    #expect(lines[0] == "# plimsoll request trace 1, scenario writes, seed 9")
    let run = try shell(
      "$plimsoll load writes.yaml --replay t.csv --plain --out out", in: folder)
    #expect(run.code == 0 || run.code == 4, "\(run)")
    let tree = try record(folder.path + "/out")
    #expect(tree["measurement"]?["due"]?.integer == 100)
    #expect(tree["scenario"]?["seed"]?.integer == 9)
  }

  @Test func `what is provisioned for the loading is taken back, also when it goes on`() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      writes(rate: 50, duration: "2s").replacing("item-count: 200", with: "item-count: 5000"),
      to: "writes.yaml")
    let run = try shell(
      """
      describe() {
        curl -s $url -d '{"TableName":"items"}' -H 'Content-Type: application/x-amz-json-1.0' \\
          -H 'X-Amz-Target: DynamoDB_20120810.DescribeTable' \\
          -H 'Authorization: AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/dynamodb/'\\
      'aws4_request, SignedHeaders=host, Signature=0'
      }
      $plimsoll serve --memory --port 0 --initial-burst 0% > serve.txt & s=$!
      for i in $(seq 300); do grep -q http serve.txt && break; sleep 0.1; done
      url=$(grep -o 'http://.*' serve.txt)
      $plimsoll fill writes.yaml --endpoint $url --connections 1 -q > /dev/null & f=$!
      sleep 1; kill -INT $f; wait $f
      $plimsoll fill writes.yaml --endpoint $url --capacity-during-fill 20000 --verify -q
      describe | grep -o '"WriteCapacityUnits":[0-9]*' | head -1
      $plimsoll fill writes.yaml --endpoint $url --capacity-during-fill 20000 --verify -q
      kill -TERM $s; wait $s
      """, in: folder)
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 3, "\(run)")
    #expect(lines.first?.contains("5,000 of 5,000 read back are right") == true, "\(run)")
    #expect(lines.dropFirst().first == "\"WriteCapacityUnits\":100", "\(run)")
    #expect(lines.last?.hasPrefix("items: was there, 0 items written") == true, "\(run)")
  }

  @Test func `fill loads, resumes and checks`() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      writes(rate: 50, duration: "2s").replacing("item-count: 200", with: "item-count: 5000"),
      to: "writes.yaml")
    let run = try shell(
      """
      $plimsoll serve --memory --port 0 --enforce off > serve.txt & s=$!
      for i in $(seq 300); do grep -q http serve.txt && break; sleep 0.1; done
      url=$(grep -o 'http://.*' serve.txt)
      $plimsoll fill writes.yaml --endpoint $url --connections 1 -q > /dev/null & f=$!
      sleep 0.3; kill -9 $f; wait $f
      $plimsoll fill writes.yaml --endpoint $url --verify -q
      $plimsoll fill writes.yaml --endpoint $url --verify -q
      kill -TERM $s; wait $s
      """, in: folder)
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 2, "\(run)")
    #expect(lines.allSatisfy { $0.contains("5,000 of 5,000 read back are right") }, "\(run)")
    #expect(lines.last?.hasPrefix("items: was there, 0 items written") == true, "\(run)")
  }
}
