// validate: the simulator's word against the engine's deed, on an accelerated clock.
import TestSupport
import Testing

/// A simulator whose burst ends at another time than the engine's plans tables that throttle.
@Suite struct ValidateCommandTests {
  /// A table of 10 write units driven at 20 writes/s: its 3,000 saved units end after 300 s.
  private static let burst = """
    version: 1
    name: burst
    tables:
      - name: orders
        partition-key: id S
        billing-mode: PROVISIONED
        read-capacity: 10
        write-capacity: 10
        item-count: 200
        item-size: 900B
    traffic:
      - name: shop
        arrivals: constant
        rate: 20/s
        operations:
          - {put: orders, name: write}
        client: {retries: none, timeout: 10s}
    run: {duration: 6m}

    """

  /// Number behind `quantity` in the row of `subject`: predicted and measured.
  private func row(_ text: String, _ subject: String, _ quantity: String) throws -> (Double, Double)
  {
    let line = try #require(
      text.split(separator: "\n").first {
        $0.contains("| `\(subject)` | \(quantity) |")
      }, "\(quantity) in \(text)")
    let cells = line.split(separator: "|").map { cell in
      cell.split(separator: " ").first.map(String.init) ?? ""
    }
    func number(_ text: String) -> Double? { Double(text.filter { $0 != "," }) }
    return (try #require(number(cells[2])), try #require(number(cells[3])))
  }

  @Test func theBurstEndsWhenTheSimulatorSays() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.burst, to: "burst.yaml")
    let done = try plimsoll(
      "validate", "burst.yaml", "--clock", "x30", "--calibration", "2", "-n", "1", "-q", "--out",
      "out", "--max-in-flight", "700", "--connections", "300", in: folder)
    // 3: a latency of this loaded machine may lie outside; 4: it could not keep the schedule.
    #expect([0, 3, 4].contains(done.code), "\(done.errors)")
    let report = try run("cat", [folder.path + "/out/report.md"]).output
    // Written from what drove the run, so that an option that is ignored is missing.
    #expect(report.contains("--clock x30 --max-in-flight 700 --connections 300"))
    let end = try row(report, "orders", "write burst exhausted")
    #expect(abs(end.0 - 300) < 1, "the simulator's own answer is 300 s")
    if done.code != 4 { #expect(abs(end.1 - end.0) <= 2, "predicted \(end.0), was \(end.1)") }
    let units = try row(report, "orders", "write units")
    // 3,000 saved and 10 in each of 360 seconds.
    #expect(abs(units.0 - 6_600) <= 1)
    if done.code != 4 { #expect(abs(units.1 - units.0) <= 12) }
    #expect(try object(run("cat", [folder.path + "/out/run.json"]).output)["schema"] != nil)
    #expect(
      try run("cat", [folder.path + "/out/calibration.yaml"]).output.contains("latency:"))
  }

  @Test func refusesWhatCannotBeMeasured() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.burst, to: "burst.yaml")
    let both = try plimsoll(
      "validate", "burst.yaml", "--clock", "x2", "--endpoint", "http://127.0.0.1:1", in: folder)
    #expect(both.code == 2 && both.errors.contains("--clock"))
    let nobody = try plimsoll(
      "validate", "burst.yaml", "--endpoint", "http://127.0.0.1:1", "-q", in: folder)
    #expect(nobody.code == 1 && nobody.errors.contains("127.0.0.1:1"))
  }
}
