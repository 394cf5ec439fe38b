// The named promises of a store, one by one, on both implementations: what the contract in
// KeyValueStore.swift says must hold for each.

import Platform
import Storage
import Testing

@Suite struct StoreTests {
  enum Kind: String, CaseIterable, CustomTestStringConvertible {
    case memory, rocksSync, rocksBatch, rocksNone
    var testDescription: String { rawValue }

    func open(_ folder: String) throws -> Store {
      switch self {
      case .memory: .memory(MemoryStore())
      case .rocksSync: .rocks(try RocksStore(at: folder, RocksSettings(durability: .sync)))
      case .rocksBatch: .rocks(try RocksStore(at: folder, RocksSettings(durability: .batch)))
      case .rocksNone: .rocks(try RocksStore(at: folder, RocksSettings(durability: .none)))
      }
    }
  }

  private func withStore(_ kind: Kind, _ body: (Store) throws -> Void) async throws {
    try await withFolder { folder in
      let store = try kind.open(folder + "/store")
      try body(store)
      try store.close()
    }
  }

  @Test(arguments: Kind.allCases)
  func `the later change of a batch wins`(kind: Kind) async throws {
    try await withStore(kind) { store in
      try store.write(
        batch {
          $0.put(bytes("a"), [1])
          $0.put(bytes("a"), [2])
          $0.put(bytes("b"), [3])
          $0.delete(bytes("b"))
          $0.delete(bytes("c"))
          $0.put(bytes("c"), [4])
        })
      #expect(try store.get(bytes("a")) == [2])
      #expect(try store.get(bytes("b")) == nil)
      #expect(try store.get(bytes("c")) == [4])
    }
  }

  @Test(arguments: Kind.allCases)
  func `keys sort as unsigned bytes and a prefix before what it begins`(kind: Kind) async throws {
    try await withStore(kind) { store in
      let keys: [[UInt8]] = [[], [0], [0, 0], [0, 1], [127], [128], [255], [255, 255]]
      try store.write(batch { for key in keys.reversed() { $0.put(key, []) } })
      #expect(try store.pairs().map(\.key) == keys)
      #expect(try store.pairs(KeyScan(.descending)).map(\.key) == keys.reversed())
      #expect(try store.pairs(KeyScan(prefix: [0])).map(\.key) == [[0], [0, 0], [0, 1]])
      #expect(try store.pairs(KeyScan(prefix: [255])).map(\.key) == [[255], [255, 255]])
      #expect(try store.get([]) == [])
      let middle = KeyScan(from: [0, 1], to: [255], .descending, limit: 2)
      #expect(try store.pairs(middle).map(\.key) == [[128], [127]])
    }
  }

  @Test(arguments: Kind.allCases)
  func `the bounds of a prefix and of a key`(kind: Kind) {
    #expect(KeyScan.successor(ofPrefix: [1, 255]) == [2])
    #expect(KeyScan.successor(ofPrefix: [255, 255]) == nil)
    #expect(KeyScan.successor(ofPrefix: []) == nil)
    #expect(KeyScan.successor(of: [1]) == [1, 0])
  }

  @Test(arguments: Kind.allCases)
  func `a scan that writes sees the moment of its start`(kind: Kind) async throws {
    try await withStore(kind) { store in
      try store.write(batch { for n in 0..<200 as Range<UInt8> { $0.put([n], [0]) } })
      var seen = 0
      try store.scan(KeyScan()) { key, value in
        seen += value == [0] ? 1 : 0
        try? store.write(
          batch {
            $0.put([199], [1])
            $0.delete([key[0] &+ 1])
          })
        return .next
      }
      #expect(seen == 200)
    }
  }

  @Test(arguments: Kind.allCases)
  func `a stopped scan visits no further pair`(kind: Kind) async throws {
    try await withStore(kind) { store in
      try store.write(batch { for n in 0..<9 as Range<UInt8> { $0.put([n], []) } })
      var seen: [UInt8] = []
      try store.scan(KeyScan()) { key, _ in
        seen += key
        return key == [3] ? .stop : .next
      }
      #expect(seen == [0, 1, 2, 3])
    }
  }

  @Test(arguments: Kind.allCases)
  func `after closing every call is refused, and closing again is fine`(kind: Kind) async throws {
    try await withStore(kind) { store in
      try store.close()
      #expect(failure { () throws(StorageError) in _ = try store.get([1]) }?.kind == .closed)
      #expect(failure { () throws(StorageError) in _ = try store.view() }?.kind == .closed)
      #expect(
        failure { () throws(StorageError) in try store.write(WriteBatch()) }?.kind == .closed)
      #expect(failure { () throws(StorageError) in _ = try store.pairs() }?.kind == .closed)
    }
  }

  @Test(arguments: Kind.allCases)
  func `a checkpoint is a store of its own`(kind: Kind) async throws {
    try await withFolder { folder in
      let store = try kind.open(folder + "/store")
      try store.write(batch { for n in 0..<100 as Range<UInt8> { $0.put([n], [n, n]) } })
      try store.checkpoint(to: folder + "/copy")
      try store.write(batch { $0.delete([0]) })
      let again = failure { () throws(StorageError) in try store.checkpoint(to: folder + "/copy") }
      #expect(again != nil, "a checkpoint must not overwrite another")
      let copy =
        kind == .memory
        ? Store.memory(try MemoryStore(restoring: folder + "/copy"))
        : try kind.open(folder + "/copy")
      #expect(try copy.pairs().count == 100)
      #expect(try copy.get([0]) == [0, 0])
      #expect(try store.get([0]) == nil)
      try copy.close()
      try store.close()
    }
  }

  /// Eight threads: writers keep two keys equal, readers must never see them differ.
  @Test(arguments: [Kind.memory, .rocksBatch])
  func `no reader sees half a batch`(kind: Kind) async throws {
    try await withFolder { folder in
      let store = try kind.open(folder)
      try store.write(batch { for key in ["left", "right"] { $0.put(bytes(key), [0]) } })
      let torn = await withTaskGroup(of: Int.self) { group in
        for worker in 0..<4 as Range<UInt8> {
          group.addTask {
            for round in 0..<100 as Range<UInt8> {
              let value = [worker, round]
              try? store.write(
                batch { for key in ["left", "right"] { $0.put(bytes(key), value) } })
            }
            return 0
          }
          group.addTask {
            (0..<100).count { _ in
              guard let values = try? store.view().pairs().map(\.value) else { return true }
              return values.count != 2 || values[0] != values[1]
            }
          }
        }
        return await group.reduce(0, +)
      }
      #expect(torn == 0)
      try store.close()
    }
  }
}
