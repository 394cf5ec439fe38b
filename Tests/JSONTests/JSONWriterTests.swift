// The writer's text is read back by an independent parser (Foundation's), because a file that only
// our own reader understands would still look right in every other test.
// Layouts are compared with literal text.

import Foundation
import JSON
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
  struct NumberCase: CustomTestStringConvertible {
    let value: Double
    let text: String
    var testDescription: String { text }
  }

  @Test(
    "numbers are shortest and exact",
    arguments: [
      NumberCase(value: 0, text: "0"), NumberCase(value: -0.0, text: "0"),
      NumberCase(value: 1, text: "1"), NumberCase(value: 0.1, text: "0.1"),
      NumberCase(value: 0.1 + 0.2, text: "0.30000000000000004"),
      NumberCase(value: -2.5, text: "-2.5"), NumberCase(value: 1e300, text: "1e+300"),
      NumberCase(value: .leastNonzeroMagnitude, text: "5e-324"),
      NumberCase(value: .nan, text: "null"),
      NumberCase(value: .infinity, text: "null"),
    ])
  func numbers(_ row: NumberCase) {
    #expect(JSONWriter.text(of: row.value) == row.text)
    if row.value.isFinite { #expect(Double(row.text) == row.value) }
  }

  @Test func layout() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("a", 1.5)
    writer.key("list")
    writer.beginArray()
    writer.value(1)
    writer.beginObject(compact: true)
    writer.member("x", true)
    writer.key("y")
    writer.beginArray()
    writer.null()
    writer.value("z")
    writer.endArray()
    writer.endObject()
    writer.endArray()
    writer.key("empty")
    writer.beginObject()
    writer.endObject()
    writer.endObject()
    #expect(
      writer.text == """
        {
          "a": 1.5,
          "list": [
            1,
            {"x":true,"y":[null,"z"]}
          ],
          "empty": {}
        }

        """)
  }

  @Test func escapesReadBackWithAnotherParser() throws {
    let all = String(String.UnicodeScalarView((0..<0x300).compactMap(Unicode.Scalar.init))) + "🧪"
    for indented in [false, true] {
      var writer = JSONWriter(indented: indented)
      writer.beginArray()
      writer.value(all)
      writer.value(Int64.min)
      writer.endArray()
      let parsed = try JSONSerialization.jsonObject(with: Data(writer.text.utf8))
      let array = try #require(parsed as? [Any])
      #expect(array.first as? String == all)
      #expect((array.last as? NSNumber)?.int64Value == .min)
    }
  }

  @Test func misuseStops() async {
    await #expect(processExitsWith: .failure) {
      var writer = JSONWriter()
      writer.beginObject()
      writer.value(1)
    }
    await #expect(processExitsWith: .failure) {
      var writer = JSONWriter()
      writer.beginArray()
      writer.endObject()
    }
    await #expect(processExitsWith: .failure) {
      var writer = JSONWriter()
      writer.beginArray()
      _ = writer.text
    }
  }
}
