// Literal outputs kept on disk beside the test that checks them.
//
// A golden file lies in the folder `Golden` next to the test's source, found through #filePath, so
// that no resource bundle is needed. A mismatch names the first line that differs and shows both
// versions; UPDATE_GOLDEN=1 rewrites the files instead, and the reviewer reads `git diff`.
import Foundation
public import Testing

/// Records an issue unless `text` equals the golden file `name` beside the calling test.
public func expectGolden(
  _ text: String, _ name: String, beside source: String = #filePath,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let folder = URL(fileURLWithPath: source).deletingLastPathComponent()
  let file = folder.appendingPathComponent("Golden").appendingPathComponent(name)
  let rewrite = ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"
  if let difference = Golden.difference(of: text, from: file.path, rewrite: rewrite) {
    Issue.record(Comment(rawValue: difference), sourceLocation: sourceLocation)
  }
}

/// The comparison behind `expectGolden`, apart from the test that reports it.
public enum Golden {
  /// Why `text` is not what the file at `path` holds; nil when it is, or was rewritten.
  public static func difference(of text: String, from path: String, rewrite: Bool) -> String? {
    let file = URL(fileURLWithPath: path)
    let remedy = "UPDATE_GOLDEN=1 swift test rewrites it"
    if rewrite {
      do {
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return nil
      } catch {
        return "\(path) cannot be written: \(error)"
      }
    }
    guard let bytes = FileManager.default.contents(atPath: path) else {
      return "there is no golden file \(path); \(remedy)"
    }
    let expected = String(decoding: bytes, as: UTF8.self)
    if Array(expected.utf8) == Array(text.utf8) { return nil }
    return
      "\(file.lastPathComponent) \(firstDifference(expected: expected, found: text)); \(remedy)"
  }

  /// The first differing line of two texts, both versions under one another.
  public static func firstDifference(expected: String, found: String) -> String {
    let old = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let new = found.split(separator: "\n", omittingEmptySubsequences: false)
    var line = 0
    while line < min(old.count, new.count), Array(old[line].utf8) == Array(new[line].utf8) {
      line += 1
    }
    func shown(_ lines: [Substring]) -> String {
      line < lines.count ? "\"\(lines[line].debugDescription.dropFirst().dropLast())\"" : "no line"
    }
    return """
      differs in line \(line + 1) (\(old.count) lines expected, \(new.count) found)
        expected: \(shown(old))
        found:    \(shown(new))
      """
  }
}
