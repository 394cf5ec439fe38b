// Named attributes: the content of a map, and an item.
//
// Both keep their attributes sorted by the UTF-8 bytes of the name. The service gives attributes no
// order, so any fixed one will do; this one makes lookup a binary search, equality a walk and
// output repeatable. A map and an item differ only in how they are sized (ItemSize.swift).

/// A name with its value.
public struct Attribute: Hashable, Sendable {
  public let name: String
  public var value: AttributeValue

  public init(name: String, value: AttributeValue) {
    self.name = name
    self.value = value
  }

  public static func == (a: Attribute, b: Attribute) -> Bool {
    UTF8Order.areEqual(a.name, b.name) && a.value == b.value
  }

  public func hash(into hasher: inout Hasher) {
    UTF8Order.hash(name, into: &hasher)
    hasher.combine(value)
  }
}

/// Attributes by name, each name once.
public struct AttributeMap: Hashable, Sendable {
  /// Sorted by the bytes of the name.
  public private(set) var attributes: [Attribute]

  public init() { attributes = [] }

  /// Attributes in any order; of a name given twice the last one stays. O(n log n), O(n) when they
  /// come sorted.
  public init(unsorted: [Attribute]) {
    let isSorted = zip(unsorted, unsorted.dropFirst()).allSatisfy {
      UTF8Order.precedes($0.name, $1.name)
    }
    if isSorted {
      attributes = unsorted
      return
    }
    let places = unsorted.indices.sorted {
      let order = UTF8Order.order(unsorted[$0].name, unsorted[$1].name)
      return order == 0 ? $0 < $1 : order < 0
    }
    attributes = []
    attributes.reserveCapacity(unsorted.count)
    for place in places {
      if let last = attributes.last, UTF8Order.areEqual(last.name, unsorted[place].name) {
        attributes[attributes.count - 1] = unsorted[place]
      } else {
        attributes.append(unsorted[place])
      }
    }
  }

  public var count: Int { attributes.count }
  public var isEmpty: Bool { attributes.isEmpty }

  /// The value of a name; setting nil removes it. Read O(log n), write O(n).
  public subscript(name: String) -> AttributeValue? {
    get {
      let place = place(of: name)
      return holds(name, at: place) ? attributes[place].value : nil
    }
    set {
      let place = place(of: name)
      if holds(name, at: place) {
        if let newValue {
          attributes[place].value = newValue
        } else {
          attributes.remove(at: place)
        }
      } else if let newValue {
        attributes.insert(Attribute(name: name, value: newValue), at: place)
      }
    }
  }

  /// Index of the first attribute whose name is not before `name`.
  private func place(of name: String) -> Int {
    var low = 0
    var high = attributes.count
    while low < high {
      let middle = (low + high) / 2
      if UTF8Order.precedes(attributes[middle].name, name) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  private func holds(_ name: String, at place: Int) -> Bool {
    place < attributes.count && UTF8Order.areEqual(attributes[place].name, name)
  }
}

extension AttributeMap: ExpressibleByDictionaryLiteral {
  /// A name given twice keeps its last value.
  public init(dictionaryLiteral elements: (String, AttributeValue)...) {
    self.init()
    for (name, value) in elements { self[name] = value }
  }
}

/// What a table stores under one primary key.
public struct Item: Hashable, Sendable {
  public var content: AttributeMap

  public init(_ content: AttributeMap = AttributeMap()) { self.content = content }

  /// Sorted by the bytes of the name.
  public var attributes: [Attribute] { content.attributes }
  public var count: Int { content.count }
  public var isEmpty: Bool { content.isEmpty }

  /// The value of a name; setting nil removes it. Read O(log n), write O(n).
  public subscript(name: String) -> AttributeValue? {
    get { content[name] }
    set { content[name] = newValue }
  }
}

extension Item: ExpressibleByDictionaryLiteral {
  /// A name given twice keeps its last value.
  public init(dictionaryLiteral elements: (String, AttributeValue)...) {
    self.init()
    for (name, value) in elements { content[name] = value }
  }
}
