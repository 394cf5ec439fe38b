// swift-tools-version: 6.2
// The one table of modules: which exist and what each may import. `scripts/tidy` checks every
// `import` line in Sources against it. Rows and reasons: Sources/ARCHITECTURE.md.
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Modules whose tests simulate millions of requests: optimised in debug builds too, which keeps
/// all checks but `assert` and halves the time of a test run.
let busy: Set = [
  "Units", "Randomness", "Statistics", "Capacity", "Workloads", "Clients", "Caching",
  "RequestStreams",
  "Results", "Simulation", "Planning",
]

func settings(of module: String) -> [SwiftSetting] {
  busy.contains(module)
    ? strict + [.unsafeFlags(["-O"], .when(configuration: .debug))] : strict
}

/// A module and its test target. `golden` names modules whose tests keep literal outputs on disk.
func module(_ name: String, _ needs: [String] = [], golden: Bool = false) -> [Target] {
  let dependencies = needs.map { Target.Dependency(stringLiteral: $0) }
  return [
    .target(name: name, dependencies: dependencies, swiftSettings: settings(of: name)),
    .testTarget(
      name: name + "Tests",
      dependencies: [.init(stringLiteral: name), "TestSupport"] + dependencies,
      exclude: golden ? ["Golden"] : [], swiftSettings: strict),
  ]
}

/// A Debian library: `package` is what `scripts/packages.txt` lists, `pkgConfig` its .pc name
/// (nil: headers and functions of the C library itself).
func library(_ name: String, pkgConfig: String?, package: String) -> [Target] {
  [.systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])]
}

let ground: [Target] =
  library("CGSL", pkgConfig: "gsl", package: "libgsl-dev")
  + library("CYAML", pkgConfig: "yaml-0.1", package: "libyaml-dev")
  + library("CPlatform", pkgConfig: nil, package: "libc6-dev")
  + library("CZlib", pkgConfig: "zlib", package: "zlib1g-dev")
  + library("CDeflate", pkgConfig: "libdeflate", package: "libdeflate-dev")
  + library("CCrypto", pkgConfig: "libcrypto", package: "libssl-dev")
  + library("CTLS", pkgConfig: "libssl", package: "libssl-dev")
  + library("CRocksDB", pkgConfig: "rocksdb", package: "librocksdb-dev")
  + module("Units")
  + module("JSON")
  + module("YAML", ["CYAML"])
  + module("Arguments")
  + module("Randomness", ["Units"])
  + module("Statistics", ["Units", "CGSL"])
  + module("HistogramLog", ["Units", "JSON", "Statistics", "CZlib"])
  + module("Cryptography", ["CCrypto", "CDeflate"], golden: true)
  + module("Platform", ["Units", "CPlatform"])
  + module("TransportSecurity", ["CTLS"])
  + module("HTTP", ["Platform", "TransportSecurity", "Units", "CZlib"])
  + module("HTTPClient", ["Platform", "TransportSecurity", "Units"])

let decisions: [Target] =
  module("DataModel", ["Units", "JSON"])
  + module("Expressions", ["DataModel"])
  + module("PartiQL", ["DataModel", "Expressions"])
  + module("Capacity", ["Units", "DataModel"])
  + module("ServiceAPI", ["DataModel", "Capacity"])
  + module("Workloads", ["Units", "Randomness"])
  + module("AccessControl", ["JSON", "YAML", "Cryptography"])
  + module("Clients", ["Units", "Randomness"])
  + module("Caching", ["Units"])
  + module("DaxProtocol", ["DataModel"])
  + module("Pricing", ["Units", "Capacity"])
  + module(
    "Scenarios",
    [
      "YAML", "Units", "JSON", "Randomness", "Statistics", "DataModel", "Capacity", "Workloads",
      "Clients", "Caching",
    ],
    golden: true)
  + module(
    "RequestStreams",
    ["Units", "Randomness", "DataModel", "Capacity", "Workloads", "Scenarios"])

