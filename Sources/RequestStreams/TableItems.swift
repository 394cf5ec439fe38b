// The data side of a table: which items exist, how large they are, where they live.
//
// Items are numbers. The first `itemCount` exist at the start; puts that create items take the next
// numbers. With a sort key, item j of partition key p has number j * partitionKeys + p, so that
// both can be recovered. Places in the hash range are PartitionMap's.

import Capacity
import DataModel
public import Randomness
public import Scenarios
public import Workloads

/// A partition key and its place in the hash range.
public struct KeyPlace: Sendable {
  public var key: UInt64
  public var position: UInt64

  public init(key: UInt64, position: UInt64) {
    self.key = key
    self.position = position
  }
}

/// One item a request names.
public struct ItemPlace: Sendable {
  public var item: UInt64
  public var partitionKey: UInt64
  public var position: UInt64
  public var isNew: Bool

  public var key: KeyPlace { KeyPlace(key: partitionKey, position: position) }

  /// Item 0, for storage that awaits a place.
  public static let first = ItemPlace(item: 0, partitionKey: 0, position: 0, isNew: false)
}

/// Items, sizes and places of one table and its indexes.
///
/// What a request asks of it is declared mutating although it only reads: such calls pass the table
/// by address, while a plain one would copy it, with a reference count for each of its arrays.
public struct TableItems: Sendable {
  public let name: String
  /// Position of the table's capacity in the driver's list of resources.
  public let resource: Int
  public let indexes: [IndexItems]
  public let localIndexes: [LocalIndexItems]
  /// Part of a global table with replicas elsewhere.
  public let isReplicated: Bool
  public let hasStream: Bool
  /// Changes go to a Kinesis stream.
  public let capturesChanges: Bool
  public let hasSortKey: Bool
  public let partitionKeys: UInt64
  public let itemsPerKey: UInt64
  public let initialItems: UInt64
  public let isCached: Bool
  public let seed: UInt64
  public let sampler: SizeSampler
  /// Of the sizes that items are first written with.
  private let sizeKey: StreamKey
  /// Every item's size when the distribution is a constant.
  public let constantSize: Int?
  public let meanSize: Int
  private(set) var sizes = ItemSizes()
  /// Numbers, less `initialItems`, of the items that were created.
  private var created = BitSet()
  /// Numbers behind the initial items that are taken.
  public private(set) var reserved: UInt64 = 0
  public private(set) var liveItems: Int64
  public private(set) var bytes: Int64
  /// Items created in the current minute, for time to live.
  public var createdThisMinute: Int64 = 0

  public init(
    spec: TableSpec, seed: UInt64, resource: Int, indexes: [IndexItems],
    isCached: Bool
  ) {
    name = spec.name
    self.resource = resource
    self.indexes = indexes
    isReplicated = !spec.replicas.isEmpty
    hasStream = spec.stream != nil
    capturesChanges = spec.stream?.kinesis ?? false
    self.seed = seed
    sizeKey = StreamKey(seed: seed).child(0x5153)
    self.isCached = isCached
    hasSortKey = spec.key.sort != nil
    initialItems = UInt64(spec.itemCount)
    partitionKeys = UInt64(max(1, hasSortKey ? spec.partitionKeyCount : spec.itemCount))
    itemsPerKey = max(1, initialItems / partitionKeys)
    sampler = SizeSampler(spec.itemSize)
    if case .constant(let size) = spec.itemSize { constantSize = size } else { constantSize = nil }
    let meanSize = max(1, Int(sampler.mean.rounded()))
    self.meanSize = meanSize
    liveItems = Int64(spec.itemCount)
    bytes = Int64(spec.itemCount) * Int64(meanSize)
    localIndexes = spec.localIndexes.enumerated().map { number, index in
      LocalIndexItems(
        spec: index, meanItemSize: meanSize,
        seed: hashPlace(UInt64(number), seed: seed ^ 0x4C53_49))
    }
  }

  private static let sortPlaces = UInt64(1) << UInt64(PartitionMap.sortBits)

