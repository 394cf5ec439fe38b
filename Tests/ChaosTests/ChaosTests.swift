// The real engine under faults that come from a seed, checked after every step.
//
// Why: what survives one fault at a time may not survive two; only random sequences find the order
// that breaks. A failing case names its seed, the step and the faults it had; PLIMSOLL_SEED replays
// it, PLIMSOLL_CHAOS asks for more seeds.

import Foundation
import TestSupport
import Testing

@Suite struct ChaosTests {
  private static let count =
    ProcessInfo.processInfo.environment["PLIMSOLL_CHAOS"].flatMap { Int($0) } ?? 24

  @Test(arguments: Seed.some(count))
  func `indexes and streams agree, acknowledged writes survive, money is conserved`(
    _ seed: Seed
  ) throws {
    var run = try ChaosRun(seed)
    try run.run(120)
  }

  @Test(arguments: Seed.some(count))
  func `regions agree in the end, whatever befalls them`(_ seed: Seed) throws {
    var run = try RegionChaosRun(seed)
    try run.run(70)
  }
}
