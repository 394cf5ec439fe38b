// Every file of a small report as literal text.
//
// A change of wording, layout or order shows as a difference that a person reads before accepting
// it. UPDATE_GOLDEN=1 rewrites the files.

import Foundation
import Testing

@testable import Reports

@Suite struct ReportGoldenTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Golden")

  /// Compares `text` with Golden/`name`, or writes it when UPDATE_GOLDEN is set.
  static func check(_ text: String, _ name: String) throws {
    let url = folder.appendingPathComponent(name)
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: url, atomically: true, encoding: .utf8)
      return
    }
    let expected = (try? String(contentsOf: url, encoding: .utf8)) ?? "no such golden file"
    guard text != expected else { return }
    let pairs = zip(text.split(separator: "\n"), expected.split(separator: "\n"))
    let first = pairs.first { $0 != $1 }
    Issue.record(
      """
      \(name) differs (UPDATE_GOLDEN=1 rewrites); first difference:
      now  \(first.map { String($0.0) } ?? "\(text.count) characters")
      then \(first.map { String($0.1) } ?? "\(expected.count) characters")
      """)
  }

  @Test func filesOfASmallReport() throws {
    let files = ReportCatalog.files(PlanFixture.orders(minutes: 12))
    for file in files { try Self.check(file.contents, "orders/" + file.path) }
    let folder = Self.folder.appendingPathComponent("orders")
    let kept = FileManager.default.enumerator(atPath: folder.path)?
      .compactMap { $0 as? String }.filter { $0.contains(".") }
    #expect(kept.map { Set($0) } == Set(files.map(\.path)), "files without a page or the reverse")
  }

  @Test(arguments: [60, 80, 120])
  func screen(width: Int) throws {
    let input = PlanFixture.orders(minutes: 12)
    try Self.check(
      ReportCatalog.screen(input, width: width, colour: false), "screen-\(width).txt")
  }

  @Test func emptyReport() throws {
    let files = ReportCatalog.files(PlanFixture.empty)
    for file in files where file.path == "report.md" {
      try Self.check(file.contents, "empty.md")
    }
    try Self.check(
      ReportCatalog.screen(PlanFixture.empty, width: 80, colour: false), "empty-screen.txt")
  }
}
