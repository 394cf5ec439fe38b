// Why: `plan` is the main job. Its exit code, the files it leaves and what it refuses to touch are
// checked on the built program, with scenarios of seconds.
import Foundation
import TestSupport
import Testing

@Suite struct PlanCommandTests {
  private let reportFiles = ["charts", "csv", "report.html", "report.md", "run.json"]

  @Test(arguments: [
    ("failed / requests < 1%", Int32(0), "It holds"),
    ("p(50) < 1ms", 3, "not hold"),
    ("p(50){never} < 1s", 4, "ndecided"),
  ])
  func `the verdict is the exit code`(objective: String, code: Int32, word: String) throws {
    let folder = try folderWithScenario(tinyScenario(objective: objective))
    let done = try plimsoll("plan", "tiny.yaml", in: folder)
    #expect(done.code == code, "\(done)")
    #expect(done.output.contains(word), "\(done.output)")
    #expect(done.output.hasSuffix("report: reports/tiny/report.html\n"))
    #expect(done.errors == "")
    #expect(names(folder.path + "/reports/tiny") == reportFiles)
    #expect(names(folder.path + "/reports") == ["tiny"])
  }

  @Test func `the screen can do without the report`() throws {
    let folder = try folderWithScenario()
    let done = try plimsoll("plan", "--no-report", "tiny.yaml", in: folder)
    #expect(done.code == 0)
    #expect(!done.output.contains("report:"))
    #expect(names(folder.path) == ["tiny.yaml"])
  }

