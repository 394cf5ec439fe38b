// What copies that lag still show: the images that recent writes replaced.
//
// The store holds the newest image of everything. Beside it, for as long as some copy lacks a
// write, stands the image that the write replaced, by stored key: items, local entries and entries
// of global indexes alike. A copy's view of a key is the image before the oldest write it lacks.
// A global index is a table of its own with copies of its own, whose leader gets an item's change
// after the propagation lag.
//
// Memory is bounded: images are dropped once every copy has what replaced them, looked for whenever
// what is held has doubled; past the limit all copies catch up at once, which costs staleness and
// never correctness. Nothing is kept over a restart. Within an item a copy never shows writes out
// of order; between items it may.

import Randomness
import Storage
import Units

/// An image that a copy still shows; nil: nothing was there.
struct PastImage {
  var bytes: [UInt8]?
}

/// Images that some copy may still show.
struct ReplicaHistory {
  /// An image and the write that replaced it.
  private struct Version {
    var replaced: [UInt8]?
    var landing: Landing

    /// What it holds in memory, roughly.
    var bytes: Int { (replaced?.count ?? 0) + 128 }
  }

  /// Settings of the copies.
  struct Lags {
    var read: DelayDistribution
    var index: DelayDistribution
    /// Capacity time per wall-clock time; lags are wall-clock time.
    var multiplier: Int64
    var seed: UInt64
    /// The most bytes of images kept.
    var byteLimit: Int
  }

  private let lags: Lags
  private var generator: Generator
  /// By stored key, oldest first; what a copy has is always a prefix.
  private var versions: [[UInt8]: [Version]] = [:]
  /// The keys of `versions` in order.
  private var keys: [[UInt8]] = []
  /// Writes that some copy lacks, by item and whether of the table or of which index.
  private var pending: [[UInt8]: [Landing]] = [:]
  private(set) var byteCount = 0
  private var sweepsAt = Self.leastSweep

  private static let leastSweep = 1 << 16

  init(_ lags: Lags) {
    self.lags = lags
    generator = StreamKey(seed: lags.seed).child("copies").generator(at: 0)
  }

  /// Whether writes of tables and local indexes reach copies late.
  var tablesLag: Bool { !lags.read.isNone }
  /// Whether writes of global indexes do.
  var indexesLag: Bool { tablesLag || !lags.index.isNone }

  /// The copy that answers an eventually consistent read: each with equal probability.
  mutating func chooseReplica() -> Replica {
    Replica.allCases[Int(generator.below(UInt64(Replica.allCases.count)))]
  }

  /// Draws when the copies apply a write of an item.
  /// - Parameter place: the item, and which table or index of it is meant.
  mutating func land(_ place: [UInt8], isIndex: Bool, at now: Instant) -> Landing {
    let start = isIndex ? now + lags.index.draw(&generator) * lags.multiplier : now
    let follower: Replica = generator.chance(0.5) ? .firstFollower : .secondFollower
    let lag = lags.read.draw(&generator) * lags.multiplier
    let landing = Landing(at: start, lagging: follower, by: lag)
    var earlier = pending[place, default: []].filter { !$0.hasLanded(at: now) }
    for write in earlier { write.keepAhead(of: landing) }
    earlier.append(landing)
    pending[place] = earlier
    return landing
  }

  /// Keeps the image that a write replaced under `key`.
  mutating func keep(_ replaced: [UInt8]?, under key: [UInt8], until landing: Landing) {
    let version = Version(replaced: replaced, landing: landing)
    if versions[key] == nil { keys.insert(key, at: position(of: key)) }
    versions[key, default: []].append(version)
    byteCount += version.bytes + key.count
  }

  /// Drops what every copy has, when enough has gathered to be worth looking.
  mutating func sweep(at now: Instant) {
    guard byteCount > sweepsAt else { return }
    dropLanded(at: now)
    if byteCount > lags.byteLimit {
      versions = [:]
      keys = []
      pending = [:]
      byteCount = 0
    }
    sweepsAt = min(max(Self.leastSweep, byteCount * 2), lags.byteLimit)
  }

  private mutating func dropLanded(at now: Instant) {
    var left: [[UInt8]] = []
    byteCount = 0
    for key in keys {
      let rest = versions[key, default: []].drop { $0.landing.hasLanded(at: now) }
      versions[key] = rest.isEmpty ? nil : Array(rest)
      if rest.isEmpty { continue }
      left.append(key)
      byteCount += rest.reduce(0) { $0 + $1.bytes + key.count }
    }
    keys = left
    // Every entry is looked at by itself: the order of a dictionary does not matter.
    pending = pending.compactMapValues { landings in
      let rest = landings.filter { !$0.hasLanded(at: now) }
      return rest.isEmpty ? nil : rest
    }
  }

  /// What a copy shows under `key` in place of the newest image; nil when it has the newest.
  func image(under key: [UInt8], on replica: Replica, at now: Instant) -> PastImage? {
    guard let versions = versions[key] else { return nil }
    var image: PastImage?
    for version in versions.reversed() {
      if version.landing.hasLanded(on: replica, at: now) { break }
      image = PastImage(bytes: version.replaced)
    }
    return image
  }

  /// The keys within the bounds of `scan` that a copy may show otherwise, in the scan's direction.
  func keys(in scan: KeyScan) -> [[UInt8]] {
    let start = position(of: scan.lower)
    let end = scan.upper.map(position) ?? keys.count
    guard start < end else { return [] }
    return scan.direction == .ascending ? Array(keys[start..<end]) : keys[start..<end].reversed()
  }

  /// Where the first key stands that is not before `key`.
  private func position(of key: [UInt8]) -> Int {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle].lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension ReplicaHistory {
  /// The history that settings ask for; nil when nothing lags.
  init?(_ options: DatabaseOptions) {
    if options.readLag.isNone, options.indexLag.isNone { return nil }
    self.init(
      Lags(
        read: options.readLag, index: options.indexLag,
        multiplier: Int64(max(1, options.clockMultiplier)), seed: options.lagSeed,
        byteLimit: options.historyBytes))
  }
}
