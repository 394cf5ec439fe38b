// Why: a wrong suggestion misleads more than none, so distances and thresholds are pinned down.
import TestSupport
import Testing

@testable import Arguments

@Suite struct SuggestionTests {
  /// The first three pairs are the textbook ones for this distance; the rest by hand.
  @Test(arguments: [
    ("kitten", "sitting", 3), ("saturday", "sunday", 3), ("ca", "abc", 3), ("", "", 0),
    ("", "abc", 3), ("abc", "", 3), ("same", "same", 0), ("plna", "plan", 1), ("ab", "ba", 1),
    ("simulte", "simulate", 1), ("a", "b", 1),
  ]) func distance(_ a: String, _ b: String, _ expected: Int) {
    #expect(editDistance(a, b) == expected)
    #expect(editDistance(b, a) == expected)
  }

  /// The recursive definition, without a table.
  private func slowDistance(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Int {
    guard let x = a.last, let y = b.last else { return a.count + b.count }
    var best = min(
      slowDistance(a.dropLast(), b) + 1, slowDistance(a, b.dropLast()) + 1,
      slowDistance(a.dropLast(), b.dropLast()) + (x == y ? 0 : 1))
    if a.count > 1, b.count > 1, a.dropLast().last == y, b.dropLast().last == x {
      best = min(best, slowDistance(a.dropLast(2), b.dropLast(2)) + 1)
    }
    return best
  }

  @Test(arguments: Seed.some(60)) func tableEqualsDefinition(_ seed: Seed) {
    var generator = seed.generator
    func word() -> String {
      String(
        (0..<generator.integer(in: 0...6)).map { _ in generator.pick(["a", "b", "c"]) as Character }
      )
    }
    let (a, b) = (word(), word())
    #expect(editDistance(a, b) == slowDistance(Array(a.utf8)[...], Array(b.utf8)[...]), "\(a) \(b)")
  }

  @Test(
    arguments: [
      ("paln", "plan"), ("PLAN", "plan"), ("simulat", "simulate"), ("sim", "simulate"),
      ("explian", "explain"), ("xyz", nil), ("pl", nil), ("s", nil), ("costs", "cost"),
    ] as [(String, String?)])
  func nearest(_ word: String, _ expected: String?) {
    let names = ["plan", "simulate", "cost", "explain", "schema"]
    #expect(nearestName(to: word, among: names) == expected)
  }
}
