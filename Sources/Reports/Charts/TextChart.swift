// Charts in characters, for the terminal's screen.
//
// Block elements U+2581 to U+258F give eight heights and eight widths per character. A sparkline
// shows the highest value of each stretch, since peaks are what capacity is planned for.

enum TextChart {
  private static let levels: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private static let parts: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"]

  /// The highest value of each of `width` stretches as a block of eight heights up to `top` (the
  /// largest value when nil); a space where nothing was measured. [0, 4, 8] → "▁▄█" or so.
  static func sparkline(_ values: [Double?], width: Int, top: Double? = nil) -> String {
    let columns = envelopes(values, columns: width)
    let highest = top ?? columns.compactMap { $0?.high }.max() ?? 0
    return String(
      columns.map { column -> Character in
        guard let column else { return " " }
        guard highest > 0 else { return levels[0] }
        let step = Int((min(max(column.high / highest, 0), 1) * 7).rounded())
        return levels[step]
      })
  }

  /// A bar of `share` (0...1) of `width` characters, to an eighth of a character.
  static func bar(_ share: Double, width: Int) -> String {
    let eighths = Int((min(max(share, 0), 1) * Double(width * 8)).rounded())
    var out = String(repeating: "█", count: eighths / 8)
    if eighths % 8 > 0 { out.append(parts[eighths % 8 - 1]) }
    return out
  }
}
