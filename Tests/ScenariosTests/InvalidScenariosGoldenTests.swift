// Every broken file of scenarios/invalid gives exactly the text that stands beside it: these texts
// are what users read, so a change of wording must be seen. UPDATE_GOLDEN=1 writes them anew.
// Positions of a file with many faults are also counted by hand.

import Foundation
import Scenarios
import Testing
import YAML

private let invalidFolder = projectRoot.appendingPathComponent("scenarios/invalid")

private func invalidNames() -> [String] {
  let files = (try? FileManager.default.contentsOfDirectory(atPath: invalidFolder.path)) ?? []
  return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
}

/// Whether golden files are to be written instead of compared.
let updatesGolden = ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"

@Suite("Invalid scenarios")
struct InvalidScenariosGoldenTests {
  @Test func thereAreEnough() {
    #expect(invalidNames().count >= 20)
  }

  @Test("says what is wrong", arguments: invalidNames())
  func diagnostics(_ name: String) throws {
    let path = "scenarios/invalid/\(name).yaml"
    let text = try String(
      contentsOf: projectRoot.appendingPathComponent(path), encoding: .utf8)
    let outcome = ScenarioLoader.load(text: text, path: path) { name in
      let url = projectRoot.appendingPathComponent(name)
      guard let text = try? String(contentsOf: url, encoding: .utf8) else {
        return .unreadable("no such file")
      }
      return .text(text)
    }
    guard case .invalid(let faults) = outcome else {
      Issue.record("\(path) loads")
      return
    }
    #expect(!faults.isEmpty)
    #expect(faults.allSatisfy { $0.file == path && $0.line >= 1 && $0.column >= 1 })
    let rendered = Diagnostic.rendered(faults, source: text)
    let golden = invalidFolder.appendingPathComponent("\(name).expected")
    if updatesGolden { try rendered.write(to: golden, atomically: true, encoding: .utf8) }
    #expect(rendered == (try? String(contentsOf: golden, encoding: .utf8)))
  }

  @Test func allFaultsOfAFileAreReported() {
    let text = """
      version: 1
      sede: 3
      tables:
        - name: or
          partition-key: customerId Q
          billing-mode: PROVISIONED
          read-capacity: lots
          item-count: 1M
          item-size: 1200
      traffic:
        - name: shop
          rate: 500
          operations:
            - get: missing
      objectives:
        - p(99) < 10
      """
    guard case .invalid(let faults) = ScenarioLoader.load(text: text, path: "x") else {
      Issue.record("it loads")
      return
    }
    #expect(
      faults.map { "\($0.line):\($0.column)" } == [
        "2:1", "4:5", "4:11", "5:20", "7:20", "9:16", "12:11", "14:14", "16:13",
      ])
  }
}
