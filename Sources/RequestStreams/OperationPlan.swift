// Operations in a form for the hot path: plain numbers that refer to shared buffers.
//
// The scenario's operations hold arrays and enums with payloads, and every copy of one costs
// reference counting. Here each operation and part is a small value without references; samplers
// and index effects stand in buffers that the simulator owns and that are read in place.

public import Capacity
import DataModel
public import Randomness
public import Scenarios
public import Workloads

/// One operation of the mix.
public struct OperationPlan {
  public var kind: OperationKind
  public var consistency: ReadConsistency
  /// Its parts stand at firstPart ..< firstPart + partCount.
  public var firstPart: Int
  public var partCount: Int
  /// Items of all parts.
  public var items: Int
  /// Some part puts new items.
  public var createsItems: Bool
  /// It names one item, which depends on the request's number alone and not on what exists.
  public var namesFixedItem: Bool
  /// Distinguishes the queries of different operations in the query cache.
  public var number: UInt64
  /// Pages of a Query or Scan; 0: until there are no more.
  public var pages: Int
  /// Segments of a parallel Scan.
  public var segments: Int
}

/// One action on one table inside an operation.
public struct PartPlan {
  public var action: ItemAction
  public var table: Int
  public var index: IndexReference?
  public var count: Int
  public var conditionFailure: Double
  public var newItems: Double
  public var keySampler: Int
  /// Position of the sampler of what is written; nil: the table's sizes.
  public var sizeSampler: Int?
  /// The effects on the global, then the local indexes stand from here.
  public var firstEffect: Int
}

/// All operations of all traffic.
public struct OperationPlans {
  public private(set) var operations: [OperationPlan] = []
  public private(set) var parts: [PartPlan] = []
  public private(set) var effects: [IndexEffect] = []
  public private(set) var keySamplers: [KeySampler] = []
  public private(set) var sizeSamplers: [SizeSampler] = []
  /// Position of each traffic's first operation.
  public private(set) var firstOperations: [Int] = []

  public init(_ scenario: Scenario) {
    for traffic in scenario.traffic {
      firstOperations.append(operations.count)
      for operation in traffic.operations { add(operation, scenario.tables) }
    }
  }

  private mutating func add(_ operation: OperationSpec, _ tables: [TableSpec]) {
    operations.append(
      OperationPlan(
        kind: operation.kind, consistency: operation.consistency, firstPart: parts.count,
        partCount: operation.parts.count, items: operation.parts.reduce(0) { $0 + $1.count },
        createsItems: operation.parts.contains { $0.newItems > 0 },
        namesFixedItem: Self.namesFixedItem(operation),
        number: UInt64(operations.count), pages: operation.pages ?? 0,
        segments: operation.segments))
    for part in operation.parts {
      let table = tables[part.table]
      var plan = PartPlan(
        action: part.action, table: part.table, index: part.index, count: part.count,
        conditionFailure: part.conditionFailure, newItems: part.newItems,
        keySampler: keySamplers.count, sizeSampler: nil, firstEffect: effects.count)
      keySamplers.append(Self.sampler(part, table))
      if let size = part.size {
        plan.sizeSampler = sizeSamplers.count
        sizeSamplers.append(SizeSampler(size))
      }
      effects += Self.filled(part.globalEffects, count: table.globalIndexes.count)
      effects += Self.filled(part.localEffects, count: table.localIndexes.count)
      parts.append(plan)
    }
  }

  private static func namesFixedItem(_ operation: OperationSpec) -> Bool {
    switch operation.kind {
    case .get, .put, .update, .delete: break
    default: return false
    }
    guard let part = operation.parts.first, part.newItems == 0 else { return false }
    if case .latest = part.keys { return false }
    return true
  }

  /// Effects for every index; what is not said changes a projected attribute.
  private static func filled(_ effects: [IndexEffect], count: Int) -> [IndexEffect] {
    (0..<count).map { $0 < effects.count ? effects[$0] : .projectedChange }
  }

  private static func sampler(_ part: OperationPart, _ table: TableSpec) -> KeySampler {
    var keys = table.key.sort == nil ? table.itemCount : table.partitionKeyCount
    var permutation = permutation(table: part.table)
    if case .global(let index) = part.index {
      keys = table.globalIndexes[index].partitionKeyCount
      permutation = Self.permutation(table: part.table, index: index)
    }
    return KeySampler(part.keys, keys: UInt64(max(1, keys)), key: permutation)
  }

  /// All traffic on a table or index shares one permutation of its keys: the hot key of the readers
  /// is the hot key of the writers.
  public static func permutation(table: Int, index: Int? = nil) -> StreamKey {
    let key = StreamKey(seed: 0x4B59).child(UInt64(table))
    return index.map { key.child(UInt64($0) + 1) } ?? key
  }
}
