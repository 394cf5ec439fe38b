// Why: eventually consistent reads may exceed the leader's ceiling only as far as two more replicas
// carry them, and must not touch what strong reads and writes have. Closed forms for one partition
// of three replicas: each serves 3,000 strong units/s or e eventually consistent ones, so the
// latter total 3 e, and beside s strong units/s on the leader they total 2 e + e (1 - s / 3,000).

import Capacity
import Testing
import Units

@Suite struct ReplicaReadTheoryTests {
  /// Units/s admitted on one on-demand partition under Poisson-free, evenly spaced overload.
  private func admitted(
    replicaReads: Int?, strong: Int64, eventual: Int64, writes: Int64 = 0, isCombined: Bool = false
  ) -> (strong: Double, eventual: Double, write: Double) {
    var settings = CapacitySettings()
    settings.replicaReadUnits = replicaReads
    settings.splitForHeat = false
    settings.combinedPartitionLimit = isCombined
    var resource = ResourceThroughput(
      isIndex: false, mode: .onDemand(maximumRead: nil, maximumWrite: nil))
    resource.partitions = 1
    var admission = ResourceAdmission(resource, settings: settings)
    var taken = (strong: Int64(0), eventual: Int64(0), write: Int64(0))
    // The first ten seconds empty the buckets; the next hundred are measured.
    for step in 0..<Int64(110_000) {
      let now = Instant.start + .milliseconds(step)
      let counts = step >= 10_000
      func ask(_ axis: CapacityAxis, isEventual: Bool, halves: Int64, perSecond: Int64) -> Int64 {
        // Requests of `halves` that keep the rate: those due in this millisecond.
        let due =
          perSecond * 2 * (step + 1) / 1_000 / halves - perSecond * 2 * step / 1_000 / halves
        var passed: Int64 = 0
        for _ in 0..<due {
          guard
            admission.check(axis, isEventual: isEventual, position: 0, at: now).isAdmitted
          else { continue }
          admission.consume(
            axis, isEventual: isEventual, units: CapacityUnits(halves: halves), position: 0,
            at: now)
          passed += halves
        }
        return counts ? passed : 0
      }
      taken.strong += ask(.read, isEventual: false, halves: 2, perSecond: strong)
      taken.eventual += ask(.read, isEventual: true, halves: 1, perSecond: eventual)
      taken.write += ask(.write, isEventual: false, halves: 2, perSecond: writes)
    }
    return (Double(taken.strong) / 200, Double(taken.eventual) / 200, Double(taken.write) / 200)
  }

  @Test("without replicas the published 3,000 units/s bound reads of either consistency")
  func published() {
    #expect(abs(admitted(replicaReads: nil, strong: 4_000, eventual: 0).strong - 3_000) < 3)
    #expect(abs(admitted(replicaReads: nil, strong: 0, eventual: 5_000).eventual - 3_000) < 3)
  }

  @Test(
    "three replicas give 3 e to eventually consistent reads, the leader 3,000 to strong ones",
    arguments: [100, 1_500, 3_000])
  func saturated(unitsPerReplica: Int) {
    let ceiling = Double(unitsPerReplica) * 3
    let eventual = admitted(
      replicaReads: unitsPerReplica, strong: 0, eventual: Int64(ceiling * 1.5)
    ).eventual
    #expect(abs(eventual / ceiling - 1) < 0.005, "\(eventual)")
    let strong = admitted(replicaReads: unitsPerReplica, strong: 4_000, eventual: 0).strong
    #expect(abs(strong - 3_000) < 3)
  }

  @Test("4,500 units/s, 9,000 reads/s of 4 KB, as measured on one partition (capacity.md 8)")
  func measured() {
    let eventual = admitted(replicaReads: 1_500, strong: 0, eventual: 7_000).eventual
    #expect(abs(eventual - 4_500) < 20, "\(eventual)")
  }

  @Test("strong reads take from the leader alone")
  func mixed() {
    // 1,000 of 3,000 strong units leave the leader 2/3 of its 1,500: 1,000 + 2 x 1,500. Overload
    // of both lets strong reads take what they ask for only as the leader's tokens come by, so the
    // eventually consistent ones ask for little more than they get.
    let both = admitted(replicaReads: 1_500, strong: 1_000, eventual: 2_700)
    #expect(abs(both.strong - 1_000) < 2 && abs(both.eventual - 2_700) < 3)
    // A leader that strong reads saturate still leaves the followers 2 x 1,500.
    let followers = admitted(replicaReads: 1_500, strong: 6_000, eventual: 6_000)
    let leader = followers.strong + 2 * (followers.eventual - 3_000)
    #expect(followers.eventual >= 2_990 && abs(leader - 3_000) < 30, "\(followers)")
  }

  @Test("under a combined ceiling writes weigh on all three replicas")
  func combined() {
    // 500 write units are half of every replica: 3 x 750 are left.
    let half = admitted(
      replicaReads: 1_500, strong: 0, eventual: 2_200, writes: 500, isCombined: true)
    #expect(abs(half.write - 500) < 2 && abs(half.eventual - 2_200) < 3, "\(half)")
  }
}
