// Items of a table as attributes: a pure function of number, size and versions, exact to the byte,
// that can be written, measured and recognised again without a memory of what was sent.
//
// In order: the keys of the table, the keys of indexes that the item belongs to, the attributes
// that indexes INCLUDE, `v` with version and checksum, and `d`, filler up to the wanted size. An
// item too small for all of it loses `d`, then `v`, then included bytes; keys are never cut, so an
// item may be larger than wanted. A text key is `attribute-000000042`, a number key 42, a binary
// one 8 bytes.

import DataModel
import JSON
import RequestStreams
import Scenarios

/// Which item.
struct ItemIdentity: Hashable {
  var item: UInt64
  var partitionKey: UInt64
  /// Number in its sort key; 0 without one.
  var sortNumber: UInt64
}

/// What an item of a size looks like.
struct ItemImage {
  var identity: ItemIdentity
  /// Exact size in bytes.
  var size: Int
  /// Of the write that made it.
  var stamp: UInt64
  /// Bytes left for included attributes, `v` and `d`.
  var room: Int
  var hasVersion: Bool
  /// -1: no `d`.
  var dataLength: Int
}

/// One key attribute of items: where its number comes from and its texts.
struct KeySlot {
  enum Source: UInt8 { case partition, sort, globalPartition, globalSort, localSort }

  var source: Source
  /// Position of the index among the global or the local ones.
  var index: Int
  var type: ScalarType
  /// `"name":{"S":"` in the layout's texts.
  var opening: Range<Int>
  /// `name-`; empty for numbers and bytes.
  var prefix: Range<Int>
  var nameBytes: Int
}

/// One attribute that an index includes.
struct IncludedSlot {
  var opening: Range<Int>
  var nameBytes: Int
  /// Bytes of its value where there is room.
  var wanted: Int
  /// The index that decides when its content changes, global ones first.
  var index: Int
}

/// The attributes of one table's items.
struct ItemLayout {
  let table: Int
  let name: String
  private(set) var texts: [UInt8] = []
  private(set) var keys: [KeySlot] = []
  private(set) var included: [IncludedSlot] = []
  /// For each index, global ones first: positions in `keys` and `included` that its entries have;
  /// nil: all of the item.
  private(set) var entries: [(keys: [Int], included: [Int])?] = []
  /// For each index: positions in `keys` of its own key. Items that have them all are its members.
  private(set) var indexKeys: [[Int]] = []
  let globalCount: Int
  let hasSortKey: Bool
  let initialItems: UInt64
  let partitionKeys: UInt64
  /// Names of the two attributes of our own.
  let versionName: String
  let dataName: String
  private let versionOpening: Range<Int>
  private let dataOpening: Range<Int>

  static let versionBytes = 24

  init(_ spec: TableSpec, position: Int) {
    table = position
    name = spec.name
    globalCount = spec.globalIndexes.count
    hasSortKey = spec.key.sort != nil
    initialItems = UInt64(spec.itemCount)
    partitionKeys = UInt64(max(1, hasSortKey ? spec.partitionKeyCount : spec.itemCount))
    var taken: Set<String> = []
    var texts: [UInt8] = []
    func opening(_ name: String, _ type: String) -> Range<Int> {
      let start = texts.count
      JSONBytes.append(quoted: name, to: &texts)
      texts += Array(":{\"\(type)\":\"".utf8)
      return start..<texts.count
    }
    var keys: [KeySlot] = []
    func add(_ attribute: KeyAttribute, _ source: KeySlot.Source, _ index: Int) {
      guard taken.insert(attribute.name).inserted else { return }
      let opening = opening(attribute.name, attribute.type.rawValue)
      let start = texts.count
      if attribute.type == .string { texts += Array("\(attribute.name)-".utf8) }
      keys.append(
        KeySlot(
          source: source, index: index, type: attribute.type, opening: opening,
          prefix: start..<texts.count, nameBytes: attribute.name.utf8.count))
    }
    add(spec.key.partition, .partition, 0)
    if let sort = spec.key.sort { add(sort, .sort, 0) }
    for (number, index) in spec.globalIndexes.enumerated() {
      add(index.key.partition, .globalPartition, number)
      if let sort = index.key.sort { add(sort, .globalSort, number) }
    }
    for (number, index) in spec.localIndexes.enumerated() {
      if let sort = index.key.sort { add(sort, .localSort, number) }
    }
    let names = Self.ownNames(spec, taken)
    (versionName, dataName) = names
    versionOpening = opening(names.0, "S")
    dataOpening = opening(names.1, "S")
    self.keys = keys
    self.texts = texts
    addEntries(spec)
  }

