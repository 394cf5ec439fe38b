// What the tests of the stores share: a folder that goes away, numbers from a seed, a slow store.

import Platform
import Storage

/// Runs `body` with the path of a new folder and removes the folder afterwards.
func withFolder<R>(_ body: (String) async throws -> R) async throws -> R {
  let folder = try FileSystem.makeTemporaryDirectory("/tmp/plimsoll-storage-")
  defer { try? FileSystem.removeTree(folder) }
  return try await body(folder)
}

/// SplitMix64, so that a failing case can be repeated from its seed.
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// A short key over few letters, so that keys collide and are prefixes of each other.
  mutating func key() -> [UInt8] {
    let letters: [UInt8] = [0, 1, 97, 98, 255]
    return (0..<below(12)).map { _ in letters[below(letters.count)] }
  }
}

/// The obvious store: an array of pairs in order.
struct SortedPairs {
  var pairs: [KeyValue] = []

  func get(_ key: [UInt8]) -> [UInt8]? { pairs.first { $0.key == key }?.value }

  mutating func apply(_ batch: WriteBatch) {
    for change in batch.changes {
      switch change {
      case .delete(let key): pairs.removeAll { $0.key == key }
      case .put(let key, let value):
        pairs.removeAll { $0.key == key }
        let place = pairs.firstIndex { key.lexicographicallyPrecedes($0.key) } ?? pairs.count
        pairs.insert(KeyValue(key: key, value: value), at: place)
      }
    }
  }

  func scan(_ scan: KeyScan) -> [KeyValue] {
    let inside = pairs.filter { pair in
      !pair.key.lexicographicallyPrecedes(scan.lower)
        && (scan.upper.map { pair.key.lexicographicallyPrecedes($0) } ?? true)
    }
    let ordered = scan.direction == .ascending ? inside : inside.reversed()
    return Array(ordered.prefix(max(scan.limit, 0)))
  }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func batch(_ fill: (inout WriteBatch) -> Void) -> WriteBatch {
  var batch = WriteBatch()
  fill(&batch)
  return batch
}

/// The error that `body` throws, nil when it throws none.
func failure(_ body: () throws(StorageError) -> Void) -> StorageError? {
  do throws(StorageError) { try body() } catch { return error }
  return nil
}
