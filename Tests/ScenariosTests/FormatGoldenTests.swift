// What is printed from the table of keys: the reference in the README is fresh, the schema is valid
// JSON whose references resolve, the template loads. UPDATE_GOLDEN=1 writes the reference anew.
// The examples of the README are loaded as well, so that nobody copies a broken one.

import Foundation
import Testing
import YAML

@testable import Scenarios

@Suite("The described format")
struct FormatGoldenTests {
  @Test func theReferenceIsFresh() throws {
    let url = projectRoot.appendingPathComponent("scenarios/README.md")
    let text = try String(contentsOf: url, encoding: .utf8)
    let opening = try #require(text.range(of: KeyReference.opening))
    let closing = try #require(text.range(of: KeyReference.closing))
    let fresh =
      text[..<opening.upperBound] + "\n\n" + KeyReference.markdown + text[closing.lowerBound...]
    if updatesGolden { try String(fresh).write(to: url, atomically: true, encoding: .utf8) }
    #expect(try String(contentsOf: url, encoding: .utf8) == fresh)
  }

  @Test func examplesInTheReadmeAreRight() throws {
    let url = projectRoot.appendingPathComponent("scenarios/README.md")
    let text = try String(contentsOf: url, encoding: .utf8)
    let blocks = text.components(separatedBy: "```yaml\n").dropFirst().compactMap {
      $0.components(separatedBy: "```").first
    }
    #expect(blocks.count == 4)
    _ = try loaded(try #require(blocks.first))
    let tables = "version: 1\n" + blocks[1]
    let shop = """
        - name: stock
          partition-key: sku S
          billing-mode: PAY_PER_REQUEST
          item-count: 10k
          item-size: 300B
        - name: customers
          partition-key: customerId S
          billing-mode: PAY_PER_REQUEST
          item-count: 10k
          item-size: 300B

      """
    func indented(_ block: String) -> String {
      block.split(separator: "\n").map { "    \($0)\n" }.joined()
    }
    let traffic = "traffic:\n  - name: shop\n" + indented(blocks[2]) + indented(blocks[3])
    let (scenario, _) = try loaded(
      tables + shop + traffic + "run: {duration: 8d}\n",
      files: ["requests.csv": "timestamp,value\n0,100\n300,200\n"])
    #expect(scenario.tables.map(\.name) == ["orders", "carts", "stock", "customers"])
    #expect(scenario.traffic[0].operations.count == 6)
  }

  @Test func theSchemaIsValidJSON() throws {
    let json = ScenarioSchema.json
    let parsed = try JSONSerialization.jsonObject(with: Data(json.utf8))
    let schema = try #require(parsed as? [String: Any])
    let definitions = try #require(schema["$defs"] as? [String: Any])
    #expect(definitions.count == ScenarioFormat.objects.count)
    var references: [String] = []
    func collect(_ value: Any) {
      if let map = value as? [String: Any] {
        if let reference = map["$ref"] as? String { references.append(reference) }
        map.values.forEach(collect)
      }
      (value as? [Any])?.forEach(collect)
    }
    collect(schema)
    #expect(references.count > 20)
    for reference in references {
      let name = reference.replacingOccurrences(of: "#/$defs/", with: "")
      #expect(definitions[name] != nil, "\(reference) is not defined")
    }
    #expect(json == ScenarioSchema.json)
  }

  @Test(arguments: ["orders", "it's: a \"name\" # 1"])
  func theTemplateLoadsWithoutAnyDiagnostic(_ name: String) throws {
    let text = ScenarioTemplate.text(name: name)
    let (scenario, warnings) = try loaded(text, path: "new.yaml")
    #expect(warnings.isEmpty, "\(Diagnostic.rendered(warnings, source: text))")
    #expect(scenario.title == name)
  }

  @Test func theDescriptionIsConsistent() {
    var names: Set<String> = []
    for object in ScenarioFormat.objects {
      #expect(names.insert(object.name).inserted, "\(object.name) twice")
      let keys = object.keys.map(\.name)
      #expect(Set(keys).count == keys.count, "\(object.name) lists a key twice")
      #expect(object.oneOf.allSatisfy(keys.contains), "\(object.name)")
      for key in object.keys {
        #expect(key.appliesTo.allSatisfy(object.oneOf.contains), "\(object.name).\(key.name)")
        #expect(!key.meaning.isEmpty && !key.meaning.hasSuffix("."), "\(object.name).\(key.name)")
      }
    }
  }
}
