// Random updates of lists and maps against a model in plain arrays and dictionaries, which carries
// them out one after the other on marked slots.

import DataModel
import Expressions
import Testing

/// SplitMix64, so that a failing case can be repeated from the seed in its message.
private struct TestGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

@Suite struct UpdatePropertyTests {
  @Test func agreesWithAModelOfListsAndMaps() throws {
    for seed in UInt64(0)..<600 {
      var generator = TestGenerator(state: seed)
      let list = (0..<generator.below(6)).map { _ in generator.below(100) }
      var map: [String: Int] = [:]
      for name in ["aa", "bb", "cc", "dd"] where generator.below(2) == 0 {
        map[name] = generator.below(100)
      }

      // The model: kept slots, appended slots by index, changed members.
      var slots: [Int?] = list
      var appended: [Int: Int] = [:]
      var members = map
      var sets: [String] = []
      var removes: [String] = []
      for index in 0..<8 {
        switch generator.below(4) {
        case 0:
          let value = generator.below(4)
          sets.append("l[\(index)] = :v\(value)")
          if index < list.count { slots[index] = value } else { appended[index] = value }
        case 1:
          removes.append("l[\(index)]")
          if index < list.count { slots[index] = nil }
        default: break
        }
      }
      for name in ["aa", "bb", "cc", "dd"] {
        switch generator.below(4) {
        case 0:
          sets.append("m.\(name) = if_not_exists(m.\(name), :v1) + :v2")
          members[name] = (map[name] ?? 1) + 2
        case 1:
          removes.append("m.\(name)")
          members[name] = nil
        case 2 where map["aa"] != nil:
          // Values are read before anything changes.
          sets.append("m.\(name) = m.aa")
          members[name] = map["aa"]
        default: break
        }
      }
      guard !sets.isEmpty || !removes.isEmpty else { continue }

      var text = sets.isEmpty ? "" : "SET " + sets.shuffled(by: &generator).joined(separator: ", ")
      if !removes.isEmpty {
        text += " REMOVE " + removes.shuffled(by: &generator).joined(separator: ", ")
      }
      let expected = slots.compactMap { $0 } + appended.sorted { $0.key < $1.key }.map(\.value)
      var placeholders = try ExpressionPlaceholders(
        names: nil, values: [":v0": 0, ":v1": 1, ":v2": 2, ":v3": 3])
      let update = try UpdateExpression.parse(text, with: &placeholders)
      let result = try update.apply(
        to: ["l": .list(list.map(number)), "m": .map(attributes(map))], key: [:])
      #expect(result["l"] == .list(expected.map(number)), "seed \(seed): \(text)")
      #expect(result["m"] == .map(attributes(members)), "seed \(seed): \(text)")
    }
  }

  private func number(_ value: Int) -> AttributeValue { .number(Number(Int64(value))) }

  private func attributes(_ members: [String: Int]) -> AttributeMap {
    var map = AttributeMap()
    for (name, value) in members { map[name] = number(value) }
    return map
  }
}

extension Array {
  fileprivate func shuffled(by generator: inout TestGenerator) -> [Element] {
    var result = self
    for index in result.indices.dropFirst() { result.swapAt(index, generator.below(index + 1)) }
    return result
  }
}