  /// Two short names that no key or included attribute has.
  private static func ownNames(_ spec: TableSpec, _ keys: Set<String>) -> (String, String) {
    var taken = keys
    for index in spec.globalIndexes + spec.localIndexes {
      if case .include(let names) = index.projection { taken.formUnion(names) }
    }
    func free(_ name: String) -> String { taken.contains(name) ? free(name + "_") : name }
    return (free("v"), free("d"))
  }

  /// Notes what each index copies, and gives included attributes their lengths.
  private mutating func addEntries(_ spec: TableSpec) {
    var places: [String: Int] = [:]
    func slots(_ names: [String]) -> [Int] {
      names.compactMap { name in
        keys.firstIndex { texts[$0.opening].starts(with: Self.opening(of: name)) }
      }
    }
    for (number, index) in (spec.globalIndexes + spec.localIndexes).enumerated() {
      indexKeys.append(slots([index.key.partition, index.key.sort].compactMap { $0?.name }))
      guard index.projection != .all else {
        entries.append(nil)
        continue
      }
      var parts = [spec.key.partition, spec.key.sort, index.key.partition, index.key.sort]
        .compactMap { $0?.name }
      parts = parts.enumerated().filter { parts.firstIndex(of: $1) == $0 }.map(\.1)
      var includes: [Int] = []
      if case .include(var names) = index.projection {
        // What is a key of another index has a place already.
        parts += names.filter { !parts.contains($0) && !slots([$0]).isEmpty }
        names.removeAll { parts.contains($0) }
        var rest = (index.entrySize ?? 0) - slots(parts).reduce(0) { $0 + usualBytes($1) }
        for name in names { rest -= name.utf8.count }
        for name in names {
          if let known = places[name] {
            includes.append(known)
            continue
          }
          let wanted = max(1, rest - (names.count - 1))
          rest = 1
          let start = texts.count
          texts += Self.opening(of: name) + Array(":{\"S\":\"".utf8)
          places[name] = included.count
          includes.append(included.count)
          included.append(
            IncludedSlot(
              opening: start..<texts.count, nameBytes: name.utf8.count, wanted: wanted,
              index: number))
        }
      }
      entries.append((slots(parts), includes))
    }
  }

  /// Bytes of a key attribute whose number is not large.
  private func usualBytes(_ key: Int) -> Int { keys[key].nameBytes + keys[key].prefix.count + 9 }

  private static func opening(of name: String) -> [UInt8] {
    var bytes: [UInt8] = []
    JSONBytes.append(quoted: name, to: &bytes)
    return bytes
  }

  // MARK: Numbers

  func identity(_ place: ItemPlace) -> ItemIdentity {
    guard hasSortKey else {
      return ItemIdentity(item: place.item, partitionKey: place.partitionKey, sortNumber: 0)
    }
    let sort = place.item < initialItems ? place.item / partitionKeys : place.item
    return ItemIdentity(item: place.item, partitionKey: place.partitionKey, sortNumber: sort)
  }

  /// The item that has these keys: the reverse of the others.
  func identity(partitionKey: UInt64, sortNumber: UInt64) -> ItemIdentity {
    var item = partitionKey
    if hasSortKey {
      item =
        sortNumber >= initialItems ? sortNumber : sortNumber &* partitionKeys &+ partitionKey
    }
    return ItemIdentity(item: item, partitionKey: partitionKey, sortNumber: sortNumber)
  }

  /// The item that stands at `number` of the initial ones.
  func identity(ofInitial number: UInt64) -> ItemIdentity {
    guard hasSortKey else {
      return ItemIdentity(item: number, partitionKey: number, sortNumber: 0)
    }
    return ItemIdentity(
      item: number, partitionKey: number % partitionKeys, sortNumber: number / partitionKeys)
  }

