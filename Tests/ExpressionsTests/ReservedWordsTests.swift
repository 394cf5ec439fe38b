// The list of reserved words is data: its number and order are what the lookup relies on.

import Testing

@testable import Expressions

@Suite struct ReservedWordsTests {
  private var words: [String] {
    "\(ReservedWords.text)".split { $0 == " " || $0 == "\n" }.map(String.init)
  }

  @Test func hasAllOfTheDeveloperGuide() {
    #expect(words.count == 573)
    #expect(ReservedWords.count == 573)
  }

  @Test func isSortedWithoutDuplicates() {
    #expect(zip(words, words.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func findsEachWordInAnyCaseAndNoNeighbour() {
    for word in words {
      #expect(ReservedWords.contains(word) && ReservedWords.contains(word.lowercased()))
      #expect(!ReservedWords.contains(word + "_"))
    }
    #expect(!ReservedWords.contains(""))
    #expect(!ReservedWords.contains("AAA"))
    #expect(!ReservedWords.contains("ZZZ"))
  }
}
