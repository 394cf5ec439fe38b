// A small checker of XML-like text: balanced tags, quoted attributes, escaped characters.
//
// It accepts what the renderers may write and nothing looser, so a stray `<` or a forgotten end tag
// fails a test. It knows HTML's void elements only in their closed form.

struct MarkupProblem: Error, CustomStringConvertible {
  var description: String
}

/// Checks `text` and returns the elements it opened, in order.
func checkedElements(_ text: String) throws -> [String] {
  var open: [String] = []
  var seen: [String] = []
  var rest = Substring(text)
  if rest.hasPrefix("<!DOCTYPE html>") { rest = rest.dropFirst("<!DOCTYPE html>".count) }
  while let start = rest.firstIndex(where: { $0 == "<" || $0 == "&" }) {
    rest = rest[start...]
    if rest.first == "&" {
      let names = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"]
      guard let name = names.first(where: { rest.hasPrefix($0) }) else {
        throw MarkupProblem(description: "bare & at \(rest.prefix(30))")
      }
      rest = rest.dropFirst(name.count)
      continue
    }
    guard let end = rest.firstIndex(of: ">") else {
      throw MarkupProblem(description: "unclosed tag at \(rest.prefix(30))")
    }
    let tag = rest[rest.index(after: start)..<end]
    rest = rest[rest.index(after: end)...]
    if tag.hasPrefix("/") {
      guard open.popLast() == String(tag.dropFirst()) else {
        throw MarkupProblem(description: "unexpected <\(tag)>")
      }
      continue
    }
    let isClosed = tag.hasSuffix("/")
    let name = String(tag.prefix { $0.isLetter || $0.isNumber })
    try checkAttributes(tag.dropFirst(name.count).dropLast(isClosed ? 1 : 0), of: name)
    seen.append(name)
    if !isClosed { open.append(name) }
    if name == "style", let close = rest.firstRange(of: "</style>") {
      rest = rest[close.lowerBound...]
    }
  }
  if !open.isEmpty { throw MarkupProblem(description: "left open: \(open)") }
  return seen
}

private func checkAttributes(_ text: Substring, of name: String) throws {
  var rest = text
  var names: Set<String> = []
  while true {
    rest = rest.drop { $0 == " " }
    if rest.isEmpty { return }
    let attribute = String(rest.prefix { $0 != "=" && $0 != " " })
    rest = rest.dropFirst(attribute.count)
    guard rest.hasPrefix("=\""), names.insert(attribute).inserted else {
      throw MarkupProblem(description: "attribute \(attribute) of <\(name)>")
    }
    rest = rest.dropFirst(2)
    guard let end = rest.firstIndex(of: "\""), !rest[..<end].contains("<") else {
      throw MarkupProblem(description: "value of \(attribute) of <\(name)>")
    }
    rest = rest[rest.index(after: end)...]
  }
}
