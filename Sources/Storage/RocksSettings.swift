// How a store on disk behaves: how durable an acknowledged write is, and how much memory it takes.
//
// Defaults suit the embedded engine on a developer's machine: small when idle, no tuning by hand.
// What tuning would give was measured and is little (engine-spikes.md section 4).

public import Units

/// How durable a write is when it has returned.
public enum Durability: String, Sendable, CaseIterable {
  /// On the device: a power failure loses nothing that was acknowledged.
  case sync
  /// With the kernel, and on the device at the latest one group commit interval later: a killed
  /// process loses nothing, a power failure at most the last few milliseconds.
  case batch
  /// With the kernel, written to the device when it likes: a killed process loses nothing.
  case none
}

/// Settings of a store on disk.
public struct RocksSettings: Sendable {
  public var durability: Durability = .batch
  /// In `batch` mode, how long after an unsynced write the group commit begins. The sync itself
  /// takes from 0.15 ms up, so that 4 ms keeps what is at risk at most 5 ms old.
  public var groupCommitInterval: Nanoseconds = .milliseconds(4)
  /// Memory for blocks of the files; taken as reads need it.
  public var cache: ByteCount = .megabytes(256)
  /// Memory for recent writes before they are sorted into a file; taken as writes come.
  public var writeBuffer: ByteCount = .megabytes(64)

  /// Memory for values read or written lately, which spare the search in the two above; zero: none.
  public var recent: ByteCount = .megabytes(32)

  public init() {}

  public init(durability: Durability) { self.durability = durability }
}
