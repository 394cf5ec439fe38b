// dax: a cache cluster in front of an endpoint, for the public DAX clients, until told to end.

import AccessControl
import Arguments
import Caching
import Cryptography
import DaxServer
import Engine
import Glibc
import HTTPClient
import Platform
import Server
import Units

enum DaxCommand {
  static let command = Command(
    "dax", summary: "Serve a DAX cluster in front of a DynamoDB endpoint",
    discussion: [
      "The public DAX clients work against it unchanged: item and query cache with time to live"
        + " and eviction by memory, write-through, replicas that lag, nodes that throttle by the"
        + " sizing guide's normalized requests, metrics as Prometheus text. POST"
        + " /_plimsoll/dax/nodes/N/lose on the admin port takes a node away, /join brings it back.",
      "With AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set, requests to the endpoint are signed."
        + " AWS_CA_BUNDLE names a file of certificates to trust.",
    ],
    options: [
      Option("endpoint", .text("URL"), summary: "The endpoint (default: http://127.0.0.1:8000)"),
      Option("no-verify-ssl", summary: "Accept any certificate of an https:// endpoint"),
      Option("tls", summary: "Serve daxs:// with a certificate made for this run"),
      Option("nodes", .integer("N"), summary: "Nodes, 1 to 11 (default: 1)"),
      Option(
        "port", letter: "p", .integer("N"),
        summary: "Port of the first node, others follow; 0 takes free ones (default: 8111)"),
      Option("admin-port", .integer("N"), summary: "Port of metrics and control (default: 9112)"),
      Option("address", .text("ADDRESS"), summary: "Address to listen on (default: 127.0.0.1)"),
      Option("node-type", .text("TYPE"), summary: "Node type (default: dax.r5.large)"),
      Option(
        "memory", .text("SIZE"), summary: "Memory of each cache, e.g. 64MB (default: half the node)"
      ),
      Option(
        "capacity", .integer("N"),
        summary: "Normalized requests/s of a node (default: the node type's)"),
      Option("enforce", .choice(["on", "off"]), summary: "Throttle at that load (default: on)"),
      Option("item-ttl", .text("TIME"), summary: "Time to live of items, 0 for ever (default: 5m)"),
      Option(
        "query-ttl", .text("TIME"),
        summary: "Time to live of query answers, 0 caches none (default: 5m)"),
      Option(
        "replication-delay", .text("TIME"),
        summary: "How late replicas get a change (default: 100ms)"),
      Option(
        "negative-deletes", summary: "A delete leaves a negative entry instead of none"),
      Option(
        "verify", summary: "Let in only clients that sign with the AWS_… keys of the environment"),
      Option(
        "users", .text("FILE"),
        summary: "Let in only users of this file whose policies allow dax: actions"),
      Option("name", .text("NAME"), summary: "The cluster in those policies (default: plimsoll)"),
    ],
    examples: [
      "plimsoll dax --nodes 3 --endpoint http://127.0.0.1:8000",
      "curl -X POST http://127.0.0.1:9112/_plimsoll/dax/nodes/1/lose",
    ])

  static func run(_ given: GivenArguments) -> ExitCode {
    let options: DaxOptions
    switch settings(given) {
    case .success(let value): options = value
    case .failure(let fault):
      Terminal.complain("plimsoll: \(fault.message)")
      return .badInput
    }
    Signals.holdTermination()
    ProcessLimits.raiseOpenFiles()
    do throws(DaxServiceError) {
      let service = try DaxService(options)
      let scheme = options.identity == nil ? "dax" : "daxs"
      let nodes = service.ports.map { "\(scheme)://\(options.address):\($0)" }
        .joined(separator: " ")
      Terminal.say(
        "caching \(options.endpoint) on \(nodes),"
          + " metrics on \(service.adminURL)/metrics\n")
      _ = Signals.waitForTermination()
      service.stop()
      return .success
    } catch {
      Terminal.complain("plimsoll: \(error.description)")
      return .runtimeError
    }
  }

  typealias OptionFault = ServeCommand.OptionFault

  private static func settings(_ given: GivenArguments) -> Result<DaxOptions, OptionFault> {
    func fault(_ message: String) -> Result<DaxOptions, OptionFault> {
      .failure(OptionFault(message: message))
    }
    let endpoint: Endpoint
    do throws(Endpoint.Fault) {
      endpoint = try Endpoint(given.text("endpoint") ?? "http://127.0.0.1:8000")
    } catch {
      return fault("--endpoint: \(error.description)")
    }
    guard endpoint.path == "/" else {
      return fault("--endpoint expects an address without a path: \(endpoint)")
    }
    var options = DaxOptions(endpoint)
    options.tls = TLSSettings(
      authorities: variable("AWS_CA_BUNDLE"), verifies: !given.has("no-verify-ssl"))
    options.adminPort = 9_112
    options.cache.nodes = given.integer("nodes") ?? 1
    guard 1...11 ~= options.cache.nodes else {
      return fault("--nodes expects 1 to 11: a primary and up to ten replicas")
    }
    for (name, place) in [("port", \DaxOptions.port), ("admin-port", \DaxOptions.adminPort)] {
      guard let number = given.integer(name) else { continue }
      guard let port = UInt16(exactly: number) else {
        return fault("--\(name) expects a number from 0 to 65535")
      }
      options[keyPath: place] = port
    }
    guard Int(options.port) + options.cache.nodes <= 65_536 else {
      return fault("--port leaves no room for the ports of \(options.cache.nodes) nodes")
    }
    if let address = given.text("address") { options.address = address }
    if given.has("tls") {
      options.identity = ServerOptions.selfSigned(for: options.address)
      guard options.identity != nil else { return fault("no certificate could be made") }
    }
    options.enforcesCapacity = given.text("enforce") != "off"
    options.cache.deleteLeavesNegativeEntry = given.has("negative-deletes")
    return node(options, given).flatMap { times($0, given) }.flatMap { signatures($0, given) }
  }

