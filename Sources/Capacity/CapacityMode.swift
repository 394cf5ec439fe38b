// How a table or index gets its throughput: the API's BillingMode with its settings.

/// A target-tracking policy on one axis of a table or index (Application Auto Scaling).
public struct AutoscalingPolicy: Hashable, Sendable {
  /// Units/s; inclusive bounds of what the policy may set.
  public var minimum: Int
  public var maximum: Int
  /// Target utilisation in percent, 20...90; the service's default is 70.
  public var targetPercent: Int
  /// Seconds that block a further scaling action of the same direction; the service's default is 0.
  public var scaleOutCooldownSeconds: Int
  public var scaleInCooldownSeconds: Int
  /// Changes of the bounds by the time of day.
  public var schedule: [ScheduledScaling]

  public init(
    minimum: Int, maximum: Int, targetPercent: Int = 70, scaleOutCooldownSeconds: Int = 0,
    scaleInCooldownSeconds: Int = 0, schedule: [ScheduledScaling] = []
  ) {
    self.minimum = minimum
    self.maximum = maximum
    self.targetPercent = targetPercent
    self.scaleOutCooldownSeconds = scaleOutCooldownSeconds
    self.scaleInCooldownSeconds = scaleInCooldownSeconds
    self.schedule = schedule
  }
}

/// Provisioned throughput of one axis.
public struct ProvisionedCapacity: Hashable, Sendable {
  /// Units/s at the start of the run, at least 1.
  public var units: Int
  public var autoscaling: AutoscalingPolicy?

  public init(units: Int, autoscaling: AutoscalingPolicy? = nil) {
    self.units = units
    self.autoscaling = autoscaling
  }
}

/// BillingMode of a table (its indexes share the mode) with its limits.
public enum CapacityMode: Hashable, Sendable {
  /// PAY_PER_REQUEST; the optional maxima are OnDemandThroughput's MaxRead/WriteRequestUnits.
  case onDemand(maximumRead: Int?, maximumWrite: Int?)
  case provisioned(read: ProvisionedCapacity, write: ProvisionedCapacity)

  /// The API's spelling.
  public var apiName: String {
    switch self {
    case .onDemand: "PAY_PER_REQUEST"
    case .provisioned: "PROVISIONED"
    }
  }
}

/// Units/s a table or index can serve at once (WarmThroughput).
public struct WarmThroughput: Hashable, Sendable {
  public var readUnitsPerSecond: Int
  public var writeUnitsPerSecond: Int

  public init(readUnitsPerSecond: Int, writeUnitsPerSecond: Int) {
    self.readUnitsPerSecond = readUnitsPerSecond
    self.writeUnitsPerSecond = writeUnitsPerSecond
  }
}

/// TableClass by its API name.
public enum TableClass: String, Hashable, Sendable, CaseIterable {
  case standard = "STANDARD"
  case standardInfrequentAccess = "STANDARD_INFREQUENT_ACCESS"
}
