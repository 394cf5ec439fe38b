// The nearest known name to a misspelt one.

/// The least number of insertions, deletions, replacements and swaps of neighbours that turn `a`
/// into `b` (optimal string alignment). `O(a.count * b.count)`. Examples: ("plna", "plan") 1;
/// ("simulte", "simulate") 1; ("", "abc") 3.
public func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a.utf8)
  let b = Array(b.utf8)
  var before = [Int](repeating: 0, count: b.count + 1)
  var above = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1] + [Int](repeating: 0, count: b.count)
    for j in 0..<b.count {
      row[j + 1] = min(above[j] + (a[i] == b[j] ? 0 : 1), above[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        row[j + 1] = min(row[j + 1], before[j - 1] + 1)
      }
    }
    before = above
    above = row
  }
  return above[b.count]
}

/// The name that `word` most likely means: at most one edit per three letters away (one for shorter
/// words), or the only name that begins with it; the first of equals. Nil when none is near.
public func nearestName(to word: String, among names: [String]) -> String? {
  let word = word.lowercased()
  let limit = max(1, word.utf8.count / 3)
  var best: (distance: Int, name: String)?
  for name in names {
    let distance = editDistance(word, name.lowercased())
    if distance <= limit, distance < best?.distance ?? .max { best = (distance, name) }
  }
  if let best { return best.name }
  let completions = names.filter { $0.lowercased().hasPrefix(word) }
  return word.utf8.count >= 3 && completions.count == 1 ? completions.first : nil
}

func suggestion(for word: String, among names: [String]) -> String {
  nearestName(to: word, among: names).map { "; did you mean '\($0)'?" } ?? ""
}
