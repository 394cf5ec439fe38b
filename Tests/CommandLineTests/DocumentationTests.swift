// Why: pages that say what the program no longer does are worse than none. What can be compared is:
// exit codes, commands and options, links, one title to a page.
import Foundation
import TestSupport
import Testing

@Suite struct DocumentationTests {
  private let root = repositoryRoot()

  private func pages() throws -> [(name: String, text: String)] {
    let files = try #require(names(root + "/docs")).filter { $0.hasSuffix(".md") }
    #expect(files.count >= 6)
    return try files.map { name in
      (name, try String(contentsOfFile: root + "/docs/" + name, encoding: .utf8))
    }
  }

  private func groups(_ pattern: String, in text: String) throws -> [String] {
    let expression = try NSRegularExpression(pattern: pattern)
    let matches = expression.matches(in: text, range: NSRange(text.startIndex..., in: text))
    return matches.compactMap { Range($0.range(at: 1), in: text).map { String(text[$0]) } }
  }

  @Test func `the exit codes are the program's`() throws {
    let source = try String(
      contentsOfFile: root + "/Sources/plimsoll/ExitCode.swift", encoding: .utf8)
    let page = try #require(try pages().first { $0.name == "exit-codes.md" })
    let codes = try groups("case \\w+ = (\\d+)", in: source)
    #expect(codes.count == 7)
    #expect(try groups("(?m)^\\| (\\d+) \\|", in: page.text) == codes)
  }

  @Test func `every page has one title and links that lead somewhere`() throws {
    for (name, text) in try pages() {
      #expect(try groups("(?m)^(# .+)$", in: text).count == 1, "\(name)")
      for link in try groups("\\]\\(([^)#]+)[^)]*\\)", in: text) where !link.hasPrefix("http") {
        #expect(FileManager.default.fileExists(atPath: root + "/docs/" + link), "\(name): \(link)")
      }
    }
  }

  @Test func `commands and options exist`() throws {
    let help = try plimsoll("--help").output
    var options = ""
    let commands = try groups("(?m)^  ([a-z]+) ", in: help)
    #expect(commands.count > 5)
    for command in commands { options += try plimsoll("help", command).output }
    for (name, text) in try pages() {
      for command in try groups("`plimsoll ([a-z]+)", in: text) {
        #expect(help.contains("\n  \(command) "), "\(name): \(command)")
      }
      for option in try groups("`(--[a-z-]+)", in: text) {
        #expect(options.contains(option), "\(name): \(option)")
      }
    }
  }
}
