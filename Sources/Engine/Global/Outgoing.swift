// A change on its way to another region, and its form in the outbox.
//
//   flags | due | length, version | length, key | length, image

import DataModel

/// A change on its way to another region.
struct Outgoing: Sendable {
  /// Its key in the outbox; empty while it is being made.
  var place: [UInt8]
  var table: String
  /// The item's storage key behind the table's prefix, which is equal in all regions.
  var key: [UInt8]
  /// nil: the item is deleted.
  var image: Item?
  var version: ItemVersion
  /// What the table held when the replica was added: free of units.
  var isInitial = false

  private static let initial: UInt8 = 1
  private static let hasImage: UInt8 = 2
  private static let numberBytes = 8

  init(
    place: [UInt8] = [], table: String, key: [UInt8], image: Item?, version: ItemVersion,
    isInitial: Bool = false
  ) {
    self.place = place
    self.table = table
    self.key = key
    self.image = image
    self.version = version
    self.isInitial = isInitial
  }

  /// - Parameter due: wall-clock milliseconds before which it stays.
  func encode(due: Int64) -> [UInt8] {
    var bytes = [(isInitial ? Self.initial : 0) | (image == nil ? 0 : Self.hasImage)]
    KeyEncoding.appendHash(UInt64(bitPattern: due), to: &bytes)
    for part in [version.encode(), key, image.map { ItemWriter.encode($0) } ?? []] {
      KeyEncoding.appendHash(UInt64(part.count), to: &bytes)
      bytes += part
    }
    return bytes
  }

  /// When stored bytes may go.
  static func due(_ bytes: [UInt8]) -> Int64 {
    Int64(bitPattern: number(bytes.dropFirst()))
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.prefix(numberBytes).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// nil when the bytes are no change.
  init?(_ bytes: [UInt8], at place: [UInt8], table: String) {
    guard let flags = bytes.first else { return nil }
    var rest = bytes.dropFirst(1 + Self.numberBytes)
    func part() -> [UInt8]? {
      guard rest.count >= Self.numberBytes,
        let length = Int(exactly: Self.number(rest)), length <= rest.count - Self.numberBytes
      else { return nil }
      let content = rest.dropFirst(Self.numberBytes).prefix(length)
      rest = rest.dropFirst(Self.numberBytes + length)
      return Array(content)
    }
    guard let version = part(), let key = part(), let stored = part() else { return nil }
    var image: Item?
    if flags & Self.hasImage != 0 {
      guard let item = ItemReader.decode(stored)?.item else { return nil }
      image = item
    }
    self.init(
      place: place, table: table, key: key, image: image, version: ItemVersion(version),
      isInitial: flags & Self.initial != 0)
  }
}
