// How the bill is computed (pricing.md 3): every rule on which public tools differ is a setting.
// Defaults are those of the AWS Pricing Calculator where tools agree (730 h, no free tier) and the
// cautious choice where they do not (hour rule max). Prices themselves stand in Pricing.

/// Hours in the month that is billed.
public enum MonthRule: Hashable, Sendable {
  /// A fixed number of hours: 730 (the AWS Pricing Calculator's), 720, 744...
  case hours(Int)
  /// The real length of the month in which the scenario starts.
  case calendar
}

/// What a provisioned hour costs when capacity changes inside it.
public enum HourRule: String, Hashable, Sendable, CaseIterable {
  case max, mean, sample
}

/// Term of reserved capacity.
public enum ReservedTerm: String, Hashable, Sendable, CaseIterable {
  case oneYear = "1-year"
  case threeYears = "3-years"
}

/// Reserved capacity that is already owned or planned, in units (blocks of 100).
public struct ReservedSpec: Hashable, Sendable {
  public var read: Int
  public var write: Int
  public var term: ReservedTerm

  public init(read: Int, write: Int, term: ReservedTerm) {
    self.read = read
    self.write = write
    self.term = term
  }
}

/// The money side of a scenario.
public struct CostSpec: Hashable, Sendable {
  public var region: String
  public var month: MonthRule
  public var hourRule: HourRule
  public var freeTier: Bool
  public var reserved: ReservedSpec?
  /// Months the bill is projected over in the report (the month is the unit of every line).
  public var horizonMonths: Int
  /// GB leaving the region to the internet per month, and to other regions; priced when given.
  public var internetOutGigabytes: Double
  /// Full exports, incremental exports, imports and restores per month, in GB.
  public var exportGigabytes: Double
  public var incrementalExportGigabytes: Double
  public var importGigabytes: Double
  public var restoreGigabytes: Double
  /// Prices the file states itself, by item name of the price list (for example
  /// `dax_node_dax.r7i.large`).
  public var priceOverrides: [PriceOverride]

  public init(region: String = "us-east-1") {
    self.region = region
    self.month = .hours(730)
    self.hourRule = .max
    self.freeTier = false
    self.reserved = nil
    self.horizonMonths = 1
    self.internetOutGigabytes = 0
    self.exportGigabytes = 0
    self.incrementalExportGigabytes = 0
    self.importGigabytes = 0
    self.restoreGigabytes = 0
    self.priceOverrides = []
  }
}

/// A price given by the scenario: item name and decimal dollars per the item's unit.
public struct PriceOverride: Hashable, Sendable {
  public var item: String
  public var dollars: String

  public init(item: String, dollars: String) {
    self.item = item
    self.dollars = dollars
  }
}
