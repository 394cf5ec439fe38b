// The operators of condition blocks.
//
// IAM User Guide, reference_policies_elements_condition_operators.

/// How an operator compares a value of the request with one of the policy.
enum ConditionTest: Hashable, Sendable {
  enum Relation: String, Hashable, Sendable, CaseIterable {
    case equals = "Equals"
    case notEquals = "NotEquals"
    case lessThan = "LessThan"
    case lessThanEquals = "LessThanEquals"
    case greaterThan = "GreaterThan"
    case greaterThanEquals = "GreaterThanEquals"

    func holds<T: Comparable>(_ left: T, _ right: T) -> Bool {
      switch self {
      // The negation is applied to the whole list of values, not to each.
      case .equals, .notEquals: left == right
      case .lessThan: left < right
      case .lessThanEquals: left <= right
      case .greaterThan: left > right
      case .greaterThanEquals: left >= right
      }
    }
  }

  case text(ignoresCase: Bool, wildcards: Bool, negated: Bool)
  case number(Relation)
  case date(Relation)
  case boolean
  case binary
  case address(negated: Bool)
  case arn(negated: Bool)
  case isNull

  /// Operators by name, without prefix and suffix.
  static let named: [String: ConditionTest] = {
    var tests: [String: ConditionTest] = [
      "StringEquals": .text(ignoresCase: false, wildcards: false, negated: false),
      "StringNotEquals": .text(ignoresCase: false, wildcards: false, negated: true),
      "StringEqualsIgnoreCase": .text(ignoresCase: true, wildcards: false, negated: false),
      "StringNotEqualsIgnoreCase": .text(ignoresCase: true, wildcards: false, negated: true),
      "StringLike": .text(ignoresCase: false, wildcards: true, negated: false),
      "StringNotLike": .text(ignoresCase: false, wildcards: true, negated: true),
      "Bool": .boolean, "BinaryEquals": .binary, "Null": .isNull,
      "IpAddress": .address(negated: false), "NotIpAddress": .address(negated: true),
      "ArnEquals": .arn(negated: false), "ArnLike": .arn(negated: false),
      "ArnNotEquals": .arn(negated: true), "ArnNotLike": .arn(negated: true),
    ]
    for relation in Relation.allCases {
      tests["Numeric" + relation.rawValue] = .number(relation)
      tests["Date" + relation.rawValue] = .date(relation)
    }
    return tests
  }()

  var isNegated: Bool {
    switch self {
    case .text(_, _, let negated), .address(let negated), .arn(let negated): negated
    case .number(let relation), .date(let relation): relation == .notEquals
    case .boolean, .binary, .isNull: false
    }
  }

  /// What a value of a policy has to look like; nil when `value` does.
  func expectation(of value: String) -> String? {
    switch self {
    case .number: Double(value) == nil ? "a number" : nil
    case .date: PolicyDate(value) == nil ? "a date such as 2026-01-31T00:00:00Z" : nil
    case .boolean, .isNull: ["true", "false"].contains(value.lowercased()) ? nil : "true or false"
    case .address:
      AddressRange(value) == nil ? "an address or range such as 203.0.113.0/24" : nil
    case .text, .binary, .arn: nil
    }
  }

  /// Whether `value` of the request is what `wanted` of the policy says, negation aside.
  func compares(
    _ value: String, with wanted: String, _ context: AccessContext, hasVariables: Bool
  ) -> Bool {
    func pattern(wildcards: Bool) -> PolicyPattern? {
      PolicyPattern(wanted, context, wildcards: wildcards, variables: hasVariables)
    }
    switch self {
    case .text(let ignoresCase, let wildcards, _):
      return pattern(wildcards: wildcards)?.matches(value, ignoringCase: ignoresCase) ?? false
    case .arn: return pattern(wildcards: true)?.matches(arn: value) ?? false
    case .number(let relation):
      guard let left = Double(value), let right = Double(wanted) else { return false }
      return relation.holds(left, right)
    case .date(let relation):
      guard let left = PolicyDate(value), let right = PolicyDate(wanted) else { return false }
      return relation.holds(left.milliseconds, right.milliseconds)
    case .boolean: return value.lowercased() == wanted.lowercased()
    case .binary: return value == wanted
    case .address: return AddressRange(wanted)?.contains(value) ?? false
    case .isNull: return false
    }
  }
}

/// A date of a policy: W3C's ISO 8601 profile, or seconds since 1970.
struct PolicyDate: Hashable, Sendable {
  var milliseconds: Int64

  init?(_ text: String) {
    if let seconds = Double(text), seconds.magnitude < 1e12 {
      milliseconds = Int64(seconds * 1_000)
      return
    }
    // YYYY-MM-DD, then optionally Thh:mm[:ss[.s]] and a zone.
    let parts = text.split(separator: "T", omittingEmptySubsequences: false)
    let date = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count <= 2, date.count == 3, date[0].count == 4, let year = Int64(date[0]),
      let month = Int64(date[1]), (1...12).contains(month), let day = Int64(date[2]),
      (1...31).contains(day)
    else { return nil }
    milliseconds = Self.days(year, month, day) * 86_400_000
    guard parts.count == 2 else { return }
    guard let inDay = Self.clock(parts[1]) else { return nil }
    milliseconds += inDay
  }

  private static func clock(_ text: Substring) -> Int64? {
    var time = text
    var shift: Int64 = 0
    if time.hasSuffix("Z") {
      time = time.dropLast()
    } else if let sign = time.lastIndex(where: { $0 == "+" || $0 == "-" }) {
      guard let offset = minutes(time[time.index(after: sign)...]) else { return nil }
      shift = (time[sign] == "+" ? -1 : 1) * offset * 60_000
      time = time[..<sign]
    } else {
      return nil
    }
    guard let minutes = minutes(time.prefix(5)) else { return nil }
    var seconds = 0.0
    if time.count > 5 {
      guard time.dropFirst(5).hasPrefix(":"), let value = Double(time.dropFirst(6)),
        (0..<61).contains(value)
      else { return nil }
      seconds = value
    }
    return minutes * 60_000 + Int64(seconds * 1_000) + shift
  }

  private static func minutes(_ text: Substring) -> Int64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let hours = Int64(parts[0]), let minutes = Int64(parts[1]),
      (0...23).contains(hours), (0...59).contains(minutes)
    else { return nil }
    return hours * 60 + minutes
  }

  /// Days since 1970; H. Hinnant's days-from-civil for years from 0 on.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
