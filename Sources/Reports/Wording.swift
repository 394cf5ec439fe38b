// How estimates, limits and reasons are put into words: one way on every page.
//
// A value and its half-width share unit and decimals ("12.3 ± 0.4 ms"). Nothing here computes a
// result; it only writes one down.

import Capacity
import Results
import Statistics
import Units

enum Wording {
  /// `value ± half-width` in the unit's own spelling; "-" when nothing was measured.
  static func estimate(_ e: Estimate, _ unit: ValueUnit) -> String {
    guard e.samples > 0, e.value.isFinite else { return "-" }
    switch unit {
    case .seconds: return latency(e)
    case .share: return pair(e, times: 100, suffix: " %")
    case .count: return pair(e, times: 1, suffix: "")
    case .perSecond: return pair(e, times: 1, suffix: " /s")
    case .dollars:
      let half = e.halfWidth.map { $0 < 0.005 ? "" : " ± $" + fixed($0, 2) } ?? ""
      return "$" + fixed(e.value, 2) + half
    }
  }

  /// A count of events, which are whole: "1", "1,279"; the mean of a few runs with one decimal.
  static func events(_ e: Estimate) -> String {
    guard e.samples > 0, e.value.isFinite else { return "-" }
    return e.value < 10 ? trimmed(max(e.value, 0.1), 1) : fixed(e.value, 0)
  }

  /// A latency in the unit that suits its size: "3.42 ± 0.05 ms"; "-" for 0, of no request.
  static func latency(_ e: Estimate) -> String {
    guard e.samples > 0, e.value.isFinite, e.value != 0 else { return "-" }
    let size = abs(e.value)
    if size < 1e-6 { return pair(e, times: 1e9, suffix: " ns") }
    if size < 1e-3 { return pair(e, times: 1e6, suffix: " µs") }
    if size < 1 { return pair(e, times: 1e3, suffix: " ms") }
    return pair(e, times: 1, suffix: " s")
  }

  /// Only the value of a latency.
  static func latencyValue(_ e: Estimate) -> String {
    latency(Estimate(value: e.value, halfWidth: nil, samples: e.samples))
  }

  /// Only the value, in the unit's spelling.
  static func value(_ e: Estimate, _ unit: ValueUnit) -> String {
    estimate(Estimate(value: e.value, halfWidth: nil, samples: e.samples), unit)
  }

  /// Value and half-width with the decimals of three significant digits of the value; a half-width
  /// that would then read zero keeps one digit of its own, and one that is below a hundredth of the
  /// value's last digit is left out. (12.345, 0.4) → "12.3 ± 0.4"; (111, 0.008) → "111".
  private static func pair(_ e: Estimate, times scale: Double, suffix: String) -> String {
    let value = e.value * scale
    let size = abs(value)
    let text =
      size == 0 || size >= 99.95
      ? fixed(value, 0) : size >= 9.995 ? fixed(value, 1) : significant(value)
    guard let half = e.halfWidth, half.isFinite, half != 0 else { return text + suffix }
    let digits = text.split(separator: ".").dropFirst().first?.utf8.count ?? 0
    var halfText = fixed(half * scale, digits)
    if !halfText.contains(where: { $0 != "0" && $0 != "." }) {
      var least = 0.01
      for _ in 0..<digits { least /= 10 }
      if abs(half * scale) < least { return text + suffix }
      halfText = oneDigit(half * scale)
    }
    return "\(text) ± \(halfText)\(suffix)"
  }

  /// `value` below 1 with its first digit: 0.0437 → "0.04".
  private static func oneDigit(_ value: Double) -> String {
    var digits = 0
    var scaled = abs(value)
    while scaled < 0.95, digits < 12 {
      scaled *= 10
      digits += 1
    }
    return fixed(value, digits)
  }

  /// A cell with the half-width as detail: "3.42 ms" and "± 0.05".
  static func cell(_ e: Estimate, _ unit: ValueUnit, isStrong: Bool = false) -> DocumentCell {
    let text = estimate(e, unit)
    guard let mark = text.firstRange(of: " ± ") else { return .init(text, isStrong: isStrong) }
    let rest = text[mark.upperBound...]
    let half = rest.prefix { $0 != " " }
    return DocumentCell(
      String(text[..<mark.lowerBound]) + rest.dropFirst(half.count), detail: "± \(half)",
      isStrong: isStrong)
  }

  /// A confidence as a percentage without needless decimals: 0.95 → "95 %".
  static func confidence(_ share: Double) -> String { trimmed(share * 100, 2) + " %" }

  static func status(_ verdict: Verdict) -> Status {
    switch verdict {
    case .pass: .good
    case .fail: .bad
    case .undecided: .warning
    }
  }

  static func word(_ verdict: Verdict) -> String {
    switch verdict {
    case .pass: "met"
    case .fail: "missed"
    case .undecided: "undecided"
    }
  }

  static func status(_ severity: Finding.Severity) -> Status {
    switch severity {
    case .note: .neutral
    case .warning: .warning
    case .problem: .bad
    }
  }

  static func name(_ axis: CapacityAxis) -> String { axis == .read ? "read" : "write" }

  /// The mechanism behind a cause in one sentence (capacity.md 3.1-3.4).
  /// - Parameter isGrowing: an on-demand table or index was asked for more than it had grown to.
  static func mechanism(_ cause: ThrottleCause, isIndex: Bool, isGrowing: Bool = false) -> String {
    switch cause {
    case .provisionedThroughputExceeded:
      "Demand stayed above the \(isIndex ? "index's" : "table's") provisioned throughput until the "
        + "burst reserve, at most 300 s of unused capacity, was spent."
    case .keyRangeThroughputExceeded where isGrowing:
      "On demand, the \(isIndex ? "index" : "table") serves at once what it was warmed to or "
        + "twice its previous peak; more only when that peak is 30 minutes old or partitions have "
        + "split under the pressure."
    case .keyRangeThroughputExceeded:
      "One key range reached its partition's own ceiling of \(PartitionCeiling.inWords); "
        + "raising the \(isIndex ? "index's" : "table's") throughput does not lift it."
    case .accountLimitExceeded:
      "The account's throughput quota for the region was reached."
    case .maxOnDemandThroughputExceeded:
      "The configured maximum on-demand throughput was reached."
    }
  }

  /// "1 table", "2 tables".
  static func count(_ n: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(group(n)) \(n == 1 ? singular : plural ?? singular + "s")"
  }

  /// A plain decimal for machine-read files: up to six decimals, no grouping.
  static func plain(_ value: Double) -> String {
    var text = fixed(value, 6, grouped: false)
    guard text.contains(".") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }
}

extension Wording {
  /// A number for machine-read files with nine decimals at most: latencies in seconds.
  static func exact(_ value: Double) -> String {
    var text = fixed(value, 9, grouped: false)
    while text.contains("."), text.hasSuffix("0") || text.hasSuffix(".") {
      let isPoint = text.hasSuffix(".")
      text.removeLast()
      if isPoint { break }
    }
    return text
  }

  /// Dollars as an exact plain decimal: "0.00000125", "-12.5".
  static func decimal(_ money: Money) -> String {
    let magnitude = money.attodollars.magnitude
    let dollar = Money.dollar.magnitude
    var fraction = String(magnitude % dollar)
    fraction = String(repeating: "0", count: 18 - fraction.utf8.count) + fraction
    while fraction.hasSuffix("0") { fraction.removeLast() }
    let sign = money.attodollars < 0 ? "-" : ""
    return sign + String(magnitude / dollar) + (fraction.isEmpty ? "" : "." + fraction)
  }
}
