// Why: ./plimsoll is the first thing that a new user runs, on a machine we have never seen. It runs
// here against stand-ins for swift, apt-get, dpkg-query, sudo and id, in a checkout of three files,
// so that every machine and every mishap can be played.
import Foundation
import TestSupport
import Testing

/// A tiny checkout with the real launcher and a PATH that holds only stand-ins and basic tools.
private final class Machine: Sendable {
  let folder: TemporaryFolder
  var checkout: String { folder.path + "/checkout" }

  init(installed: [String] = ["libgsl-dev", "libyaml-dev", "pkg-config"]) throws {
    folder = try TemporaryFolder()
    for name in ["plimsoll", "scripts/setup.sh"] {
      let from = repositoryRoot() + "/" + name
      try folder.write(String(contentsOfFile: from, encoding: .utf8), to: "checkout/" + name)
    }
    try folder.write(Self.packages, to: "checkout/scripts/packages.txt")
    try folder.write("// swift-tools-version: 6.2\n", to: "checkout/Package.swift")
    try folder.write("one", to: "checkout/Sources/A.swift")
    for package in installed { try folder.write("", to: "installed/" + package) }
    for (name, text) in Self.standIns {
      try folder.write("#!/bin/bash\nhere=\(folder.path)\n" + text, to: "bin/" + name)
    }
    let tools = """
      bash env dirname readlink find sort xargs sha256sum stat cat tr sed head tail mkdir rm mv
      flock sleep touch timeout ln chmod
      """
    let link = """
      for tool in \(tools.split(whereSeparator: \.isWhitespace).joined(separator: " ")); do
        ln -s "$(command -v $tool)" bin/; done; chmod +x bin/* checkout/plimsoll
      mkdir -p installed; touch log
      """
    _ = try TestSupport.run("bash", ["-c", link], in: folder.path)
  }

  /// A short list of the real one's form.
  static let packages = """
    # package, who needs it, why
    libgsl-dev    run   GNU Scientific Library: distributions, special functions and statistics
    libyaml-dev   run   reads scenario files with line and column
    pkg-config    run   tells the Swift build where those libraries are
    python3       test  runs scripts/tidy
    """

  /// Each notes its call in `log`; `here` is the machine's folder.
  static let standIns = [
    "swift": """
    echo "swift $*" >>"$here/log"
    [ "$1" != --version ] || { echo "Swift version ${SWIFT_VERSION-6.3.1} (x)"; exit; }
    echo "[1/2] Compiling A.swift"
    sleep "${BUILD_TAKES-0}"
    [ ! -e "$here/broken" ] || { echo "A.swift:1:1: error: it does not compile"; exit 1; }
    mkdir -p "$here/checkout/.build/release"
    program=$here/checkout/.build/release/plimsoll
    rm -f "$program"
    { echo '#!/bin/bash'; echo "echo 'built from $(cat "$here"/checkout/Sources/*)'"
      echo 'printf "<%s>" "$@"; echo; pwd -P; exit ${#1}'; } >"$program"
    chmod +x "$program"
    """,
    "dpkg-query": """
    [ ! -e "$here/installed/${@: -1}" ] || printf installed
    """,
    "apt-get": """
    echo "apt-get $*" >>"$here/log"
    case " $* " in *" update "*) touch "$here/updated"; exit ;; esac
    [ "$APT" != fails ] || { echo "E: no network"; exit 100; }
    [ "$APT" != stale ] || [ -e "$here/updated" ] || { echo "E: unable to locate"; exit 100; }
    for word in "$@"; do
      case "$word" in lib*|pkg-config) touch "$here/installed/$word" ;; esac
    done
    """,
    "sudo": "echo \"sudo\" >>\"$here/log\"\n[ \"$1\" != -n ] || shift\nexec \"$@\"\n",
    "id": "echo \"${USER_ID-0}\"\n",
  ]

  /// Runs the launcher, or a shell line, in the machine's folder.
  func start(
    _ arguments: [String] = [], line: String? = nil, _ environment: [String: String] = [:]
  ) throws -> Finished {
    let path = ["PATH": folder.path + "/bin"].merging(environment) { $1 }
    if let line { return try run("/bin/bash", ["-c", line], in: folder.path, environment: path) }
    return try run(checkout + "/plimsoll", arguments, in: folder.path, environment: path)
  }

