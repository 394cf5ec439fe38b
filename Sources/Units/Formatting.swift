// How numbers are written for people, without Foundation: one way everywhere.
//
// Thousands are grouped with commas, the decimal mark is a point, sizes are binary with the
// service's names (KB, MB, GB), durations use at most two units.

/// `value` with exactly `digits` decimals, rounded half away from zero and grouped in thousands.
///
/// Not-a-number and infinities are written "-"; numbers of 10^15 and more, and those that would
/// need more than 18 digits, in Swift's own notation.
/// Examples: (1234.5, 2) "1,234.50"; (-0.004, 2) "0.00".
/// - Precondition: `digits` is in 0...18.
public func fixed(_ value: Double, _ digits: Int, grouped: Bool = true) -> String {
  precondition((0...18).contains(digits), "a number is written with 0 to 18 decimals")
  guard value.isFinite, abs(value) < 1e15 else { return value.isFinite ? "\(value)" : "-" }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let scaled = (abs(value) * scale).rounded(.toNearestOrAwayFromZero)
  guard scaled < 9e18 else { return "\(value)" }
  let units = Int64(scaled)
  let whole = units / Int64(scale)
  let part = units % Int64(scale)
  var text = grouped ? group(whole) : String(whole)
  if digits > 0 {
    let fraction = String(part)
    text += "." + String(repeating: "0", count: digits - fraction.utf8.count) + fraction
  }
  return value < 0 && units != 0 ? "-" + text : text
}

/// A whole number grouped in thousands: 1234567 → "1,234,567".
public func group(_ value: some BinaryInteger) -> String {
  let digits = Array(String(value.magnitude).utf8)
  var out: [UInt8] = value < 0 ? [UInt8(ascii: "-")] : []
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { out.append(UInt8(ascii: ",")) }
    out.append(digit)
  }
  return String(decoding: out, as: UTF8.self)
}

/// `value` with three significant digits below a thousand and all digits of the whole part above:
/// 0.01234 → "0.0123", 12.345 → "12.3", 9.996 → "10.0", 12345 → "12,345". At most 12 decimals.
public func significant(_ value: Double) -> String {
  var scaled = abs(value)
  if scaled == 0 { return "0" }
  var digits = 0
  while scaled < 99.95, digits < 12 {
    scaled *= 10
    digits += 1
  }
  return fixed(value, digits)
}

/// A share as a percentage: 0.1234 → "12.3 %".
public func percentage(_ share: Double) -> String {
  let value = share * 100
  if value == 0 { return "0 %" }
  return (abs(value) >= 10 ? fixed(value, 1) : significant(value)) + " %"
}

extension Nanoseconds: CustomStringConvertible {
  /// "850 ns", "12.3 µs", "4.56 ms", "2.5 s", "3 min 20 s", "5 h 30 min", "14 d".
  ///
  /// Rounded to the nearest in the units up to seconds and minutes; from an hour on, the second
  /// unit is cut off.
  public var description: String {
    let size = abs(inSeconds)
    if size == 0 { return "0 s" }
    if size < 1e-6 { return "\(count) ns" }
    if size < 0.9995e-3 { return significant(inSeconds * 1e6) + " µs" }
    if size < 0.9995 { return significant(inSeconds * 1e3) + " ms" }
    if size < 59.995 { return trimmed(inSeconds, 2) + " s" }
    let seconds = Int64(size.rounded())
    let sign = count < 0 ? "-" : ""
    func two(_ first: Int64, _ firstName: String, _ second: Int64, _ secondName: String) -> String {
      sign + "\(first) \(firstName)" + (second == 0 ? "" : " \(second) \(secondName)")
    }
    if seconds < 3_600 { return two(seconds / 60, "min", seconds % 60, "s") }
    if seconds < 86_400 { return two(seconds / 3_600, "h", seconds % 3_600 / 60, "min") }
    return two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h")
  }
}

extension Instant: CustomStringConvertible {
  /// Time since the start of the run as "h:mm:ss", or "14d 05:03:56" from one day on.
  public var description: String {
    let seconds = (nanoseconds / 1_000_000_000).magnitude
    let sign = nanoseconds <= -1_000_000_000 ? "-" : ""
    func pad(_ n: UInt64) -> String { n < 10 ? "0\(n)" : "\(n)" }
    let clock = "\(pad(seconds % 3_600 / 60)):\(pad(seconds % 60))"
    let hours = seconds / 3_600
    return sign
      + (hours < 24 ? "\(hours):\(clock)" : "\(hours / 24)d \(pad(hours % 24)):\(clock)")
  }
}

extension ByteCount: CustomStringConvertible {
  /// "812 B", "1.5 KB", "400 KB", "12.3 GB".
  public var description: String {
    let names = ["B", "KB", "MB", "GB", "TB", "PB"]
    var value = Double(count)
    var index = 0
    // From 1,023.995 on, two decimals would show 1,024 of the smaller unit.
    while abs(value) >= (index == 0 ? 1_024 : 1_023.995), index < names.count - 1 {
      value /= 1_024
      index += 1
    }
    return trimmed(value, index == 0 ? 0 : 2) + " " + names[index]
  }
}

extension Money: CustomStringConvertible {
  /// Dollars and cents, grouped: "$1,234.56"; amounts below a cent with four significant digits at
  /// most: "$0.0000625".
  public var description: String {
    let cent = Self.dollar / 100
    if attodollars != 0, attodollars.magnitude < cent.magnitude {
      var unit: UInt128 = 1
      while attodollars.magnitude / unit >= 10_000 { unit *= 10 }
      var digits = String((attodollars.magnitude + unit / 2) / unit * unit)
      digits = String(repeating: "0", count: max(0, 18 - digits.utf8.count)) + digits
      while digits.hasSuffix("0") { digits.removeLast() }
      return (attodollars < 0 ? "-$0." : "$0.") + digits
    }
    let cents = roundedToCents.attodollars / cent
    let part = cents.magnitude % 100
    return (cents < 0 ? "-$" : "$") + group(cents.magnitude / 100) + (part < 10 ? ".0" : ".")
      + String(part)
  }
}

/// `fixed` without trailing zeros: (1.50, 2) → "1.5", (2.00, 2) → "2".
public func trimmed(_ value: Double, _ digits: Int) -> String {
  var text = fixed(value, digits)
  guard text.contains("."), !text.contains("e") else { return text }
  while text.hasSuffix("0") { text.removeLast() }
  if text.hasSuffix(".") { text.removeLast() }
  return text
}
