// Which key a request names: draws from a `KeyDistribution`.
//
// One flat struct with a small tag instead of a protocol: the simulator holds one per operation and
// calls it for every request. Ranks order keys by popularity, 0 the likeliest; keys are the numbers
// that appear in names such as `user-000123`. Only Zipf scatters its ranks over the key space; the
// others name first, newest or listed keys on purpose (the service hashes them anyway).

public import Randomness

/// Draws keys of a key space of fixed size, and knows the share of each.
public struct KeySampler: Sendable {
  private enum Shape { case uniform, zipf, hotspot, latest, sequential, exponential, weighted }

  public let distribution: KeyDistribution
  /// Keys that existed when the run began.
  public let keys: UInt64
  private let shape: Shape
  private var zipf: ZipfSampler
  private let permutation: KeyPermutation
  /// Hot spot: keys that are hot. Weighted: keys with a weight of their own.
  private let special: UInt64
  /// Hot spot: share of the special keys together.
  private let specialShare: Double
  /// Exponential: popularity falls by e^-decay over the key space.
  private let decay: Double
  private let alias: AliasTable

  /// - Parameters:
  ///   - keys: size of the key space.
  ///   - key: scatters Zipf ranks; samplers with equal keys share their hot keys.
  /// - Precondition: `keys > 0` (and at most 2^52 for Zipf); shares in 0...1, exponents above 0.
  public init(_ distribution: KeyDistribution, keys: UInt64, key: StreamKey) {
    precondition(keys > 0, "a key space needs keys")
    self.distribution = distribution
    self.keys = keys
    permutation = KeyPermutation(count: keys, key: key)
    var special: UInt64 = 0
    var specialShare = 0.0
    var decay = 0.0
    var alias = AliasTable.unused
    var exponent: Double?
    switch distribution {
    case .uniform: shape = .uniform
    case .sequential: shape = .sequential
    case .zipf(let value):
      shape = .zipf
      exponent = value
    case .latest(let value):
      shape = .latest
      exponent = value
    case .hotspot(let share, let traffic):
      shape = .hotspot
      special = min(keys, max(1, UInt64((share * Double(keys)).rounded())))
      specialShare = special == keys ? 1 : traffic
    case .exponential(let share, let traffic):
      shape = .exponential
      decay = Self.decay(keys: share, traffic: traffic)
    case .weighted(let weights):
      shape = .weighted
      let listed = Array(weights.prefix(Int(clamping: keys)))
      special = UInt64(listed.count)
      let rest = special == keys ? 0 : max(0, 1 - listed.reduce(0, +))
      alias = AliasTable(listed + [listed.allSatisfy { $0 <= 0 } && rest == 0 ? 1 : rest])
    }
    self.special = special
    self.specialShare = specialShare
    self.decay = decay
    self.alias = alias
    zipf = ZipfSampler(count: exponent == nil ? 1 : keys, exponent: exponent ?? 1)
  }

  /// The key of request `index` of the stream.
  ///
  /// - Parameters:
  ///   - index: the request's number; only `sequential` uses it.
  ///   - newest: the highest key that exists now; only `latest` uses it.
  /// - Complexity: O(1); between 2 ns (uniform) and about 40 ns (Zipf).
  public func key(at index: UInt64, newest: UInt64, using generator: inout Generator) -> UInt64 {
    switch shape {
    case .uniform: return generator.below(keys)
    case .sequential: return index % keys
    case .zipf: return permutation.forward(zipf.rank(using: &generator))
    case .latest:
      let back = zipf.rank(using: &generator)
      return back <= newest ? newest - back : back % (newest + 1)
    default: return rank(using: &generator)
    }
  }

  /// As `key(at:newest:using:)`, for samplers that stand in a buffer: mutating only to be passed by
  /// address, where a plain call copies the sampler and counts its references.
  public mutating func keyInPlace(
    at index: UInt64, newest: UInt64, using generator: inout Generator
  ) -> UInt64 {
    switch shape {
    case .uniform: return generator.below(keys)
    case .zipf: return permutation.forward(zipf.rankInPlace(using: &generator))
    default: return key(at: index, newest: newest, using: &generator)
    }
  }

  /// As `keyInPlace` for some requests of a block, whose generators and keys stand at their
  /// positions in it; not for `latest`.
  ///
  /// One loop for a million keys of Zipf: the next draws begin before the one in hand has ended.
  public mutating func keys(
    of positions: UnsafeBufferPointer<Int32>, first: UInt64,
    using generators: UnsafeMutablePointer<Generator>, into keys: UnsafeMutablePointer<UInt64>
  ) {
    guard shape == .zipf else {
      for position in positions {
        let place = Int(position)
        keys[place] = keyInPlace(
          at: first &+ UInt64(place), newest: .max, using: &generators[place])
      }
      return
    }
    for position in positions {
      var generator = generators[Int(position)]
      keys[Int(position)] = zipf.rankInPlace(using: &generator)
      generators[Int(position)] = generator
    }
    let permutation = permutation
    for position in positions { keys[Int(position)] = permutation.forward(keys[Int(position)]) }
  }

