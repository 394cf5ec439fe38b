// Where the requests of each operation go, as routes over partitions.
//
// A cell is one axis of one partition of one table or index; a limit is what may refuse: a cell's
// ceiling or the table level of a resource's axis. Requests that ask the same cells form a route:
// for one-item operations a partition, for a write with an index a pair. The matrix is made from
// the sample again whenever partitions split, which is rare; steps only read it.

import Capacity
import Units

/// Part of a route or class in one cell, per request.
struct CellShare {
  var cell: Int
  var halves: Double
  /// Mean square of the half-units of a request, for its variance.
  var squares: Double
  /// Charges: what a refusal counts as events.
  var charges: Double
  /// Half-units kept when the transaction is cancelled.
  var prepared: Double
}

/// Requests that go the same way.
struct Route {
  /// Share of the operation's requests.
  var weight: Double
  /// Per request of the route, in order of cells.
  var shares: [CellShare]
}

/// Cells, and the routes of every operation over them.
struct DemandMatrix {
  /// First cell of each resource's reads, then writes: resource × 2 + axis; one more ends the last.
  private(set) var firstCell: [Int] = []
  /// Resource × 2 + axis of each cell.
  private(set) var lane: [Int] = []
  /// By operation.
  private(set) var routes: [[Route]] = []
  /// All routes together, per request of the operation.
  private(set) var totals: [[CellShare]] = []

  var cellCount: Int { lane.count }
  var laneCount: Int { firstCell.count - 1 }

  func partition(of cell: Int) -> Int { cell - firstCell[lane[cell]] }

  init(_ sample: RequestSample, _ resources: borrowing FixedBuffer<SimulatedResource>) {
    for resource in 0..<resources.count {
      let count = resources[resource].admission.partitions.count
      for axis in 0..<2 {
        firstCell.append(lane.count)
        lane += Array(repeating: resource * 2 + axis, count: count)
      }
    }
    firstCell.append(lane.count)
    for operation in sample.operations {
      var builder = RouteBuilder()
      for request in 0..<operation.count {
        for position in operation.charges(of: request) {
          let charge = operation.charges[position]
          let resource = Int(charge.resource)
          let partition = resources[resource].admission.partitions.partition(at: charge.position)
          builder.add(
            cell: firstCell[resource * 2 + (charge.isWrite ? 1 : 0)] + partition,
            halves: Double(charge.halves), prepared: Double(charge.prepared))
        }
        builder.endRequest(weight: operation.weights[request])
      }
      routes.append(builder.routes(requests: Double(max(1, operation.count))))
      totals.append(Self.sum(routes[routes.count - 1], of: { $0.weight }))
    }
  }

  /// The shares of several routes together, each weighted.
  static func sum(_ routes: [Route], of weight: (Route) -> Double) -> [CellShare] {
    var places: [Int: Int] = [:]
    var sums: [CellShare] = []
    for route in routes {
      let factor = weight(route)
      if factor == 0 { continue }
      for share in route.shares {
        let place = places[share.cell] ?? sums.count
        if place == sums.count {
          places[share.cell] = place
          sums.append(CellShare(cell: share.cell, halves: 0, squares: 0, charges: 0, prepared: 0))
        }
        sums[place].halves += factor * share.halves
        sums[place].squares += factor * share.squares
        sums[place].charges += factor * share.charges
        sums[place].prepared += factor * share.prepared
      }
    }
    return sums.sorted { $0.cell < $1.cell }
  }
}

/// Groups the requests of one operation by the cells they ask.
private struct RouteBuilder {
  private var request: [CellShare] = []
  private var places: [[Int]: Int] = [:]
  private var single: [Int: Int] = [:]
  private var routes: [Route] = []

  /// Adds a charge to the request in hand.
  mutating func add(cell: Int, halves: Double, prepared: Double) {
    var place = request.count
    for other in request.indices where request[other].cell == cell { place = other }
    if place == request.count {
      request.append(CellShare(cell: cell, halves: 0, squares: 0, charges: 0, prepared: 0))
    }
    request[place].halves += halves
    request[place].charges += 1
    request[place].prepared += prepared
  }

  /// Adds the request in hand to the route of its cells.
  mutating func endRequest(weight: Double) {
    if request.count > 1 { request.sort { $0.cell < $1.cell } }
    let route = place()
    routes[route].weight += weight
    for index in request.indices {
      routes[route].shares[index].halves += weight * request[index].halves
      routes[route].shares[index].squares += weight * request[index].halves * request[index].halves
      routes[route].shares[index].charges += weight * request[index].charges
      routes[route].shares[index].prepared += weight * request[index].prepared
    }
    request.removeAll(keepingCapacity: true)
  }

  /// Number of the route of the request in hand; routes are numbered as they appear.
  private mutating func place() -> Int {
    let known = request.count == 1 ? single[request[0].cell] : places[request.map(\.cell)]
    if let known { return known }
    let next = routes.count
    if request.count == 1 {
      single[request[0].cell] = next
    } else {
      places[request.map(\.cell)] = next
    }
    routes.append(
      Route(
        weight: 0,
        shares: request.map {
          CellShare(cell: $0.cell, halves: 0, squares: 0, charges: 0, prepared: 0)
        }))
    return next
  }

  /// The routes per request; weights as shares of `requests`.
  func routes(requests: Double) -> [Route] {
    routes.map { route in
      guard route.weight > 0 else { return route }
      return Route(
        weight: route.weight / requests,
        shares: route.shares.map {
          CellShare(
            cell: $0.cell, halves: $0.halves / route.weight, squares: $0.squares / route.weight,
            charges: $0.charges / route.weight, prepared: $0.prepared / route.weight)
        })
    }
  }
}
