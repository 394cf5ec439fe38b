// How changes of the primary's caches reach the replicas: in order, a fixed time later.
//
// The service replicates asynchronously, normally within a second, through logs (features.md 2.1);
// the distribution is not published, so a delay is a parameter. Each node keeps its place in one
// log and catches up when somebody looks at it, so that no timer is needed: whoever asks a node
// first applies what is due.

public import Units

/// Changes on their way from the primary to the other nodes.
public struct ReplicationLog<Change: Sendable>: Sendable {
  private struct Entry: Sendable {
    var change: Change
    var at: Instant
  }

  /// Time from the change on the primary to the change on a replica.
  public let delay: Nanoseconds
  private var entries: [Entry] = []
  /// Number of the first entry that is kept.
  private var first = 0
  /// For each node the number of its next entry; nil for a node that takes no part.
  private var next: [Int?]

  /// A log that all nodes take part in.
  public init(nodes: Int, delay: Nanoseconds) {
    self.delay = delay
    next = Array(repeating: 0, count: nodes)
  }

  private var end: Int { first + entries.count }

  /// Notes a change that `origin` has applied to itself.
  /// - Precondition: `origin` has caught up, and `now` is not before the last change.
  public mutating func append(_ change: Change, from origin: Int, at now: Instant) {
    entries.append(Entry(change: change, at: now))
    if next[origin] != nil { next[origin] = end }
    if entries.count & 0x3f == 0 { trim() }
  }

  /// Takes the next change that has reached `node`, with the instant when the primary made it; nil
  /// when there is none.
  public mutating func nextDue(for node: Int, at now: Instant) -> (change: Change, at: Instant)? {
    guard let place = next[node], place < end else { return nil }
    let entry = entries[place - first]
    guard now - entry.at >= delay else { return nil }
    next[node] = place + 1
    return (entry.change, entry.at)
  }

  /// Forgets what is under way, as when the primary that has the log is lost.
  public mutating func loseAll() {
    first = end
    entries.removeAll()
    for node in next.indices where next[node] != nil { next[node] = first }
  }

  public mutating func leave(_ node: Int) { next[node] = nil }

  /// From now on `node` gets the changes to come; it has what was there before.
  public mutating func join(_ node: Int) { next[node] = end }

  private mutating func trim() {
    let done = next.compactMap { $0 }.min() ?? end
    guard done - first >= entries.count / 2 else { return }
    entries.removeFirst(done - first)
    first = done
  }
}
