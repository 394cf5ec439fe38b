// The instant of a signature as requests write it: 20150830T123600Z.
//
// UTC, whole seconds. The time comes in from outside. Days to dates and back after H. Hinnant's
// civil-from-days and days-from-civil (howardhinnant.github.io/date_algorithms.html).

/// A second of UTC and its text in ISO 8601's basic format.
public struct SigningTime: Hashable, Sendable {
  /// Seconds since 1970.
  public let seconds: Int64

  public init(seconds: Int64) { self.seconds = seconds }

  /// What `20150830T123600Z` says; nil for any other form or a date that does not exist.
  public init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z"),
      let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[4..<6]),
      let day = Self.number(bytes[6..<8]), let hour = Self.number(bytes[9..<11]),
      let minute = Self.number(bytes[11..<13]), let second = Self.number(bytes[13..<15])
    else { return nil }
    let days = Self.days(year: year, month: month, day: day)
    let time = SigningTime(seconds: days * 86_400 + hour * 3_600 + minute * 60 + second)
    // What does not come back as it was is no date: 30 February, 25 o'clock.
    guard (1...12).contains(month), (1...31).contains(day), time.bytes == bytes else { return nil }
    self = time
  }

  /// `20150830T123600Z`.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// `2015-08-30T12:36:00Z`: ISO 8601's extended format.
  public var extended: String {
    let text = Array(text)
    func part(_ range: Range<Int>) -> String { String(text[range]) }
    return "\(part(0..<4))-\(part(4..<6))-\(part(6..<11)):\(part(11..<13)):\(part(13..<16))"
  }

  /// `20150830`.
  public var day: String { String(decoding: bytes.prefix(8), as: UTF8.self) }

  /// The 16 characters of the text.
  var bytes: [UInt8] {
    let day = Self.floor(seconds, 86_400)
    let inDay = seconds - day * 86_400
    let date = Self.date(day)
    return Self.digits(date.year, 4) + Self.digits(date.month, 2) + Self.digits(date.day, 2)
      + [UInt8(ascii: "T")] + Self.digits(inDay / 3_600, 2) + Self.digits(inDay / 60 % 60, 2)
      + Self.digits(inDay % 60, 2) + [UInt8(ascii: "Z")]
  }

  private static func date(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = day + 719_468
    let era = floor(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = floor(shifted, 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func floor(_ number: Int64, _ divisor: Int64) -> Int64 {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    var number: Int64 = 0
    for digit in digits {
      guard (48...57).contains(digit) else { return nil }
      number = number * 10 + Int64(digit - 48)
    }
    return number
  }

  private static func digits(_ number: Int64, _ count: Int) -> [UInt8] {
    var rest = number
    var digits = [UInt8](repeating: 0, count: count)
    for place in digits.indices.reversed() {
      digits[place] = 48 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    return digits
  }
}
