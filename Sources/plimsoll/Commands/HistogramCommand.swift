// hlog: looks into histogram logs, of this program or of any HdrHistogram tool.

import Arguments
import HistogramLog

enum HistogramCommand {
  static let command = Command(
    "hlog", summary: "Merge HdrHistogram logs and print their percentiles",
    discussion: [
      "Reads logs of any tool that writes HdrHistogram's V2 histograms of nanoseconds. The table is"
        + " the text that HdrHistogram's plotter takes; --format hlog writes one log with all"
        + " intervals instead."
    ],
    positionals: [Positional("LOG", .many, summary: "Histogram logs (.hlog)")],
    options: [
      Option("tag", .text("NAME"), summary: "Only the intervals with this tag"),
      Option("format", .choice(["hgrm", "hlog"]), summary: "What to print (default: hgrm)"),
      Option("unit", .choice(["ns", "us", "ms", "s"]), summary: "Of the values (default: ms)"),
    ],
    examples: ["plimsoll hlog runs/01-orders/operations.hlog --tag read-order"])

  static func run(_ given: GivenArguments) -> ExitCode {
    var all = IntervalLog(startTime: nil, intervals: [])
    for path in given.positionals {
      do throws(FileFault) {
        let log = try IntervalLog.read(contentsOf: path)
        all.startTime = [all.startTime, log.startTime].compactMap { $0 }.min()
        all.intervals += log.intervals
      } catch {
        Terminal.complain("plimsoll: \(error.message)")
        return .badInput
      }
    }
    if let tag = given.text("tag") {
      guard all.tags.contains(tag) else {
        let known = all.tags.isEmpty ? "no tags" : "the tags \(all.tags.joined(separator: ", "))"
        Terminal.complain("plimsoll: no interval is tagged '\(tag)'; the logs have \(known)")
        return .badInput
      }
      all.intervals.removeAll { $0.tag != tag }
    }
    if given.text("format") == "hlog" {
      Terminal.say(all.text)
    } else {
      let units = ["ns": 1.0, "us": 1e3, "s": 1e9]
      Terminal.say(
        PercentileText.text(all.total(), unit: units[given.text("unit") ?? "ms"] ?? 1e6))
    }
    return .success
  }
}

extension IntervalLog {
  /// The log in a file; a fault names the file and the line.
  fileprivate static func read(contentsOf path: String) throws(FileFault) -> IntervalLog {
    let text = try Files.read(path)
    do throws(IntervalLogFault) {
      return try read(text)
    } catch {
      throw FileFault(message: "\(path):\(error.line): \(error.message)")
    }
  }
}
