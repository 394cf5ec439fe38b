// Parts of a store under keys of customers: locked while the key is missing, never read wrongly.
//
// Why: a missing key must hide its own part and nothing else, a change of keys must leave nothing
// behind that the old one opens, and no order of changes may lose a value.

import Storage
import Testing

@Suite struct CustomerKeyTests {
  private static func ring(_ digits: String...) throws -> MasterKeys {
    try MasterKeys(digits.map { String(repeating: $0, count: 32) }.joined(separator: "\n"))
  }

  private static func open(
    _ base: Store, _ customers: [String: MasterKeys]
  ) throws -> EncryptedStore {
    try EncryptedStore(base, try ring("0f"), customers: customers)
  }

  /// Two parts, of which the second is under the key `blue`.
  private static func filled(_ base: Store) throws -> EncryptedStore {
    let store = try open(base, ["blue": try ring("a7")])
    try store.assign(bytes("part2"), to: "blue")
    try store.write(
      batch { batch in
        for name in ["part1-a", "part1-b", "part2-a", "part2-b"] {
          batch.put(bytes(name), bytes("secret " + name))
        }
      })
    return store
  }

  private static func value(_ store: EncryptedStore, _ key: String) -> String? {
    (try? store.get(bytes(key))).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func `a missing key locks its part and no other`() throws {
    let base = Store.memory(MemoryStore())
    let store = try Self.filled(base)
    #expect(Self.value(store, "part2-a") == "secret part2-a")
    for customers in [[:], ["blue": try Self.ring("b8")], ["green": try Self.ring("a7")]] {
      let other = try Self.open(base, customers)
      #expect(other.isLocked(bytes("part2")))
      #expect(!other.isLocked(bytes("part1")))
      #expect(Self.value(other, "part1-a") == "secret part1-a")
      let fault = failure { () throws(StorageError) in _ = try other.get(bytes("part2-a")) }
      #expect(fault?.kind == .locked)
      #expect(fault?.detail.contains("blue") == true)
      #expect(
        failure { () throws(StorageError) in
          try other.write(batch { $0.put(bytes("part2-a"), bytes("x")) })
        }?.kind == .locked)
      #expect(failure { () throws(StorageError) in _ = try other.pairs() }?.kind == .locked)
      // What cannot be read can still be listed, and so be removed.
      #expect(try Store.encrypted(other).keys(KeyScan(prefix: bytes("part2"))).count == 2)
    }
    #expect(try Self.open(base, ["blue": try Self.ring("a7")]).pairs().count == 4)
  }

  @Test func `keys come and go while the store is open`() throws {
    let base = Store.memory(MemoryStore())
    let store = try Self.filled(base)
    try store.replaceCustomers([:])
    #expect(store.isLocked(bytes("part2")))
    #expect(Self.value(store, "part2-a") == nil)
    try store.write(batch { $0.put(bytes("part1-c"), bytes("new")) })
    try store.replaceCustomers(["blue": try Self.ring("a7")])
    #expect(!store.isLocked(bytes("part2")))
    #expect(Self.value(store, "part2-b") == "secret part2-b")
    #expect(try store.pairs().count == 5)
  }