  func calls(of name: String) -> [String] {
    (folder.read("log") ?? "").split(separator: "\n").map(String.init).filter {
      $0.hasPrefix(name)
    }
  }
  var builds: Int { calls(of: "swift build").count }
  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: folder.path + "/" + name)
  }
}

@Suite struct LauncherTests {
  @Test func firstRunInstallsBuildsAndRuns() throws {
    let machine = try Machine(installed: ["pkg-config"])
    let first = try machine.start(["a b", "", "*"])
    #expect(first.output == "built from one\n<a b><><*>\n\(machine.folder.path)\n")
    #expect(first.code == 3)
    #expect(first.errors.contains("libgsl-dev         GNU Scientific Library"))
    #expect(first.errors.contains("libyaml-dev        reads scenario files"))
    #expect(!first.errors.contains("pkg-config  "))
    let installs = machine.calls(of: "apt-get")
    #expect(installs.count == 1)
    #expect(
      installs.first?.hasSuffix(" libgsl-dev libyaml-dev") == true)
    #expect(machine.calls(of: "sudo").isEmpty)
    #expect(
      machine.calls(of: "swift build").first?.contains("-c release --product plimsoll") == true)
  }

  @Test func laterRunsCallNothing() throws {
    let machine = try Machine()
    _ = try machine.start()
    let log = machine.folder.read("log")
    let second = try machine.start(["x"])
    #expect(second.output.hasPrefix("built from one\n<x>\n"))
    #expect(second.errors == "")
    #expect(machine.folder.read("log") == log)
  }

  struct Change: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var line: String
    var builds: Int
  }
  static let changes = [
    Change(testDescription: "nothing", line: ":", builds: 1),
    Change(testDescription: "a newer time", line: "touch checkout/Sources/A.swift", builds: 1),
    Change(
      testDescription: "new text with an old time",
      line: "echo -n two >checkout/Sources/A.swift; touch -d 2001-01-01 checkout/Sources/A.swift",
      builds: 2),
    Change(testDescription: "a new file", line: "echo x >checkout/Sources/B.swift", builds: 2),
    Change(testDescription: "a file gone", line: "rm checkout/Sources/A.swift", builds: 2),
    Change(
      testDescription: "a file renamed",
      line: "mv checkout/Sources/A.swift checkout/Sources/Z.swift",
      builds: 2),
    Change(testDescription: "the package", line: "echo // >>checkout/Package.swift", builds: 2),
    Change(testDescription: "no binary", line: "rm checkout/.build/release/plimsoll", builds: 2),
    Change(
      testDescription: "a binary built by hand", line: "echo >>checkout/.build/release/plimsoll",
      builds: 2),
    Change(testDescription: "another toolchain", line: "echo >>bin/swift", builds: 2),
    Change(testDescription: "no toolchain any more", line: "rm bin/swift", builds: 1),
    Change(testDescription: "no build folder", line: "rm -r checkout/.build", builds: 2),
  ]

  @Test(arguments: changes) func rebuildsWhenSourcesChanged(_ change: Change) throws {
    let machine = try Machine()
    _ = try machine.start()
    _ = try machine.start(line: change.line)
    let second = try machine.start()
    #expect(second.output.hasPrefix("built from "), "\(second.errors)")
    #expect(machine.builds == change.builds)
  }

  @Test func failedBuildIsShownAndTriedAgain() throws {
    let machine = try Machine()
    _ = try machine.start()
    try machine.folder.write("bad", to: "checkout/Sources/A.swift")
    try machine.folder.write("", to: "broken")
    for _ in 1...2 {
      let failed = try machine.start()
      #expect(failed.code == 1)
      #expect(failed.output == "")
      #expect(failed.errors.contains("A.swift:1:1: error: it does not compile"))
      #expect(failed.errors.contains("the build failed"))
    }
    #expect(machine.builds == 3)
    try machine.remove("broken")
    try machine.folder.write("one", to: "checkout/Sources/A.swift")
    #expect(try machine.start().output.hasPrefix("built from one\n"))
    #expect(machine.builds == 4)
  }

  @Test func twoAtOnceBuildOnce() throws {
    let machine = try Machine()
    let line = "checkout/plimsoll & checkout/plimsoll & wait"
    let both = try machine.start(line: line, ["BUILD_TAKES": "1"])
    #expect(both.output.components(separatedBy: "built from one\n").count == 3)
    #expect(both.errors.contains("another set-up is at work"))
    #expect(machine.builds == 1)
  }

  @Test func interruptLeavesNothingHalfDone() throws {
    let machine = try Machine()
    let line = "timeout --preserve-status -s INT 1 checkout/plimsoll"
    let stopped = try machine.start(line: line, ["BUILD_TAKES": "3"])
    #expect(stopped.code == 130)
    #expect(stopped.errors.contains("interrupted"))
    #expect(stopped.output == "")
    #expect(machine.folder.read("checkout/.build/plimsoll/stamp") == nil)
    #expect(try machine.start().output.hasPrefix("built from one\n"))
  }

  @Test func packagesAreInstalledThroughSudo() throws {
    let machine = try Machine(installed: [])
    let done = try machine.start([], ["USER_ID": "1000"])
    #expect(done.output.hasPrefix("built from one"), "\(done.errors)")
    #expect(machine.calls(of: "sudo").count == 1)
  }

  @Test func staleListsAreRefreshed() throws {
    let machine = try Machine(installed: [])
    #expect(try machine.start([], ["APT": "stale"]).output.hasPrefix("built from one"))
    #expect(machine.calls(of: "apt-get").count == 3)
  }

  struct Mishap: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var line: String
    var environment: [String: String] = [:]
    var messages: [String]
  }
  static let byHand = "apt-get install libgsl-dev libyaml-dev pkg-config"
  static let mishaps = [
    Mishap(
      testDescription: "no apt-get", line: "rm bin/apt-get",
      messages: ["apt-get is not available", byHand]),
    Mishap(
      testDescription: "neither root nor sudo", line: "rm bin/sudo", environment: ["USER_ID": "7"],
      messages: ["installing needs root or sudo", byHand]),
    Mishap(
      testDescription: "no network", line: ":", environment: ["APT": "fails"],
      messages: ["E: no network", "apt-get could not install", byHand]),
    Mishap(
      testDescription: "no Swift",
      line: "touch installed/{libgsl-dev,libyaml-dev,pkg-config}; rm bin/swift",
      messages: [
        "the Swift toolchain is not on the PATH", "6.2 or newer", "https://www.swift.org/",
      ]),
    Mishap(
      testDescription: "an old Swift", line: ":", environment: ["SWIFT_VERSION": "5.10.1"],
      messages: ["Swift 5.10.1 is too old", "6.2 or newer"]),
    Mishap(
      testDescription: "a checkout that cannot be written", line: "touch checkout/.build",
      messages: ["cannot write to", "writable"]),
  ]

  @Test(arguments: mishaps) func mishapsAreExplained(_ mishap: Mishap) throws {
    let machine = try Machine(installed: [])
    _ = try machine.start(line: mishap.line)
    let done = try machine.start([], mishap.environment)
    #expect(done.code == 1)
    #expect(done.output == "")
    for message in mishap.messages { #expect(done.errors.contains(message), "\(done.errors)") }
    #expect(machine.builds == 0)
  }

  @Test func notDebianBuildsWithAWarning() throws {
    let machine = try Machine(installed: [])
    try machine.remove("bin/dpkg-query")
    let done = try machine.start()
    #expect(done.output.hasPrefix("built from one"))
    #expect(done.errors.contains("not a Debian system"))
  }

  @Test func aNewerSwiftWillDo() throws {
    let machine = try Machine()
    #expect(try machine.start([], ["SWIFT_VERSION": "6.10"]).output.hasPrefix("built from one"))
  }

  @Test func aLinkToTheLauncherWorks() throws {
    let machine = try Machine()
    let done = try machine.start(line: "ln -s ../checkout/plimsoll bin/p; cd installed; p")
    #expect(done.output.hasPrefix("built from one"))
    #expect(done.output.hasSuffix("/installed\n"))
  }
}
