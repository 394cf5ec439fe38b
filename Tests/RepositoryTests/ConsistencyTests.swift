// Why: the same fact stands in several files (modules, packages, paths); a reader must be able to
// trust each of them.
import Foundation
import TestSupport
import Testing

@Suite struct ConsistencyTests {
  private let root = repositoryRoot()

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: root + "/" + name, encoding: .utf8)
  }

  /// The first group of every match of `pattern` in a file.
  private func matches(_ pattern: String, in name: String) throws -> [String] {
    let content = try text(name)
    let expression = try NSRegularExpression(pattern: pattern)
    let all = expression.matches(in: content, range: NSRange(content.startIndex..., in: content))
    return all.compactMap { Range($0.range(at: 1), in: content).map { String(content[$0]) } }
  }

  private func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root + "/" + path)
  }

  @Test func packagesNameEverySystemLibrary() throws {
    let listed = try matches("(?m)^([a-z0-9.+-]+) +(?:run|test) +\\S", in: "scripts/packages.txt")
    let needed = try matches("package: \"([^\"]+)\"", in: "Package.swift")
    #expect(needed.count >= 2)
    for package in needed { #expect(listed.contains(package), "\(package) is not listed") }
    let lines = try text("scripts/packages.txt").split(separator: "\n").filter { $0.first != "#" }
    #expect(lines.count == listed.count, "a line is not: package, run or test, why")
  }

  @Test func theMapDescribesEveryModule() throws {
    let described = try matches("(?m)^\\| ([A-Za-z]+) \\| [a-z]", in: "Sources/ARCHITECTURE.md")
    let modules = try matches("module\\(\\s*\"([A-Za-z]+)\"", in: "Package.swift") + ["plimsoll"]
    #expect(modules.count > 10)
    #expect(Set(modules).isSubset(of: Set(described)))
  }

  @Test func pathsInTheMapExist() throws {
    let map = "Sources/ARCHITECTURE.md"
    let paths = try matches("`([A-Za-z]+/[A-Za-z/]*(?:\\.\\w+)?)`", in: map)
    #expect(paths.count > 10)
    for path in paths { #expect(exists("Sources/" + path) || exists(path), "\(path)") }
  }

  @Test func decisionsAreNumberedWithoutGaps() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: root + "/Sources/Decisions")
    for (index, name) in names.sorted().enumerated() {
      #expect(Int(name.prefix(4)) == index + 1, "\(name)")
      #expect(try text("Sources/Decisions/" + name).hasPrefix("# \(index + 1). "), "\(name)")
    }
  }

  @Test func continuousIntegrationRunsTheTestScript() throws {
    let lines = try text(".ci/run").split(separator: "\n").filter { $0.first != "#" }
    #expect(lines.count == 2)
    #expect(lines.last?.hasPrefix("exec ") == true)
    #expect(lines.last?.contains("/../scripts/test\"") == true)
  }

  @Test func scriptsAreExecutableAndExplainThemselves() throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: root + "/scripts") + [
      "../plimsoll"
    ]
    where !name.contains(".txt") && !name.contains(".csv") && !name.hasSuffix(".sh") {
      guard name == "../plimsoll" || !name.contains(".") else { continue }
      #expect(FileManager.default.isExecutableFile(atPath: root + "/scripts/" + name), "\(name)")
      let lines = try text("scripts/" + name).split(separator: "\n")
      #expect(lines.first?.hasPrefix("#!/usr/bin/env ") == true, "\(name)")
      let second = lines.dropFirst().first ?? ""
      #expect(second.hasPrefix("# ") || second.hasPrefix("\"\"\""), "\(name)")
    }
  }
}
