// Which key a request names, as a description; samplers are built from it.

/// How requests spread over the keys of a table or index.
public enum KeyDistribution: Hashable, Sendable {
  case uniform
  /// Exact Zipf: the key of rank r has weight r^-exponent; ranks are scattered over the key space
  /// by a keyed permutation.
  case zipf(exponent: Double)
  /// `traffic` of the requests go to `keys` of the keys (both shares in 0...1), evenly inside each.
  case hotspot(keys: Double, traffic: Double)
  /// The newest key is the likeliest: newest - zipf rank.
  case latest(exponent: Double)
  /// One key after the other, continuing behind the existing ones for inserts.
  case sequential
  /// Exponentially falling popularity: `traffic` of the requests go to the first `keys` share.
  case exponential(keys: Double, traffic: Double)
  /// Explicit weights of the first keys; the rest of the weight 1 - sum is spread evenly.
  case weighted([Double])
}

/// How item sizes spread, in bytes.
public enum SizeDistribution: Hashable, Sendable {
  case constant(Int)
  case uniform(low: Int, high: Int)
  /// Log-normal given by its median and another percentile (for example p = 0.99).
  case lognormal(median: Double, percentile: Double, value: Double)
  /// Explicit sizes with weights.
  case weighted([WeightedSize])
  /// Weighted ranges, uniform inside each.
  case histogram([SizeBucket])
}

public struct WeightedSize: Hashable, Sendable {
  public var bytes: Int
  public var weight: Double
  public init(bytes: Int, weight: Double) {
    self.bytes = bytes
    self.weight = weight
  }
}

/// Sizes from `low` to `high` bytes, both inclusive.
public struct SizeBucket: Hashable, Sendable {
  public var low: Int
  public var high: Int
  public var weight: Double
  public init(low: Int, high: Int, weight: Double) {
    self.low = low
    self.high = high
    self.weight = weight
  }
}
