// The options of commands that talk to an endpoint, read and checked in one place.

import Arguments
import Glibc
import HTTPClient
import LoadGeneration
import Pricing
import Scenarios
import Units

/// Why options cannot be used, as a sentence.
struct SettingsFault: Error {
  var message: String
  /// Nothing is wrong with the options: what they ask for went wrong.
  var isRuntime = false
}

/// What `load` and `fill` are told.
enum LoadSettings {
  static let endpointOptions = [
    Option(
      "endpoint", .text("URL"), repeats: true,
      summary: "Where the tables are; several are balanced (default: the embedded engine)"),
    Option("seed", .count("N"), summary: "Seed instead of the scenario's"),
    Option(
      "profile", .text("NAME"), summary: "Profile with the credentials (default: AWS_PROFILE)"),
    Option("region", .text("REGION"), summary: "Region to sign for"),
    Option("unsigned", summary: "Do not sign requests"),
    Option("no-verify-ssl", summary: "Accept any certificate"),
    Option("yes", letter: "y", summary: "Go on although the endpoint is not on this machine"),
    Option("quiet", letter: "q", summary: "No progress"),
  ]

  static let cacheOption = Option(
    "no-dax", summary: "Send everything to the tables, as without the scenario's dax section")

  static let loadOptions = [
    cacheOption,
    Option("rate", .number("FACTOR"), summary: "Multiply all rates (default: 1)"),
    Option("duration", .text("TIME"), summary: "Such as 90s or 10m (default: the scenario's)"),
    Option("warm-up", .text("TIME"), summary: "Cut from all statistics (default: the scenario's)"),
    Option("closed", .integer("USERS"), summary: "Closed loop: so many users wait for answers"),
    Option(
      "max-in-flight", .integer("N"), summary: "Requests in progress at once (default: 1024)"),
    Option("connections", .integer("N"), summary: "Connections at most (default: max-in-flight)"),
    Option("threads", .integer("N"), summary: "Threads that send (default: 1)"),
    Option(
      "timeout", .text("TIME"), summary: "Per attempt, from the wire (default: the scenario's)"),
    Option(
      "deadline", .text("TIME"),
      summary: "From the due instant: what cannot be sent before is given up and counted"),
    Option("replay", .text("FILE"), summary: "Send the requests of a trace that record wrote"),
    Option("verify", summary: "Look at every item that is read"),
    Option("max-spend", .number("DOLLARS"), summary: "Stop before the requests cost this much"),
    Option("clock", .text("xN"), summary: "Embedded engine: capacity time N times as fast"),
    Option("out", letter: "o", .text("FOLDER"), summary: "Report folder (default: runs/NAME)"),
    Option("plain", summary: "Lines instead of a live screen"),
    Option("colour", .choice(["auto", "always", "never"]), summary: "Colour on the terminal"),
  ]

  /// Everything but the endpoints.
  static func options(
    _ given: GivenArguments, _ scenario: Scenario, _ endpoints: [String]
  ) throws(SettingsFault) -> LoadOptions {
    if let obstacle = obstacle(scenario) { throw SettingsFault(message: obstacle) }
    var parsed: [Endpoint] = []
    for text in endpoints {
      do throws(Endpoint.Fault) { parsed.append(try Endpoint(text)) } catch {
        throw SettingsFault(message: error.description)
      }
    }
    var options = LoadOptions(parsed)
    options.seed = given.integer("seed").map { UInt64($0) }
    options.tls = TLSSettings(
      authorities: variable("AWS_CA_BUNDLE"), verifies: !given.has("no-verify-ssl"))
    options.usesCache = scenario.cache != nil && !given.has("no-dax")
    try sign(&options, given)
    let limitsFlights = given.command == "load" || given.command == "validate"
    if limitsFlights {
      options.inFlightLimit = try count("max-in-flight", given) ?? options.inFlightLimit
      options.connections = try count("connections", given)
    }
    guard given.command == "load" else { return options }
    if let factor = given.number("rate") {
      guard factor > 0 else { throw SettingsFault(message: "--rate expects a factor above 0") }
      options.rateFactor = factor
    }
    options.duration = try time("duration", given)
    options.warmUp = try time("warm-up", given)
    options.timeout = try time("timeout", given)
    options.deadline = try time("deadline", given)
    options.closedUsers = try count("closed", given)
    options.threads = try count("threads", given) ?? 1
    options.verifies = given.has("verify")
    options.spendLimit = given.number("max-spend")
    setPrices(&options, scenario)
    try replay(&options, given, scenario)
    try refuseWarmUpOnly(
      options.duration ?? scenario.run.duration, options.warmUp ?? scenario.run.warmUp)
    if options.usesCache, options.threads > 1 {
      throw SettingsFault(
        message: "--threads: the scenario's DAX cluster works for one thread; say --no-dax to send"
          + " all requests to the tables")
    }
    if options.inFlightLimit < options.threads {
      throw SettingsFault(message: "--max-in-flight must be at least --threads")
    }
    return options
  }