let drivers: [Target] =
  module("Results", ["Units", "Statistics", "JSON", "Capacity", "Caching"])
  + module("Storage", ["Units", "Cryptography", "Platform", "CRocksDB"])
  + module(
    "Engine",
    [
      "Units", "Randomness", "Statistics", "DataModel", "Capacity", "Expressions", "PartiQL",
      "ServiceAPI", "AccessControl", "Storage",
    ])
  + module(
    "Server",
    [
      "Units", "Randomness", "Capacity", "ServiceAPI", "AccessControl", "Cryptography", "Platform",
      "HTTP", "HTTPClient", "Storage", "Engine",
    ])
  + module(
    "DaxServer",
    [
      "Units", "JSON", "DataModel", "Caching", "DaxProtocol", "AccessControl", "Cryptography",
      "Platform", "TransportSecurity", "HTTP", "HTTPClient",
    ])
  + module(
    "Simulation",
    [
      "Units", "Randomness", "Statistics", "DataModel", "Capacity", "Workloads", "Clients",
      "Caching", "Scenarios", "RequestStreams", "Results", "CPlatform",
    ])
  + module(
    "LoadGeneration",
    [
      "Units", "JSON", "Randomness", "Statistics", "Cryptography", "Platform", "HTTPClient",
      "DataModel", "Capacity", "Workloads", "Clients", "Caching", "Scenarios", "RequestStreams",
      "Results",
    ])

let outcomes: [Target] =
  module(
    "Planning",
    [
      "Units", "Randomness", "Statistics", "DataModel", "Capacity", "Workloads", "Clients",
      "Caching", "Pricing", "Scenarios", "Results", "Simulation",
    ])
  + module(
    "Reports", ["Units", "Statistics", "Capacity", "Pricing", "Results", "JSON"], golden: true)

let product: [Target] = [
  .executableTarget(
    name: "plimsoll",
    dependencies: [
      "Arguments", "Units", "JSON", "YAML", "Capacity", "Pricing", "Scenarios", "Results",
      "Simulation", "Planning", "Reports", "AccessControl", "Engine", "Server", "Storage", "HTTP",
      "HTTPClient", "LoadGeneration", "Platform", "Statistics", "HistogramLog", "Caching",
      "Cryptography", "DaxServer", "Randomness",
    ], swiftSettings: strict),
  .target(name: "TestSupport", path: "Tests/Support", swiftSettings: strict),
]

/// Tests of the built program, run as its users run it, of the engine under faults, and of the
/// simulator against the engine.
let program: [Target] = [
  .testTarget(
    name: "TwinTests",
    dependencies: [
      "Units", "Randomness", "DataModel", "Capacity", "Workloads", "Clients", "Scenarios",
      "RequestStreams", "Results", "ServiceAPI", "Storage", "Engine", "Simulation",
      "LoadGeneration", "HTTPClient", "Platform", "TestSupport",
    ], swiftSettings: strict),
  .testTarget(
    name: "ChaosTests",
    dependencies: [
      "Units", "DataModel", "Capacity", "ServiceAPI", "Storage", "Engine", "TestSupport",
    ], swiftSettings: strict),
  .testTarget(
    name: "CacheTwinTests",
    dependencies: [
      "Units", "Randomness", "DataModel", "Workloads", "Caching", "Scenarios", "RequestStreams",
      "Results", "Simulation", "Platform", "Server", "DaxProtocol", "DaxServer", "HTTPClient",
      "TestSupport",
    ], swiftSettings: strict),
  .testTarget(
    name: "CommandLineTests", dependencies: ["plimsoll", "JSON", "TestSupport"],
    swiftSettings: strict),
]

/// Tests of the test support and of the repository itself (scripts, launcher, house rules).
let upkeep: [Target] = ["SupportTests", "RepositoryTests"].map { name in
  .testTarget(
    name: name, dependencies: ["TestSupport"],
    exclude: name == "SupportTests" ? ["Golden"] : [], swiftSettings: strict)
}

let package = Package(
  name: "plimsoll",
  products: [.executable(name: "plimsoll", targets: ["plimsoll"])],
  targets: ground + decisions + drivers + outcomes + product + program + upkeep)
