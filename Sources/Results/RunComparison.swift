// Two runs side by side: what changed, by how much, and whether chance explains it.
//
// Every row is the mean over the runs' intervals. With the same seed and intervals of one length,
// interval i of both runs met the same requests and the rows are tested in pairs; otherwise Welch's
// test compares the two series. Correlation along the run counts through effective samples, many
// rows through Holm's adjustment, and a difference that is real but small is still not called a
// change (load-generators.md section 4.6).

public import Statistics

/// How strict a comparison is.
public struct ComparisonSettings: Hashable, Sendable {
  /// Chance of calling anything changed when nothing is, over all rows together.
  public var alpha = 0.05
  /// Relative differences below this are not called changes.
  public var minimumEffect = 0.02

  public init() {}
}

/// What a row says.
public enum ComparisonVerdict: String, Hashable, Sendable {
  case unchanged
  /// Changed, to the better or the worse where the quantity has such a side.
  case better, worse, changed
  /// Too few intervals to test, or none.
  case unknown
}

/// One quantity in both runs.
public struct ComparisonRow: Sendable {
  public var subject: String
  public var quantity: StoredQuantity
  public var difference: MeanDifference?
  /// The p-value adjusted for the number of rows.
  public var adjusted: Double
  public var verdict: ComparisonVerdict
}

/// The result of a comparison.
public struct RunComparison: Sendable {
  public var a: StoredRun
  public var b: StoredRun
  public var settings: ComparisonSettings
  /// Whether intervals were tested in pairs.
  public var isPaired: Bool
  public var rows: [ComparisonRow]
  /// Series of only one of the runs.
  public var unmatched: [String]

  /// Compares every series that both runs have.
  public init(_ a: StoredRun, _ b: StoredRun, settings: ComparisonSettings = .init()) {
    self.a = a
    self.b = b
    self.settings = settings
    isPaired =
      a.seed == b.seed && a.intervalSeconds == b.intervalSeconds
      && a.periodSeconds == b.periodSeconds
    rows = []
    unmatched = []
    for first in a.series {
      guard
        let second = b.series.first(where: {
          $0.subject == first.subject && $0.quantity == first.quantity
        })
      else {
        unmatched.append(first.subject)
        continue
      }
      let difference = Self.difference(first.values, second.values, paired: isPaired)
      // What was nought in both runs, or never measured, is no row.
      if let difference, difference.a == 0, difference.b == 0 { continue }
      if (first.values + second.values).allSatisfy({ $0 == nil }) { continue }
      rows.append(
        ComparisonRow(
          subject: first.subject, quantity: first.quantity, difference: difference, adjusted: 1,
          verdict: .unknown))
    }
    unmatched += b.series.map(\.subject).filter { name in
      !a.series.contains { $0.subject == name }
    }
    unmatched = unmatched.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    judge()
  }

  /// Whether a row changed for the worse.
  public var hasRegressions: Bool { rows.contains { $0.verdict == .worse } }

  private static func difference(
    _ a: [Double?], _ b: [Double?], paired: Bool
  ) -> MeanDifference? {
    guard paired else {
      return SampleComparison.unpaired(a.compactMap { $0 }, b.compactMap { $0 })
    }
    let pairs = zip(a, b).compactMap { first, second in
      first.flatMap { value in second.map { (value, $0) } }
    }
    return SampleComparison.paired(pairs.map(\.0), pairs.map(\.1))
  }

  private mutating func judge() {
    let tested = rows.indices.filter { rows[$0].difference != nil }
    let adjusted = SampleComparison.holm(tested.map { rows[$0].difference?.p ?? 1 })
    for (position, index) in tested.enumerated() {
      rows[index].adjusted = adjusted[position]
      guard let difference = rows[index].difference else { continue }
      rows[index].verdict = verdict(difference, adjusted[position], rows[index].quantity)
    }
  }

  private func verdict(
    _ difference: MeanDifference, _ adjusted: Double, _ quantity: StoredQuantity
  ) -> ComparisonVerdict {
    let isLarge = difference.relative.map { abs($0) >= settings.minimumEffect } ?? true
    guard adjusted <= settings.alpha, isLarge else { return .unchanged }
    switch quantity {
    case .requestsPerSecond, .readUnitsPerSecond, .writeUnitsPerSecond: return .changed
    default: return difference.difference > 0 ? .worse : .better
    }
  }
}
