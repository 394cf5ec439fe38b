// What a request names and how large it becomes: the draws that simulator and load generator share.
//
// Operation, keys, conditions and sizes of request k of a traffic come from one generator in one
// fixed order, whoever draws them and however often an attempt is repeated. The drivers own plans,
// samplers and tables; this is a view of them, a few pointers without references to count.

public import Randomness
import Scenarios
public import Workloads

/// The draws of one request, in order.
public struct RequestDraws: Sendable {
  /// Keys, sizes, conditions.
  public var generator: Generator
  /// Number of the request in its traffic.
  public let sequence: UInt64
  /// Number behind the newest item of the first part's table when the request was first sent.
  public let newest: UInt64
  /// Number of the next item it creates, less its table's initial ones.
  public var nextNewItem: UInt64

  /// The draws behind the one that chose the operation.
  public init(seed: UInt64, sequence: UInt64, newest: UInt64, firstNewItem: UInt64) {
    self.init(
      Self.generator(seed: seed, sequence: sequence), sequence: sequence, newest: newest,
      firstNewItem: firstNewItem)
  }

  /// The draws behind the one that chose the operation.
  public static func generator(seed: UInt64, sequence: UInt64) -> Generator {
    var generator = Generator(seed: seed, stream: 0, index: sequence)
    _ = generator.nextUnit()
    return generator
  }

  /// Goes on from `generator`, which has chosen the operation and perhaps more.
  public init(_ generator: Generator, sequence: UInt64, newest: UInt64, firstNewItem: UInt64) {
    self.generator = generator
    self.sequence = sequence
    self.newest = newest
    nextNewItem = firstNewItem
  }
}

/// Consecutive requests of a traffic, and room for what is drawn of each; valid while the owner of
/// the room lives.
public struct DrawnBlock {
  /// Number of the first one.
  let first: UInt64
  /// The draws behind those made so far.
  let draws: UnsafeMutablePointer<Generator>
  let keys: UnsafeMutablePointer<UInt64>
  let places: UnsafeMutablePointer<ItemPlace>

  public init(
    first: UInt64, draws: UnsafeMutablePointer<Generator>, keys: UnsafeMutablePointer<UInt64>,
    places: UnsafeMutablePointer<ItemPlace>
  ) {
    self.first = first
    self.draws = draws
    self.keys = keys
    self.places = places
  }
}

/// A view of plans, samplers and tables; valid while their owner lives and keeps them in place.
public struct RequestDrawing {
  let parts: UnsafeMutableBufferPointer<PartPlan>
  private let keySamplers: UnsafeMutableBufferPointer<KeySampler>
  private let sizeSamplers: UnsafeMutableBufferPointer<SizeSampler>
  let tables: UnsafeMutableBufferPointer<TableItems>

  public init(
    parts: UnsafeMutableBufferPointer<PartPlan>,
    keySamplers: UnsafeMutableBufferPointer<KeySampler>,
    sizeSamplers: UnsafeMutableBufferPointer<SizeSampler>,
    tables: UnsafeMutableBufferPointer<TableItems>
  ) {
    self.parts = parts
    self.keySamplers = keySamplers
    self.sizeSamplers = sizeSamplers
    self.tables = tables
  }

  /// Number behind the newest item that a request of `operation` may name, and the first number it
  /// may create, which it takes now.
  ///
  /// New items are counted from behind each table's initial ones: one range serves all tables of
  /// the operation, however large each. Call it once per request, in the order of first sending.
  public func reserve(for operation: OperationPlan) -> (newest: UInt64, firstNewItem: UInt64) {
    let newest = tables[parts[operation.firstPart].table].nextNewItem
    guard operation.createsItems else { return (newest, 0) }
    let all = operation.firstPart..<operation.firstPart + operation.partCount
    var first = UInt64(0)
    var count = 0
    for part in all where parts[part].newItems > 0 {
      first = max(first, tables[parts[part].table].reserved)
      count += parts[part].count
    }
    for part in all where parts[part].newItems > 0 {
      tables[parts[part].table].reserve(upTo: first + UInt64(count))
    }
    return (newest, first)
  }

  /// The place of the next item that a part names.
  public func place(_ part: Int, _ draws: inout RequestDraws) -> ItemPlace {
    let table = parts[part].table
    let newItems = parts[part].newItems
    let isNew = newItems > 0 && draws.generator.nextUnit() < newItems
    let bound = max(1, tables[table].hasSortKey ? tables[table].partitionKeys : draws.newest)
    let key = keySamplers[parts[part].keySampler].keyInPlace(
      at: draws.sequence, newest: bound - 1, using: &draws.generator)
    guard isNew else {
      return tables[table].place(partitionKey: key, using: &draws.generator)
    }
    let item = tables[table].initialItems + draws.nextNewItem
    draws.nextNewItem += 1
    return tables[table].newPlace(item: item, partitionKey: key)
  }

  /// `place` for some requests of a block that each name one item fixed by their number
  /// (`OperationPlan.namesFixedItem`); `positions` are theirs in it.
  public func places(_ part: Int, of positions: UnsafeBufferPointer<Int32>, in block: DrawnBlock) {
    keySamplers[parts[part].keySampler].keys(
      of: positions, first: block.first, using: block.draws, into: block.keys)
    let table = parts[part].table
    for position in positions {
      let place = Int(position)
      block.places[place] = tables[table].place(
        partitionKey: block.keys[place], using: &block.draws[place])
    }
  }

  /// The partition key of table or index whose items a Query or Scan names.
  public func pageKey(_ part: Int, _ draws: inout RequestDraws) -> UInt64 {
    var bound = tables[parts[part].table].partitionKeys
    if case .global(let index) = parts[part].index {
      bound = tables[parts[part].table].indexes[index].partitionKeys
    }
    return keySamplers[parts[part].keySampler].key(
      at: draws.sequence, newest: max(1, bound) - 1, using: &draws.generator)
  }

  /// Size of an item after its write; 0 after a delete.
  /// - Parameter before: its size before; 0: it does not exist.
  public func sizeAfter(
    _ part: Int, _ place: ItemPlace, before: Int, _ draws: inout RequestDraws
  ) -> Int {
    let table = parts[part].table
    if parts[part].action == .delete { return 0 }
    if let sampler = parts[part].sizeSampler {
      return sizeSamplers[sampler].bytes(using: &draws.generator)
    }
    // No draw may hang on what is stored: it would shift those of the request's other items.
    if parts[part].action == .update {
      return before > 0 ? before : tables[table].firstSize(of: place.item)
    }
    if let constant = tables[table].constantSize { return constant }
    if place.isNew { return tables[table].firstSize(of: place.item) }
    return tables[table].sampler.bytes(using: &draws.generator)
  }

  /// Whether a part's condition holds, by its draw; without a condition nothing is drawn.
  public func conditionHolds(_ part: Int, _ draws: inout RequestDraws) -> Bool {
    let failure = parts[part].conditionFailure
    return failure == 0 || draws.generator.nextUnit() >= failure
  }
}
