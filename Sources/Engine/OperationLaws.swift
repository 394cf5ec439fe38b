// Laws of latency of single operations of a workload, found by what the wire shows of a request.
//
// A scenario names its operations and may give each a law of its own; a request has no such name,
// only an operation of the API, tables, an index and a consistency. Operations that look alike in
// these share their requests: each draws one of them by its weight, so that all together have the
// mixture that the scenario describes.

public import Randomness
public import ServiceAPI

/// What tells requests apart.
public struct RequestShape: Hashable, Sendable {
  /// Such as `GetItem`.
  public var operation: String
  public var tables: Set<String>
  public var index: String?
  /// A strongly consistent read, or a batch of reads with one.
  public var isStrong: Bool

  public init(operation: String, tables: Set<String>, index: String? = nil, isStrong: Bool = false)
  {
    self.operation = operation
    self.tables = tables
    self.index = index
    self.isStrong = isStrong
  }

  /// The shape of a request's body. O(members and items named).
  public init(_ operation: String, _ request: WireValue) {
    let batch = request["RequestItems"]?.members ?? []
    var names = batch.map(\.name)
    for item in request["TransactItems"]?.elements ?? [] {
      names += (item.members ?? []).compactMap { $0.value["TableName"]?.text }
    }
    if let name = request["TableName"]?.text { names.append(name) }
    self.init(
      operation: operation, tables: Set(names.map { TableName.name(of: $0) }),
      index: request["IndexName"]?.text,
      isStrong: request["ConsistentRead"]?.flag == true
        || batch.contains { $0.value["ConsistentRead"]?.flag == true })
  }
}

/// Laws by the shape of a request.
public struct OperationLaws: Sendable {
  private struct Choice: Sendable {
    var weight: Double
    var law: DelayDistribution?
  }

  private var choices: [RequestShape: [Choice]] = [:]
  /// Whether no operation has a law of its own.
  public private(set) var isEmpty = true

  public init() {}

  /// Adds an operation of the workload.
  /// - Parameters:
  ///   - law: nil: that of its kind.
  ///   - weight: Its frequency among those of the same shape, above 0.
  public mutating func add(_ law: DelayDistribution?, for shape: RequestShape, weight: Double) {
    choices[shape, default: []].append(Choice(weight: weight, law: law))
    if law != nil { isEmpty = false }
  }

  /// The law of one request; nil: that of its kind.
  public func law(
    of shape: RequestShape, _ generator: inout Generator
  ) -> DelayDistribution? {
    guard let rows = choices[shape], let last = rows.last else { return nil }
    if rows.count == 1 { return last.law }
    var place = generator.nextUnit() * rows.reduce(0) { $0 + $1.weight }
    for row in rows {
      place -= row.weight
      if place < 0 { return row.law }
    }
    return last.law
  }
}