  @Test func `the report says what it is made of`() throws {
    let folder = try folderWithScenario()
    _ = try plimsoll("plan", "tiny.yaml", in: folder)
    let json = try object(try #require(folder.read("reports/tiny/run.json")))
    #expect(json["verdict"] as? String == "pass")
    let page = try #require(folder.read("reports/tiny/report.md"))
    #expect(page.contains("plimsoll plan tiny.yaml"))
    let html = try #require(folder.read("reports/tiny/report.html"))
    #expect(html.hasPrefix("<!DOCTYPE html>") || html.hasPrefix("<!doctype html>"))
    #expect(!html.contains("src=\"http"))
  }

  @Test func `seed, replications and threads do what they say`() throws {
    let folder = try folderWithScenario()
    func plan(_ out: String, _ options: String...) throws -> [String: String] {
      let done = try run(programPath, ["plan", "tiny.yaml", "-o", out] + options, in: folder.path)
      #expect(done.code == 0)
      var files: [String: String] = [:]
      for name in FileManager.default.enumerator(atPath: folder.path + "/" + out)!.allObjects {
        let path = "\(out)/\(name)"
        if let text = folder.read(path) { files["\(name)"] = text }
      }
      return files
    }
    let one = try plan("a", "--threads", "1")
    #expect(one.count > 10)
    #expect(try plan("b", "--threads", "3") == one, "threads change nothing")
    #expect(try plan("c") == one, "two processes agree")
    #expect(try plan("d", "--seed", "2")["run.json"] != one["run.json"])
    let few = try object(try #require(try plan("e", "-n", "1")["run.json"]))
    let scenario = try #require(few["scenario"] as? [String: Any])
    #expect(scenario["replications"] as? Int == 1)
  }

  // MARK: What is there already

  @Test func `an earlier report is replaced whole`() throws {
    let folder = try folderWithScenario()
    try folder.write("old", to: "out/stale.txt")
    try folder.write("old", to: "out/run.json")
    #expect(try plimsoll("plan", "tiny.yaml", "-o", "out/", in: folder).code == 0)
    #expect(names(folder.path + "/out") == reportFiles)
    #expect(names(folder.path) == ["out", "tiny.yaml"])
  }

  @Test func `an empty folder and folders that are missing will do`() throws {
    let folder = try folderWithScenario()
    _ = try shell("mkdir empty", in: folder)
    #expect(try plimsoll("plan", "tiny.yaml", "--out", "empty", in: folder).code == 0)
    #expect(try plimsoll("plan", "tiny.yaml", "--out=a/b/c", in: folder).code == 0)
    #expect(names(folder.path + "/empty") == reportFiles)
    #expect(names(folder.path + "/a/b/c") == reportFiles)
  }

  @Test(arguments: ["own", "tiny.yaml", "link", "."])
  func `what is no report is never replaced`(_ out: String) throws {
    let folder = try folderWithScenario()
    try folder.write("precious", to: "own/letter.txt")
    try folder.write("precious", to: "elsewhere/run.json")
    _ = try shell("ln -s elsewhere link", in: folder)
    let done = try plimsoll("plan", "tiny.yaml", "-o", out, in: folder)
    #expect(done.code == 2)
    #expect(done.errors.contains("name another"), "\(done.errors)")
    #expect(folder.read("own/letter.txt") == "precious")
    #expect(folder.read("elsewhere/run.json") == "precious")
    #expect(folder.read("tiny.yaml") == tinyScenario())
    #expect(names(folder.path) == ["elsewhere", "link", "own", "tiny.yaml"])
  }

  @Test func `a link inside an old report is removed, not followed`() throws {
    let folder = try folderWithScenario()
    try folder.write("{}", to: "out/run.json")
    try folder.write("precious", to: "elsewhere/letter.txt")
    _ = try shell("ln -s ../elsewhere out/link", in: folder)
    #expect(try plimsoll("plan", "tiny.yaml", "-o", "out", in: folder).code == 0)
    #expect(names(folder.path + "/out") == reportFiles)
    #expect(folder.read("elsewhere/letter.txt") == "precious")
  }

  @Test func `a folder that cannot be made is refused before anything runs`() throws {
    let folder = try folderWithScenario()
    let done = try plimsoll("plan", "tiny.yaml", "-o", "tiny.yaml/sub/report", in: folder)
    #expect(done.code == 2)
    #expect(done.errors.contains("tiny.yaml is not a folder; name another one with --out"))
    #expect(done.output.isEmpty)
    #expect(names(folder.path) == ["tiny.yaml"])
  }

  @Test func `a disk that fills up leaves the old report`() throws {
    let folder = try folderWithScenario()
    try folder.write("old", to: "out/run.json")
    // No file may grow beyond 4 KB; the signal for that is ignored, so that writing fails.
    let command = "trap '' XFSZ; ulimit -f 4; \"$plimsoll\" plan -q tiny.yaml -o out"
    let done = try shell(command, in: folder)
    #expect(done.code == 1, "\(done)")
    #expect(done.errors.contains("cannot write"), "\(done.errors)")
    #expect(folder.read("out/run.json") == "old")
    #expect(names(folder.path) == ["out", "tiny.yaml"], "nothing half done stays")
  }

  @Test func `a reader that leaves early still gets the report`() throws {
    let folder = try folderWithScenario()
    let done = try shell("{ sleep 0.2; \"$plimsoll\" plan -q tiny.yaml; } | true", in: folder)
    #expect(done.errors == "")
    #expect(names(folder.path + "/reports/tiny") == reportFiles)
  }

  // MARK: Interruption

  @Test(arguments: [("INT", Int32(130)), ("TERM", 143)])
  func `a signal keeps and marks what was measured`(signal: String, code: Int32) throws {
    let folder = try folderWithScenario(tinyScenario(rate: "2000/s", duration: "20h"))
    let done = try shell(
      "timeout --preserve-status -s \(signal) 4 \"$plimsoll\" plan --exact -q tiny.yaml", in: folder
    )
    #expect(done.code == code, "\(done)")
    #expect(done.output.lowercased().contains("interrupted"), "\(done.output)")
    let json = try object(try #require(folder.read("reports/tiny/run.json")))
    #expect(json["verdict"] as? String == "undecided")
    let scenario = try #require(json["scenario"] as? [String: Any])
    #expect(scenario["interrupted"] as? Bool == true)
    #expect(names(folder.path) == ["reports", "tiny.yaml"])
  }

  @Test func `long work reports its progress line by line`() throws {
    let folder = try folderWithScenario(tinyScenario(rate: "2000/s", duration: "20h"))
    let done = try shell(
      "timeout --preserve-status -s INT 7 \"$plimsoll\" plan --exact --no-report tiny.yaml",
      in: folder)
    #expect(done.code == 130)
    // Behind the warning that so many requests are too many.
    #expect(done.errors.contains("\nsimulating: "), "\(done.errors)")
    #expect(done.errors.hasSuffix(" throttles\n"))
    #expect(!done.errors.contains("\u{1B}"))
  }
}
