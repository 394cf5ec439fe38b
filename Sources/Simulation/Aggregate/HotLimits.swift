// The limits that requests come near, and the classes of requests that meet them.
//
// Where nothing is near a limit everything passes and needs no class. Otherwise each operation's
// routes are grouped by which near limits they meet; requests of a class share one chance to pass
// and one set of rings for their retries. The grouping changes when a limit comes near or is left
// behind; waiting retries then move with their routes.

import Capacity
import Units

/// A limit that may refuse.
struct HotLimit: Hashable {
  /// Resource × 2 + axis.
  var lane: Int
  /// The partition whose ceiling it is; -1 for the table level.
  var partition: Int

  var resource: Int { lane / 2 }
  var axis: CapacityAxis { lane % 2 == 0 ? .read : .write }
}

/// What a request of a class asks of a near limit.
struct LimitTouch {
  var limit: Int
  /// For a partition's ceiling: the near table level of its lane, or -1.
  var table: Int
  var halves: Double
  var charges: Double
  var prepared: Double
  /// Requests of this second that were cancelled elsewhere after passing here.
  var kept = 0.0
}

/// Requests of one operation that meet the same near limits.
struct RequestClass {
  var operation: Int
  /// Share of the operation's requests.
  var weight: Double
  var touches: [LimitTouch]
  var shares: [CellShare]
  var rings: [BackoffRing]
  /// This second: first attempts, requests that passed, requests cancelled.
  var new = 0.0
  var passed = 0.0
  var cancelled = 0.0
  /// Attempts of the tick in hand, by attempt.
  var tick: [Double]
  var ticked = 0.0

  var pending: Double { rings.reduce(0) { $0 + $1.pending } }
}

/// The near limits of a stretch of time and the classes they make.
struct HotSet {
  private(set) var limits: [HotLimit] = []
  var classes: [RequestClass] = []
  /// Class of every route, by operation; empty while all routes of an operation are one class.
  private var classOfRoute: [[Int]] = []
  /// First class of every operation.
  private var firstClass: [Int] = []
  /// Half-units and the like of each limit, for the steps.
  var offers: [BucketOffer] = []
  var chance: [Double] = []
  var taken: [Double] = []
  var refusals: [Double] = []
  var refusedHalves: [Double] = []
  /// Classes and touches of each limit.
  private(set) var users: [[(index: Int, touch: Int)]] = []
  /// Near limit of every lane's table level and of every cell, or -1.
  private(set) var limitOfLane: [Int]
  private(set) var limitOfCell: [Int]
  /// No class meets two limits, so chances need no iteration.
  private(set) var isSimple = true

  var isEmpty: Bool { limits.isEmpty }
  var hasPending: Bool { classes.contains { $0.pending > 0 } }

  /// Limits whose classes have retries waiting: they stay near until those have come back.
  var pendingLimits: [HotLimit] {
    var found: [HotLimit] = []
    for one in classes where one.pending > 0 {
      for touch in one.touches where !found.contains(limits[touch.limit]) {
        found.append(limits[touch.limit])
      }
    }
    return found
  }

  /// The operation's waiting retries by route are split as the routes' weights.
  init(
    _ limits: [HotLimit], _ matrix: DemandMatrix, _ flows: [OperationFlow],
    rings: (Int) -> [BackoffRing]
  ) {
    self.limits = limits
    var tableLimit = Array(repeating: -1, count: matrix.laneCount)
    var cellLimit = Array(repeating: -1, count: matrix.cellCount)
    for (index, limit) in limits.enumerated() {
      if limit.partition < 0 {
        tableLimit[limit.lane] = index
      } else {
        cellLimit[matrix.firstCell[limit.lane] + limit.partition] = index
      }
    }
    limitOfLane = tableLimit
    limitOfCell = cellLimit
    for operation in flows.indices {
      firstClass.append(classes.count)
      add(operation, flows[operation].attempts, matrix, rings(operation))
    }
    offers = Array(repeating: BucketOffer(halves: 0, rate: 0, depth: 0), count: limits.count)
    chance = Array(repeating: 1, count: limits.count)
    taken = Array(repeating: 0, count: limits.count)
    refusals = taken
    refusedHalves = taken
    users = Array(repeating: [], count: limits.count)
    for index in classes.indices {
      if classes[index].touches.count > 1 { isSimple = false }
      for touch in classes[index].touches.indices {
        users[classes[index].touches[touch].limit].append((index, touch))
      }
    }
  }

