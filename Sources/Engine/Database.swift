// The engine: requests of the service's API in, answers out, over one store.
//
// One lock guards everything: an operation runs to its end before the next begins, so writes,
// batches' items and transactions are serialisable without further machinery. The device is waited
// for outside it: in a store that syncs, operations of many callers share a sync, and an answer,
// of reads as well, may leave only when all that it can have seen is durable. Time comes in with
// every call; the same database runs on real and on virtual time. Nothing here knows HTTP.
//
// What may fail is answered as ServiceError; an answer is a status and a body.

public import AccessControl
import Capacity
import DataModel
public import ServiceAPI
public import Storage
import Synchronization
public import Units

/// Status and body of an answer.
public struct Reply: Sendable {
  public var status: Int
  public var body: [UInt8]
  /// nil: a result.
  public var error: ServiceError?
  /// How long the operation lasts beyond its computing: the answer must not leave before, because
  /// items are held for so long. nil: the database does not care.
  public var serviceTime: Nanoseconds?
  /// What must be durable before the answer leaves.
  public var mark = WriteMark.none

  public init(status: Int, body: [UInt8], error: ServiceError? = nil) {
    self.status = status
    self.body = body
    self.error = error
  }
}

/// A DynamoDB-compatible database.
public final class Database: Sendable {
  private let state: Mutex<DatabaseState>
  private let store: Store

  /// The database that a store holds; an empty store is an empty database.
  public init(store: Store, options: DatabaseOptions) throws(ServiceError) {
    let fresh = DatabaseState(store: store, options: options)
    try fresh.load()
    state = Mutex(fresh)
    self.store = store
  }

  /// Runs one operation on a request body at `now`, and waits until the answer may leave; the time
  /// never runs back. With a caller, what policies do not allow is refused before anything is
  /// looked up.
  public func handle(
    _ operation: String, body: UnsafeRawBufferPointer, at now: Instant, for caller: Caller? = nil
  ) -> Reply {
    let reply = begin(operation, body: body, at: now, for: caller)
    if store.isDurable(reply.mark) { return reply }
    return Self.settled(reply, operation, store.waitUntilDurable(reply.mark))
  }

  /// Runs one operation; its answer must be kept back until its mark is durable, see `whenDurable`.
  public func begin(
    _ operation: String, body: UnsafeRawBufferPointer, at now: Instant, for caller: Caller? = nil
  ) -> Reply {
    var request = WireValue.null
    do throws(ServiceError) {
      if caller == nil, let plain = PlainRequest.read(operation, body: body) {
        let reply = try state.withLock { (state) throws(ServiceError) -> Reply? in
          state.begin(at: now)
          return try plain.run(state).map { state.reply($0) }
        }
        if let reply { return reply }
      }
      let parsed = try ServiceCatalog.read(operation, body: body)
      request = parsed
      typealias Outcome = (reply: Reply, work: [LongWork])
      let outcome = try state.withLock { (state) throws(ServiceError) -> Outcome in
        state.deniedStatements = [:]
        if let caller { try state.authorize(operation, parsed, caller) }
        let reply = state.reply(try state.run(operation, parsed, at: now))
        return (reply, state.takeWork())
      }
      if outcome.work.isEmpty { return outcome.reply }
      for work in outcome.work { try finish(work) }
      var reply = outcome.reply
      reply.mark = state.withLock { $0.store.mark }
      return reply
    } catch {
      var reply = Reply(status: error.status, body: error.body, error: error)
      reply.mark = state.withLock { state in
        state.refusals.count(error, of: operation, request)
        return state.store.mark
      }
      return reply
    }
  }

  /// Does what a request has left: without the lock, then what follows under it.
  private func finish(_ work: LongWork) throws(ServiceError) {
    do throws(ServiceError) {
      let ending = try work.run()
      try state.withLock { (state) throws(ServiceError) in try ending(state) }
    } catch {
      try state.withLock { (state) throws(ServiceError) in try work.fail(state, error) }
      throw error
    }
  }

  /// Keeps what is not stored with requests; call it before the store is closed.
  public func close() throws(ServiceError) {
    try state.withLock { (state) throws(ServiceError) in try state.saveCapacity() }
  }

  /// Whether an answer may leave at once.
  public func isDurable(_ reply: Reply) -> Bool { store.isDurable(reply.mark) }

  /// Calls `leave` with the answer to give, once, from some thread, when that may leave.
  public func whenDurable(
    _ reply: Reply, of operation: String, _ leave: @escaping @Sendable (Reply) -> Void
  ) {
    store.whenDurable(reply.mark) { leave(Self.settled(reply, operation, $0)) }
  }

  /// The answer when durability has come, or has failed: what a write said it did is in doubt then;
  /// what a read saw is still what everybody sees.
  private static func settled(
    _ reply: Reply, _ operation: String, _ failure: StorageError?
  ) -> Reply {
    guard let failure, reply.error == nil, !readOperations.contains(operation) else { return reply }
    let error = Keyspace.failure(failure)
    return Reply(status: error.status, body: error.body, error: error)
  }

  private static let readOperations: Set<String> = [
    "GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan", "DescribeTable", "ListTables",
    "DescribeLimits", "DescribeEndpoints", "DescribeTimeToLive", "DescribeContinuousBackups",
    "ListTagsOfResource",
  ]

  /// Does what is due at `now` though no request comes; returns whether more is due at once.
  public func keepHouse(at now: Instant) -> Bool {
    withState { state in
      state.begin(at: now)
      return (try? state.expire(most: 1_000)) == false
    }
  }

  /// Blocks until all that was written is on the device.
  func waitUntilDurable() throws(ServiceError) {
    if let failure = store.waitUntilDurable(store.mark) { throw Keyspace.failure(failure) }
  }

  /// Runs `body`, which may refuse, under the lock.
  func withThrowingState<R: Sendable>(
    _ body: (DatabaseState) throws(ServiceError) -> R
  ) throws(ServiceError) -> R {
    try state.withLock { (state) throws(ServiceError) -> R in try body(state) }
  }

  /// The region in its ARNs.
  var region: String { withState { $0.options.region } }

  /// Runs `body` under the lock.
  func withState<R: Sendable>(_ body: (DatabaseState) -> R) -> R {
    state.withLock { body($0) }
  }

  /// The same for a body held in an array.
  public func handle(
    _ operation: String, body: [UInt8], at now: Instant, for caller: Caller? = nil
  ) -> Reply {
    body.withUnsafeBytes { handle(operation, body: $0, at: now, for: caller) }
  }
}