  /// Why a scenario can be simulated but not be sent.
  private static func obstacle(_ scenario: Scenario) -> String? {
    for traffic in scenario.traffic {
      if let region = traffic.region, region != scenario.cost.region {
        return "\(scenario.path): traffic \(traffic.name) asks \(region), and all requests are sent"
          + " to one endpoint; plan simulates it"
      }
      if let operation = traffic.operations.first(where: { $0.pages != 1 }) {
        return "\(scenario.path): \(operation.name) of traffic \(traffic.name) reads several pages;"
          + " requests are sent for one page each, plan simulates more"
      }
    }
    return nil
  }

  /// Nothing of a run is counted that ends within its warm-up.
  static func refuseWarmUpOnly(
    _ duration: Nanoseconds, _ warmUp: Nanoseconds
  ) throws(SettingsFault) {
    guard warmUp > .zero, warmUp >= duration else { return }
    throw SettingsFault(
      message: "the run of \(duration) ends within its warm-up of \(warmUp), of which nothing is"
        + " counted: it needs a longer --duration or, with load, --warm-up 0s")
  }

  private static func replay(
    _ options: inout LoadOptions, _ given: GivenArguments, _ scenario: Scenario
  ) throws(SettingsFault) {
    guard let path = given.text("replay") else { return }
    guard options.closedUsers == nil else {
      throw SettingsFault(message: "--replay and --closed exclude each other")
    }
    let text: String
    do throws(FileFault) { text = try Files.read(path) } catch {
      throw SettingsFault(message: error.message)
    }
    do throws(LoadFault) {
      let trace = try RequestTrace(text, for: scenario)
      options.replay = trace.dues
      options.seed = trace.seed
    } catch {
      throw SettingsFault(message: "\(path): \(error.description)")
    }
  }

  /// What a request unit costs on demand in the scenario's region: the upper bound of what a run
  /// costs.
  private static func setPrices(_ options: inout LoadOptions, _ scenario: Scenario) {
    func price(_ item: String) -> Double {
      PriceList.published.price(item, in: scenario.cost.region)?.cost(
        of: Quantity(1_000_000)
      ).inDollars ?? 0
    }
    options.readUnitPrice = price("ondemand_rru_standard") / 1e6
    options.writeUnitPrice = price("ondemand_wru_standard") / 1e6
  }

  static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func sign(
    _ options: inout LoadOptions, _ given: GivenArguments
  ) throws(SettingsFault) {
    if given.has("unsigned") { return }
    let chain = CredentialChain(
      environment: { variable($0) }, readFile: { path in try? Files.read(path) })
    // On this machine any credentials will do, and the instance endpoint need not be asked.
    let isLocal = isLocal(options)
    let local = SigningIdentity(accessKey: "local", secretKey: "local", region: "us-east-1")
    do throws(LoadFault) {
      if isLocal, variable("AWS_ACCESS_KEY_ID") == nil, !given.has("profile") {
        options.signing = local
        return
      }
      let found = try chain.find(profile: given.text("profile"), region: given.text("region"))
      guard let found else {
        throw LoadFault(
          "no credentials in the environment, the profile files, or at a container or instance"
            + " endpoint; give some or --unsigned")
      }
      options.signing = found.identity
    } catch {
      throw SettingsFault(message: error.description)
    }
  }

  /// Whether all endpoints are on this machine.
  static func isLocal(_ options: LoadOptions) -> Bool {
    options.endpoints.allSatisfy {
      $0.host == "localhost" || $0.host.hasPrefix("127.") || $0.host == "::1"
    }
  }

  /// Why a run at this endpoint is not begun without consent; nil when it may.
  static func refusal(_ options: LoadOptions, _ given: GivenArguments) -> String? {
    if isLocal(options) || given.has("yes") || options.spendLimit != nil { return nil }
    let places = options.endpoints.map(\.description).joined(separator: ", ")
    return
      "\(places) is not on this machine, and requests there may cost money: say --yes, or give a"
      + " budget with --max-spend DOLLARS"
  }

  private static func count(
    _ name: String, _ given: GivenArguments
  ) throws(SettingsFault) -> Int? {
    guard let value = given.integer(name) else { return nil }
    guard value >= 1, value <= 1_000_000 else {
      throw SettingsFault(message: "--\(name) expects a number from 1 to 1000000")
    }
    return value
  }

  /// How many times as fast as the wall's the embedded engine's clock and the client's run.
  static func clock(_ given: GivenArguments) throws(SettingsFault) -> Int {
    guard let text = given.text("clock") else { return 1 }
    guard text.hasPrefix("x"), let factor = Int(text.dropFirst()), factor >= 1 else {
      throw SettingsFault(message: "--clock expects a factor such as x10")
    }
    guard given.all("endpoint").isEmpty || factor == 1 else {
      throw SettingsFault(message: "--clock is for the embedded engine, not for an endpoint")
    }
    return factor
  }

  /// A time such as `500ms`, `90s`, `10m`, `1h`.
  static func time(
    _ name: String, _ given: GivenArguments
  ) throws(SettingsFault) -> Nanoseconds? {
    guard let text = given.text(name) else { return nil }
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let units = ["us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400]
    guard let value = Double(digits), let unit = units[String(text.dropFirst(digits.count))],
      value >= 0
    else {
      throw SettingsFault(message: "--\(name) expects a time such as 500ms, 90s or 10m")
    }
    return Nanoseconds(seconds: value * unit)
  }
}