  /// Number behind the newest item.
  public var nextNewItem: UInt64 { initialItems + reserved }

  /// Takes the next numbers, up to `bound` behind the initial items, for items about to be created.
  public mutating func reserve(upTo bound: UInt64) { reserved = max(reserved, bound) }

  /// Place of an existing item: the key distribution chose `partitionKey`; among its items one is
  /// chosen evenly with `generator`.
  public mutating func place(partitionKey: UInt64, using generator: inout Generator) -> ItemPlace {
    guard hasSortKey else {
      return ItemPlace(
        item: partitionKey, partitionKey: partitionKey,
        position: position(of: partitionKey, sortPlace: 0), isNew: false)
    }
    let place = itemsPerKey > 1 ? generator.below(itemsPerKey) : 0
    return ItemPlace(
      item: place &* partitionKeys &+ partitionKey, partitionKey: partitionKey,
      position: position(of: partitionKey, sortPlace: place &* Self.sortPlaces / itemsPerKey),
      isNew: false)
  }

  /// Place of an item that does not exist yet; without a sort key it is its own partition key.
  public mutating func newPlace(item: UInt64, partitionKey: UInt64) -> ItemPlace {
    let key = hasSortKey ? partitionKey : item
    return ItemPlace(
      item: item, partitionKey: key, position: position(of: key, sortPlace: Self.sortPlaces - 1),
      isNew: true)
  }

  /// Place of a partition key's collection at `sortPlace` (0..<2^24) inside it.
  public mutating func position(of partitionKey: UInt64, sortPlace: UInt64) -> UInt64 {
    PartitionMap.position(
      keyHash: hashPlace(partitionKey, seed: seed), sortRank: UInt32(truncatingIfNeeded: sortPlace))
  }

  /// Size in bytes; 0 when the item does not exist.
  public mutating func size(of place: ItemPlace) -> Int { size(of: place.item) }

  /// Size in bytes of an item by its number; 0 when it does not exist.
  mutating func size(of item: UInt64) -> Int {
    if let remembered = sizes.size(of: item) { return Int(remembered) }
    guard item < initialItems || created.contains(item - initialItems) else { return 0 }
    return firstSize(of: item)
  }

  /// Sizes in bytes of the items of some places, 0 for those that do not exist.
  public mutating func sizes(
    of places: UnsafePointer<ItemPlace>, into bytes: UnsafeMutablePointer<Int64>, count: Int
  ) {
    guard let constantSize, sizes.count == 0 else {
      for place in 0..<count { bytes[place] = Int64(size(of: places[place].item)) }
      return
    }
    let (constant, initial) = (Int64(constantSize), initialItems)
    for place in 0..<count {
      let item = places[place].item
      bytes[place] = item < initial || created.contains(item - initial) ? constant : 0
    }
  }

  /// The size an item has when it is first written, unless its writer says otherwise: a function
  /// of its number alone.
  public mutating func firstSize(of item: UInt64) -> Int {
    if let constantSize { return constantSize }
    var generator = sizeKey.generator(at: item)
    return sampler.bytes(using: &generator)
  }

  /// Applies a committed write: `after` bytes, 0 for a delete.
  public mutating func write(_ item: UInt64, before: Int, after: Int) {
    bytes += Int64(after - before)
    if before == 0, after > 0 {
      liveItems += 1
      createdThisMinute += 1
    } else if before > 0, after == 0 {
      liveItems -= 1
    }
    let isFirst = before == 0 && item >= initialItems && !created.contains(item - initialItems)
    if isFirst { created.insert(item - initialItems) }
    if isFirst ? after != firstSize(of: item) : before != after {
      sizes.set(UInt32(after), of: item)
    }
  }

  /// Applies what many writes did together.
  public mutating func drift(items: Int64, bytes: Int64, created: Int64) {
    liveItems = max(0, liveItems + items)
    self.bytes = max(0, self.bytes + bytes)
    createdThisMinute += created
  }

