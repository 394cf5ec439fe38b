// compare, search, hlog and the built-in scenarios, as a user runs them.
import TestSupport
import Testing

/// Exit codes and messages are what pipelines and people see.
@Suite struct MeasuringTests {
  @Test func comparesARunWithItselfAndWithAWorseOne() throws {
    let folder = try folderWithScenario()
    try folder.write(
      tinyScenario().replacing("write-capacity: 20", with: "write-capacity: 4")
        .replacing("run:", with: "model: {initial-burst: 0%}\nrun:"),
      to: "small.yaml")
    for (name, out) in [("tiny", "a"), ("small", "b")] {
      _ = try plimsoll("plan", "-q", "\(name).yaml", "--out", out, in: folder)
    }
    let same = try plimsoll("compare", "a", "a/run.json", in: folder)
    #expect(same.code == 0 && same.output.contains("No difference found"))
    let worse = try plimsoll("compare", "a", "b", in: folder)
    #expect(worse.code == 3 && worse.output.contains("throttled"), "\(worse.output)")
    let json = try object(plimsoll("compare", "a", "b", "--format", "json", in: folder).output)
    #expect(json["schema"] as? String == "plimsoll/comparison/1")
    #expect(json["paired"] as? Bool == true)
    // 16 write units less for 730 h at $0.00065.
    let costs = [json["monthlyCostA"] as? Double, json["monthlyCostB"] as? Double]
    #expect(abs((costs[0] ?? 0) - (costs[1] ?? 0) - 16 * 730 * 0.00065) < 0.01, "\(costs)")
    #expect(worse.output.contains("A month costs $"), "\(worse.output)")
    let markdown = try plimsoll("compare", "b", "a", "--format", "markdown", in: folder)
    #expect(markdown.code == 0 && markdown.output.contains("better |"), "\(markdown.output)")
  }

  @Test func refusesWhatIsNoRun() throws {
    let folder = try folderWithScenario()
    try folder.write("{}", to: "other.json")
    let missing = try plimsoll("compare", "nowhere", "other.json", in: folder)
    #expect(missing.code == 2 && missing.errors.contains("nowhere/run.json"))
    let other = try plimsoll("compare", "other.json", "other.json", in: folder)
    #expect(other.code == 2 && other.errors.contains("plimsoll/run/1"))
  }

  @Test func searchNamesTheLimit() throws {
    let folder = try folderWithScenario(tinyScenario(objective: "throttled / requests < 1%"))
    let found = try plimsoll(
      "search", "tiny.yaml", "--simulate", "-q", "--mode", "sustained", "--resolution", "20%",
      "--from", "20", in: folder)
    #expect([0, 4].contains(found.code), "\(found.errors)")
    #expect(found.output.contains("sustained, empty buckets"))
    #expect(found.output.contains("items"), "\(found.output)")
    let bad = try plimsoll("search", "tiny.yaml", "--simulate", "--slo", "p(99) < 5", in: folder)
    #expect(bad.code == 2 && bad.errors.contains("--slo") && bad.errors.contains("10ms"))
    let nowhere = try plimsoll("search", "tiny.yaml", "--endpoint", "nowhere", in: folder)
    #expect(nowhere.code == 2 && nowhere.errors.contains("is no endpoint"))
  }

  @Test func builtInScenariosAreFilesToo() throws {
    let folder = try TemporaryFolder()
    #expect(try plimsoll("lint", "ycsb-a", in: folder).code == 0)
    let written = try plimsoll("init", "--from", "ycsb-e", in: folder)
    #expect(written.code == 0 && names(folder.path) == ["ycsb-e.yaml"])
    #expect(try plimsoll("lint", "ycsb-e.yaml", in: folder).code == 0)
    let unknown = try plimsoll("lint", "ycsb-z", in: folder)
    #expect(unknown.code == 2 && unknown.errors.contains("ycsb-f"))
  }

  @Test func histogramLogsNeedAKnownTag() throws {
    let folder = try TemporaryFolder()
    try folder.write("#[Histogram log format version 1.3]\n", to: "empty.hlog")
    #expect(try plimsoll("hlog", "empty.hlog", in: folder).output.contains("Total count"))
    let unknown = try plimsoll("hlog", "empty.hlog", "--tag", "read", in: folder)
    #expect(unknown.code == 2 && unknown.errors.contains("no tags"))
  }
}
