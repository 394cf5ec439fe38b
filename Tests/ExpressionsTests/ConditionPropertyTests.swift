// Random conditions, written as text and evaluated by a slow reader of their own structure:
// parsing, precedence and evaluation must agree with it on random items.

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
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}

/// A condition over integers: attributes a...e hold small numbers or nothing.
private indirect enum Tree {
  case compare(String, String, String)
  case between(String, String, String)
  case isIn(String, [String])
  case exists(String)
  case notExists(String)
  case and(Tree, Tree)
  case or(Tree, Tree)
  case not(Tree)

  /// Integers only, absent as nil: no attribute values, no types.
  func holds(_ numbers: [String: Int]) -> Bool {
    func number(_ name: String) -> Int? {
      name.hasPrefix(":v") ? Int(name.dropFirst(2)) : numbers[name]
    }
    switch self {
    case .compare(let sign, let left, let right):
      guard let x = number(left), let y = number(right) else { return sign == "<>" }
      switch sign {
      case "=": return x == y
      case "<>": return x != y
      case "<": return x < y
      case "<=": return x <= y
      case ">": return x > y
      default: return x >= y
      }
    case .between(let name, let low, let high):
      guard let x = number(name), let y = number(low), let z = number(high) else { return false }
      return y <= x && x <= z
    case .isIn(let name, let list):
      guard let x = number(name) else { return false }
      return list.contains { number($0) == x }
    case .exists(let name): return numbers[name] != nil
    case .notExists(let name): return numbers[name] == nil
    case .and(let left, let right): return left.holds(numbers) && right.holds(numbers)
    case .or(let left, let right): return left.holds(numbers) || right.holds(numbers)
    case .not(let tree): return !tree.holds(numbers)
    }
  }

  /// How tightly it binds.
  var rank: Int {
    switch self {
    case .or: 0
    case .and: 1
    case .not: 2
    default: 3
    }
  }
}

extension TestGenerator {
  mutating func name() -> String { pick(["aa", "bb", "cc", "dd", "ee"]) }

  /// Another operand than `name`, which the service would refuse.
  mutating func operand(not name: String) -> String {
    let operand = below(2) == 0 ? ":v\(below(4))" : self.name()
    return operand == name ? ":v0" : operand
  }

  mutating func tree(depth: Int) -> Tree {
    let name = name()
    switch below(depth > 0 ? 9 : 5) {
    case 0, 1:
      return .compare(pick(["=", "<>", "<", "<=", ">", ">="]), name, operand(not: name))
    case 2:
      let low = below(4)
      return .between(name, ":v\(low)", ":v\(low + below(4 - low))")
    case 3: return .isIn(name, (0...below(3)).map { _ in operand(not: name) })
    case 4: return below(2) == 0 ? .exists(name) : .notExists(name)
    case 5, 6: return .and(tree(depth: depth - 1), tree(depth: depth - 1))
    case 7: return .or(tree(depth: depth - 1), tree(depth: depth - 1))
    default: return .not(tree(depth: depth - 1))
    }
  }

  /// Parentheses where they are needed and, at random, where they are not redundant.
  mutating func written(_ tree: Tree, inside rank: Int) -> String {
    let text: String
    switch tree {
    case .compare(let sign, let left, let right): text = "\(left) \(sign) \(right)"
    case .between(let name, let low, let high): text = "\(name) BETWEEN \(low) AND \(high)"
    case .isIn(let name, let list): text = "\(name) IN (\(list.joined(separator: ", ")))"
    case .exists(let name): text = "attribute_exists(\(name))"
    case .notExists(let name): text = "attribute_not_exists(\(name))"
    case .and(let left, let right):
      text = written(left, inside: 1) + pick([" AND ", " and "]) + written(right, inside: 1)
    case .or(let left, let right):
      text = written(left, inside: 0) + pick([" OR ", " oR "]) + written(right, inside: 0)
    case .not(let inner): text = "NOT " + written(inner, inside: 2)
    }
    return tree.rank < rank || below(3) == 0 ? "(\(text))" : text
  }
}

@Suite struct ConditionPropertyTests {
  private let values: [String: AttributeValue] = [":v0": 0, ":v1": 1, ":v2": 2, ":v3": 3]

  @Test func agreesWithASlowReader() throws {
    var outcomes: [Bool: Int] = [:]
    for seed in UInt64(0)..<800 {
      var generator = TestGenerator(state: seed)
      let tree = generator.tree(depth: 4)
      let text = generator.written(tree, inside: 0)
      var placeholders = try ExpressionPlaceholders(names: nil, values: values)
      let condition = try ConditionExpression.parse(text, kind: .filter, with: &placeholders)
      for _ in 0..<4 {
        var numbers: [String: Int] = [:]
        for name in ["aa", "bb", "cc", "dd", "ee"] where generator.below(4) > 0 {
          numbers[name] = generator.below(4)
        }
        var item = Item()
        for (name, number) in numbers { item[name] = .number(Number(Int64(number))) }
        let expected = tree.holds(numbers)
        outcomes[expected, default: 0] += 1
        #expect(condition.evaluate(item) == expected, "seed \(seed): \(text)")
      }
    }
    // The cases are worth something only if both answers are common.
    #expect(outcomes[true, default: 0] > 500 && outcomes[false, default: 0] > 500)
  }

  /// Damaged texts are refused or read, never a crash.
  @Test func survivesDamage() throws {
    for seed in UInt64(0)..<800 {
      var generator = TestGenerator(state: seed)
      let tree = generator.tree(depth: 3)
      var text = Array(generator.written(tree, inside: 0).utf8)
      let pieces = Array("()[].,:#=<>+- aANDORNOTIN0_é".utf8)
      for _ in 0...generator.below(3) {
        text[generator.below(text.count)] = generator.pick(pieces)
      }
      var placeholders = try ExpressionPlaceholders(names: nil, values: values)
      let damaged = String(decoding: text, as: UTF8.self)
      if let condition = try? ConditionExpression.parse(damaged, kind: .filter, with: &placeholders)
      {
        _ = condition.evaluate(["aa": 1])
      }
    }
  }
}
