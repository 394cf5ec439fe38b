// What a node answers: an array of error codes, empty when all went well, then the payload.
//
// Payloads: features.md 2.4. An item without projection is bytes (list number and values), with one
// a map from the projection's place to the value.

public import DataModel

/// A failed request as clients understand it.
public struct DaxError: Error, Hashable, Sendable {
  /// The path of codes; its first number tells clients whether to try again.
  public var codes: [Int]
  public var message: String
  public var requestID: String?
  /// The service's name of the error, such as ValidationException.
  public var name: String
  public var status: Int
  public var reasons: [CancellationReason] = []

  public init(_ name: String, _ message: String, status: Int = 400, requestID: String? = nil) {
    codes = Self.path[name] ?? [4, 37, 38, 39, Self.unlisted]
    self.name = name
    self.message = message
    self.status = status
    self.requestID = requestID
  }

  /// A connection whose signature is wrong.
  public static func authentication(_ message: String) -> DaxError {
    var error = DaxError("UnrecognizedClientException", message)
    error.codes = [4, 23, 31, 33]
    return error
  }

  /// No number of the protocol: clients then take the name that is sent with it.
  private static let unlisted = 0

  private static let path: [String: [Int]] = [
    "ProvisionedThroughputExceededException": [4, 37, 38, 39, 40],
    "ResourceNotFoundException": [4, 37, 38, 39, 41],
    "ConditionalCheckFailedException": [4, 37, 38, 39, 43],
    "ResourceInUseException": [4, 37, 38, 39, 45],
    "ValidationException": [4, 37, 38, 39, 46],
    "InternalServerError": [4, 37, 38, 39, 47],
    "ItemCollectionSizeLimitExceededException": [4, 37, 38, 39, 48],
    "LimitExceededException": [4, 37, 38, 39, 49],
    "ThrottlingException": [4, 37, 38, 39, 50],
    "TransactionCanceledException": [4, 37, 38, 39, 58],
    "RequestLimitExceeded": [4, 37, 38, 39, 61],
    "AccessDeniedException": [4, 37, 38, 42],
  ]

  /// Codes, message, and [request id, name, status(, reasons)].
  public var wire: [UInt8] {
    var writer = CBORWriter()
    writer.array(codes.count)
    for code in codes { writer.integer(code) }
    writer.text(message)
    writer.array(reasons.isEmpty ? 3 : 4)
    if let requestID { writer.text(requestID) } else { writer.null() }
    writer.text(name)
    writer.integer(status)
    guard !reasons.isEmpty else { return writer.bytes }
    writer.array(3 * reasons.count)
    for reason in reasons {
      if let code = reason.code { writer.text(code) } else { writer.null() }
      if let message = reason.message { writer.text(message) } else { writer.null() }
      if let value = reason.value { writer.byteString(value) } else { writer.null() }
    }
    return writer.bytes
  }
}

/// Why one action of a transaction cancelled it, or that it did not.
public struct CancellationReason: Hashable, Sendable {
  public var code: String?
  public var message: String?
  /// The item that was there, when the client asked for it.
  public var item: Item?
  /// The same as `AttributeLists.wireValue` writes it.
  public var value: [UInt8]?

  public init(code: String?, message: String?, item: Item? = nil) {
    self.code = code
    self.message = message
    self.item = item
  }
}

/// Capacity that the endpoint says a request has consumed.
public struct ConsumedUnits: Hashable, Sendable {
  public var table: String
  public var units: Double
  public var readUnits: Double?
  public var writeUnits: Double?
  /// Of the table and its indexes, when the client asked for INDEXES.
  public var tableUnits: Double?
  public var globalIndexes: [(name: String, units: Double)] = []
  public var localIndexes: [(name: String, units: Double)] = []

  public init(table: String, units: Double) {
    self.table = table
    self.units = units
  }

  public static func == (a: ConsumedUnits, b: ConsumedUnits) -> Bool {
    a.table == b.table && a.units == b.units && a.tableUnits == b.tableUnits
      && a.globalIndexes.elementsEqual(b.globalIndexes, by: ==)
      && a.localIndexes.elementsEqual(b.localIndexes, by: ==)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(table)
    hasher.combine(units)
  }
}

