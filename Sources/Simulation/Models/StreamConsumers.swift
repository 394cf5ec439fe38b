// Consumers that poll every shard of a stream, as a Lambda trigger or a Kinesis adapter does.
//
// Each asks each shard once per interval and goes on at once while pages come back full: a poll
// that finds n records takes n / batch + 1 calls, rounded down (600 records in batches of 500: 2;
// none: 1). A page also ends at 1 MB (features.md 3.2). Shards are the table's partitions; what the
// consumers do with the records is not modelled.

import Capacity
import Scenarios
import Units

/// Counts the GetRecords calls of one consumer.
struct StreamConsumers {
  /// What a shard received since the poll before.
  private struct Window {
    var poll: Int64 = 0
    var records: Int64 = 0
    var bytes: Int64 = 0
  }

  private let interval: Int64
  private let batch: Int64
  private let showsNew: Bool
  private let showsOld: Bool
  private static let pageBytes: Int64 = 1 << 20
  /// By partition.
  private var windows: [Window] = []
  /// Calls beyond the first one of each poll.
  private var more: Int64 = 0

  init(_ spec: StreamSpec) {
    interval = max(1, spec.pollInterval.count)
    batch = Int64(max(1, spec.batch))
    showsNew = spec.viewType.hasPrefix("NEW")
    showsOld = spec.viewType.contains("OLD")
  }

  /// Notes a record of a change from `before` to `after` bytes.
  mutating func note(partition: Int, before: Int, after: Int, at nanoseconds: Int64) {
    while windows.count <= partition { windows.append(Window()) }
    let poll = nanoseconds / interval
    if windows[partition].poll != poll {
      more += furtherCalls(windows[partition])
      windows[partition] = Window(poll: poll)
    }
    windows[partition].records += 1
    windows[partition].bytes += Int64((showsNew ? after : 0) + (showsOld ? before : 0))
  }

  private func furtherCalls(_ window: Window) -> Int64 {
    max(window.records / batch, window.bytes / Self.pageBytes)
  }

  /// Calls until `end`: one for each whole interval of each shard's life, and the further ones of
  /// polls that have come.
  func calls(of partitions: PartitionMap, until end: Int64) -> Int64 {
    var calls = more
    for partition in partitions.inOrder {
      let start = partitions.statistics(of: partition).createdAt?.nanoseconds ?? 0
      calls += end / interval - start / interval
    }
    for window in windows where (window.poll + 1) * interval <= end {
      calls += furtherCalls(window)
    }
    return calls
  }
}
