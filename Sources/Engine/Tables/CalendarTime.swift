// A point of wall-clock time as the labels of streams write it.

/// UTC date and time to the millisecond. Proleptic Gregorian calendar, no leap seconds.
struct CalendarTime {
  var milliseconds: Int64

  /// `2015-05-11T21:21:33.291`. Days to date after H. Hinnant's civil-from-days algorithm.
  var text: String {
    let day = milliseconds.dividedFlooring(by: 86_400_000)
    let inDay = milliseconds - day * 86_400_000
    let shifted = day + 719_468
    let era = shifted.dividedFlooring(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let dayOfMonth = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let seconds = inDay / 1_000
    return Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(dayOfMonth, 2)
      + "T" + Self.padded(seconds / 3_600, 2) + ":" + Self.padded(seconds / 60 % 60, 2) + ":"
      + Self.padded(seconds % 60, 2) + "." + Self.padded(inDay % 1_000, 3)
  }

  private static func padded(_ number: Int64, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }
}

extension Int64 {
  fileprivate func dividedFlooring(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
