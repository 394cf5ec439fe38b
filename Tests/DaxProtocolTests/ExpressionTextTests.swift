// S-expressions as the public client (2.1.0) makes them of expressions, and the text they become.

import DataModel
import TestSupport
import Testing

@testable import DaxProtocol

@Suite struct ExpressionTextTests {
  /// `(a = :x OR b < :y) AND NOT (c IN (:x, :y))` and others, encoded by the client.
  @Test(arguments: [
    (
      "8301830683078300821261618211008302821261628211018208830a82126163828211008211018201617a",
      "(#n0 = :v0 OR #n1 < :v1) AND NOT #n2 IN (:v0, :v1)", ["a", "b", "c"], 2
    ),
    (
      "8301830684098210851268746865206e616d656162d90cfc026163821100821101820b82126164820102",
      "size(#n0.#n1[2].#n2) BETWEEN :v0 AND :v1 AND attribute_exists(#n3)",
      ["the name", "b", "c", "d"], 2
    ),
    (
      "83018307830082126161821100830683008212616282110083008212616382110081" + "01",
      "#n0 = :v0 OR #n1 = :v0 AND #n2 = :v0", ["a", "b", "c"], 1
    ),
  ])
  func conditions(encoded: String, text: String, names: [String], values: Int) throws {
    var writer = ExpressionText()
    #expect(try writer.condition(bytes(encoded)) == text)
    #expect(writer.names == names && writer.values.count == values)
  }

  @Test func updatesAreGroupedByClause() throws {
    var writer = ExpressionText()
    let encoded =
      "83018683138212616183181982126161821100831383126162d90cfc0183181883178212616382110182110182"
      + "1682126164831482126165821100831582126166821102831382126167821100830180d90cf9816171"
    #expect(
      try writer.update(bytes(encoded))
        == "SET #n0 = #n0 + :v0, #n1[1] = list_append(if_not_exists(#n2, :v1), :v1), #n6 = :v0"
        + " REMOVE #n3 ADD #n4 :v0 DELETE #n5 :v2")
    #expect(writer.values == [1, .list([]), .stringSet(["q"])])
  }

  /// A second expression of a request goes on with the placeholders of the first.
  @Test func expressionsShareTheirPlaceholders() throws {
    var writer = ExpressionText()
    let equal = bytes("8301830082126161821100" + "8101")
    #expect(try writer.condition(equal) == "#n0 = :v0")
    #expect(try writer.condition(equal) == "#n0 = :v1")
    #expect(writer.names == ["a"] && writer.values == [1, 1])
  }

  @Test func projectionsArePaths() throws {
    let paths = try ExpressionText.paths(
      of: bytes("82018282126161841263782079d90cfc036163"))
    #expect(
      paths == [DocumentPath("a"), DocumentPath("x y", [.index(3), .name("c")])])
    var writer = ExpressionText()
    #expect(writer.text(of: paths[1]) == "#n0[3].#n1")
  }

  @Test(arguments: [
    // Format 2; an unknown operator; = with one operand; a value that is not there; SET in a
    // condition; an IN without list; text that is no expression at all.
    "8302830082126161821100" + "8101", "8301831827" + "82126161821100" + "8101",
    "83018200821261618101", "8301830082126161821101" + "8101", "830183138212616182110081" + "01",
    "8301820a8212616180", "76203d203a76",
  ])
  func nonsenseIsAFault(encoded: String) {
    #expect(throws: CBORFault.self) {
      var writer = ExpressionText()
      _ = try writer.condition(bytes(encoded))
    }
  }

  @Test func depthIsLimited() {
    let deep = bytes("8301") + Array(repeating: bytes("8208"), count: 100_000).joined()
    #expect(throws: CBORFault.self) {
      var writer = ExpressionText()
      _ = try writer.condition(deep)
    }
  }
}
