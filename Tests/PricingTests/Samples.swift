// Usage samples of the suites: short spellings of what the worked examples describe.

import Capacity
import Pricing
import Units

extension ResourceUsage {
  /// A table that consumed so many whole request units in a month of `hours`, in its first minute.
  static func onDemand(
    _ region: String, reads: Int64 = 0, writes: Int64 = 0, hours: Int = 730
  ) -> ResourceUsage {
    var out = ResourceUsage(name: "t", region: region, isOnDemand: true)
    let rest = Array(repeating: Int64(0), count: hours * 60 - 1)
    out.read.consumedHalves = [reads * 2] + rest
    out.write.consumedHalves = [writes * 2] + rest
    return out
  }

  /// A table with constant provisioned capacity.
  static func provisioned(_ region: String, read: Int64 = 0, write: Int64 = 0) -> ResourceUsage {
    var out = ResourceUsage(name: "t", region: region, isOnDemand: false)
    out.read.provisionedUnits = [read]
    out.write.provisionedUnits = [write]
    return out
  }

  /// A table with data at rest only.
  static func stored(_ region: String, gigabytes: Int64) -> ResourceUsage {
    ResourceUsage(name: "t", region: region, isOnDemand: true).with { $0.store(gigabytes) }
  }

  mutating func store(_ gigabytes: Int64) { storage.bytes = .gigabytes(gigabytes) }

  func with(_ change: (inout ResourceUsage) -> Void) -> ResourceUsage {
    var out = self
    change(&out)
    return out
  }
}

extension BilledUsage {
  init(_ resources: ResourceUsage..., caches: [CacheUsage] = []) {
    self.init(runMinutes: 730 * 60, resources: resources, caches: caches)
  }

  func with(_ change: (inout BilledUsage) -> Void) -> BilledUsage {
    var out = self
    change(&out)
    return out
  }
}

extension Bill {
  /// Sum of the amounts of a usage type over all resources; nil when there is no such line.
  func amount(_ usageType: String) -> Money? {
    let found = lines.filter { $0.usageType == usageType }
    return found.isEmpty ? nil : found.reduce(.zero) { $0 + ($1.amount ?? .zero) }
  }

  /// Charged quantity of a usage type over all resources.
  func charged(_ usageType: String) -> Quantity {
    lines.filter { $0.usageType == usageType }.reduce(.zero) { $0 + $1.charged }
  }
}

/// A month of minutes with `peak` in the first `peakMinutes` and `base` in the others.
func twoLevels(base: Int64, peak: Int64, peakMinutes: Int, monthHours: Int = 730) -> [Int64] {
  (0..<(monthHours * 60)).map { $0 < peakMinutes ? peak : base }
}

/// Dollars as exact money, for example "62.5".
func dollars(_ text: String) -> Money { Money(decimal: text)! }

/// SplitMix64: the suites' own generator, so that a printed seed reproduces a case.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
