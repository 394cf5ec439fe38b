// Carries out an update on one item.

import DataModel

/// One update of one item.
struct UpdateApplication {
  private static let invalidPath = ExpressionFault(
    "The document path provided in the update expression is invalid for update")
  private static let missingAttribute = ExpressionFault(
    "The provided expression refers to an attribute that does not exist in the item")

  private let update: UpdateExpression
  private let isNew: Bool
  private let original: Item
  /// The values of SET by action, computed before anything changes.
  private var values: [AttributeValue?] = []

  init(_ update: UpdateExpression, to item: Item?, key: Item) {
    self.update = update
    isNew = item == nil
    original = item ?? key
  }

  mutating func run() throws(ExpressionFault) -> Item {
    for action in update.actions {
      guard case .set(let value) = action.change else {
        values.append(nil)
        continue
      }
      values.append(try evaluate(value))
    }
    var item = original
    for branch in update.tree.branches {
      guard case .name(let name) = branch.step else { continue }
      let value = try apply(branch.node, to: original[name])
      if let value, value.containerDepth > AttributeValue.containersMax {
        throw ExpressionFault(AttributeValueFault.nesting.message)
      }
      item[name] = value
    }
    return item
  }

  private var incorrectType: ExpressionFault {
    ExpressionFault(
      update.isLegacy
        ? "Type mismatch for attribute to update"
        : "An operand in the update expression has an incorrect data type")
  }

  // MARK: Values

  private func evaluate(_ value: UpdateValue) throws(ExpressionFault) -> AttributeValue {
    switch value {
    case .literal(let value): return value
    case .path(let path):
      guard let value = path.value(in: original) else { throw Self.missingAttribute }
      return value
    case .ifNotExists(let path, let other):
      if let value = path.value(in: original) { return value }
      return try evaluate(other)
    case .listAppend(let first, let second):
      let left = try evaluate(first)
      let right = try evaluate(second)
      guard case .list(let head) = left, case .list(let tail) = right else {
        throw incorrectType
      }
      return .list(head + tail)
    case .sum(let first, let second):
      let left = try number(first)
      let right = try number(second)
      return .number(try Self.sum(left, right))
    case .difference(let first, let second):
      let left = try number(first)
      let right = try number(second)
      return .number(try Self.sum(left, right.negated))
    }
  }

  private func number(_ value: UpdateValue) throws(ExpressionFault) -> Number {
    guard case .number(let number) = try evaluate(value) else { throw incorrectType }
    return number
  }

  private static func sum(_ a: Number, _ b: Number) throws(ExpressionFault) -> Number {
    do throws(NumberFault) {
      return try a.adding(b)
    } catch {
      throw ExpressionFault(error.message)
    }
  }

  // MARK: Changes

  /// What becomes of the value at a node; nil when it is taken away.
  private func apply(
    _ node: PathTree, to value: AttributeValue?
  ) throws(ExpressionFault) -> AttributeValue? {
    if let action = node.leaf { return try perform(action, on: value) }
    switch value {
    case .map(var map):
      for branch in node.branches {
        guard case .name(let name) = branch.step else { throw Self.invalidPath }
        map[name] = try apply(branch.node, to: map[name])
      }
      return .map(map)
    case .list(let list):
      return .list(try apply(node.branches, to: list))
    default:
      // A new item has nothing to be taken away, wherever the path leads.
      guard isNew, node.leaves.allSatisfy({ update.actions[$0].isRemoval }) else {
        throw Self.invalidPath
      }
      return value
    }
  }

  /// Branches come with their indexes ascending.
  private func apply(
    _ branches: [PathTree.Branch], to list: [AttributeValue]
  ) throws(ExpressionFault) -> [AttributeValue] {
    var slots: [AttributeValue?] = list
    for branch in branches {
      guard case .index(let index) = branch.step else { throw Self.invalidPath }
      if index < list.count {
        slots[index] = try apply(branch.node, to: list[index])
      } else {
        slots.append(try apply(branch.node, to: nil))
      }
    }
    return slots.compactMap { $0 }
  }

  private func perform(
    _ number: Int, on value: AttributeValue?
  ) throws(ExpressionFault) -> AttributeValue? {
    switch update.actions[number].change {
    case .set: return values[number]
    case .remove: return nil
    case .add(let operand): return try add(operand, to: value)
    case .delete(let operand): return try delete(operand, from: value)
    }
  }

  private func add(
    _ operand: AttributeValue, to value: AttributeValue?
  ) throws(ExpressionFault) -> AttributeValue {
    switch (value, operand) {
    case (nil, _): return operand
    case (.number(let x), .number(let y)): return .number(try Self.sum(x, y))
    case (.stringSet(let x), .stringSet(let y)):
      let known = Set(x.map { Array($0.utf8) })
      return .stringSet(x + y.filter { !known.contains(Array($0.utf8)) })
    case (.numberSet(let x), .numberSet(let y)):
      let known = Set(x)
      return .numberSet(x + y.filter { !known.contains($0) })
    case (.binarySet(let x), .binarySet(let y)):
      let known = Set(x)
      return .binarySet(x + y.filter { !known.contains($0) })
    case (.list(let x), .list(let y)) where update.isLegacy: return .list(x + y)
    default: throw incorrectType
    }
  }

  /// A set that loses its last element is taken away: there are no empty sets.
  private func delete(
    _ operand: AttributeValue, from value: AttributeValue?
  ) throws(ExpressionFault) -> AttributeValue? {
    switch (value, operand) {
    case (nil, _): return nil
    case (.stringSet(let x), .stringSet(let y)):
      let gone = Set(y.map { Array($0.utf8) })
      let left = x.filter { !gone.contains(Array($0.utf8)) }
      return left.isEmpty ? nil : .stringSet(left)
    case (.numberSet(let x), .numberSet(let y)):
      let gone = Set(y)
      let left = x.filter { !gone.contains($0) }
      return left.isEmpty ? nil : .numberSet(left)
    case (.binarySet(let x), .binarySet(let y)):
      let gone = Set(y)
      let left = x.filter { !gone.contains($0) }
      return left.isEmpty ? nil : .binarySet(left)
    default: throw incorrectType
    }
  }
}
