// Item sizes and key distributions.
//
// No size may pass 400 KB (capacity.md 1.11); weights are at least 0 and not all 0; shares of a
// distribution add up to at most 1.

import Workloads
import YAML

extension ScenarioDecoder {
  func sizeDistribution(_ reader: NodeReader) -> SizeDistribution? {
    let bounds = 1...Self.largestItem
    guard case .mapping = reader.node.content else {
      return reader.size(in: bounds).map { .constant($0) }
    }
    guard let fields = reader.object(ScenarioFormat.object("size-distribution")),
      let (form, value) = fields.chosen
    else { return nil }
    switch form {
    case "uniform":
      guard let range = value.object(ScenarioFormat.object("size-range")),
        let (low, high) = sizes(range)
      else { return nil }
      return .uniform(low: low, high: high)
    case "lognormal":
      guard let lognormal = value.object(ScenarioFormat.object("size-lognormal")) else {
        return nil
      }
      return self.lognormal(lognormal)
    case "weighted":
      guard let items = value.list(of: "sizes with weights") else { return nil }
      let sizes: [WeightedSize] = items.compactMap { item in
        guard let fields = item.object(ScenarioFormat.object("weighted-size")),
          let bytes = fields["size"]?.size(in: bounds), let weight = weight(fields["weight"])
        else { return nil }
        return WeightedSize(bytes: bytes, weight: weight)
      }
      return checkWeights(sizes.map(\.weight), expected: items.count, value)
        ? .weighted(sizes) : nil
    default:
      guard let items = value.list(of: "ranges with weights") else { return nil }
      let buckets: [SizeBucket] = items.compactMap { item in
        guard let fields = item.object(ScenarioFormat.object("size-bucket")),
          let (low, high) = sizes(fields), let weight = weight(fields["weight"])
        else { return nil }
        return SizeBucket(low: low, high: high, weight: weight)
      }
      return checkWeights(buckets.map(\.weight), expected: items.count, value)
        ? .histogram(buckets) : nil
    }
  }

  private func sizes(_ fields: Fields) -> (low: Int, high: Int)? {
    guard let low = fields["from"]?.size(in: 1...Self.largestItem),
      let high = fields["to"]?.size(in: 1...Self.largestItem)
    else { return nil }
    if low > high {
      fields["from"]?.report("'from' is larger than 'to'", expected: "from <= to")
    }
    return (min(low, high), max(low, high))
  }

  private func lognormal(_ fields: Fields) -> SizeDistribution? {
    guard let median = fields["median"]?.size(in: 1...Self.largestItem),
      let (name, value) = fields.chosen, let high = value.size(in: 1...Self.largestItem),
      let percent = Double(name.dropFirst())
    else { return nil }
    guard high > median else {
      value.report("\(name) is not above the median", expected: "more than the median")
      return nil
    }
    return .lognormal(median: Double(median), percentile: percent / 100, value: Double(high))
  }

  private func weight(_ reader: NodeReader?) -> Double? { reader?.number(in: 0...1e12) }

  /// Whether every entry was read and the weights can be normalised.
  private func checkWeights(_ weights: [Double], expected: Int, _ reader: NodeReader) -> Bool {
    if expected == 0 {
      reader.report("\(reader.label) is empty", expected: "at least one entry")
      return false
    }
    guard weights.count == expected else { return false }
    if weights.reduce(0, +) <= 0 {
      reader.report("all weights of \(reader.label) are 0", expected: "a weight above 0")
      return false
    }
    return true
  }

  func keyDistribution(_ reader: NodeReader) -> KeyDistribution? {
    guard case .mapping = reader.node.content else {
      return reader.choice([
        ("uniform", .uniform), ("sequential", .sequential), ("zipf", .zipf(exponent: 0.99)),
        ("latest", .latest(exponent: 0.99)),
      ])
    }
    guard let fields = reader.object(ScenarioFormat.object("key-distribution")),
      let (form, value) = fields.chosen
    else { return nil }
    switch form {
    case "zipf": return value.number(in: 0.001...20).map { .zipf(exponent: $0) }
    case "latest": return value.number(in: 0.001...20).map { .latest(exponent: $0) }
    case "hotspot":
      return keyShare(value).map { .hotspot(keys: $0.keys, traffic: $0.traffic) }
    case "exponential":
      return keyShare(value).map { .exponential(keys: $0.keys, traffic: $0.traffic) }
    default:
      guard let items = value.list(of: "percentages") else { return nil }
      let shares = items.compactMap { $0.share() }
      if items.isEmpty { value.report("'weighted' is empty", expected: "at least one percentage") }
      if shares.reduce(0, +) > 1 + 1e-9 {
        value.report("the shares add up to more than 100%", expected: "at most 100% in all")
      }
      return .weighted(shares)
    }
  }

  private func keyShare(_ reader: NodeReader) -> (keys: Double, traffic: Double)? {
    // An exponential needs both shares strictly inside (0, 1); a hotspot of all keys is uniform.
    guard let fields = reader.object(ScenarioFormat.object("key-share")),
      let keys = fields["keys"]?.share(in: 0.000_001...0.999_999),
      let traffic = fields["traffic"]?.share(in: 0.000_001...0.999_999)
    else { return nil }
    return (keys, traffic)
  }
}
