// Both stores must behave like a sorted array, whatever is asked of them in whatever order: the
// engine's indexes and pages rest on it. Views must go on seeing what they saw.

import Platform
import Storage
import Testing
import Units

@Suite struct StorePropertyTests {
  @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func `an encrypted store is a sorted array`(seed: UInt64) throws {
    let base = Store.memory(MemoryStore())
    let store = try EncryptedStore(base, try EncryptedStoreTests.keys(EncryptedStoreTests.first))
    try compare(.encrypted(store), seed: seed, steps: 300)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func `the memory store is a sorted array`(seed: UInt64) throws {
    try compare(.memory(MemoryStore()), seed: seed, steps: 500)
  }

  @Test(arguments: [21, 22, 23] as [UInt64])
  func `an exchange gives the value that was there, also below a view`(seed: UInt64) throws {
    let store = MemoryStore()
    var numbers = SeededNumbers(seed: seed)
    var reference: [[UInt8]: [UInt8]] = [:]
    for step in 0..<2_000 {
      let (key, value) = (numbers.key(), [UInt8(numbers.below(200))])
      let view = step % 50 == 0 ? (try store.view(), reference) : nil
      let before = try store.exchange(key, value)
      #expect(before == reference.updateValue(value, forKey: key), "seed \(seed), step \(step)")
      if let (view, seen) = view { #expect(try view.get(key) == seen[key], "seed \(seed)") }
    }
    #expect(store.count == reference.count)
    #expect(throws: StorageError.self) {
      try store.close()
      _ = try store.exchange([1], [])
    }
  }

  @Test(arguments: [11, 12, 13] as [UInt64])
  func `the store on disk is a sorted array, and stays one when reopened`(seed: UInt64) async throws
  {
    try await withFolder { folder in
      var settings = RocksSettings(durability: .none)
      settings.writeBuffer = .kilobytes(64)
      settings.recent = .kilobytes(4)
      let first = Store.rocks(try RocksStore(at: folder, settings))
      let reference = try compare(first, seed: seed, steps: 300)
      try first.close()
      let second = try RocksStore(at: folder, settings)
      #expect(try second.pairs() == reference.pairs, "seed \(seed)")
      try second.close()
    }
  }

  /// Random batches, gets, scans and views on `store` and on a sorted array.
  @discardableResult
  private func compare(_ store: Store, seed: UInt64, steps: Int) throws -> SortedPairs {
    var numbers = SeededNumbers(seed: seed)
    var reference = SortedPairs()
    var held: (view: StoreView, pairs: SortedPairs)?
    for step in 0..<steps {
      let place: Comment = "seed \(seed), step \(step)"
      switch numbers.below(10) {
      case 0..<5:
        // Mostly growing in one phase and mostly shrinking in the next.
        let isGrowing = (step / 100) % 2 == 0
        let changes = batch { batch in
          for _ in 0..<numbers.below(12) {
            if numbers.below(10) < (isGrowing ? 8 : 2) {
              batch.put(numbers.key(), [UInt8](repeating: 7, count: numbers.below(40)))
            } else {
              batch.delete(numbers.key())
            }
          }
        }
        try store.write(changes)
        reference.apply(changes)
      case 5..<7:
        let key = numbers.key()
        #expect(try store.get(key) == reference.get(key), place)
      case 7..<9:
        let scan = randomScan(&numbers)
        #expect(try store.pairs(scan) == reference.scan(scan), place)
        if let held { #expect(try held.view.pairs(scan) == held.pairs.scan(scan), place) }
      default:
        if let held { #expect(try held.view.pairs() == held.pairs.pairs, place) }
        held = (try store.view(), reference)
      }
    }
    #expect(try store.pairs() == reference.pairs, "seed \(seed)")
    return reference
  }

  private func randomScan(_ numbers: inout SeededNumbers) -> KeyScan {
    KeyScan(
      from: numbers.below(3) == 0 ? [] : numbers.key(),
      to: numbers.below(3) == 0 ? nil : numbers.key(),
      numbers.below(2) == 0 ? .ascending : .descending,
      limit: numbers.below(3) == 0 ? .max : numbers.below(20))
  }

  /// A tree of three levels, built in three orders and taken down in another, with a view held.
  @Test(arguments: [0, 1, 2])
  func `a large memory store keeps order and count`(order: Int) throws {
    let count = 12_000
    let store = MemoryStore()
    var numbers = SeededNumbers(seed: UInt64(order))
    var places = Array(0..<count)
    if order == 1 { places.reverse() }
    if order == 2 { places.shuffle(using: &numbers) }
    for place in places { try store.write(batch { $0.put(key(place), [UInt8(place % 251)]) }) }
    #expect(store.count == count)
    let full = try store.view()
    places.shuffle(using: &numbers)
    for place in places.prefix(count - 10) { try store.write(batch { $0.delete(key(place)) }) }
    let rest = places.suffix(10).sorted()
    #expect(try store.pairs().map(\.key) == rest.map(key))
    #expect(try store.pairs(KeyScan(.descending)).map(\.key) == rest.reversed().map(key))
    for place in rest { try store.write(batch { $0.delete(key(place)) }) }
    #expect(store.count == 0)
    #expect(try store.pairs().isEmpty)
    #expect(try full.pairs().map(\.key) == (0..<count).map(key), "the view saw the removals")
  }

  private func key(_ number: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(number).bigEndian) { bytes("row-") + Array($0) }
  }
}
