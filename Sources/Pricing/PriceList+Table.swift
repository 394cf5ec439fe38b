// Reading the generated table of published prices.
//
// The table is ours and tested row by row against its source, so a malformed line is a fault of the
// generator: it is skipped here and the test that counts rows fails.

import Units

extension PriceList {
  /// The published prices; parsed once per process.
  public static let published = PriceList(table: PublishedPrices.table)

  init(table: StaticString) {
    self.init(table: table.withUTF8Buffer { Array($0) })
  }

  /// Lines: `s source`, `a date`, `i item unit`, `r region`, and rows `item:price:source:date`.
  init(table: [UInt8]) {
    self.init()
    var sources: [String] = []
    var dates: [String] = []
    var region = ""
    for line in table.split(separator: UInt8(ascii: "\n")) {
      let isKeyed = line.count > 2 && line[line.startIndex + 1] == UInt8(ascii: " ")
      let key = isKeyed ? line[line.startIndex] : 0
      let rest = String(decoding: line.dropFirst(2), as: UTF8.self)
      switch key {
      case UInt8(ascii: "s"): sources.append(rest)
      case UInt8(ascii: "a"): dates.append(rest)
      case UInt8(ascii: "i"):
        let words = rest.split(separator: " ")
        guard words.count == 2 else { continue }
        items.append(String(words[0]))
        units[String(words[0])] = String(words[1])
      case UInt8(ascii: "r"):
        region = rest
        if region != "*" { regions.append(region) }
      default:
        for row in line.split(separator: UInt8(ascii: " ")) {
          read(row: row, in: region, sources: sources, dates: dates)
        }
      }
    }
  }

  private mutating func read(
    row: ArraySlice<UInt8>, in region: String, sources: [String], dates: [String]
  ) {
    let fields = row.split(separator: UInt8(ascii: ":")).map { String(decoding: $0, as: UTF8.self) }
    guard fields.count == 4, let item = Int(fields[0]), items.indices.contains(item),
      let source = Int(fields[2]), sources.indices.contains(source),
      let date = Int(fields[3]), dates.indices.contains(date),
      let amount = Money(decimal: fields[1])
    else { return }
    let name = items[item]
    guard region != "*" else {
      allowances[name] = Int(amount.attodollars / Money.dollar)
      return
    }
    let measure = PriceMeasure(tableUnit: units[name] ?? "")
    let text = sources[source]
    set(
      Price(
        amount: amount, units: measure.units, per: measure.per, source: text, asOf: dates[date],
        isInferred: text.hasPrefix("INFERRED") || dates[date] == "inferred",
        isDoubtful: text.contains("[SUSPECT") || text.contains("low confidence")),
      for: name, in: region)
  }
}