  /// The number that a key attribute of an item is made from; nil: the item does not have it.
  func number(_ slot: KeySlot, _ identity: ItemIdentity, _ versions: KeyVersions) -> UInt64? {
    switch slot.source {
    case .partition: return identity.partitionKey
    case .sort: return identity.sortNumber
    case .globalPartition:
      guard versions.table.pointee.indexes[slot.index].contains(identity.item) else { return nil }
      return versions.table.pointee.indexes[slot.index].partitionKey(
        of: identity.item, version: versions.key(slot.index, identity.item))
    case .globalSort:
      guard versions.table.pointee.indexes[slot.index].contains(identity.item) else { return nil }
      let version = versions.key(slot.index, identity.item)
      return version == 0 ? identity.item : version
    case .localSort:
      guard versions.table.pointee.localIndexes[slot.index].contains(identity.item) else {
        return nil
      }
      let version = versions.key(globalCount + slot.index, identity.item)
      return version == 0 ? identity.item : version
    }
  }

  /// Bytes of a key's value.
  static func bytes(of number: UInt64, _ type: ScalarType, prefix: Int) -> Int {
    switch type {
    case .string: prefix + max(9, Decimal.digits(number))
    case .number: Decimal.numberBytes(number)
    case .binary: 8
    }
  }

  private func bytes(_ slot: KeySlot, _ number: UInt64) -> Int {
    slot.nameBytes + Self.bytes(of: number, slot.type, prefix: slot.prefix.count)
  }

  // MARK: Sizes

  /// The item of `wanted` bytes, or the smallest one that has its keys.
  func image(
    _ identity: ItemIdentity, wanted: Int, stamp: UInt64, _ versions: KeyVersions
  ) -> ItemImage {
    var room = wanted
    for slot in keys {
      if let number = number(slot, identity, versions) { room -= bytes(slot, number) }
    }
    let size = room < 0 ? wanted - room : wanted
    room = max(0, room)
    var image = ItemImage(
      identity: identity, size: size, stamp: stamp, room: room, hasVersion: false, dataLength: -1)
    for position in included.indices {
      if let length = includedLength(position, room: image.room) {
        room -= included[position].nameBytes + length
      }
    }
    if room >= versionName.utf8.count + Self.versionBytes {
      image.hasVersion = true
      room -= versionName.utf8.count + Self.versionBytes
    }
    if room >= dataName.utf8.count { image.dataLength = room - dataName.utf8.count }
    image.size -= image.dataLength < 0 ? room : 0
    return image
  }

  /// Bytes of an included attribute's value where all included ones share `room`; nil: absent.
  func includedLength(_ position: Int, room: Int) -> Int? {
    var room = room
    for earlier in 0...position {
      let slot = included[earlier]
      guard room >= slot.nameBytes else {
        if earlier == position { return nil }
        continue
      }
      let length = min(slot.wanted, room - slot.nameBytes)
      if earlier == position { return length }
      room -= slot.nameBytes + length
    }
    return nil
  }

  /// Bytes of the item's entry in an index (global ones first); nil: it has none.
  func entryBytes(_ index: Int, _ image: ItemImage, _ versions: KeyVersions) -> Int? {
    for key in indexKeys[index] where number(keys[key], image.identity, versions) == nil {
      return nil
    }
    guard let entry = entries[index] else { return image.size }
    var bytes = 0
    for key in entry.keys {
      if let number = number(keys[key], image.identity, versions) {
        bytes += self.bytes(keys[key], number)
      }
    }
    for position in entry.included {
      if let length = includedLength(position, room: image.room) {
        bytes += included[position].nameBytes + length
      }
    }
    return bytes
  }

  // MARK: Writing

  /// Appends `"name":{"S":"value"}` of a key; false: the item does not have it.
  @discardableResult
  func append(
    _ slot: KeySlot, _ identity: ItemIdentity, _ versions: KeyVersions, to bytes: inout [UInt8]
  ) -> Bool {
    guard let number = number(slot, identity, versions) else { return false }
    append(texts: slot.opening, to: &bytes)
    appendValue(slot, number, to: &bytes)
    return true
  }

  /// Appends a key's value and what closes its attribute.
  func appendValue(_ slot: KeySlot, _ number: UInt64, to bytes: inout [UInt8]) {
    switch slot.type {
    case .string:
      append(texts: slot.prefix, to: &bytes)
      Decimal.append(number, width: 9, to: &bytes)
    case .number: Decimal.append(number, width: 1, to: &bytes)
    case .binary:
      Base64.append((0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }, to: &bytes)
    }
    JSONBytes.append(raw: "\"}", to: &bytes)
  }

