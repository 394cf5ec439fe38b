// Why: the other commands feed editors, scripts and people in a hurry; each one's output is read
// back here as its reader would.
import Foundation
import TestSupport
import Testing

@Suite struct OtherCommandsTests {
  @Test func `simulate prints run json and nothing else`() throws {
    let folder = try folderWithScenario(tinyScenario(objective: "p(50) < 1ms"))
    let done = try plimsoll("simulate", "tiny.yaml", in: folder)
    // Judging is plan's job.
    #expect(done.code == 0)
    #expect(done.errors == "")
    let json = try object(done.output)
    #expect(json["schema"] as? String == "plimsoll/run/1")
    #expect(json["verdict"] as? String == "fail")
    #expect(names(folder.path) == ["tiny.yaml"])
    #expect(try plimsoll("simulate", "--threads=2", "tiny.yaml", in: folder).output == done.output)
  }

  @Test func `cost lists usage types and the total`() throws {
    let folder = try folderWithScenario()
    let done = try plimsoll("cost", "tiny.yaml", in: folder)
    #expect(done.code == 0)
    // 50 RCU and 20 WCU for 730 h: 4.745 + 9.49.
    for text in ["ReadCapacityUnit-Hrs", "WriteCapacityUnit-Hrs", "$4.7", "$9.49", "$14.2"] {
      #expect(done.output.contains(text), "\(text): \(done.output)")
    }
    #expect(names(folder.path) == ["tiny.yaml"])
  }

  @Test func `explain shows the rounding`() throws {
    let folder = try folderWithScenario()
    let done = try plimsoll("explain", "tiny.yaml", in: folder)
    #expect(done.code == 0)
    for text in ["1 KB → 1 × 4 KB × 0.5", "0.5 RCU", "1 KB → 1 × 1 KB", "3,000", "1,000", "$14.2"] {
      #expect(done.output.contains(text), "\(text): \(done.output)")
    }
  }

  @Test func `schema is JSON with the top-level keys`() throws {
    let json = try object(try plimsoll("schema").output)
    let definitions = try #require(json["$defs"] as? [String: Any])
    let scenario = try #require(definitions["scenario"] as? [String: Any])
    let properties = try #require(scenario["properties"] as? [String: Any])
    for key in ["version", "tables", "traffic", "run", "cost", "objectives"] {
      #expect(properties[key] != nil, "\(key)")
    }
  }

  @Test func `what init writes can be planned`() throws {
    let folder = try TemporaryFolder()
    let first = try plimsoll("init", "mine.yaml", in: folder)
    #expect(first.code == 0)
    #expect(first.output == "wrote mine.yaml; next: plimsoll plan mine.yaml\n")
    #expect(try plimsoll("lint", "mine.yaml", in: folder).output == "mine.yaml: ok\n")
    let text = try #require(folder.read("mine.yaml"))
    let short = text.replacing("duration: 30m", with: "duration: 5s")
      .replacing("warm-up: 1m", with: "warm-up: 1s")
    #expect(short != text)
    try folder.write(short, to: "mine.yaml")
    let plan = try plimsoll("plan", "mine.yaml", in: folder)
    #expect([0, 3, 4].contains(plan.code), "\(plan)")
    #expect(names(folder.path + "/reports") == ["mine"])
  }

  @Test func `init overwrites nothing`() throws {
    let folder = try TemporaryFolder()
    #expect(try plimsoll("init", in: folder).code == 0)
    let again = try plimsoll("init", in: folder)
    #expect(again.code == 2)
    #expect(again.errors.contains("scenario.yaml exists already"))
    #expect(try plimsoll("init", "no/folder/x.yaml", in: folder).code == 1)
    #expect(names(folder.path) == ["scenario.yaml"])
  }

  @Test func `a scenario without traffic can be priced`() throws {
    let text = tinyScenario()
    let start = try #require(text.range(of: "traffic:")?.lowerBound)
    let folder = try folderWithScenario(String(text[..<start]) + "run: {duration: 1m}\n")
    let done = try plimsoll("cost", "tiny.yaml", in: folder)
    #expect(done.code == 0, "\(done)")
    #expect(done.output.contains("$14.2"))
  }

  // MARK: The scenarios of the repository

  private func scenarios(in folder: String) -> [String] {
    let root = repositoryRoot()
    return (names(root + "/" + folder) ?? []).filter { $0.hasSuffix(".yaml") }
      .map { folder + "/" + $0 }
  }

  @Test func `lint accepts every shipped scenario`() throws {
    let files = scenarios(in: "scenarios")
    #expect(!files.isEmpty)
    let done = try run(programPath, ["lint"] + files, in: repositoryRoot())
    #expect(done.code == 0)
    // Scenarios that show a mistake are warned about; none may have an error.
    #expect(!done.errors.contains(": error: "))
    #expect(done.output == files.map { "\($0): ok\n" }.joined())
  }

  @Test func `lint names the place of every fault of the invalid ones`() throws {
    let files = scenarios(in: "scenarios/invalid")
    let done = try run(programPath, ["lint"] + files, in: repositoryRoot())
    #expect(done.code == 2)
    #expect(done.output == "")
    for file in files {
      #expect(done.errors.contains("\(file):"), "\(file)")
      let one = try run(programPath, ["lint", file], in: repositoryRoot())
      #expect(one.code == 2)
      #expect(done.errors.contains(one.errors))
    }
  }
}
