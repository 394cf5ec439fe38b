// Which keys of a table or index are accessed most, and which are throttled most.
//
// Access is measured as the service does: three times the write units plus the read units that a
// key has consumed (developer guide, contributorinsights_HowItWorks). Sketches of fixed size keep
// the counts since insights were enabled or the server started; a key that takes more than 1/384 of
// the traffic is in them for certain. Scans name no key and are not counted.

import Capacity
import DataModel
import Statistics

/// Weights of keys in fixed memory.
struct KeyTally {
  private static let capacity = 768
  private var sketch = TopK(capacity: capacity)
  /// The keys behind the sketch's numbers, and some that have left it.
  private var keys: [UInt64: ArraySlice<UInt8>] = [:]

  mutating func add(_ key: ArraySlice<UInt8>, weight: Int64) {
    let number = KeyEncoding.hash(key)
    sketch.add(number, weight: weight)
    if keys[number] == nil {
      if keys.count >= 4 * Self.capacity { forget() }
      // A copy of its own: a slice would hold on to the whole key of the request.
      keys[number] = ArraySlice(Array(key))
    }
  }

  private mutating func forget() {
    let held = Set(sketch.heaviest(2 * Self.capacity).map(\.key))
    keys = keys.filter { held.contains($0.key) }
  }

  /// The heaviest keys with their weights and by how much those may be too high.
  func heaviest(_ count: Int) -> [(key: ArraySlice<UInt8>, weight: Int64, error: Int64)] {
    sketch.heaviest(count).compactMap { entry in
      keys[entry.key].map { ($0, entry.weight, entry.error) }
    }
  }
}

/// What insights of one table or index have counted.
struct ContributorCounts {
  /// What a rule counts.
  enum Rule: String, CaseIterable {
    case accessedPartitions = "PKC"
    case accessedItems = "SKC"
    case throttledPartitions = "PKT"
    case throttledItems = "SKT"

    var isOfItems: Bool { self == .accessedItems || self == .throttledItems }
    var isOfThrottles: Bool { self == .throttledPartitions || self == .throttledItems }
    /// The metric by CloudWatch's name.
    var metric: String { isOfThrottles ? "ThrottleCount" : "ConsumedThroughputUnits" }
  }

  let mode: InsightsMode
  private let partitionTypes: [ScalarType]
  private let hasSortKey: Bool
  private(set) var tallies: [Rule: KeyTally] = [:]

  init(_ mode: InsightsMode, partition: [KeyAttribute], sort: [KeyAttribute]) {
    self.mode = mode
    partitionTypes = partition.map(\.type)
    hasSortKey = !sort.isEmpty
    for rule in mode.rules(hasSortKey: hasSortKey) { tallies[rule] = KeyTally() }
  }

  /// Counts units that the key of an item or, without its sort key, of a partition has consumed.
  mutating func consumed(_ units: CapacityUnits, _ axis: CapacityAxis, by key: [UInt8]) {
    guard mode == .accessedAndThrottled else { return }
    // In halves, as units are.
    count(key, axis == .write ? 3 * units.halves : units.halves, isThrottle: false)
  }

  /// Counts a request that was refused.
  mutating func throttled(_ key: [UInt8]) { count(key, 1, isThrottle: true) }

  private mutating func count(_ key: [UInt8], _ weight: Int64, isThrottle: Bool) {
    guard let (partition, isWhole) = split(key) else { return }
    tallies[isThrottle ? .throttledPartitions : .accessedPartitions]?.add(
      partition, weight: weight)
    guard hasSortKey, isWhole else { return }
    tallies[isThrottle ? .throttledItems : .accessedItems]?.add(key[...], weight: weight)
  }

  /// The part of a storage key up to its partition key, and whether anything follows; nil for what
  /// is shorter than that, such as the start of a scan.
  private func split(_ key: [UInt8]) -> (ArraySlice<UInt8>, isWhole: Bool)? {
    var decoder = KeyDecoder(storageKey: key[...])
    for type in partitionTypes where decoder.next(type) == nil { return nil }
    return (key.prefix(key.count - decoder.count), !decoder.isAtEnd)
  }
}

/// What insights of a table or index watch.
enum InsightsMode: String {
  case accessedAndThrottled = "ACCESSED_AND_THROTTLED_KEYS"
  case throttled = "THROTTLED_KEYS"

  /// The rules that the service makes.
  func rules(hasSortKey: Bool) -> [ContributorCounts.Rule] {
    ContributorCounts.Rule.allCases.filter {
      ($0.isOfThrottles || self == .accessedAndThrottled) && (hasSortKey || !$0.isOfItems)
    }
  }
}
