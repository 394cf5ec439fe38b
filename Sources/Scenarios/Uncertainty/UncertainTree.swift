// Finds the uncertain numbers in a file's tree, and puts drawn ones in their places.
//
// The tree is rewritten before anything else reads it, so no decoder knows of uncertainty and every
// number of the format can be uncertain. A map is taken for an uncertain number when it has `low`
// and `high`, with `mid` or `shape`, and no key that belongs to something else.

import Statistics
import Units
import YAML

/// A scenario's tree with the places of its uncertain numbers.
struct UncertainTree {
  private static let keys: Set<String> = ["low", "mid", "high", "confidence", "shape"]

  private(set) var inputs: [UncertainInput] = []
  /// What stands for a number whose interval is faulty, so that nothing else is reported about it.
  private var placeholders: [SourceRange: String] = [:]
  private let root: YAMLNode
  private let faults: FaultList

  init(_ root: YAMLNode, faults: FaultList) {
    self.root = root
    self.faults = faults
    collect(root, path: "")
  }

  /// The tree with every uncertain number replaced by the text that `text` gives for it.
  func replaced(_ text: (UncertainInput) -> String) -> YAMLNode { replace(root, path: "", text) }

  // MARK: Walking

  private mutating func collect(_ node: YAMLNode, path: String) {
    switch node.content {
    case .scalar: return
    case .sequence(let items):
      for (position, item) in items.enumerated() {
        collect(item, path: Self.join(path, Self.label(item, position)))
      }
    case .mapping(let entries):
      if Self.isUncertain(entries) {
        if let input = input(node, entries, path) {
          inputs.append(input)
        } else {
          let written = ["mid", "low", "high"].compactMap { key in
            entries.first { $0.key == key }?.value.scalar?.text
          }
          placeholders[node.range] = written.first { Quantity($0[...]) != nil }
        }
      } else {
        for entry in entries where !(path.isEmpty && entry.key == "uncertainty") {
          collect(entry.value, path: Self.join(path, entry.key))
        }
      }
    }
  }

  private func replace(
    _ node: YAMLNode, path: String, _ text: (UncertainInput) -> String
  ) -> YAMLNode {
    switch node.content {
    case .scalar: return node
    case .sequence(let items):
      return YAMLNode(
        .sequence(
          items.enumerated().map { position, item in
            replace(item, path: Self.join(path, Self.label(item, position)), text)
          }), at: node.range)
    case .mapping(let entries):
      if let input = inputs.first(where: { $0.path == path && $0.range == node.range }) {
        return YAMLNode(.scalar(YAMLScalar(text: text(input), isPlain: true)), at: node.range)
      }
      if let placeholder = placeholders[node.range] {
        return YAMLNode(.scalar(YAMLScalar(text: placeholder, isPlain: true)), at: node.range)
      }
      return YAMLNode(
        .mapping(
          entries.map { entry in
            var entry = entry
            entry.value = replace(entry.value, path: Self.join(path, entry.key), text)
            return entry
          }), at: node.range)
    }
  }

  private static func isUncertain(_ entries: [YAMLEntry]) -> Bool {
    let keys = Set(entries.map(\.key))
    return keys.isSubset(of: Self.keys) && keys.isSuperset(of: ["low", "high"])
      && (keys.contains("mid") || keys.contains("shape"))
  }

  private static func join(_ path: String, _ part: String) -> String {
    path.isEmpty ? part : path + "." + part
  }

  /// A list item's `name`, or its position from 1.
  private static func label(_ item: YAMLNode, _ position: Int) -> String {
    if case .mapping(let entries) = item.content,
      let name = entries.first(where: { $0.key == "name" })?.value.scalar
    {
      return name.text
    }
    return String(position + 1)
  }

  // MARK: Reading one

  private func input(
    _ node: YAMLNode, _ entries: [YAMLEntry], _ path: String
  ) -> UncertainInput? {
    func reader(_ key: String) -> NodeReader? {
      entries.first { $0.key == key }.map {
        NodeReader(node: $0.value, label: "'\(key)'", faults: faults)
      }
    }
    let isUniform: Bool
    if let shape = reader("shape") {
      let choice = shape.choice([("interval", false), ("uniform", true)])
      guard let choice else { return nil }
      isUniform = choice
    } else {
      isUniform = false
    }
    guard let low = reader("low").flatMap(number), let high = reader("high").flatMap(number) else {
      return nil
    }
    var middle = (text: "", value: (low.value + high.value) / 2, unit: low.unit)
    if let mid = reader("mid") {
      guard let number = number(mid) else { return nil }
      middle = number
    } else if !isUniform {
      faults.report(
        "an interval needs 'mid'", at: node.range, expected: "mid: the value you believe in")
      return nil
    }
    guard low.unit == high.unit, low.unit == middle.unit else {
      faults.report(
        "'\(low.text)' and '\(high.text)' have different units", at: node.range,
        expected: "one unit for all numbers of an interval")
      return nil
    }
    guard low.value < middle.value, middle.value < high.value else {
      faults.report(
        "the numbers are not in order", at: node.range, expected: "low < mid < high")
      return nil
    }
    let confidence = reader("confidence").map { $0.share(in: 0.5...0.999) ?? 0.9 } ?? 0.9
    let texts = [low.text, high.text, middle.text]
    let isWhole = low.unit.isEmpty && !texts.contains { $0.contains(".") } && high.value >= 10
    let interval = CalibratedInterval(
      low: low.value, mid: middle.value, high: high.value, confidence: confidence)
    var input = UncertainInput(
      path: path, low: low.text, high: high.text, mid: middle.text,
      shape: isUniform ? .uniform(low: low.value, high: high.value) : .interval(interval),
      unit: low.unit, isWhole: isWhole, range: node.range)
    if middle.text.isEmpty { input.mid = input.text(input.quantile(0.5)) }
    return input
  }

  private func number(
    _ reader: NodeReader
  ) -> (text: String, value: Double, unit: String)? {
    let expected = "a number with its unit, such as 500/s, 1M or 700B"
    guard let text = reader.scalarText(expected: expected) else { return nil }
    guard let quantity = Quantity(text[...]) else {
      reader.report("'\(text)' is not a number", expected: expected)
      return nil
    }
    return (text, quantity.value, quantity.unit)
  }
}
