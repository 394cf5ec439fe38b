// What happened to capacity, in time order.
//
// Scaling actions, splits, growth of an on-demand limit and first throttles of the first
// replication. The page shows the beginning; the CSV file has every event.

import Results
import Units

enum EventsSection: ReportSection {
  /// Rows shown; the CSV file holds all.
  static let shown = 40

  static func write(_ input: ReportInput, into document: inout Document) {
    let events = input.plan.record.events
    var section = DocumentSection("Events")
    guard !events.isEmpty else { return }
    if events.count > shown {
      section.paragraph(
        "The first \(shown) of \(group(events.count)) events of the first replication; "
          + "\(code: "csv/events.csv") has all.")
    }
    section.table(
      DocumentTable(
        columns: [
          .init("Time", .trailing), .init("Table or index"), .init("Event"),
          .init("What happened"),
        ],
        rows: events.prefix(shown).map { event in
          let (name, status) = word(event.kind)
          return [
            DocumentCell(event.at.description), DocumentCell(event.resource, isCode: true),
            DocumentCell(name, status: status), DocumentCell(event.text),
          ]
        }))
    document.append(section)
  }

  static func word(_ kind: CapacityEvent.Kind) -> (String, Status) {
    switch kind {
    case .scaledOut: ("scaled out", .neutral)
    case .scaledIn: ("scaled in", .neutral)
    case .scaleInRefused: ("scale-in refused", .warning)
    case .split: ("split", .neutral)
    case .splitRefused: ("split refused", .warning)
    case .onDemandGrew: ("limit grew", .neutral)
    case .firstThrottle: ("first throttle", .bad)
    case .burstExhausted: ("burst spent", .warning)
    }
  }
}