/// Size of an item collection: the partition key's value and an estimate in GB.
public struct CollectionMetrics: Hashable, Sendable {
  public var key: AttributeValue
  public var low: Double
  public var high: Double

  public init(key: AttributeValue, low: Double, high: Double) {
    self.key = key
    self.low = low
    self.high = high
  }
}

/// A member of the cluster, as `endpoints` tells clients.
public struct DaxEndpoint: Hashable, Sendable {
  public var node: Int
  public var hostname: String
  /// Four or sixteen bytes.
  public var address: [UInt8]
  public var port: UInt16
  public var isLeader: Bool
  public var zone: String

  public init(
    node: Int, hostname: String, address: [UInt8], port: UInt16, isLeader: Bool, zone: String
  ) {
    self.node = node
    self.hostname = hostname
    self.address = address
    self.port = port
    self.isLeader = isLeader
    self.zone = zone
  }
}

extension CBORWriter {
  /// The sign that no error follows.
  public mutating func success() { array(0) }

  public mutating func endpoints(_ endpoints: [DaxEndpoint], session: Int) {
    array(endpoints.count)
    for endpoint in endpoints {
      map(7)
      integer(0)
      integer(endpoint.node)
      integer(1)
      text(endpoint.hostname)
      integer(2)
      byteString(endpoint.address)
      integer(3)
      integer(Int(endpoint.port))
      integer(4)
      integer(endpoint.isLeader ? 1 : 2)
      integer(5)
      text(endpoint.zone)
      integer(6)
      integer(session)
    }
  }

  /// Partition key first.
  public mutating func keySchema(_ schema: KeySchema) {
    map(schema.sort == nil ? 1 : 2)
    text(schema.partition.name)
    text(schema.partition.type.rawValue)
    guard let sort = schema.sort else { return }
    text(sort.name)
    text(sort.type.rawValue)
  }

  /// The values that a projection's paths lead to, by their place.
  public mutating func projected(_ item: Item, on paths: [DocumentPath]) {
    openMap()
    for (place, path) in paths.enumerated() {
      guard let value = path.value(in: item) else { continue }
      integer(place)
      attributeValue(value)
    }
    stop()
  }

  /// As single requests and batches have it: bytes around five values.
  public mutating func consumedUnits(_ consumed: ConsumedUnits) {
    nested { inner in
      inner.text(consumed.table)
      inner.float(consumed.units)
      if let units = consumed.tableUnits { inner.float(units) } else { inner.null() }
      for indexes in [consumed.globalIndexes, consumed.localIndexes] {
        guard !indexes.isEmpty else {
          inner.null()
          continue
        }
        inner.map(indexes.count)
        for index in indexes {
          inner.text(index.name)
          inner.float(index.units)
        }
      }
    }
  }

  /// As transactions have it: a map by field.
  public mutating func consumedUnitsMap(_ consumed: ConsumedUnits) {
    openMap()
    let fields = [
      (1, Optional(consumed.units)), (2, consumed.readUnits), (3, consumed.writeUnits),
    ]
    for case (let field, let units?) in fields {
      integer(field)
      float(units)
    }
    integer(4)
    text(consumed.table)
    if let units = consumed.tableUnits {
      integer(5)
      map(1)
      integer(1)
      float(units)
    }
    for (field, indexes) in [(6, consumed.globalIndexes), (7, consumed.localIndexes)]
    where !indexes.isEmpty {
      integer(field)
      map(indexes.count)
      for index in indexes {
        text(index.name)
        map(1)
        integer(1)
        float(index.units)
      }
    }
    stop()
  }

  public mutating func collectionMetrics(_ metrics: CollectionMetrics) {
    nested { inner in
      inner.attributeValue(metrics.key)
      inner.float(metrics.low)
      inner.float(metrics.high)
    }
  }
}

/// The fields of the answer to a request for one item or one page.
public enum ReplyField: Int, Sendable {
  case item = 0
  case consumedCapacity = 1
  case attributes = 2
  case itemCollectionMetrics = 3
  case items = 7
  case count = 8
  case lastEvaluatedKey = 9
  case scannedCount = 10
}