  /// Adds node type, memory and capacity.
  private static func node(
    _ options: DaxOptions, _ given: GivenArguments
  ) -> Result<DaxOptions, OptionFault> {
    var options = options
    if let type = given.text("node-type") { options.cache.nodeType = type }
    if let text = given.text("memory") {
      guard let memory = size(text) else {
        return .failure(OptionFault(message: "--memory expects a size such as 64MB or 2GB"))
      }
      options.cache.memoryPerNode = memory
    }
    if let capacity = given.integer("capacity") {
      guard 1...1_000_000_000 ~= capacity else {
        return .failure(OptionFault(message: "--capacity expects 1 to 1000000000 requests/s"))
      }
      options.cache.normalizedRequestsPerSecondPerNode = capacity
    }
    guard options.cache.resolvedNodeType != nil else {
      let known = NodeType.published.map(\.name).joined(separator: ", ")
      return .failure(
        OptionFault(
          message: "no capacity is published for \(options.cache.nodeType): give --memory and"
            + " --capacity, or one of \(known)"))
    }
    return .success(options)
  }

  private static func times(
    _ options: DaxOptions, _ given: GivenArguments
  ) -> Result<DaxOptions, OptionFault> {
    var options = options
    for (name, place) in [
      ("item-ttl", \CacheSettings.itemTimeToLive), ("query-ttl", \CacheSettings.queryTimeToLive),
      ("replication-delay", \CacheSettings.replicationDelay),
    ] {
      guard let text = given.text(name) else { continue }
      guard let time = ServeCommand.delay(text), time.p99 == time.median else {
        return .failure(
          OptionFault(message: "--\(name) expects a time up to 1h, such as 500ms or 5m"))
      }
      options.cache[keyPath: place] = time.median
    }
    return .success(options)
  }

  private static func signatures(
    _ options: DaxOptions, _ given: GivenArguments
  ) -> Result<DaxOptions, OptionFault> {
    var options = options
    if let region = variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION") {
      options.region = region
    }
    if let key = variable("AWS_ACCESS_KEY_ID"), let secret = variable("AWS_SECRET_ACCESS_KEY") {
      options.credentials = SigningCredentials(
        accessKey: key, secretKey: secret, sessionToken: variable("AWS_SESSION_TOKEN"))
    }
    return clients(options, given)
  }

  /// Adds who is let in.
  private static func clients(
    _ options: DaxOptions, _ given: GivenArguments
  ) -> Result<DaxOptions, OptionFault> {
    var options = options
    if let name = given.text("name") {
      guard given.has("users") else {
        return .failure(OptionFault(message: "--name is of use with --users"))
      }
      options.name = name
    }
    guard let path = given.text("users") else {
      guard given.has("verify") else { return .success(options) }
      guard let known = options.credentials else {
        return .failure(
          OptionFault(message: "--verify needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"))
      }
      options.users = onlyUser(known, account: options.account)
      return .success(options)
    }
    if given.has("verify") {
      return .failure(OptionFault(message: "--users verifies; --verify is for a single key"))
    }
    return ServeCommand.users(path, account: options.account).map { users in
      options.users = users
      return options
    }
  }

  /// The account itself, who may do everything.
  private static func onlyUser(_ known: SigningCredentials, account: String) -> UserDirectory {
    let everything = #"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#
    let caller = Caller(
      principal: Principal(arn: "arn:aws:iam::\(account):root", account: account),
      policies: (try? Policy.read(json: everything, .identity).get()).map { [$0] } ?? [])
    return UserDirectory([
      AccessKey(
        identifier: known.accessKey, secret: known.secretKey, token: known.sessionToken,
        caller: caller)
    ])
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// A whole number with KB, MB or GB; nil for anything else.
  private static func size(_ text: String) -> ByteCount? {
    let units: [(String, (Int64) -> ByteCount)] = [
      ("KB", ByteCount.kilobytes), ("MB", ByteCount.megabytes), ("GB", ByteCount.gigabytes),
    ]
    for (unit, size) in units where text.hasSuffix(unit) {
      guard let number = Int64(text.dropLast(2)), 1...1_000_000 ~= number else { return nil }
      return size(number)
    }
    return nil
  }
}
