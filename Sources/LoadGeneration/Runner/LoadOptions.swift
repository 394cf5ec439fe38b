// How a scenario is driven against an endpoint: what the scenario does not say.

public import HTTPClient
public import Units

/// Options of one run.
public struct LoadOptions: Sendable {
  /// Endpoints with the same tables; connections are spread evenly over all their addresses.
  public var endpoints: [Endpoint]
  /// Multiplies all rates.
  public var rateFactor = 1.0
  /// How many times as fast as the wall's the run's clock is: due instants, back-off and timeouts
  /// come so much sooner, and all times are reported in the scenario's.
  public var clockSpeed = 1
  /// nil: the scenario's.
  public var duration: Nanoseconds?
  public var warmUp: Nanoseconds?
  public var seed: UInt64?
  /// Users of a closed loop instead of the scenario's arrivals.
  public var closedUsers: Int?
  /// Logical requests in progress at once, over all threads.
  public var inFlightLimit = 1_024
  /// nil: as many as may be in flight.
  public var connections: Int?
  public var threads = 1
  /// Per attempt, from the wire; nil: the scenario's.
  public var timeout: Nanoseconds?
  /// From the intended start; a request that cannot be sent before is given up, unsent.
  public var deadline: Nanoseconds?
  /// Due instants of every traffic, in ns, instead of the scenario's arrivals.
  public var replay: [[Int64]]?
  /// The scenario's DAX cluster stands before its tables, in this process; with one thread only.
  public var usesCache = false
  /// Looks at every item that is read.
  public var verifies = false
  public var tls = TLSSettings()
  /// nil: requests are not signed.
  public var signing: SigningIdentity?
  /// Stops when the consumed units have cost this many dollars.
  public var spendLimit: Double?
  /// Dollars for a unit.
  public var readUnitPrice = 0.0
  public var writeUnitPrice = 0.0

  public init(_ endpoints: [Endpoint]) { self.endpoints = endpoints }
}

/// Who signs, and where for.
public struct SigningIdentity: Hashable, Sendable {
  public var accessKey: String
  public var secretKey: String
  public var sessionToken: String?
  public var region: String

  public init(accessKey: String, secretKey: String, sessionToken: String? = nil, region: String) {
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
    self.region = region
  }
}

/// Why a run could not be made or went no further.
public struct LoadFault: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