  @Test func `a part that changes its key needs the old one no more`() throws {
    let base = Store.memory(MemoryStore())
    let store = try Self.filled(base)
    try store.replaceCustomers(["blue": try Self.ring("a7"), "green": try Self.ring("c9")])
    try store.assign(bytes("part2"), to: "green")
    try store.write(batch { $0.put(bytes("part2-c"), bytes("after")) })
    let green = try Self.open(base, ["green": try Self.ring("c9")])
    #expect(Self.value(green, "part2-a") == "secret part2-a")
    #expect(Self.value(green, "part2-c") == "after")
    #expect(try Self.open(base, ["blue": try Self.ring("a7")]).isLocked(bytes("part2")))
    // And back to the store's own key.
    try green.assign(bytes("part2"), to: nil)
    let plain = try Self.open(base, [:])
    #expect(!plain.isLocked(bytes("part2")))
    #expect(try plain.pairs().count == 5)
    // A key that is not there cannot be taken, and changes nothing.
    #expect(
      failure { () throws(StorageError) in try plain.assign(bytes("part1"), to: "red") }?.kind
        == .locked)
    #expect(Self.value(plain, "part1-a") == "secret part1-a")
  }

  @Test func `new material of a customer's key wraps anew`() throws {
    let base = Store.memory(MemoryStore())
    _ = try Self.filled(base)
    let both = try Self.open(base, ["blue": try Self.ring("b8", "a7")])
    #expect(try both.pairs().count == 4)
    #expect(try Self.open(base, ["blue": try Self.ring("b8")]).pairs().count == 4)
    #expect(try Self.open(base, ["blue": try Self.ring("a7")]).isLocked(bytes("part2")))
  }

  @Test func `sealing anew leaves no value under an old data key`() throws {
    let base = Store.memory(MemoryStore())
    let store = try Self.filled(base)
    let before = try base.pairs()
    #expect(try store.reseal() == 4)
    #expect(try store.pairs().count == 4)
    let customers = ["blue": try Self.ring("a7")]
    #expect(try Self.open(base, customers).pairs().map(\.value) == store.pairs().map(\.value))
    // Whoever kept the old data keys opens nothing that is there now.
    for pair in before where pair.key.starts(with: [0xFF, 0xFE]) && pair.value.count > 20 {
      #expect(try base.get(pair.key) == nil)
      try base.write(batch { $0.put(pair.key, pair.value) })
    }
    for pair in try base.pairs() where !pair.key.starts(with: [0xFF, 0xFE]) {
      #expect(pair.value.prefix(4) == [0, 0, 0, 2])
    }
    // Not while a part cannot be read.
    let locked = try Self.open(base, [:])
    #expect(failure { () throws(StorageError) in _ = try locked.reseal() }?.kind == .locked)
  }

  @Test func `sealing anew leaves empty parts to their keys`() throws {
    let base = Store.memory(MemoryStore())
    let store = try Self.filled(base)
    try store.replaceCustomers(["blue": try Self.ring("a7"), "green": try Self.ring("c9")])
    try store.assign(bytes("part3"), to: "green")
    #expect(try store.reseal() == 4)
    // What was emptied is no hindrance when its key has gone.
    try store.write(
      batch { batch in for name in ["part2-a", "part2-b"] { batch.delete(bytes(name)) } })
    let green = try Self.open(base, ["green": try Self.ring("c9")])
    #expect(try green.reseal() == 2)
    #expect(green.isLocked(bytes("part2")))
    try green.write(batch { $0.put(bytes("part3-a"), bytes("new")) })
    #expect(try Self.open(base, [:]).isLocked(bytes("part3")))
    #expect(try Self.open(base, ["blue": try Self.ring("a7")]).isLocked(bytes("part3")))
    #expect(Self.value(try Self.open(base, ["green": try Self.ring("c9")]), "part3-a") == "new")
  }

  @Test func `after a crash at any write of a change of keys all is readable`() throws {
    let customers = ["blue": try Self.ring("a7"), "green": try Self.ring("c9")]
    for writes in 1...6 {
      let memory = MemoryStore()
      _ = try Self.filled(.memory(memory))
      var plan = FaultPlan()
      plan.crashAfterWrites = writes
      let faulty = FaultyStore(.memory(memory), plan)
      _ = failure { () throws(StorageError) in
        guard let keys = try? Self.ring("0f") else { return }
        let store = try EncryptedStore(.faulty(faulty), keys, customers: customers)
        try store.assign(bytes("part2"), to: "green")
        _ = try store.reseal()
        try store.assign(bytes("part2"), to: nil)
      }
      let again = try Self.open(faulty.base, customers)
      #expect(
        try again.pairs().map { String(decoding: $0.value, as: UTF8.self) }
          == ["part1-a", "part1-b", "part2-a", "part2-b"].map { "secret " + $0 },
        "after \(writes) writes")
    }
  }

  @Test func `any flipped bit of a customer's data key is an error`() throws {
    let base = Store.memory(MemoryStore())
    _ = try Self.filled(base)
    let customers = ["blue": try Self.ring("a7")]
    let prefix = [0xFF, 0xFE] + bytes("cust")
    let records = try base.pairs(KeyScan(prefix: prefix))
    #expect(records.count == 1)
    for record in records {
      for bit in 0..<(record.value.count * 8) {
        var value = record.value
        value[bit / 8] ^= 1 << UInt8(bit % 8)
        try base.write(batch { $0.put(record.key, value) })
        let fault = failure { () throws(StorageError) in
          guard let keys = try? Self.ring("0f") else { return }
          _ = try EncryptedStore(base, keys, customers: customers).get(bytes("part2-a"))
        }
        #expect(fault != nil, "bit \(bit)")
      }
      try base.write(batch { $0.put(record.key, record.value) })
    }
  }
}
