// What a report is made from, and the files it becomes.
//
// Values only: the pages never start a simulation, read a file or look at a clock, so the same
// input always gives the same report.

public import Pricing
public import Results

/// Everything the pages read.
public struct ReportInput: Sendable {
  public var plan: CapacityPlan
  public var bill: Bill
  public var alternatives: [PricedAlternative]
  /// The command that regenerates the report.
  public var command: String
  /// Version of the program.
  public var version: String
  /// How a measured run was made; nil for a simulated one.
  public var measurement: Measurement?

  public init(
    plan: CapacityPlan, bill: Bill, alternatives: [PricedAlternative], command: String,
    version: String, measurement: Measurement? = nil
  ) {
    self.plan = plan
    self.bill = bill
    self.alternatives = alternatives
    self.command = command
    self.version = version
    self.measurement = measurement
  }
}

/// A file of the report folder.
public struct ReportFile: Sendable {
  /// Relative to the report folder, with `/`.
  public var path: String
  public var contents: String

  public init(path: String, contents: String) {
    self.path = path
    self.contents = contents
  }
}

/// A page of the report: reads the input, writes at most one section.
protocol ReportSection {
  static func write(_ input: ReportInput, into document: inout Document)
}
