// When each of a partition's three copies has a write.
//
// A write is acknowledged when two of three copies have persisted it (capacity.md 8), so at most
// one follower lacks it; the leader never does. A copy that has a later write of an item has every
// earlier one too: copies apply their log, they do not pick from it. So what one copy shows of one
// item only ever moves forward, while reads that go from copy to copy may go back.

import Units

/// One of the copies of a partition.
enum Replica: Int, CaseIterable {
  case leader
  case firstFollower
  case secondFollower
}

/// The instants at which the copies apply one write of one item.
///
/// A reference: every stored key that the write changed shares it, and a later write moves it.
final class Landing {
  /// By replica.
  private var instants: [Instant]

  /// A write that the leader and one follower apply at `instant` and `lagging` later.
  init(at instant: Instant, lagging: Replica, by lag: Nanoseconds) {
    instants = Replica.allCases.map { $0 == lagging ? instant + lag : instant }
  }

  func hasLanded(on replica: Replica, at now: Instant) -> Bool {
    instants[replica.rawValue] <= now
  }

  /// Whether every copy has it.
  func hasLanded(at now: Instant) -> Bool { instants.allSatisfy { $0 <= now } }

  /// Applies this write wherever a later one of the same item is applied sooner.
  func keepAhead(of later: Landing) {
    for replica in instants.indices {
      instants[replica] = min(instants[replica], later.instants[replica])
    }
  }
}
