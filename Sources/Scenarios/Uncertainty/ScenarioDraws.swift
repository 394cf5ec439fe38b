// Draws of a scenario with uncertain numbers: each a scenario of its own.
//
// Draw d of an input depends on the seed, the input's path and d alone, so another input in the
// file changes no draw of this one. Inputs of a correlated group share a factor: with correlation
// r, the normal score of each is sqrt(r) x the group's + sqrt(1 - r) x its own (a Gaussian copula
// with one factor). Draws keep the scenario's seed: they differ in their inputs only.

import Randomness
import Statistics
public import YAML

/// One draw.
public struct ScenarioDraw: Sendable {
  public var scenario: Scenario
  /// The drawn numbers in the order of the inputs, in the file's units.
  public var values: [Double]
}

/// All draws, or what is wrong with the first that makes no valid scenario.
public enum DrawOutcome: Sendable {
  case drawn([ScenarioDraw])
  case invalid([Diagnostic])
}

extension ScenarioLoader {
  /// Draws every scenario that the uncertainty of a file asks for; none when nothing is uncertain.
  /// Parameters as in `load`; `seed` is the run's.
  public static func draws(
    text: String, path: String, seed: UInt64, readFile: (String) -> FileText
  ) -> DrawOutcome {
    guard case .loaded(let middle, _) = load(text: text, path: path, readFile: readFile),
      let spec = middle.uncertainty, let root = parseYAML(text, file: path).root
    else { return .drawn([]) }
    let tree = UncertainTree(root, faults: FaultList(file: path))
    var draws: [ScenarioDraw] = []
    for draw in 0..<spec.draws {
      let values = InputDraws(spec: spec, seed: seed).values(UInt64(draw))
      let byPath = Dictionary(
        zip(spec.inputs.map(\.path), values), uniquingKeysWith: { first, _ in first })
      let faults = FaultList(file: path)
      let drawn = tree.replaced { $0.text(byPath[$0.path] ?? 0) }
      let scenario = decode(
        drawn, inputs: spec.inputs, path: path, faults: faults, readFile: readFile)
      guard faults.diagnostics.isEmpty, var scenario else {
        return .invalid(faults.diagnostics.inFileOrder)
      }
      scenario.seed = seed
      draws.append(ScenarioDraw(scenario: scenario, values: values))
    }
    return .drawn(draws)
  }
}

/// The numbers of every draw.
struct InputDraws {
  let spec: UncertaintySpec
  let seed: UInt64

  func values(_ draw: UInt64) -> [Double] {
    spec.inputs.enumerated().map { position, input in
      var score = normal("input " + input.path, draw)
      if let group = spec.correlated.firstIndex(where: { $0.inputs.contains(position) }) {
        let r = spec.correlated[group].correlation
        score = r.squareRoot() * normal("group \(group)", draw) + (1 - r).squareRoot() * score
      }
      // Far in the tails the quantile would be infinite.
      let probability = GaussianDistribution.cumulative(score)
      return input.quantile(min(max(probability, 1e-9), 1 - 1e-9))
    }
  }

  private func normal(_ name: String, _ draw: UInt64) -> Double {
    var generator = StreamKey(seed: seed).child("uncertainty").child(name).generator(at: draw)
    return generator.normal()
  }
}
