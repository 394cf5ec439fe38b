// How many bytes an item counts, the quantity capacity units are computed from (capacity.md 1.10).
//
// Item = sum over its attributes of the name's UTF-8 bytes and the value's size. Lists and maps add
// 3 bytes and 1 per element; sets add nothing. The number rule is the exact one (B): digits in
// base-100 pairs aligned at the decimal point, as capacity.md X1 decides.
//
// Storage is billed on more than this size: see Pricing/Usage.swift.

/// Constants of the size rule.
public enum ItemSize {
  /// Bytes of a list or map besides its elements. (1.10, A)
  public static let containerBytes = 3
  /// Bytes of each element of a list or map besides the element. (1.10, A)
  public static let elementBytes = 1
  /// Most bytes a number counts. (1.10, A: the service's own calculator)
  public static let maximumNumberBytes = 21
}

extension Number {
  /// Bytes the number counts, name excluded.
  ///
  /// One per base-100 pair from the first to the last digit that is not zero, pairs aligned at the
  /// decimal point, + 1, + 1 if negative; zero counts 1; at most 21. 1 -> 2, 123 -> 3, 100 -> 2,
  /// 120 -> 3, 0.15 -> 2, 0.015 -> 3, -42 -> 3. O(1). Source: capacity.md 1.10.
  public var sizeInBytes: Int {
    guard digitCount > 0 else { return 1 }
    // Digit of 10^p is in pair floor(p / 2); the arithmetic shift floors for negative p too.
    let pairs = (magnitude >> 1) - (Int(exponent) >> 1) + 1
    return min(ItemSize.maximumNumberBytes, pairs + 1 + (isNegative ? 1 : 0))
  }
}

extension AttributeValue {
  /// Bytes the value counts, name excluded. O(content). Source: capacity.md 1.10.
  public var sizeInBytes: Int {
    switch self {
    case .string(let value): value.utf8.count
    case .number(let value): value.sizeInBytes
    case .binary(let value): value.count
    case .boolean, .null: 1
    case .stringSet(let values): values.reduce(0) { $0 + $1.utf8.count }
    case .numberSet(let values): values.reduce(0) { $0 + $1.sizeInBytes }
    case .binarySet(let values): values.reduce(0) { $0 + $1.count }
    case .list(let values):
      values.reduce(ItemSize.containerBytes) { $0 + ItemSize.elementBytes + $1.sizeInBytes }
    case .map(let map):
      map.attributes.reduce(ItemSize.containerBytes) {
        $0 + ItemSize.elementBytes + $1.sizeInBytes
      }
    }
  }
}

extension Attribute {
  /// Bytes of name and value.
  public var sizeInBytes: Int { name.utf8.count + value.sizeInBytes }
}

extension Item {
  /// Bytes the item counts: names and values. {"shirt-color": "R", "shirt-size": "M"} -> 23.
  /// O(content). Source: capacity.md 1.10.
  public var sizeInBytes: Int { attributes.reduce(0) { $0 + $1.sizeInBytes } }
}
