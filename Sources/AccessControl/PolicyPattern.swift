// Texts of a policy with their wildcards and variables, matched against what a request says.
//
// `*` is any run of characters, `?` any one; `${name}` stands for a value of the request, `${name,
// 'default'}` for that or a default, and `${*}`, `${?}`, `${$}` for the characters themselves (IAM
// User Guide, reference_policies_variables). What a variable stands for is text, never a wildcard.

/// A text of a policy, its variables replaced.
struct PolicyPattern: Hashable, Sendable {
  enum Element: Hashable, Sendable {
    case character(Unicode.Scalar)
    case anyRun
    case anyOne
  }

  var elements: [Element]

  init(_ elements: [Element]) { self.elements = elements }

  /// nil when a variable has no value in the request.
  /// - Parameters:
  ///   - wildcards: false takes `*` and `?` for themselves.
  ///   - variables: false takes `${` for itself, as policies of version 2008-10-17 do.
  init?(_ text: String, _ context: AccessContext, wildcards: Bool, variables: Bool) {
    elements = []
    var rest = Substring(text).unicodeScalars
    while let first = rest.first {
      if variables, first == "$", let end = rest.firstIndex(of: "}"),
        rest.dropFirst().first == "{"
      {
        let name = String(rest[rest.index(rest.startIndex, offsetBy: 2)..<end])
        guard let value = Self.value(of: name, context) else { return nil }
        elements += value.unicodeScalars.map(Element.character)
        rest = rest[rest.index(after: end)...]
        continue
      }
      switch first {
      case "*" where wildcards: elements.append(.anyRun)
      case "?" where wildcards: elements.append(.anyOne)
      default: elements.append(.character(first))
      }
      rest = rest.dropFirst()
    }
  }

  private static func value(of variable: String, _ context: AccessContext) -> String? {
    if ["*", "?", "$"].contains(variable) { return variable }
    let parts = variable.split(separator: ",", maxSplits: 1).map { $0.trimmed }
    // A variable has one value; a key with several cannot be one.
    if let values = context[parts.first ?? ""], values.count == 1 { return values[0] }
    guard parts.count == 2, parts[1].hasPrefix("'"), parts[1].hasSuffix("'"), parts[1].count > 1
    else { return nil }
    return String(parts[1].dropFirst().dropLast())
  }

  /// Whether `text` is of this form. O(length of both) but for runs, which may try again.
  func matches(_ text: String, ignoringCase: Bool = false) -> Bool {
    let text = Array((ignoringCase ? text.lowercased() : text).unicodeScalars)
    var pattern = elements
    if ignoringCase {
      pattern = pattern.flatMap { element -> [Element] in
        guard case .character(let scalar) = element else { return [element] }
        return scalar.properties.lowercaseMapping.unicodeScalars.map(Element.character)
      }
    }
    var place = (pattern: 0, text: 0)
    var retry: (pattern: Int, text: Int)?
    while place.text < text.count {
      if place.pattern < pattern.count, pattern[place.pattern] == .anyRun {
        place.pattern += 1
        retry = place
      } else if place.pattern < pattern.count,
        Self.accepts(pattern[place.pattern], text[place.text])
      {
        place = (place.pattern + 1, place.text + 1)
      } else if let last = retry {
        // The run takes one more character.
        retry = (last.pattern, last.text + 1)
        place = (last.pattern, last.text + 1)
      } else {
        return false
      }
    }
    return pattern[place.pattern...].allSatisfy { $0 == .anyRun }
  }

  private static func accepts(_ element: Element, _ scalar: Unicode.Scalar) -> Bool {
    switch element {
    case .character(let wanted): wanted == scalar
    case .anyOne: true
    case .anyRun: false
    }
  }

  /// Whether the ARN `text` is of this form, part by part: a wildcard stays within its part. A
  /// lone `*` is every ARN.
  func matches(arn text: String) -> Bool {
    if elements == [.anyRun] { return true }
    let parts = elements.split(
      separator: .character(":"), maxSplits: 5, omittingEmptySubsequences: false)
    let texts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == texts.count else { return false }
    return zip(parts, texts).allSatisfy { PolicyPattern(Array($0)).matches(String($1)) }
  }
}

extension Substring {
  /// Without blanks at the ends.
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
