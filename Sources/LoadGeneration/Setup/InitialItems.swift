// The items that a scenario's tables start with, as requests; every item is a function of its
// number, so any part of a table can be written, read again and checked on its own.

import JSON
import RequestStreams
public import Scenarios

/// Makes the initial items of all tables.
public struct InitialItems: ~Copyable {
  private var maker: RequestMaker

  /// Items that one BatchWriteItem takes.
  public static let perBatch = 25
  /// Items that one BatchGetItem takes.
  public static let perRead = 100

  public init(_ scenario: Scenario, seed: UInt64? = nil) {
    maker = RequestMaker(scenario, seed: seed ?? scenario.seed)
  }

  private func image(_ table: Int, _ number: UInt64) -> ItemImage {
    maker.layouts[table].image(
      maker.layouts[table].identity(ofInitial: number),
      wanted: maker.tables[table].firstSize(of: number), stamp: 0, maker.current(table))
  }

  /// Bytes of an item.
  public func size(_ table: Int, _ number: UInt64) -> Int { image(table, number).size }

  /// Appends a BatchWriteItem body that puts items `numbers`.
  public func appendPuts(_ table: Int, _ numbers: Range<UInt64>, to body: inout [UInt8]) {
    JSONBytes.append(raw: "{\"RequestItems\":{", to: &body)
    JSONBytes.append(quoted: maker.layouts[table].name, to: &body)
    JSONBytes.append(raw: ":[", to: &body)
    for number in numbers {
      if number > numbers.lowerBound { body.append(UInt8(ascii: ",")) }
      JSONBytes.append(raw: "{\"PutRequest\":{\"Item\":", to: &body)
      maker.layouts[table].appendItem(image(table, number), maker.current(table), to: &body)
      JSONBytes.append(raw: "}}", to: &body)
    }
    JSONBytes.append(raw: "]}}", to: &body)
  }

  /// Appends a BatchGetItem body for items `numbers`, strongly consistent.
  public func appendGets(_ table: Int, _ numbers: some Sequence<UInt64>, to body: inout [UInt8]) {
    JSONBytes.append(raw: "{\"RequestItems\":{", to: &body)
    JSONBytes.append(quoted: maker.layouts[table].name, to: &body)
    JSONBytes.append(raw: ":{\"ConsistentRead\":true,\"Keys\":[", to: &body)
    var isFirst = true
    for number in numbers {
      if !isFirst { body.append(UInt8(ascii: ",")) }
      isFirst = false
      let identity = maker.layouts[table].identity(ofInitial: number)
      maker.layouts[table].appendKey(identity, maker.current(table), to: &body)
    }
    JSONBytes.append(raw: "]}}}", to: &body)
  }

  /// How many of the items in an answer to `appendGets` are exactly what was written.
  mutating func countRight(_ answer: UnsafeRawBufferPointer, _ table: Int) -> (right: Int, all: Int)
  {
    var reader = ResponseReader(maker)
    guard reader.read(answer, .batchGet, table: table) else { return (0, 0) }
    var right = 0
    for item in reader.items {
      guard let partition = item.partition else { continue }
      let sort = item.sort ?? 0
      let layout = maker.layouts[table]
      let number = layout.hasSortKey ? sort * layout.partitionKeys + partition : partition
      let image = image(table, number)
      guard item.size == image.size else { continue }
      if image.hasVersion {
        let sum = ItemLayout.checksum(image.identity, table: table, stamp: 0, size: image.size)
        guard item.stamp == 0, item.checksum == UInt64(sum) else { continue }
      }
      if image.dataLength > 0 {
        guard let data = item.data,
          Filler.matches(data, from: Filler.offset(image.identity.item))
        else { continue }
      }
      right += 1
    }
    return (right, reader.items.count)
  }
}
