// explain: the resolved arithmetic of a scenario, without simulating it.

import Arguments
import Capacity
import Planning
import Pricing
import Reports
import Scenarios
import Units

enum ExplainCommand {
  static let command = Command(
    "explain",
    summary: "Print a scenario's resolved arithmetic: rates, units, load, hottest key, cost",
    positionals: [Positional("SCENARIO", summary: "A scenario file (YAML)")],
    options: [
      Option("colour", .choice(["auto", "always", "never"]), summary: "Colour on the terminal")
    ],
    examples: ["plimsoll explain scenarios/01-orders.yaml"])

  static func run(_ given: GivenArguments) -> ExitCode {
    guard let scenario = ScenarioInput.load(given.positionals[0]) else { return .badInput }
    let explanation = Explanation(scenario)
    var document = Document(title: scenario.title)
    document.append(operations(explanation))
    document.append(load(explanation))
    document.append(heat(explanation))
    document.append(money(explanation, scenario))
    let renderer = TextRenderer(
      width: min(120, Terminal.width), colour: Terminal.usesColour(given.text("colour")))
    Terminal.say(renderer.render(document))
    return .success
  }

  private static func unit(_ axis: CapacityAxis) -> String { axis == .read ? "RCU" : "WCU" }

  private static func operations(_ explanation: Explanation) -> DocumentSection {
    var section = DocumentSection("Units per request")
    var table = DocumentTable(columns: [
      .init("operation"), .init("requests/s", .trailing), .init("on"), .init("arithmetic"),
      .init("units", .trailing),
    ])
    for operation in explanation.operations {
      let isShared = explanation.operations.contains {
        $0.name == operation.name && $0.traffic != operation.traffic
      }
      let name = isShared ? "\(operation.traffic): \(operation.name)" : operation.name
      for (position, charge) in operation.charges.enumerated() {
        let first = position == 0
        table.rows.append([
          DocumentCell(first ? name : ""),
          DocumentCell(first ? significant(operation.meanRate) : ""),
          DocumentCell(charge.resource), DocumentCell(charge.arithmetic),
          DocumentCell("\(trimmed(charge.unitsPerRequest, 2)) \(unit(charge.axis))"),
        ])
      }
    }
    section.table(table)
    return section
  }

  private static func load(_ explanation: Explanation) -> DocumentSection {
    var section = DocumentSection("Expected load")
    var table = DocumentTable(columns: [
      .init("table or index"), .init("axis"), .init("mean/s", .trailing),
      .init("peak/s", .trailing), .init("has/s", .trailing), .init("peak use", .trailing),
    ])
    for row in explanation.resources {
      let use = row.limit == 0 ? 0 : row.peakUnits / row.limit
      table.rows.append([
        DocumentCell(row.resource), DocumentCell(unit(row.axis)),
        DocumentCell(significant(row.meanUnits)), DocumentCell(significant(row.peakUnits)),
        DocumentCell(fixed(row.limit, 0) + (row.isOnDemand ? " on demand" : "")),
        DocumentCell(percentage(use), status: use > 1 ? .bad : .neutral),
      ])
    }
    section.table(table)
    return section
  }

  private static func heat(_ explanation: Explanation) -> DocumentSection {
    var section = DocumentSection("Hottest partition key")
    var table = DocumentTable(columns: [
      .init("table or index"), .init("axis"), .init("share of units", .trailing),
      .init("at the peak", .trailing), .init("partition ceiling", .trailing),
    ])
    for row in explanation.resources {
      let isTiny = row.hottestShare > 0 && row.hottestShare < 0.000_05
      let units = row.hottestPeakUnits
      table.rows.append([
        DocumentCell(row.resource), DocumentCell(unit(row.axis)),
        DocumentCell(isTiny ? "< 0.01 %" : percentage(row.hottestShare)),
        DocumentCell(
          (units > 0 && units < 0.005 ? "< 0.01" : significant(units)) + " \(unit(row.axis))/s"),
        DocumentCell(
          fixed(row.partitionCeiling, 0),
          status: row.hottestPeakUnits > row.partitionCeiling ? .bad : .neutral),
      ])
    }
    section.table(table)
    return section
  }

  private static func money(_ explanation: Explanation, _ scenario: Scenario) -> DocumentSection {
    var section = DocumentSection("Cost of a month at these rates")
    let bill = explanation.bill(for: scenario)
    section.paragraph(
      "\(bill.total) (\(bill.lines.count) lines, home region \(bill.region)), without retries,"
        + " throttling, scaling\(scenario.cache == nil ? "" : ", cache hits") and reads of streams;"
        + " plimsoll cost prices the simulated month.")
    return section
  }
}
