// serve: the engine behind the service's own wire protocol, until Ctrl-C or SIGTERM.

import Arguments
import Capacity
import Engine
import Glibc
import HTTP
import Platform
import Scenarios
import Server
import Storage
import Units

enum ServeCommand {
  static let command = Command(
    "serve", summary: "Serve a DynamoDB-compatible endpoint that enforces capacity",
    discussion: [
      "AWS SDKs, the AWS CLI and boto3 work against it with --endpoint-url. Provisioned and"
        + " on-demand capacity are enforced as the service does, with its exceptions and throttling"
        + " reasons. The address is printed as soon as requests are answered; Ctrl-C lets requests"
        + " in progress finish and closes the store."
    ],
    options: [
      Option(
        "port", letter: "p", .integer("N"), summary: "Port; 0 takes a free one (default: 8000)"),
      Option("address", .text("ADDRESS"), summary: "Address to listen on (default: 127.0.0.1)"),
      Option("memory", summary: "Keep tables in memory; they end with the process"),
      Option(
        "data", letter: "d", .text("FOLDER"), summary: "Keep tables here (default: plimsoll-data)"),
      Option(
        "durability", .choice(["sync", "batch", "none"]),
        summary: "When a write is on disk before it is acknowledged (default: batch)"),
      Option("enforce", .choice(["on", "off"]), summary: "Enforce capacity (default: on)"),
      Option(
        "stream-limits", .choice(["all", "documented", "off"]),
        summary: "Refuse to describe streams (documented), and to read them (all), more often than "
          + "the service lets (default: documented, off with --enforce off)"),
      Option(
        "model", .text("SCENARIO"),
        summary: "Admit as the `model` section of this scenario says, instead of serve's defaults"),
      Option("clock", .text("xN"), summary: "Run capacity time N times as fast (default: x1)"),
      Option(
        "s3-directory", .text("FOLDER"),
        summary: "Export to and import from here; every folder in it is a bucket"),
      Option(
        "s3-endpoint", .text("URL"),
        summary: "Export to and import from the buckets of an S3-compatible endpoint, with the"
          + " credentials, the region and the AWS_CA_BUNDLE that SDKs would find"),
      Option("no-verify-ssl", summary: "Accept any certificate of that endpoint"),
      Option("region", .text("REGION"), summary: "Region in ARNs (default: us-east-1)"),
      Option(
        "regions", .text("A,B,..."),
        summary: "Serve several regions that replicate global tables, one port each"),
      Option(
        "table-delay", .number("SECONDS"),
        summary: "How long tables stay CREATING, UPDATING and DELETING (default: 0)"),
      Option(
        "collection-limit", .integer("MB"),
        summary: "The most an item collection of a table with local indexes may take (default:"
          + " 10240)"),
      Option("threads", .integer("N"), summary: "Threads that serve connections (default: 2)"),
      Option(
        "scenario", .text("FILE"),
        summary: "Start with the tables, items and assumptions of a scenario"),
      Option("seed", .count("N"), summary: "Seed of the scenario's items instead of its own"),
      Option(
        "initial-burst", .text("PERCENT"),
        summary: "Burst capacity saved at the start (default: the scenario's, or 100%)"),
      Option("tls", summary: "Serve HTTPS with a certificate made for this run"),
      Option("until-input-ends", summary: "End when standard input does, as Ctrl-C would"),
    ] + accessOptions + delayOptions,
    examples: [
      "plimsoll serve --memory --port 8000",
      "aws dynamodb list-tables --endpoint-url http://127.0.0.1:8000",
    ])

  static func run(_ given: GivenArguments) -> ExitCode {
    let options: ServerOptions
    switch settings(given) {
    case .success(let value): options = value
    case .failure(let fault):
      Terminal.complain("plimsoll: \(fault.message)")
      return .badInput
    }
    Signals.holdTermination()
    Signals.ignoreBrokenPipes()
    ProcessLimits.raiseOpenFiles()
    do throws(DynamoServerError) {
      let server = try DynamoServer(options)
      if given.has("until-input-ends") { endWithInput() }
      for endpoint in server.endpoints {
        let region = server.endpoints.count > 1 ? endpoint.region + ", " : ""
        Terminal.say("serving \(region)\(place(options)) on \(endpoint.url)\n")
      }
      _ = Signals.waitForTermination()
      do throws(StorageError) {
        try server.stop()
      } catch {
        Terminal.complain("plimsoll: \(error.description)")
        return .runtimeError
      }
      return .success
    } catch {
      Terminal.complain("plimsoll: \(error.description)")
      return .runtimeError
    }
  }

  /// Sends this process the signal of a polite end when nobody can write to its input any more.
  private static func endWithInput() {
    do throws(SystemError) {
      // Not joined: it ends with the process.
      _ = try Worker("input") {
        var byte: UInt8 = 0
        while read(STDIN_FILENO, &byte, 1) > 0 {}
        kill(getpid(), SIGTERM)
      }
    } catch {
      Terminal.complain("plimsoll: --until-input-ends has no effect: \(error.description)")
    }
  }

  /// Why the options cannot be used.
  struct OptionFault: Error {
    var message: String
  }

  private static func place(_ options: ServerOptions) -> String {
    switch options.storage {
    case .memory: "tables in memory"
    case .directory(let path): "tables in \(path)"
    }
  }

