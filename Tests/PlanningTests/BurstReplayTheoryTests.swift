// Why: the remedy "at least N" is what people will set. The replay is held against closed forms of
// the 300 s bucket (capacity.md 3.1), and the remedy against the simulator itself.
import Capacity
import Results
import Testing
import Units

@testable import Planning

/// A demand in units/s per minute and the capacity that just carries it.
struct ReplayedDemand: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var demand: [Int64]
  var initialBurst: Double
  var least: Int
}

private func minutes(_ count: Int, at rate: Int64) -> [Int64] {
  Array(repeating: rate, count: count)
}

private let replays: [ReplayedDemand] = [
  .init(
    testDescription: "steady: the rate itself", demand: minutes(10, at: 100), initialBurst: 1,
    least: 100),
  .init(testDescription: "nothing asked for", demand: minutes(3, at: 0), initialBurst: 1, least: 1),
  .init(testDescription: "no minutes at all", demand: [], initialBurst: 1, least: 1),
  // 10 min idle fill 300 r; 10 min at 150: 600 (150 - r) <= 300 r.
  .init(
    testDescription: "idle, then 150", demand: minutes(10, at: 0) + minutes(10, at: 150),
    initialBurst: 0, least: 100),
  // 3 min idle fill 180 r only: 300 (100 - r) <= 180 r, r >= 62.5.
  .init(
    testDescription: "a short pause fills part", demand: minutes(3, at: 0) + minutes(5, at: 100),
    initialBurst: 0, least: 63),
  // Order matters with an empty bucket: the first minute must carry itself.
  .init(
    testDescription: "busy first, bucket empty", demand: [100] + minutes(9, at: 0),
    initialBurst: 0, least: 100),
  // 60 (100 - r) <= 300 r, r >= 16.7, and mean 10.
  .init(
    testDescription: "busy first, bucket full", demand: [100] + minutes(9, at: 0),
    initialBurst: 1, least: 17),
  // 60 (100 - r) <= 150 r, r >= 28.6.
  .init(
    testDescription: "busy first, bucket half full", demand: [100] + minutes(9, at: 0),
    initialBurst: 0.5, least: 29),
  // A full bucket would carry 5 min at 100 with 50; repeated without a pause it would not.
  .init(
    testDescription: "the burst of the start does not count twice",
    demand: minutes(5, at: 100), initialBurst: 1, least: 100),
]

@Suite struct BurstReplayTheoryTests {
  @Test(arguments: replays)
  func `the least capacity is the closed form's`(_ example: ReplayedDemand) {
    let replay = BurstReplay(
      demand: example.demand.map { $0 * 120 }, initialBurst: example.initialBurst)
    #expect(replay.leastCapacity() == example.least)
    #expect(replay.holds(at: example.least))
    #expect(example.least == 1 || !replay.holds(at: example.least - 1))
    #expect(replay.peakMinute == max(1, Int(example.demand.max() ?? 0)))
  }

  @Test func `capacity of 150 units that idled serves twice as much for five minutes`() {
    // 300 s of 150 are 45,000; 300 s at 300 use 90,000 of which 45,000 come in meanwhile.
    let lull = minutes(5, at: 0).map { $0 * 120 }
    func replay(_ rate: Int64) -> BurstReplay {
      BurstReplay(demand: lull + minutes(5, at: rate).map { $0 * 120 }, initialBurst: 0)
    }
    #expect(replay(300).holds(at: 150))
    #expect(!replay(301).holds(at: 150))
  }

  @Test func `half-units round up to a whole one`() {
    #expect(BurstReplay(demand: [121], initialBurst: 0).leastCapacity() == 2)
    #expect(BurstReplay(demand: [120], initialBurst: 0).leastCapacity() == 1)
  }

  /// 10 min at 1/s, then 4 min at 20/s, with an empty bucket at the start: 240 (20 - r) <= 300 r
  /// gives 8.9.
  private func lunchRush(capacity: Int) -> String {
    """
    version: 1
    tables:
      - name: orders
        partition-key: id S
        billing-mode: PROVISIONED
        read-capacity: \(capacity)
        write-capacity: 1
        item-count: 1000
        item-size: 1KB
    traffic:
      - name: shop
        arrivals: constant
        rate:
          - {hold: 1/s, for: 10m}
          - {hold: 20/s, for: 4m}
        operations:
          - {get: orders, consistency: strong}
    client: {retries: none}
    model: {initial-burst: empty}
    run: {duration: 14m, replications: 1}
    """
  }

  @Test func `the capacity a finding proposes stops the throttling it explains`() throws {
    let scenario = try loaded(lunchRush(capacity: 5))
    let plan = Planner(scenario).plan([simulated(scenario)]).plan
    let finding = try #require(plan.findings.first { $0.title.contains("throttles reads") })
    #expect(
      finding.remedies[0].hasPrefix("Set read-capacity of orders to at least 9 RCU"),
      "\(finding.remedies)")
    #expect(finding.remedies[0].contains("or to 20 so that no minute needs burst"))
    // An empty bucket refuses until its first token, so the very first seconds do not count.
    func throttles(_ capacity: Int) throws -> Int64 {
      simulated(try loaded(lunchRush(capacity: capacity))).resources[0].read.throttles[0]
        .dropFirst()
        .reduce(0, +)
    }
    #expect(try throttles(5) > 0)
    #expect(try throttles(8) > 0)
    #expect(try throttles(9) == 0)
  }
}