  /// Appends the table's key attributes as an object.
  func appendKey(
    _ identity: ItemIdentity, _ versions: KeyVersions, to bytes: inout [UInt8]
  ) {
    bytes.append(UInt8(ascii: "{"))
    append(keys[0], identity, versions, to: &bytes)
    if hasSortKey {
      bytes.append(UInt8(ascii: ","))
      append(keys[1], identity, versions, to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// Appends all attributes as an object.
  func appendItem(_ image: ItemImage, _ versions: KeyVersions, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    for slot in keys where append(slot, image.identity, versions, to: &bytes) {
      bytes.append(UInt8(ascii: ","))
    }
    for position in included.indices {
      guard let length = includedLength(position, room: image.room) else { continue }
      append(texts: included[position].opening, to: &bytes)
      appendIncluded(position, length, image, versions, to: &bytes)
      bytes.append(UInt8(ascii: ","))
    }
    if image.hasVersion {
      append(texts: versionOpening, to: &bytes)
      appendVersion(image, to: &bytes)
      bytes.append(UInt8(ascii: ","))
    }
    if image.dataLength >= 0 {
      append(texts: dataOpening, to: &bytes)
      appendData(image, to: &bytes)
      bytes.append(UInt8(ascii: ","))
    }
    bytes[bytes.count - 1] = UInt8(ascii: "}")
  }

  /// Appends an included attribute's value and what closes it; the content tells its version.
  func appendIncluded(
    _ position: Int, _ length: Int, _ image: ItemImage, _ versions: KeyVersions,
    to bytes: inout [UInt8]
  ) {
    let version = versions.content(included[position].index, image.identity.item)
    Filler.append(length, from: Filler.offset(image.identity.item &+ version), to: &bytes)
    JSONBytes.append(raw: "\"}", to: &bytes)
  }

  /// Appends stamp and checksum in hexadecimal and what closes them.
  func appendVersion(_ image: ItemImage, to bytes: inout [UInt8]) {
    Decimal.appendHex(image.stamp, digits: 16, to: &bytes)
    let sum = Self.checksum(image.identity, table: table, stamp: image.stamp, size: image.size)
    Decimal.appendHex(UInt64(sum), digits: 8, to: &bytes)
    JSONBytes.append(raw: "\"}", to: &bytes)
  }

  /// Appends the filler and what closes it.
  func appendData(_ image: ItemImage, to bytes: inout [UInt8]) {
    Filler.append(
      max(0, image.dataLength), from: Filler.offset(image.identity.item), to: &bytes)
    JSONBytes.append(raw: "\"}", to: &bytes)
  }

  /// Ties key, version and size together.
  static func checksum(
    _ identity: ItemIdentity, table: Int, stamp: UInt64, size: Int
  ) -> UInt32 {
    let key = hashPlace(identity.partitionKey, seed: identity.sortNumber ^ UInt64(table) << 56)
    return UInt32(truncatingIfNeeded: hashPlace(stamp ^ UInt64(size) << 40, seed: key))
  }

  func append(texts range: Range<Int>, to bytes: inout [UInt8]) {
    texts.withUnsafeBytes {
      bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[range]))
    }
  }
}

/// The versions of index keys and included attributes that an item has, or gets by a write.
struct KeyVersions {
  let table: UnsafeMutablePointer<TableItems>
  let known: UnsafeMutablePointer<ItemVersions>
  /// What a write does to the indexes, global ones first; nil: nothing.
  var effects: UnsafePointer<IndexEffect>?
  /// The write's own version.
  var stamp: UInt64 = 0

  /// Version of the key of an index's entry.
  func key(_ index: Int, _ item: UInt64) -> UInt64 {
    if let effects, effects[index] == .keyMove { return stamp }
    return known.pointee.version(index * 2, item)
  }

  /// Version of the included attributes of an index.
  func content(_ index: Int, _ item: UInt64) -> UInt64 {
    if let effects, effects[index] != .unchanged { return stamp }
    return known.pointee.version(index * 2 + 1, item)
  }
}
