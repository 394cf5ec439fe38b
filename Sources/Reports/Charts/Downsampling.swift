// Long series in few columns without losing what matters.
//
// Each column keeps the smallest, the mean and the largest of its samples, so a one-minute spike in
// two weeks stays visible and the file stays small. Nothing is smoothed and nothing is
// interpolated.

/// What a column of pixels shows of the samples that fall into it.
struct Envelope: Equatable {
  var low: Double
  var mean: Double
  var high: Double
}

/// `values` in at most `columns` columns of equal length; nil where a column holds no value.
///
/// Column c covers the samples [c n / columns, (c + 1) n / columns). The smallest `low` and the
/// largest `high` are those of `values`. Linear in `values.count`.
func envelopes(_ values: [Double?], columns: Int) -> [Envelope?] {
  guard columns > 0, !values.isEmpty else { return [] }
  let count = min(columns, values.count)
  var out: [Envelope?] = []
  out.reserveCapacity(count)
  for column in 0..<count {
    let start = column * values.count / count
    let end = (column + 1) * values.count / count
    var low = Double.infinity
    var high = -Double.infinity
    var sum = 0.0
    var n = 0
    for case .some(let value) in values[start..<end] where value.isFinite {
      low = min(low, value)
      high = max(high, value)
      sum += value
      n += 1
    }
    out.append(n == 0 ? nil : Envelope(low: low, mean: sum / Double(n), high: high))
  }
  return out
}
