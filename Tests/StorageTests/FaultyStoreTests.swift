// The faults that other tests rely on must happen exactly when they were asked for.

import Storage
import Testing

@Suite struct FaultyStoreTests {
  private func write(_ store: FaultyStore, _ key: UInt8) -> StorageError? {
    failure { () throws(StorageError) in try store.write(batch { $0.put([key], [key]) }) }
  }

  @Test func `chosen writes are refused whole`() throws {
    var plan = FaultPlan()
    plan.refusedWrites = [2]
    let store = FaultyStore(.memory(MemoryStore()), plan)
    #expect(write(store, 1) == nil)
    #expect(write(store, 2)?.kind == .injected)
    #expect(write(store, 3) == nil)
    #expect(try store.pairs().map(\.key) == [[1], [3]])
    #expect(store.writes == 3)
  }

  @Test func `a lost answer is an error, but the write is there`() throws {
    var plan = FaultPlan()
    plan.unacknowledgedWrites = [1]
    let store = FaultyStore(.memory(MemoryStore()), plan)
    #expect(write(store, 1)?.kind == .injected)
    #expect(try store.get([1]) == [1])
  }

  @Test func `a full device stays full and can be read`() throws {
    var plan = FaultPlan()
    plan.fullFromWrite = 2
    let store = FaultyStore(.memory(MemoryStore()), plan)
    #expect(write(store, 1) == nil)
    #expect(write(store, 2)?.kind == .full)
    #expect(write(store, 3)?.kind == .full)
    #expect(try store.pairs().map(\.key) == [[1]])
  }

  @Test func `chosen reads fail`() throws {
    var plan = FaultPlan()
    plan.refusedReads = [2]
    let store = FaultyStore(.memory(MemoryStore()), plan)
    #expect(try store.get([1]) == nil)
    #expect(failure { () throws(StorageError) in _ = try store.get([1]) }?.kind == .injected)
    #expect(try store.get([1]) == nil)
  }

  @Test func `after a crash every call fails and the base keeps what was written`() throws {
    var plan = FaultPlan()
    plan.crashAfterWrites = 1
    let store = FaultyStore(.memory(MemoryStore()), plan)
    #expect(write(store, 1) == nil)
    #expect(try store.get([1]) == [1])
    #expect(write(store, 2)?.kind == .injected)
    #expect(failure { () throws(StorageError) in _ = try store.get([1]) }?.kind == .injected)
    #expect(failure { () throws(StorageError) in try store.flush() }?.kind == .injected)
    #expect(try store.base.pairs().map(\.key) == [[1]])
  }
}