  private mutating func add(
    _ operation: Int, _ attempts: Int, _ matrix: DemandMatrix, _ rings: [BackoffRing]
  ) {
    let routes = matrix.routes[operation]
    var members: [[Int]] = []
    var known: [[Int]: Int] = [:]
    var classOf: [Int] = []
    for (number, route) in routes.enumerated() {
      var met: [Int] = []
      for share in route.shares {
        for limit in [limitOfLane[matrix.lane[share.cell]], limitOfCell[share.cell]]
        where limit >= 0 && !met.contains(limit) {
          met.append(limit)
        }
      }
      met.sort()
      let place = known[met] ?? members.count
      if place == members.count {
        known[met] = place
        members.append([])
      }
      members[place].append(number)
      classOf.append(place)
    }
    classOfRoute.append(classOf)
    for group in members {
      let chosen = group.map { routes[$0] }
      let weight = chosen.reduce(0) { $0 + $1.weight }
      let shares = DemandMatrix.sum(chosen) { weight > 0 ? $0.weight / weight : 0 }
      let touches = touches(shares, matrix)
      classes.append(
        RequestClass(
          operation: operation, weight: weight, touches: touches, shares: shares,
          rings: touches.isEmpty ? [] : rings, tick: Array(repeating: 0, count: attempts)))
    }
  }

  /// What the shares of a class ask of the near limits.
  private func touches(_ shares: [CellShare], _ matrix: DemandMatrix) -> [LimitTouch] {
    var touches: [LimitTouch] = []
    for share in shares {
      let table = limitOfLane[matrix.lane[share.cell]]
      for (limit, above) in [(table, -1), (limitOfCell[share.cell], table)] where limit >= 0 {
        let place = touches.firstIndex { $0.limit == limit } ?? touches.count
        if place == touches.count {
          touches.append(LimitTouch(limit: limit, table: above, halves: 0, charges: 0, prepared: 0))
        }
        touches[place].halves += share.halves
        touches[place].charges += share.charges
        touches[place].prepared += share.prepared
      }
    }
    return touches
  }

  /// Takes over the retries that wait in `old`; `isSameMatrix` tells whether routes are the same.
  mutating func inherit(_ old: HotSet, _ matrix: DemandMatrix, isSameMatrix: Bool) {
    for index in old.classes.indices where old.classes[index].pending > 0 {
      let operation = old.classes[index].operation
      for (target, share) in heirs(of: index, in: old, operation, matrix, isSameMatrix) {
        for ring in classes[target].rings.indices {
          classes[target].rings[ring].take(share, of: old.classes[index].rings[ring])
        }
      }
    }
  }

  /// The classes that a class of `old` becomes, with the part of it that each gets.
  private func heirs(
    of index: Int, in old: HotSet, _ operation: Int, _ matrix: DemandMatrix, _ isSameMatrix: Bool
  ) -> [(Int, Double)] {
    var parts: [Int: Double] = [:]
    if isSameMatrix {
      for (route, place) in old.classOfRoute[operation].enumerated()
      where old.firstClass[operation] + place == index {
        let target = firstClass[operation] + classOfRoute[operation][route]
        parts[target, default: 0] += matrix.routes[operation][route].weight
      }
    } else {
      for target in classes.indices where classes[target].operation == operation {
        parts[target] = classes[target].weight
      }
    }
    // Retries need rings, which only classes that meet a limit have.
    let able = parts.keys.sorted().filter { !classes[$0].rings.isEmpty }
    let total = able.reduce(0) { $0 + (parts[$1] ?? 0) }
    guard total > 0 else { return [] }
    return able.map { ($0, (parts[$0] ?? 0) / total) }
  }
}