  /// A rank, 0 the likeliest; for `sequential` any rank is as likely.
  public func rank(using generator: inout Generator) -> UInt64 {
    switch shape {
    case .uniform, .sequential: return generator.below(keys)
    case .zipf, .latest: return zipf.rank(using: &generator)
    case .hotspot:
      if generator.chance(specialShare) { return generator.below(special) }
      return special == keys ? generator.below(keys) : special + generator.below(keys - special)
    case .exponential: return exponentialRank(generator.nextUnit())
    case .weighted:
      let position = UInt64(alias.position(using: &generator))
      if position < special || special == keys { return min(position, keys - 1) }
      return special + generator.below(keys - special)
    }
  }

  /// The key that has this rank, given the highest key that exists (by default the initial one).
  public func key(ofRank rank: UInt64, newest: UInt64? = nil) -> UInt64 {
    switch shape {
    case .zipf: return permutation.forward(rank)
    case .latest:
      let newest = newest ?? keys - 1
      return rank <= newest ? newest - rank : 0
    default: return rank
    }
  }

  /// The rank of a key: the inverse of `key(ofRank:newest:)`; nil for keys outside the key space.
  public func rank(ofKey key: UInt64, newest: UInt64? = nil) -> UInt64? {
    switch shape {
    case .zipf: return key < keys ? permutation.backward(key) : nil
    case .latest:
      let newest = newest ?? keys - 1
      return key <= newest && newest - key < keys ? newest - key : nil
    default: return key < keys ? key : nil
    }
  }

  /// The probability that a request names the key of this rank; 0 beyond the last.
  public func expectedShare(ofRank rank: UInt64) -> Double {
    guard rank < keys else { return 0 }
    let all = Double(keys)
    switch shape {
    case .uniform, .sequential: return 1 / all
    case .zipf, .latest: return zipf.share(ofRank: rank)
    case .hotspot:
      if rank < special { return specialShare / Double(special) }
      return (1 - specialShare) / Double(keys - special)
    case .exponential:
      return exponentialShare(Double(rank + 1) / all) - exponentialShare(Double(rank) / all)
    case .weighted:
      if rank < special { return alias.shares[Int(rank)] }
      return alias.shares[Int(special)] / Double(keys - special)
    }
  }

  /// The share of the hottest key, whatever its rank.
  public var hottestShare: Double { topShare(1) }

  /// The share of the likeliest of `keys` keys under `distribution`, wherever it lies.
  /// - Precondition: `keys > 0`.
  public static func hottestShare(of distribution: KeyDistribution, keys: UInt64) -> Double {
    KeySampler(distribution, keys: keys, key: StreamKey(seed: 0)).hottestShare
  }

  /// The share of the `count` most requested keys together.
  ///
  /// - Complexity: O(1), except weighted: O(n log n) in the listed keys.
  public func topShare(_ count: UInt64) -> Double {
    guard count > 0 else { return 0 }
    guard count < keys else { return 1 }
    let part = Double(count) / Double(keys)
    switch shape {
    case .uniform, .sequential: return part
    case .zipf, .latest: return zipf.topShare(count)
    case .exponential: return decay < 0 ? 1 - exponentialShare(1 - part) : exponentialShare(part)
    case .hotspot:
      let hot = expectedShare(ofRank: 0)
      let cold = expectedShare(ofRank: keys - 1)
      let first = hot >= cold ? special : keys - special
      return Double(min(count, first)) * max(hot, cold)
        + Double(count - min(count, first)) * min(hot, cold)
    case .weighted: return weightedTopShare(count)
    }
  }

  private func weightedTopShare(_ count: UInt64) -> Double {
    let others = special == keys ? 0 : alias.shares[Int(special)] / Double(keys - special)
    let above = alias.shares.prefix(Int(special)).filter { $0 > others }.sorted(by: >)
    let taken = above.prefix(Int(clamping: count))
    let rest = count - UInt64(taken.count)
    let flat = min(rest, keys - special)
    let below = alias.shares.prefix(Int(special)).filter { $0 <= others }.sorted(by: >)
    return taken.reduce(0, +) + Double(flat) * others
      + below.prefix(Int(rest - flat)).reduce(0, +)
  }

  /// Share of the requests that go to the first `part` (0...1) of the key space.
  private func exponentialShare(_ part: Double) -> Double {
    if abs(decay) < 1e-9 { return part }
    return Portable.expMinusOne(-decay * part) / Portable.expMinusOne(-decay)
  }

  private func exponentialRank(_ unit: Double) -> UInt64 {
    let part =
      abs(decay) < 1e-9
      ? unit : -Portable.logOnePlus(unit * Portable.expMinusOne(-decay)) / decay
    return min(UInt64(Int64(max(0, part * Double(keys)))), keys - 1)
  }

  /// The decay at which `traffic` of the requests go to the first `keys` of the key space: the
  /// root of (1 - e^(-d x keys)) / (1 - e^-d) = traffic, by bisection.
  ///
  /// YCSB takes -ln(1 - traffic) / keys and redraws what falls outside, which sends 98 % where 95 %
  /// was asked for.
  private static func decay(keys: Double, traffic: Double) -> Double {
    guard keys > 0, keys < 1, traffic > 0, traffic < 1 else { return 0 }
    func share(_ d: Double) -> Double {
      abs(d) < 1e-9 ? keys : Portable.expMinusOne(-d * keys) / Portable.expMinusOne(-d)
    }
    var low = -700.0
    var high = 700.0
    while true {
      let middle = 0.5 * (low + high)
      if middle <= low || middle >= high { return middle }
      if share(middle) < traffic { low = middle } else { high = middle }
    }
  }
}