  /// Removes `count` expired items of mean size (time to live works on counts, not on single keys).
  public mutating func expire(_ count: Int64) {
    let removed = min(count, liveItems)
    liveItems -= removed
    bytes = max(0, bytes - removed * Int64(meanSize))
  }
}

/// The data side of a global secondary index.
public struct IndexItems: Sendable {
  public let resource: Int
  public let sampler: KeySampler
  public let partitionKeys: UInt64
  /// Fixed entry size; nil: the whole item (ALL).
  public let entrySize: Int?
  /// Items whose hash is below this are members.
  public let memberLimit: UInt64
  public let seed: UInt64

  /// `permutation` scatters the index's keys as it does for those who query the index.
  public init(spec: IndexSpec, seed: UInt64, resource: Int, permutation: StreamKey) {
    self.resource = resource
    self.seed = seed
    partitionKeys = UInt64(max(1, spec.partitionKeyCount))
    sampler = KeySampler(
      spec.keyDistribution, keys: partitionKeys, key: permutation)
    entrySize = spec.projection == .all ? nil : spec.entrySize
    memberLimit = Self.limit(ofShare: spec.share)
  }

  /// The bound that `share` of all hashes are below.
  static func limit(ofShare share: Double) -> UInt64 {
    share >= 1 ? .max : UInt64(max(0, share) * 18_446_744_073_709_549_568.0)
  }

  public func contains(_ item: UInt64) -> Bool {
    memberLimit == .max || hashPlace(item, seed: seed ^ 0x6D65_6D62) < memberLimit
  }

  /// Share of the items that are members.
  public var share: Double { Double(memberLimit) / 0x1p64 }

  /// Size of the entry for an item of `itemSize` bytes; nil when there is no item.
  public func entry(itemSize: Int) -> Int? {
    itemSize == 0 ? nil : entrySize.map { min($0, itemSize) } ?? itemSize
  }

  /// Where the entry of `item` stands; see `partitionKey`.
  public func place(of item: UInt64, version: UInt64) -> KeyPlace {
    let key = partitionKey(of: item, version: version)
    return KeyPlace(key: key, position: position(of: key, item: item))
  }

  /// Index partition key of `item`; another `version` stands for a moved key.
  public func partitionKey(of item: UInt64, version: UInt64) -> UInt64 {
    var generator = Generator(seed: seed, stream: version, index: item)
    return sampler.key(at: item, newest: partitionKeys - 1, using: &generator)
  }

  public func position(of partitionKey: UInt64, item: UInt64) -> UInt64 {
    PartitionMap.position(
      keyHash: hashPlace(partitionKey, seed: seed),
      sortRank: UInt32(truncatingIfNeeded: hashPlace(item, seed: seed) & 0xFF_FFFF))
  }
}

/// A local secondary index: its writes and reads use the table's capacity.
public struct LocalIndexItems: Sendable {
  public let entrySize: Int?
  public let meanEntrySize: Int
  /// Items whose hash is below this are members.
  public let memberLimit: UInt64
  public let seed: UInt64

  public init(spec: IndexSpec, meanItemSize: Int, seed: UInt64) {
    self.seed = seed
    memberLimit = IndexItems.limit(ofShare: spec.share)
    entrySize = spec.projection == .all ? nil : spec.entrySize
    meanEntrySize = entrySize.map { min($0, meanItemSize) } ?? meanItemSize
  }

  public func contains(_ item: UInt64) -> Bool {
    memberLimit == .max || hashPlace(item, seed: seed) < memberLimit
  }

  /// Share of the items that are members.
  public var share: Double { Double(memberLimit) / 0x1p64 }

  public func entry(itemSize: Int) -> Int? {
    itemSize == 0 ? nil : entrySize.map { min($0, itemSize) } ?? itemSize
  }
}

/// A well-mixed 64-bit place for a number (the service's own hash function is not published).
public func hashPlace(_ value: UInt64, seed: UInt64) -> UInt64 {
  var z = (value ^ seed) &+ 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