  private static func settings(_ given: GivenArguments) -> Result<ServerOptions, OptionFault> {
    var options = ServerOptions()
    if given.has("memory"), given.has("data") {
      return .failure(OptionFault(message: "--memory and --data exclude each other"))
    }
    options.storage =
      given.has("memory") ? .memory : .directory(given.text("data") ?? "plimsoll-data")
    if let port = given.integer("port") {
      guard let value = UInt16(exactly: port) else {
        return .failure(OptionFault(message: "--port expects a number from 0 to 65535"))
      }
      options.port = value
    }
    if let address = given.text("address") { options.address = address }
    switch given.text("durability") {
    case "sync": options.durability = .sync
    case "none": options.durability = .none
    default: options.durability = .batch
    }
    options.enforcesCapacity = given.text("enforce") != "off"
    options.streamReadLimits =
      given.text("stream-limits").flatMap(StreamReadLimits.init(rawValue:))
      ?? (options.enforcesCapacity ? .documented : .off)
    if let clock = given.text("clock") {
      guard clock.hasPrefix("x"), let factor = Int(clock.dropFirst()), factor >= 1 else {
        return .failure(OptionFault(message: "--clock expects a factor such as x60"))
      }
      options.clockMultiplier = factor
    }
    if let path = given.text("model") {
      guard let scenario = ScenarioInput.load(path, quiet: true) else {
        return .failure(OptionFault(message: "--model expects a scenario; \(path) is none"))
      }
      options.capacity = scenario.model.capacity
    }
    if let region = given.text("region") { options.region = region }
    if let folder = given.text("s3-directory") {
      guard FileSystem.kind(of: folder) == .directory else {
        return .failure(
          OptionFault(message: "--s3-directory expects a folder that exists: \(folder)"))
      }
      options.objectDirectory = folder
    }
    if let seconds = given.number("table-delay") {
      guard seconds >= 0 else {
        return .failure(OptionFault(message: "--table-delay expects seconds, 0 or more"))
      }
      options.tableDelay = Nanoseconds(seconds: seconds)
      options.indexDelay = options.tableDelay
    }
    if let megabytes = given.integer("collection-limit") {
      guard megabytes >= 1, megabytes <= 1 << 30 else {
        return .failure(OptionFault(message: "--collection-limit expects megabytes, 1 or more"))
      }
      options.collectionLimit = .megabytes(Int64(megabytes))
    }
    if let threads = given.integer("threads") {
      guard threads >= 1 else {
        return .failure(OptionFault(message: "--threads expects a number of at least 1"))
      }
      options.threads = threads
    }
    return withDelays(options, given).flatMap { withScenario($0, given) }
      .flatMap { withRegions($0, given) }.flatMap { withObjectEndpoint($0, given) }
      .flatMap { withBurst($0, given) }
      .flatMap { withUsers($0, given) }.flatMap { withMasterKeys($0, given) }
      .flatMap { withIdentity($0, given) }
  }

  /// Adds a scenario's tables and items, and the assumptions that it is simulated with.
  private static func withScenario(
    _ options: ServerOptions, _ given: GivenArguments
  ) -> Result<ServerOptions, OptionFault> {
    guard let path = given.text("scenario") else { return .success(options) }
    guard let scenario = ScenarioInput.load(path, quiet: true) else {
      return .failure(OptionFault(message: "--scenario needs a scenario without errors"))
    }
    var options = options
    let seed = given.integer("seed").map { UInt64($0) }
    options.capacity = scenario.model.capacity
    options.region = scenario.cost.region
    options.preparation = { call in ScenarioTables.make(scenario, seed: seed, call) }
    return .success(options)
  }

  /// Sets what the buckets hold at the start.
  private static func withBurst(
    _ options: ServerOptions, _ given: GivenArguments
  ) -> Result<ServerOptions, OptionFault> {
    guard let text = given.text("initial-burst") else { return .success(options) }
    guard let share = CompareCommand.share(text), share >= 0, share <= 1 else {
      return .failure(
        OptionFault(message: "--initial-burst expects a percentage from 0% to 100%"))
    }
    var options = options
    options.capacity.initialBurst = share
    return .success(options)
  }

  /// Adds the regions that replicate.
  private static func withRegions(
    _ options: ServerOptions, _ given: GivenArguments
  ) -> Result<ServerOptions, OptionFault> {
    guard let text = given.text("regions") else { return .success(options) }
    var options = options
    options.regions = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let isNamed = options.regions.allSatisfy { !$0.isEmpty && !$0.contains("/") }
    guard isNamed, Set(options.regions).count == options.regions.count else {
      return .failure(
        OptionFault(message: "--regions expects different names such as us-east-1,eu-west-1"))
    }
    return .success(options)
  }

  /// Adds a certificate for this run when HTTPS is asked for.
  private static func withIdentity(
    _ options: ServerOptions, _ given: GivenArguments
  ) -> Result<ServerOptions, OptionFault> {
    guard given.has("tls") else { return .success(options) }
    guard let identity = ServerOptions.selfSigned(for: options.address) else {
      return .failure(OptionFault(message: "no certificate could be made for this run"))
    }
    var options = options
    options.identity = identity
    return .success(options)
  }
}
