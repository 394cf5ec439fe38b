// Numbers with units: every one names its unit, so that nothing is off by a factor unnoticed.
//
// Durations: ns us ms s m (or min) h d w, also joined as 1h30m. Sizes are binary, as the service's
// are: KB = 1,024 B (KiB means the same). Rates are per s, m (min) or h. Counts take k, M and G of
// 1,000. Shares are percentages. A plain 0 needs no unit. Underscores may group digits.

import Units
import YAML

/// A number with the word behind it.
struct Quantity {
  var value: Double
  var unit: String

  /// Splits "12.5ms" or "12.5 ms"; nil when it does not start with a number.
  init?(_ text: Substring) {
    guard let (number, rest) = Self.leadingNumber(text) else { return nil }
    self.value = number
    self.unit = String(rest.drop { $0 == " " })
  }

  /// The decimal number at the start of `text` (no sign, no exponent) and what follows it.
  static func leadingNumber(_ text: Substring) -> (Double, Substring)? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "_") }
    guard digits.first?.isNumber == true, digits.last?.isNumber == true,
      let value = Double(digits.filter { $0 != "_" })
    else { return nil }
    return (value, text[digits.endIndex...])
  }
}

extension NodeReader {
  static let durationUnits: [(String, Double)] = [
    ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("min", 60e9),
    ("h", 3_600e9), ("d", 86_400e9), ("w", 604_800e9),
  ]
  static let sizeUnits: [(String, Double)] = [
    ("B", 1), ("KB", 1_024), ("KiB", 1_024), ("MB", 0x1p20), ("MiB", 0x1p20), ("GB", 0x1p30),
    ("GiB", 0x1p30), ("TB", 0x1p40), ("TiB", 0x1p40),
  ]
  static let rateUnits: [(String, Double)] = [
    ("/s", 1), ("/sec", 1), ("/m", 1 / 60.0), ("/min", 1 / 60.0), ("/h", 1 / 3_600.0),
  ]
  static let countUnits: [(String, Double)] = [
    ("", 1), ("k", 1e3), ("K", 1e3), ("M", 1e6), ("G", 1e9),
  ]

  /// A span of time of at least `minimum`.
  func duration(atLeast minimum: Nanoseconds = .zero) -> Nanoseconds? {
    let expected = "a duration such as 500ms, 30s, 5m, 2h or 7d"
    guard let text = scalarText(expected: expected) else { return nil }
    guard let nanoseconds = Self.duration(text) else {
      let bare = Quantity(text[...])?.unit == ""
      report(
        bare ? "\(label) has no unit: '\(text)'" : "'\(text)' is not a duration",
        expected: expected, suggestion: bare ? "\(text)s" : nil)
      return nil
    }
    guard nanoseconds >= minimum else {
      report("\(label) is too short: '\(text)'", expected: "at least \(minimum)")
      return nil
    }
    return nanoseconds
  }

  /// "90s", "1h30m", "0" as nanoseconds; nil when malformed or beyond a century.
  static func duration(_ text: String) -> Nanoseconds? {
    if text == "0" { return .zero }
    var rest = text[...]
    var total = 0.0
    repeat {
      guard let (number, behind) = Quantity.leadingNumber(rest) else { return nil }
      let trimmed = behind.drop { $0 == " " }
      let unit = trimmed.prefix { $0.isLetter || $0 == "µ" }
      guard let factor = durationUnits.first(where: { $0.0 == unit })?.1 else { return nil }
      total += number * factor
      rest = trimmed[unit.endIndex...].drop { $0 == " " }
    } while !rest.isEmpty
    return total < 3.2e18 ? Nanoseconds(Int64(total.rounded())) : nil
  }

  /// A number of bytes within `bounds`.
  func size(in bounds: ClosedRange<Int> = 0...(1 << 50)) -> Int? {
    let expected = "a size such as 700B, 1.2KB or 4GB"
    guard let (text, value) = quantity(Self.sizeUnits, "a size", expected, bareHint: "B") else {
      return nil
    }
    return whole(value.rounded(), bounds, text) { "\(ByteCount(Int64($0)))" }
  }

  /// Requests per second.
  func rate() -> Double? {
    let expected = "a rate such as 500/s, 30k/s or 600/min"
    guard let text = scalarText(expected: expected) else { return nil }
    guard let value = Self.rate(text) else {
      let bare = Quantity(text[...]).map { Self.countUnits.map(\.0).contains($0.unit) } ?? false
      report(
        bare ? "\(label) has no unit: '\(text)'" : "'\(text)' is not a rate", expected: expected,
        suggestion: bare ? "\(text)/s" : nil)
      return nil
    }
    guard value <= 1e9 else {
      report("\(label) is too high: '\(text)'", expected: "at most 1G/s")
      return nil
    }
    return value
  }

