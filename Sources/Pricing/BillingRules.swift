// How usage becomes a bill: every rule on which public calculators differ, as a setting.
//
// Month length, hour rule and free tier differ from tool to tool (pricing.md 3), so each is stated
// in the bill's assumptions. Nothing here depends on how the usage was produced.

public import Capacity

/// What a provisioned hour costs when capacity changes inside it.
public enum BilledHourRule: Hashable, Sendable {
  /// The highest minute of the hour.
  case max
  /// The mean over the hour's minutes.
  case mean
  /// One minute of each hour, picked by a hash of the seed and the hour.
  case sample(seed: UInt64)
}

/// Term of reserved capacity.
public enum ReservationTerm: Hashable, Sendable, CaseIterable {
  case oneYear, threeYears

  /// 8,760 or 26,280 hours (the reservation tool's term lengths, pricing.md 3).
  public var hours: Int { self == .oneYear ? 8_760 : 26_280 }

  public var name: String { self == .oneYear ? "1 year" : "3 years" }
}

/// Reserved capacity of the billed region, in units/s; bought in blocks of 100.
public struct ReservedCapacity: Hashable, Sendable {
  public static let blockUnits = 100

  public var readUnits: Int
  public var writeUnits: Int
  public var term: ReservationTerm

  public init(readUnits: Int, writeUnits: Int, term: ReservationTerm) {
    self.readUnits = readUnits
    self.writeUnits = writeUnits
    self.term = term
  }

  public func units(_ axis: CapacityAxis) -> Int { axis == .read ? readUnits : writeUnits }

  /// Blocks that cover the units; a started block is a whole one.
  func blocks(_ axis: CapacityAxis) -> Int {
    (max(0, units(axis)) + Self.blockUnits - 1) / Self.blockUnits
  }
}

/// The settings of a bill.
public struct BillingRules: Hashable, Sendable {
  /// Home region: reserved capacity, restores, exports, imports and transfers are billed there.
  public var region: String
  /// Hours in the month: 730 as the AWS Pricing Calculator has it, or the real length.
  public var monthHours: Int
  public var hourRule: BilledHourRule
  /// Whether the account's free tier applies to this usage alone.
  public var freeTier: Bool
  public var reserved: ReservedCapacity?

  public init(
    region: String = "us-east-1", monthHours: Int = 730, hourRule: BilledHourRule = .max,
    freeTier: Bool = false, reserved: ReservedCapacity? = nil
  ) {
    precondition(monthHours > 0, "a month has at least one hour")
    self.region = region
    self.monthHours = monthHours
    self.hourRule = hourRule
    self.freeTier = freeTier
    self.reserved = reserved
  }
}
