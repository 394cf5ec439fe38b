// Which known name a misspelt one was probably meant to be.
//
// Distance: optimal string alignment (insert, delete, replace, swap of neighbours each cost 1) over
// lower-cased letters, with '_' read as '-', since most slips are of these kinds. A name is only
// offered when at most a third of it is wrong, because a far-fetched hint misleads.

/// The entry of `names` nearest to `word`, or nil when none is near. Ties go to the first.
///
/// Worked: ("read-capcity", [read-capacity, name]) → read-capacity (1 letter missing);
/// ("foo", [name]) → nil (3 of 4 letters differ).
/// - Complexity: O(names × length²).
public func nearestName(to word: String, among names: [String]) -> String? {
  let wanted = folded(word)
  guard !wanted.isEmpty else { return nil }
  var best: (name: String, distance: Int)?
  for name in names {
    let candidate = folded(name)
    let allowed = max(1, max(candidate.count, wanted.count) / 3)
    guard abs(candidate.count - wanted.count) <= allowed else { continue }
    let distance = editDistance(wanted, candidate)
    guard distance <= allowed, distance < min(wanted.count, candidate.count) else { continue }
    if distance < (best?.distance ?? .max) { best = (name, distance) }
  }
  return best?.name
}

/// Optimal string alignment distance: ("ab", "ba") → 1; ("kitten", "sitting") → 3.
func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        cost = min(cost, beforeLast[j - 1] + 1)
      }
      row.append(cost)
    }
    beforeLast = last
    last = row
  }
  return last[b.count]
}

/// Lower case, with `_` and spaces as `-`.
private func folded(_ name: String) -> [UInt8] {
  name.lowercased().utf8.map { $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: " ") ? 0x2D : $0 }
}
