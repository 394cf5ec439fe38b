// The page of operations, docs/operations.md, is what the catalogue says. UPDATE_GOLDEN=1 writes it
// anew.
//
// Why: readers of the page ask whether their calls are answered; a page kept by hand would lie
// before long. Tests/conformance/test_operations.py holds the page against the published model.

import Foundation
import Testing

@testable import ServiceAPI

@Suite struct OperationPageGoldenTests {
  private static let names = (ServiceCatalog.operations + ServiceCatalog.streamOperations).sorted()

  @Test func everyOperationIsInOneListWithItsReason() {
    for name in Self.names {
      if case .unknown(let reason) = ServiceCatalog.standing(of: name) {
        #expect(!reason.isEmpty, "\(name) is not built, and nothing says why")
      }
    }
    for name in ServiceCatalog.reasons.keys {
      #expect(ServiceCatalog.shape(of: name) == nil, "\(name) is built, and yet has a reason")
    }
    for name in ServiceCatalog.withoutEffect.keys {
      #expect(ServiceCatalog.shape(of: name) != nil, "\(name) is not accepted")
    }
    let listed = Array(ServiceCatalog.reasons.keys) + ServiceCatalog.withoutEffect.keys
    #expect(Set(listed).isSubset(of: Self.names))
    #expect(listed.count == Set(listed).count)
  }

  /// Names under their reason, in the order of the first of each.
  private static func table(
    _ heading: String, _ reason: (OperationStanding) -> String?
  ) -> (count: Int, text: String) {
    var groups: [(reason: String, names: [String])] = []
    for name in names {
      guard let reason = reason(ServiceCatalog.standing(of: name)) else { continue }
      if let place = groups.firstIndex(where: { $0.reason == reason }) {
        groups[place].names.append(name)
      } else {
        groups.append((reason, [name]))
      }
    }
    var text = "| Operations | \(heading) |\n|---|---|\n"
    for group in groups {
      let list = group.names.map { "`\($0)`" }.joined(separator: ", ")
      text += "| \(list) | \(group.reason) |\n"
    }
    return (groups.reduce(0) { $0 + $1.names.count }, text)
  }

  private static var page: String {
    let built = names.filter { ServiceCatalog.standing(of: $0) == .built }
    let recorded = table("What does not follow") { standing in
      if case .recorded(let reason) = standing { reason } else { nil }
    }
    let unknown = table("Why") { standing in
      if case .unknown(let reason) = standing { reason } else { nil }
    }
    return """
      # Operations

      What `plimsoll serve` does with each of the \(names.count) operations of the two APIs. A test
      writes this page from the list by which the server takes requests; another, with boto3, holds
      it against the service's published model and the server's answers.

      ## Built: \(built.count)

      They do what the service does; where they differ, the page of their subject says so.

      \(built.map { "`\($0)`" }.joined(separator: ", "))

      ## Accepted and recorded: \(recorded.count)

      They are checked, kept and described, and have no further effect.

      \(recorded.text)
      ## Answered with UnknownOperationException: \(unknown.count)

      \(unknown.text)
      """
  }

  @Test func thePageIsFresh() throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("docs/operations.md")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try Self.page.write(to: url, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: url, encoding: .utf8) == Self.page)
  }
}
