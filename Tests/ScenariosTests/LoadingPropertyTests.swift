// Any text at all must end in a scenario or in diagnostics, never in a crash or a hang: people save
// half-written files. Damaged copies of the template are loaded, and every diagnostic must point
// into the text. Also: stating each default of the format changes nothing.

import Testing
import Units
import YAML

@testable import Scenarios

@Suite("Loading anything")
struct LoadingPropertyTests {
  /// A small generator of its own (Steele and Vigna's SplitMix64), so that a failure can be
  /// repeated.
  struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  private static let words = [
    "0", "-1", "100%", "99999999999999999999", "{", "}", "[", "]", ":", "- ", "'", "\"", "\t",
    "\n", "#", "null", "~", "1e400", "0.0001%", "500/s", "0s", "7d", "1B", "{}", "[]", "&a", "*a",
    "nan", "inf", "\u{1F9EA}", "zipf", "{zipf: 20}", "sequential", "  ", "!!str", "p(", "<",
    "100TB",
  ]

  /// One to four damages: a line dropped, doubled or moved, a value replaced, text inserted.
  private static func damaged(_ text: String, using generator: inout SplitMix) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for _ in 0...Int.random(in: 0...3, using: &generator) {
      let at = Int.random(in: 0..<lines.count, using: &generator)
      let word = words.randomElement(using: &generator) ?? ""
      switch Int.random(in: 0..<5, using: &generator) {
      case 0 where lines.count > 2: lines.remove(at: at)
      case 1: lines.insert(lines[at], at: at)
      case 2: lines.swapAt(at, Int.random(in: 0..<lines.count, using: &generator))
      case 3:
        if let colon = lines[at].firstIndex(of: ":") {
          lines[at] = lines[at][...colon] + " " + word
        }
      default:
        let place = lines[at].indices.randomElement(using: &generator) ?? lines[at].startIndex
        lines[at].insert(contentsOf: word, at: place)
      }
    }
    return lines.joined(separator: "\n")
  }

  @Test(arguments: [1, 2, 3, 4])
  func damagedFilesEndInDiagnostics(_ seed: UInt64) {
    var generator = SplitMix(state: seed)
    let whole = ScenarioTemplate.text(name: "x")
    for round in 0..<250 {
      let text = Self.damaged(whole, using: &generator)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
      let diagnostics: [Diagnostic]
      switch ScenarioLoader.load(text: text, path: "f") {
      case .loaded(let scenario, let warnings):
        diagnostics = warnings
        #expect(!scenario.tables.isEmpty, "seed \(seed) round \(round)\n\(text)")
        #expect(scenario.run.duration > .zero, "seed \(seed) round \(round)\n\(text)")
      case .invalid(let faults):
        diagnostics = faults
        #expect(!faults.isEmpty, "seed \(seed) round \(round)\n\(text)")
      }
      for diagnostic in diagnostics {
        #expect(
          diagnostic.line >= 1 && diagnostic.line <= lines && diagnostic.column >= 1,
          "seed \(seed) round \(round): \(diagnostic.headline)")
      }
      _ = Diagnostic.rendered(diagnostics, source: text)
    }
  }

  @Test(
    "stating the defaults changes nothing", arguments: ["run", "cost", "model", "client", "dax"])
  func defaults(_ section: String) throws {
    let object = ScenarioFormat.object(section)
    let prose = ["a ", "the ", "all ", "unlimited", "none"]
    var stated = section == "dax" ? "  nodes: 3\n  node-type: dax.r5.large\n" : "  {}\n"
    var count = 0
    for key in object.keys {
      guard let fallback = key.fallback, !prose.contains(where: fallback.hasPrefix) else {
        continue
      }
      if count == 0, section != "dax" { stated = "" }
      stated += "  \(key.name): \(fallback)\n"
      count += 1
    }
    #expect(count > 1)
    let bare = section == "dax" ? "  nodes: 3\n  node-type: dax.r5.large\n" : "  {}\n"
    let file =
      DecodingTests.orders
      + "traffic:\n  - {name: t, rate: {hold: 1/s, for: 1m}, operations: [{get: orders}]}\n"
    let (explicit, _) = try loaded(file + "\(section):\n" + stated)
    let (implicit, _) = try loaded(file + "\(section):\n" + bare)
    #expect(explicit.run == implicit.run)
    #expect(explicit.cost == implicit.cost)
    #expect(explicit.model.capacity == implicit.model.capacity)
    #expect(explicit.model.tableQuota == implicit.model.tableQuota)
    #expect(explicit.model.accountQuota == implicit.model.accountQuota)
    #expect(explicit.traffic[0].client == implicit.traffic[0].client)
    #expect(explicit.cache?.settings == implicit.cache?.settings)
  }

  @Test func statedLatenciesChangeNothing() throws {
    var text = DecodingTests.orders + "model:\n  latency:\n"
    for key in ScenarioFormat.object("latency").keys {
      text += "    \(key.name): \(key.fallback ?? "")\n"
    }
    #expect(try loaded(text).0.model.latency == LatencySettings())
  }
}
