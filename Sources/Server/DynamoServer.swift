// The server: HTTP in front of a database.
//
// One call starts it, one stops it. The clock is read once per request, here; all below gets the
// instant as a value. What a request is and how an answer looks on the wire is RequestEdge's.

import Engine
public import HTTP
import Platform
import ServiceAPI
public import Storage
import Synchronization
public import Units

/// Why a server did not start.
public enum DynamoServerError: Error, Sendable, CustomStringConvertible {
  case storage(StorageError)
  case http(HTTPServerError)
  /// The store holds something that is no database.
  case database(String)

  public var description: String {
    switch self {
    case .storage(let error): error.description
    case .http(let error): error.description
    case .database(let text): text
    }
  }
}

/// A running DynamoDB-compatible server.
public final class DynamoServer: Sendable {
  /// The port it listens on.
  public let port: UInt16
  /// `http://127.0.0.1:8000`.
  public let url: String
  private let http: HTTPServer
  private let store: Store
  private let database: Database
  private let houseKeeper: HouseKeeper
  private let isStopped = Mutex(false)

  /// Opens the store and listens; serves until stopped.
  public init(_ options: ServerOptions) throws(DynamoServerError) {
    let store = try Self.open(options)
    self.store = store
    if let preparation = options.preparation { try Self.prepare(store, options, preparation) }
    let database: Database
    do throws(ServiceError) {
      database = try Database(store: store, options: Self.databaseOptions(options))
    } catch {
      throw .database(error.message ?? error.code)
    }
    self.database = database
    let edge = RequestEdge(
      database, clockMultiplier: options.clockMultiplier, account: options.account,
      latency: options.latency,
      authenticator: Authenticator(
        options.authentication, options.users, region: options.region))
    var settings = HTTPServerSettings()
    settings.address = options.address
    settings.port = options.port
    settings.threads = options.threads
    settings.methods = [.get, .post, .options]
    // Signed requests carry less than 4 KB; the library clears this much memory at every request.
    settings.headerLimit = .kilobytes(8)
    settings.bodyLimit = .megabytes(17)
    settings.identity = options.identity
    do throws(HTTPServerError) {
      http = try HTTPServer(settings) { request, response in edge.answer(request, &response) }
    } catch {
      throw .http(error)
    }
    port = http.port
    url = http.url
    do throws(SystemError) {
      var watch: KeyWatch?
      if let directory = options.keyDirectory, let sealed = store.withCustomers {
        watch = KeyWatch(directory, sealed)
      }
      houseKeeper = try HouseKeeper { [watch] in
        watch?.look()
        return edge.keepHouse()
      }
    } catch {
      http.stop(grace: .zero)
      throw .database(error.description)
    }
  }

  private static func open(_ options: ServerOptions) throws(DynamoServerError) -> Store {
    let base = try openBase(options)
    do throws(StorageError) {
      var path = "memory"
      if case .directory(let folder) = options.storage { path = folder }
      if let keys = options.masterKeys {
        return .encrypted(
          try EncryptedStore(base, keys, customers: options.customerKeys, path: path))
      }
      if try EncryptedStore.isEncrypted(base) {
        throw StorageError(
          .failed, path: path, detail: "it is encrypted; --encryption-key names its key file")
      }
      return base
    } catch {
      try? base.close()
      throw .storage(error)
    }
  }

  private static func openBase(_ options: ServerOptions) throws(DynamoServerError) -> Store {
    switch options.storage {
    case .memory: return .memory(MemoryStore())
    case .directory(let path):
      do throws(StorageError) {
        return .rocks(try RocksStore(at: path, RocksSettings(durability: options.durability)))
      } catch {
        throw .storage(error)
      }
    }
  }

  /// Lets a database without enforcement make tables and items on the store.
  private static func prepare(
    _ store: Store, _ options: ServerOptions,
    _ preparation: @Sendable (_ call: (String, [UInt8]) -> String?) -> String?
  ) throws(DynamoServerError) {
    var settings = databaseOptions(options)
    settings.enforcesCapacity = false
    settings.tableDelay = .zero
    settings.indexDelay = .zero
    settings.readLag = .none
    settings.indexLag = .none
    let database: Database
    do throws(ServiceError) { database = try Database(store: store, options: settings) } catch {
      throw .database(error.message ?? error.code)
    }
    let fault = preparation { operation, body in
      database.handle(operation, body: body, at: .start).error.map { $0.message ?? $0.code }
    }
    if let fault { throw .database(fault) }
  }

  private static func databaseOptions(_ options: ServerOptions) -> DatabaseOptions {
    var database = DatabaseOptions()
    database.enforcesCapacity = options.enforcesCapacity
    database.capacity = options.capacity
    database.tableDelay = options.tableDelay
    database.indexDelay = options.indexDelay
    database.epochMilliseconds = WallClock.nanosecondsSinceEpoch() / 1_000_000
    database.clockMultiplier = options.clockMultiplier
    database.readLag = options.readLag
    database.indexLag = options.indexLag
    database.buckets =
      options.objectEndpoint.map { EndpointBuckets(place: $0) }
      ?? options.objectDirectory.map { DirectoryBuckets(root: $0) }
    database.transactionPhase =
      options.transactionTime.isNone
      ? options.latency?.transactionPhase ?? .none : options.transactionTime
    database.collectionLimit = options.collectionLimit
    database.expiryLag = options.expiryLag
    database.region = options.region
    database.account = options.account
    return database
  }

  /// Lets requests under way finish, for `grace` at most, and closes the store. A second call does
  /// nothing.
  public func stop(grace: Nanoseconds = .seconds(10)) throws(StorageError) {
    let isFirst = isStopped.withLock { isStopped in
      defer { isStopped = true }
      return !isStopped
    }
    guard isFirst else { return }
    http.stop(grace: grace)
    houseKeeper.stop()
    // A store that takes no more writes keeps what it has; closing it says why.
    try? database.close()
    try store.close()
  }
}
