// Which region each fleet asks, and where a table or index of the home region stands there.
//
// A fleet speaks to the endpoint of one region: its reads and writes are served by that region's
// replica of a global table, whose capacity they consume, and its writes are repeated in all other
// regions, the home region included (capacity.md 1.8).

import Scenarios

/// Regions of a scenario's fleets.
struct FleetSites {
  /// By fleet: 0 for the home region, k for `resources[k - 1]`.
  private(set) var ofFleet: [Int] = []
  /// For each region but the home region: by position of a resource of the home region, its replica
  /// there.
  private(set) var resources: [[Int]] = []

  init(_ scenario: Scenario, _ all: [SimulatedResource]) {
    var regions: [String] = []
    for traffic in scenario.traffic {
      guard let region = traffic.region, region != scenario.cost.region else {
        ofFleet.append(0)
        continue
      }
      if !regions.contains(region) {
        regions.append(region)
        resources.append(
          all.indices.map { home in
            all[home].replicas.first { all[$0].region == region } ?? home
          })
      }
      ofFleet.append(1 + (regions.firstIndex(of: region) ?? 0))
    }
  }
}
