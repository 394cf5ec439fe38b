// Attribute names are sent once: both sides number each list of names, and items name the list.
//
// A list holds the names of an item's attributes without its key, sorted. Lists are kept for as
// long as the cluster lives; the service does so too, and warns that an unbounded number of names
// exhausts memory (features.md 2.1).

public import DataModel

/// Lists of attribute names by number.
public struct AttributeLists: Sendable {
  /// By definition the number of the empty list.
  public static let empty = 1

  private var lists: [[String]] = [[]]
  private var numbers: [[String]: Int] = [[]: AttributeLists.empty]

  public init() {}

  public var count: Int { lists.count }

  /// The number of a list, a new one when it has none.
  public mutating func number(of names: [String]) -> Int {
    if let number = numbers[names] { return number }
    lists.append(names)
    numbers[names] = lists.count
    return lists.count
  }

  /// The names in a list; nil when there is no such number.
  public func names(of number: Int) -> [String]? {
    number >= 1 && number <= lists.count ? lists[number - 1] : nil
  }

  /// Reads an item's attributes: the list's number, then the values in its order.
  public func item(fromWire bytes: [UInt8]) throws(CBORFault) -> Item {
    var reader = CBORReader(bytes)
    let number = try reader.readInteger()
    guard let names = names(of: number) else {
      throw CBORFault(.malformed("attribute list \(number) is not known"), at: 0)
    }
    var attributes: [Attribute] = []
    attributes.reserveCapacity(names.count)
    for name in names {
      attributes.append(Attribute(name: name, value: try reader.readAttributeValue()))
    }
    guard reader.isAtEnd else {
      throw CBORFault(.malformed("more values than names"), at: reader.offset)
    }
    return Item(AttributeMap(unsorted: attributes))
  }

  /// An item without its key attributes: the list's number and the values.
  public mutating func wireValue(of item: Item, without keys: [String]) -> [UInt8] {
    let attributes = item.attributes.filter { !keys.contains($0.name) }
    var writer = CBORWriter()
    writer.integer(number(of: attributes.map(\.name)))
    for attribute in attributes { writer.attributeValue(attribute.value) }
    return writer.bytes
  }

  /// Some attributes, keys included: the number of their list and a map from place to value, as
  /// the answers of UPDATED_OLD and UPDATED_NEW go.
  public mutating func wireParts(of item: Item) -> [UInt8] {
    var writer = CBORWriter()
    writer.integer(number(of: item.attributes.map(\.name)))
    writer.map(item.count)
    for (place, attribute) in item.attributes.enumerated() {
      writer.integer(place)
      writer.attributeValue(attribute.value)
    }
    return writer.bytes
  }
}
