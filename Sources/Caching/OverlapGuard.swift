// Keeps old values out of a cache when reads and writes of a key overlap.
//
// A miss reads the table, and a write may pass before the miss fills the cache: the fill would
// bring back the old value for a whole time to live. Two writes that overlap may reach the table in
// one order and the cache in the other. So work on a key is noted while it is under way; a fill
// that
// overlapped a write is dropped, and after overlapping writes the entry goes. How the service
// solves this is not published; that a read after an acknowledged write on the same node does not
// see the older value follows from write-through (features.md 2.1).

/// The work under way on the keys of a cache.
public struct OverlapGuard: Sendable {
  public enum Kind: Sendable { case fill, write }

  /// A piece of work under way.
  public struct Ticket: Hashable, Sendable {
    fileprivate let key: UInt64
    fileprivate let number: Int
  }

  private struct Work: Sendable {
    let number: Int
    let kind: Kind
    var isDisturbed: Bool
  }

  private var underWay: [UInt64: [Work]] = [:]
  private var lastNumber = 0

  public init() {}

  /// Keys with work under way.
  public var keys: Int { underWay.count }

  /// Notes that work on a key begins: before the table is read or written.
  /// - Parameter key: a hash of table and key; keys of one hash only disturb each other needlessly.
  public mutating func begin(_ kind: Kind, key: UInt64) -> Ticket {
    lastNumber += 1
    var work = underWay[key] ?? []
    let meetsWrite = work.contains { $0.kind == .write }
    if kind == .write {
      for index in work.indices { work[index].isDisturbed = true }
    }
    work.append(Work(number: lastNumber, kind: kind, isDisturbed: meetsWrite))
    underWay[key] = work
    return Ticket(key: key, number: lastNumber)
  }

  /// Notes that work has ended, and says whether its outcome may enter the cache. After a write
  /// that may not, the entry must leave the cache.
  public mutating func end(_ ticket: Ticket) -> Bool {
    guard var work = underWay[ticket.key],
      let place = work.firstIndex(where: { $0.number == ticket.number })
    else { return false }
    let ended = work.remove(at: place)
    underWay[ticket.key] = work.isEmpty ? nil : work
    return !ended.isDisturbed
  }
}
