// What a store on disk promises when things go wrong: a killed process, a second owner, a damaged
// file, a full device. Each is provoked for real, in a process of its own where it ends one.

import Glibc
import Platform
import Storage
import Testing
import Units

@Suite struct StoreDurabilityTests {
  /// The child writes pairs that belong together, notes each acknowledged number in a file, and is
  /// killed at a moment drawn from the seed. Every noted pair must be there; no pair may be half.
  @Test(arguments: [21, 22, 23, 24] as [UInt64], ["sync", "batch", "none"])
  func `a killed process loses nothing acknowledged`(seed: UInt64, mode: String) async throws {
    try await withFolder { folder in
      await #expect(processExitsWith: .signal(SIGKILL)) { [seed, mode, folder = folder as String] in
        let durability = try #require(Durability(rawValue: mode))
        let store = try RocksStore(at: folder + "/store", RocksSettings(durability: durability))
        let notes = try FileDescriptor(opening: folder + "/notes", for: .append)
        var numbers = SeededNumbers(seed: seed)
        let first = numbers.below(50)
        let patience = Nanoseconds.microseconds(Int64(numbers.below(20_000)))
        for number in 0..<1_000_000 {
          let value = bytes("\(number)")
          try store.write(
            batch {
              $0.put(bytes("left-\(number)"), value)
              $0.put(bytes("right-\(number)"), value)
            })
          try notes.write(bytes("\(number)\n"))
          guard number == first else { continue }
          // Never joined: it ends the process.
          _ = try Worker("killer") {
            pause(for: patience)
            kill(getpid(), SIGKILL)
          }
        }
      }
      let noted = String(decoding: try FileSystem.read(folder + "/notes"), as: UTF8.self)
        .split(separator: "\n").count
      let store = try RocksStore(at: folder + "/store", RocksSettings(durability: .sync))
      let left = try store.pairs(KeyScan(prefix: bytes("left-")))
      let right = try store.pairs(KeyScan(prefix: bytes("right-")))
      #expect(noted > 0, "seed \(seed): the child wrote nothing")
      #expect(left.count >= noted, "seed \(seed): an acknowledged write is gone")
      #expect(left.map(\.value) == right.map(\.value), "seed \(seed): half a batch")
      for number in 0..<noted where try store.get(bytes("left-\(number)")) == nil {
        Issue.record("seed \(seed): number \(number) was acknowledged and is gone")
      }
      try store.close()
    }
  }

  /// The library gets nothing before the process is killed: all comes back from the journal, in
  /// whatever mode the next owner opens the store, and again when that one is killed too.
  @Test(arguments: ["batch", "none"], ["sync", "batch", "none"])
  func `what the library has not got outlives a killed process`(
    mode: String, next: String
  ) async throws {
    try await withFolder { folder in
      for round in 0..<2 as Range<UInt8> {
        await #expect(processExitsWith: .signal(SIGKILL)) {
          [mode, round = round as UInt8, folder = folder as String] in
          var settings = RocksSettings(durability: try #require(Durability(rawValue: mode)))
          settings.groupCommitInterval = .hours(1)
          let store = try RocksStore(at: folder, settings)
          for number in 0..<100 as Range<UInt8> {
            try store.write(
              batch {
                $0.put([number], [round, number])
                $0.put([200], [round, number])
                $0.delete([number &- 3])
              })
          }
          // More than waits at most: it takes what is before it along.
          try store.write(batch { $0.put([201], [UInt8](repeating: round, count: 3_000_000)) })
          try store.write(batch { $0.put([202], [round]) })
          kill(getpid(), SIGKILL)
        }
      }
      for _ in 0..<2 {
        let durability = try #require(Durability(rawValue: next))
        let store = try RocksStore(at: folder, RocksSettings(durability: durability))
        let pairs = try store.pairs()
        #expect(pairs.map { $0.key[0] } == [97, 98, 99, 200, 201, 202])
        #expect(pairs.prefix(4).map(\.value) == [[1, 97], [1, 98], [1, 99], [1, 99]])
        #expect(pairs[4].value == [UInt8](repeating: 1, count: 3_000_000))
        #expect(pairs[5].value == [1])
        try store.close()
      }
    }
  }

  @Test func `a store without room for its journal is given up whole`() async throws {
    try await withFolder { folder in
      let journal = folder + "/plimsoll.pending"
      try FileSystem.makeDirectory(journal)
      let refusal = failure { () throws(StorageError) in _ = try RocksStore(at: folder) }
      #expect(refusal?.description.contains(journal) == true, "\(String(describing: refusal))")
      try FileSystem.removeTree(journal)
      let store = try RocksStore(at: folder)
      try store.write(batch { $0.put([1], [2]) })
      #expect(try store.get([1]) == [2])
      try store.close()
    }
  }

  @Test func `a second owner is refused by name and harms nothing`() async throws {
    try await withFolder { folder in
      let store = try RocksStore(at: folder)
      try store.write(batch { $0.put([1], [2]) })
      let refusal = failure { () throws(StorageError) in _ = try RocksStore(at: folder) }
      #expect(refusal?.kind == .inUse)
      #expect(
        refusal?.description
          == "the store at \(folder) is in use: process \(getpid()) has it open; "
          + "stop that process or use another directory")
      try store.write(batch { $0.put([3], [4]) })
      try store.close()
      let next = try RocksStore(at: folder)
      #expect(try next.pairs().count == 2)
      try next.close()
    }
  }

  @Test func `a second process is refused`() async throws {
    try await withFolder { folder in
      let store = try RocksStore(at: folder)
      await #expect(processExitsWith: .exitCode(7)) { [folder = folder as String] in
        let refusal = failure { () throws(StorageError) in _ = try RocksStore(at: folder) }
        exit(refusal?.kind == .inUse ? 7 : 1)
      }
      try store.close()
    }
  }

  /// A flipped byte in the middle of the log must not silently drop what follows it.
  @Test func `a damaged log is reported and left as it is`() async throws {
    try await withFolder { folder in
      let store = try RocksStore(at: folder, RocksSettings(durability: .sync))
      for n in 0..<100 as Range<UInt8> {
        try store.write(batch { $0.put([n], [UInt8](repeating: n, count: 100)) })
      }
      try store.close()
      let name = try #require(try FileSystem.list(folder).last { $0.hasSuffix(".log") })
      var log = try FileSystem.read(folder + "/" + name)
      #expect(log.count > 10_000)
      log[5_000] ^= 0xff
      try FileSystem.replace(folder + "/" + name, with: log)
      let refusal = failure { () throws(StorageError) in
        _ = try RocksStore(at: folder, RocksSettings(durability: .sync))
      }
      #expect(refusal?.kind == .corrupt)
      #expect(refusal?.path == folder)
      #expect(try FileSystem.read(folder + "/" + name) == log)
    }
  }

  /// A record cut off at the end is what a crash leaves: not damage.
  @Test func `a log cut off within its last record opens without that record`() async throws {
    try await withFolder { folder in
      let store = try RocksStore(at: folder, RocksSettings(durability: .sync))
      for n in 0..<10 as Range<UInt8> { try store.write(batch { $0.put([n], [n, n, n]) }) }
      try store.close()
      let name = try #require(try FileSystem.list(folder).last { $0.hasSuffix(".log") })
      let log = try FileSystem.read(folder + "/" + name)
      try FileSystem.replace(folder + "/" + name, with: log.dropLast(2))
      let next = try RocksStore(at: folder, RocksSettings(durability: .sync))
      #expect(try next.pairs().map(\.key) == (0..<9 as Range<UInt8>).map { [$0] })
      try next.close()
    }
  }

  @Test func `a damaged image of a memory store is reported`() async throws {
    try await withFolder { folder in
      let store = MemoryStore()
      try store.write(batch { $0.put(bytes("key"), bytes("value")) })
      try store.checkpoint(to: folder + "/image")
      var image = try FileSystem.read(folder + "/image/items")
      image[20] ^= 1
      try FileSystem.replace(folder + "/image/items", with: image)
      let refusal = failure { () throws(StorageError) in
        _ = try MemoryStore(restoring: folder + "/image")
      }
      #expect(refusal?.kind == .corrupt)
    }
  }

  /// The limit on file sizes stands in for a full device: writes fail the same way in the middle
  /// of a record. What was acknowledged before must be there afterwards.
  @Test(arguments: ["sync", "batch", "none"])
  func `a full device refuses writes and loses nothing acknowledged`(mode: String) async throws {
    try await withFolder { folder in
      await #expect(processExitsWith: .exitCode(7)) { [mode, folder = folder as String] in
        signal(SIGXFSZ, SIG_IGN)
        let durability = try #require(Durability(rawValue: mode))
        let store = try RocksStore(at: folder + "/store", RocksSettings(durability: durability))
        let notes = try FileDescriptor(opening: folder + "/notes", for: .append)
        var limit = rlimit(rlim_cur: 100_000, rlim_max: rlim_t.max)
        setrlimit(__rlimit_resource_t(UInt32(RLIMIT_FSIZE.rawValue)), &limit)
        for number in 0..<100_000 {
          let refusal = failure { () throws(StorageError) in
            try store.write(
              batch { $0.put(bytes("\(number)"), [UInt8](repeating: 1, count: 1_000)) })
          }
          if let refusal { exit(refusal.kind == .full ? 7 : 1) }
          try notes.write(bytes("\(number)\n"))
        }
      }
      let noted = String(decoding: try FileSystem.read(folder + "/notes"), as: UTF8.self)
        .split(separator: "\n").map(String.init)
      #expect(noted.count > 50)
      let store = try RocksStore(at: folder + "/store", RocksSettings(durability: .sync))
      for number in noted { #expect(try store.get(bytes(number)) != nil, "\(number) is gone") }
      try store.close()
    }
  }

  @Test func `a directory that cannot be made is named`() {
    let refusal = failure { () throws(StorageError) in _ = try RocksStore(at: "/proc/none/x") }
    #expect(refusal?.kind == .failed)
    #expect(refusal?.description.contains("/proc/none") == true)
  }
}
