// The server: HTTP in front of a database.
//
// One call starts it, one stops it. The clock is read once per request, here; all below gets the
// instant as a value. Several regions are one group, each on a port of its own. What a request is
// and how an answer looks on the wire is RequestEdge's.

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
  /// Where a region is served.
  public struct Endpoint: Sendable {
    public var region: String
    /// `http://127.0.0.1:8000`.
    public var url: String
  }

  /// A region: its database on its store.
  private struct Region {
    var store: Store
    var database: Database
  }

  /// The port it listens on; that of the first region.
  public let port: UInt16
  /// `http://127.0.0.1:8000`; that of the first region.
  public let url: String
  /// By region, in the order asked for.
  public let endpoints: [Endpoint]
  private let servers: [HTTPServer]
  private let regions: [Region]
  private let houseKeeper: HouseKeeper
  private let isStopped = Mutex(false)

  /// Opens the stores and listens; serves until stopped.
  public init(_ options: ServerOptions) throws(DynamoServerError) {
    let names = options.regions.isEmpty ? [options.region] : options.regions
    let epoch = WallClock.nanosecondsSinceEpoch() / 1_000_000
    var regions: [Region] = []
    for name in names {
      var own = options
      own.region = name
      if case .directory(let path) = options.storage, names.count > 1 {
        own.storage = .directory(path + "/" + name)
      }
      // A scenario's tables stand in the first region; replicas are added like others.
      if name != names[0] { own.preparation = nil }
      regions.append(try Self.start(own, epochMilliseconds: epoch))
    }
    let group = RegionGroup(regions.map(\.database))
    let clock = MonotonicClock()
    let servers = try Self.listen(options, regions.map(\.database), group, clock)
    self.servers = servers
    self.regions = regions
    port = servers[0].port
    url = servers[0].url
    endpoints = zip(names, servers).map { Endpoint(region: $0, url: $1.url) }
    let multiplier = Int64(max(1, options.clockMultiplier))
    let databases = regions.map(\.database)
    let watches = options.keyDirectory.map { directory in
      regions.compactMap { $0.store.withCustomers.map { KeyWatch(directory, $0) } }
    }
    do throws(SystemError) {
      houseKeeper = try HouseKeeper {
        for watch in watches ?? [] { watch.look() }
        let now = Instant(nanoseconds: clock.now().nanoseconds * multiplier)
        var hasMore = false
        for database in databases where database.keepHouse(at: now) { hasMore = true }
        return group.replicate(at: now) || hasMore
      }
    } catch {
      for server in servers { server.stop(grace: .zero) }
      throw .database(error.description)
    }
  }

  private static func start(
    _ options: ServerOptions, epochMilliseconds: Int64
  ) throws(DynamoServerError) -> Region {
    let store = try open(options)
    if let preparation = options.preparation { try prepare(store, options, preparation) }
    var settings = databaseOptions(options)
    settings.epochMilliseconds = epochMilliseconds
    do throws(ServiceError) {
      return Region(store: store, database: try Database(store: store, options: settings))
    } catch {
      throw .database(error.message ?? error.code)
    }
  }

  /// One server for each region, on consecutive ports unless free ones are asked for.
  private static func listen(
    _ options: ServerOptions, _ databases: [Database], _ group: RegionGroup, _ clock: MonotonicClock
  ) throws(DynamoServerError) -> [HTTPServer] {
    var servers: [HTTPServer] = []
    for (offset, (region, database)) in zip(group.regions, databases).enumerated() {
      guard Int(options.port) + offset <= Int(UInt16.max) else {
        throw .database("There is no port behind \(UInt16.max) for region \(region)")
      }
      let authenticator = Authenticator(options.authentication, options.users, region: region)
      let edge = RequestEdge(
        database, of: group, region: region, clock: clock, authenticator: authenticator, options)
      var settings = HTTPServerSettings()
      settings.address = options.address
      settings.port = options.port == 0 ? 0 : options.port + UInt16(offset)
      settings.threads = options.threads
      settings.methods = [.get, .post, .options]
      // Signed requests carry less than 4 KB; the library clears this much memory at every request.
      settings.headerLimit = .kilobytes(8)
      settings.bodyLimit = .megabytes(17)
      settings.identity = options.identity
      do throws(HTTPServerError) {
        servers.append(
          try HTTPServer(settings) { request, response in edge.answer(request, &response) })
      } catch {
        for server in servers { server.stop(grace: .zero) }
        throw .http(error)
      }
    }
    return servers
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
      var settings = RocksSettings(durability: options.durability)
      settings.recent = options.recentItems
      do throws(StorageError) {
        return .rocks(try RocksStore(at: path, settings))
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
    if options.transactionTime.isNone, let latency = options.latency {
      database.transactionLaws = latency.operations
    }
    database.collectionLimit = options.collectionLimit
    database.expiryLag = options.expiryLag
    database.streamReadLimits = options.streamReadLimits
    database.regionLag = options.regionLag
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
    for server in servers { server.stop(grace: grace) }
    houseKeeper.stop()
    var failure: StorageError?
    for region in regions {
      // A store that takes no more writes keeps what it has; closing it says why.
      try? region.database.close()
      do throws(StorageError) { try region.store.close() } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
  }
}
