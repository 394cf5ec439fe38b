// The engine: requests of the service's API in, answers out, over one store.
//
// One lock guards everything: an operation runs to its end before the next begins, so writes,
// batches' items and transactions are serialisable without further machinery. Time comes in with
// every call; the same database runs on real and on virtual time. Nothing here knows HTTP.
//
// What may fail is answered as ServiceError; an answer is a status and a body.

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

  public init(status: Int, body: [UInt8], error: ServiceError? = nil) {
    self.status = status
    self.body = body
    self.error = error
  }
}

/// A DynamoDB-compatible database.
public final class Database: Sendable {
  private let state: Mutex<DatabaseState>

  /// The database that a store holds; an empty store is an empty database.
  public init(store: Store, options: DatabaseOptions) throws(ServiceError) {
    let fresh = DatabaseState(store: store, options: options)
    try fresh.load()
    state = Mutex(fresh)
  }

  /// Runs one operation on a request body at `now`; the time never runs back.
  public func handle(
    _ operation: String, body: UnsafeRawBufferPointer, at now: Instant
  ) -> Reply {
    var request = WireValue.null
    do throws(ServiceError) {
      if let plain = PlainRequest(operation, body: body) {
        let result = try state.withLock { (state) throws(ServiceError) -> [UInt8]? in
          state.begin(at: now)
          return try plain.run(state)
        }
        if let result { return Reply(status: 200, body: result) }
      }
      let parsed = try ServiceCatalog.read(operation, body: body)
      request = parsed
      typealias Outcome = (body: [UInt8], work: [LongWork])
      let outcome = try state.withLock { (state) throws(ServiceError) -> Outcome in
        let body = try state.run(operation, parsed, at: now)
        return (body, state.takeWork())
      }
      for work in outcome.work { try finish(work) }
      return Reply(status: 200, body: outcome.body)
    } catch {
      state.withLock { $0.refusals.count(error, of: operation, request) }
      return Reply(status: error.status, body: error.body, error: error)
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

  /// Runs `body` under the lock.
  func withState<R: Sendable>(_ body: (DatabaseState) -> R) -> R {
    state.withLock { body($0) }
  }

  /// The same for a body held in an array.
  public func handle(_ operation: String, body: [UInt8], at now: Instant) -> Reply {
    body.withUnsafeBytes { handle(operation, body: $0, at: now) }
  }
}