  /// "500/s" → 500; "30k/min" → 500; "0" → 0.
  static func rate(_ text: String) -> Double? {
    guard let parsed = Quantity(text[...]) else { return nil }
    if parsed.value == 0, parsed.unit.isEmpty { return 0 }
    let unit = parsed.unit.filter { $0 != " " }
    guard let slash = unit.firstIndex(of: "/"),
      let factor = countUnits.first(where: { $0.0 == unit[..<slash] })?.1,
      let per = rateUnits.first(where: { $0.0 == unit[slash...] })?.1
    else { return nil }
    return parsed.value * factor * per
  }

  /// A whole number within `bounds`.
  func count(in bounds: ClosedRange<Int> = 0...1_000_000_000_000_000) -> Int? {
    let expected = "a whole number such as 400, 50k or 1M"
    guard let (text, value) = quantity(Self.countUnits, "a count", expected, bareHint: nil) else {
      return nil
    }
    guard abs(value - value.rounded()) <= 1e-9 * max(1, value) else {
      report("\(label) is not whole: '\(text)'", expected: expected)
      return nil
    }
    return whole(value.rounded(), bounds, text) { "\($0)" }
  }

  /// A percentage as a share, within `bounds`.
  func share(in bounds: ClosedRange<Double> = 0...1) -> Double? {
    let limits = "\(percent(bounds.lowerBound)) to \(percent(bounds.upperBound))"
    let expected = "a percentage from \(limits)"
    guard let text = scalarText(expected: expected) else { return nil }
    guard let parsed = Quantity(text[...]), parsed.unit == "%" || parsed.unit.isEmpty else {
      report("'\(text)' is not a percentage", expected: expected)
      return nil
    }
    guard parsed.unit == "%" || parsed.value == 0 else {
      let meant = parsed.value <= 1 ? parsed.value * 100 : parsed.value
      report(
        "\(label) has no unit: '\(text)'", expected: expected,
        suggestion: meant <= 100 ? percent(meant / 100) : nil)
      return nil
    }
    let share = parsed.value / 100
    guard bounds.contains(share) else {
      report("\(label) is out of range: '\(text)'", expected: expected)
      return nil
    }
    return share
  }

  /// A plain decimal number within `bounds`.
  func number(in bounds: ClosedRange<Double>) -> Double? {
    let limits = "from \(trimmed(bounds.lowerBound, 6)) to \(trimmed(bounds.upperBound, 6))"
    guard let text = scalarText(expected: "a number \(limits)") else { return nil }
    guard let value = Double(text), value.isFinite, text.first?.isLetter != true else {
      report("'\(text)' is not a number", expected: "a number \(limits)")
      return nil
    }
    guard bounds.contains(value) else {
      report("\(label) is out of range: '\(text)'", expected: "a number \(limits)")
      return nil
    }
    return value
  }

  /// A whole number of 64 bits, for the seed.
  func bits() -> UInt64? {
    let expected = "a whole number from 0 to \(UInt64.max)"
    guard let text = scalarText(expected: expected) else { return nil }
    if let value = UInt64(text), text.first != "+" { return value }
    report("'\(text)' is not a seed", expected: expected)
    return nil
  }

  private func percent(_ share: Double) -> String { trimmed(share * 100, 4) + "%" }

  /// A number with one of `units`; 0 may stand without.
  private func quantity(
    _ units: [(String, Double)], _ noun: String, _ expected: String, bareHint: String?
  ) -> (text: String, value: Double)? {
    guard let text = scalarText(expected: expected) else { return nil }
    guard let parsed = Quantity(text[...]) else {
      report("'\(text)' is not \(noun)", expected: expected)
      return nil
    }
    if let factor = units.first(where: { $0.0 == parsed.unit })?.1 {
      return (text, parsed.value * factor)
    }
    if parsed.value == 0, parsed.unit.isEmpty { return (text, 0) }
    if parsed.unit.isEmpty {
      report(
        "\(label) has no unit: '\(text)'", expected: expected,
        suggestion: bareHint.map { text + $0 })
    } else {
      let names = units.map(\.0).filter { !$0.isEmpty }
      let same = names.first { $0.lowercased() == parsed.unit.lowercased() }
      report(
        "'\(parsed.unit)' is no unit of \(noun)", expected: expected,
        suggestion: same.map { String(text.dropLast(parsed.unit.count)) + $0 })
    }
    return nil
  }

  private func whole(
    _ value: Double, _ bounds: ClosedRange<Int>, _ text: String, show: (Int) -> String
  ) -> Int? {
    guard value >= Double(bounds.lowerBound) else {
      report("\(label) is too small: '\(text)'", expected: "at least \(show(bounds.lowerBound))")
      return nil
    }
    guard value <= Double(bounds.upperBound) else {
      report("\(label) is too large: '\(text)'", expected: "at most \(show(bounds.upperBound))")
      return nil
    }
    return Int(value)
  }
}
