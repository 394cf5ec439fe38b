// Encrypted data must never come back wrong: every bit flipped, wrong keys, moved values, changed
// master keys, crashes. The store's behaviour otherwise is StorePropertyTests'.

import Storage
import Testing

@Suite struct EncryptedStoreTests {
  static let first = String(repeating: "0f", count: 32)
  static let second = String(repeating: "a7", count: 32)

  static func keys(_ lines: String...) throws -> MasterKeys {
    try MasterKeys(lines.joined(separator: "\n"))
  }

  /// A store of one table with three items, and its base.
  private func filled(_ base: Store) throws -> EncryptedStore {
    let store = try EncryptedStore(base, try Self.keys(Self.first))
    try store.write(
      batch { batch in
        for name in ["a", "b", "c"] { batch.put(bytes("table-1" + name), bytes("secret " + name)) }
      })
    return store
  }

  @Test func `values come back and lie sealed`() throws {
    let base = Store.memory(MemoryStore())
    let store = try filled(base)
    #expect(try store.get(bytes("table-1b")) == bytes("secret b"))
    #expect(try store.get(bytes("table-1d")) == nil)
    #expect(try store.pairs().map(\.value) == ["a", "b", "c"].map { bytes("secret " + $0) })
    for pair in try base.pairs() {
      let text = String(decoding: pair.value, as: UTF8.self)
      #expect(!text.contains("secret"))
    }
    // The same value twice is not the same bytes twice.
    try store.write(batch { $0.put(bytes("table-1a"), bytes("secret b")) })
    let sealed = try base.get(bytes("table-1a"))
    try store.write(batch { $0.put(bytes("table-1a"), bytes("secret b")) })
    #expect(try base.get(bytes("table-1a")) != sealed)
  }

  @Test func `any flipped bit of any stored value is an error`() throws {
    let base = Store.memory(MemoryStore())
    _ = try filled(base)
    let pairs = try base.pairs().filter { $0.value != bytes("AES-256-GCM") }
    #expect(pairs.count == 4, "three values and a data key")
    for pair in pairs {
      for bit in 0..<(pair.value.count * 8) {
        var value = pair.value
        value[bit / 8] ^= 1 << UInt8(bit % 8)
        try base.write(batch { $0.put(pair.key, value) })
        let fault = failure { () throws(StorageError) in
          guard let keys = try? Self.keys(Self.first) else { return }
          let store = try EncryptedStore(base, keys)
          _ = try store.pairs()
        }
        #expect(fault != nil, "bit \(bit) of \(pair.key)")
      }
      try base.write(batch { $0.put(pair.key, pair.value) })
    }
  }

  @Test func `a value under another key, or cut short, is an error`() throws {
    let base = Store.memory(MemoryStore())
    let store = try filled(base)
    let value = try #require(try base.get(bytes("table-1a")))
    try base.write(batch { $0.put(bytes("table-1b"), value) })
    #expect(
      failure { () throws(StorageError) in _ = try store.get(bytes("table-1b")) }?.kind == .corrupt)
    for count in 0..<value.count {
      try base.write(batch { $0.put(bytes("table-1a"), Array(value.prefix(count))) })
      #expect(failure { () throws(StorageError) in _ = try store.get(bytes("table-1a")) } != nil)
    }
  }

  @Test func `a wrong master key opens nothing and says which is needed`() throws {
    let base = Store.memory(MemoryStore())
    _ = try filled(base)
    let other = try Self.keys(Self.second)
    let fault = failure { () throws(StorageError) in _ = try EncryptedStore(base, other) }
    #expect(fault?.detail.contains("which the key file does not have") == true)
  }

  @Test
  func `after a change of the master key old values are read and the old key is needed no more`()
    throws
  {
    let base = Store.memory(MemoryStore())
    _ = try filled(base)
    let old = try base.pairs()
    let both = try EncryptedStore(base, try Self.keys(Self.second, Self.first))
    #expect(try both.pairs().count == 3)
    try both.write(batch { $0.put(bytes("table-1a"), bytes("new")) })
    // The data key's number stands before the value: a new one.
    #expect(try base.get(bytes("table-1a"))?.prefix(4) == [0, 0, 0, 2])
    let alone = try EncryptedStore(base, try Self.keys(Self.second))
    #expect(try alone.pairs().map(\.value) == [bytes("new"), bytes("secret b"), bytes("secret c")])
    let stale = try Self.keys(Self.first)
    #expect(failure { () throws(StorageError) in _ = try EncryptedStore(base, stale) } != nil)
    #expect(old.count == 5)
  }

  @Test func `each group of keys has its own data key`() throws {
    let base = Store.memory(MemoryStore())
    let store = try filled(base)
    let before = try base.pairs().count
    try store.write(batch { $0.put(bytes("other-key"), bytes("x")) })
    #expect(try base.pairs().count == before + 2)
  }

  @Test func `a store with plain data is left alone`() throws {
    let base = Store.memory(MemoryStore())
    try base.write(batch { $0.put(bytes("a"), bytes("b")) })
    let keys = try Self.keys(Self.first)
    let fault = failure { () throws(StorageError) in _ = try EncryptedStore(base, keys) }
    #expect(fault?.detail.contains("not encrypted") == true)
    #expect(try base.get(bytes("a")) == bytes("b"))
    #expect(try !EncryptedStore.isEncrypted(base))
  }

  @Test func `after a crash at any write what was acknowledged opens`() throws {
    for writes in 1...12 {
      var plan = FaultPlan()
      plan.crashAfterWrites = writes
      let faulty = FaultyStore(.memory(MemoryStore()), plan)
      let keys = try Self.keys(Self.first)
      var acknowledged: [KeyValue] = []
      let crash = failure { () throws(StorageError) in
        let store = try EncryptedStore(.faulty(faulty), keys)
        for number in 0..<12 {
          let pair = KeyValue(key: bytes("tab\(number % 3)-\(number)"), value: bytes("v\(number)"))
          try store.write(batch { $0.put(pair.key, pair.value) })
          acknowledged.append(pair)
        }
      }
      #expect(crash != nil)
      let again = try EncryptedStore(faulty.base, keys)
      for pair in acknowledged { #expect(try again.get(pair.key) == pair.value) }
      #expect(try again.pairs().count == acknowledged.count)
    }
  }

  @Test func `key files that are wrong`() {
    for (text, words) in [
      ("", "there is no key"), ("# nothing\n\n", "there is no key"),
      ("abc", "line 1 is no key"), (Self.first + "\n" + Self.first.dropLast(), "line 2"),
    ] {
      let fault = #expect(throws: MasterKeys.Fault.self) { try MasterKeys(text) }
      #expect(fault?.message.contains(words) == true, "\(text)")
    }
  }
}
