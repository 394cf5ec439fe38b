// The capacity side of one table or global secondary index in one region: admission, scaling and
// the counts that the record is made of.

import Capacity
import RequestStreams
import Results
import Scenarios
import Statistics
import Units

/// Capacity of one table or index.
struct SimulatedResource {
  let table: String
  let index: String?
  let region: String
  let isOnDemand: Bool
  var admission: ResourceAdmission
  var scaling: AxisPair<TargetTracking?>
  /// The same table or index in the other regions of a global table.
  var replicas: [Int] = []
  /// Which UpdateTable slot its table and region share.
  var slot = 0
  var allowance = DecreaseAllowance()
  var meters = AxisPair(read: AxisMeter(), write: AxisMeter())
  /// Partition keys by units asked for, and by throttle events.
  var units = TopK(capacity: 768)
  var throttles = TopK(capacity: 768)
  /// Decided but not yet effective provisioned values, oldest first: the next UpdateTable may be
  /// decided for the very instant at which the one before it completes.
  var pending: AxisPair<[PendingCapacity]> = AxisPair(read: [], write: [])
  /// A scale-in is being refused; told once, however long it lasts.
  var isScaleInRefused = AxisPair(read: false, write: false)
  var itemsAtStart: Int64 = 0
  var bytesAtStart: Int64 = 0
  var timeToLiveDeletes: Int64 = 0
  var streamRecords: Int64 = 0
  var captureUnits: Int64 = 0
  /// nil: nobody who pays reads the stream.
  var consumers: StreamConsumers?
  var replicated = CapacityUnits.zero
  /// Of these, what this region's own clients wrote.
  var sent = CapacityUnits.zero

  var name: String { index.map { "\(table)/\($0)" } ?? table }

  /// "orders" or "orders@eu-west-1" for a replica.
  func label(home: String) -> String { region == home ? name : "\(name)@\(region)" }

  /// Counts and charges admitted units.
  mutating func consume(_ axis: CapacityAxis, _ charge: Charge, at now: Instant) {
    admission.consume(
      axis, isEventual: charge.isEventual, units: charge.units, position: charge.place.position,
      at: now)
    axis == .read ? meters.read.consumed(charge.units) : meters.write.consumed(charge.units)
  }

  /// Counts what an attempt asked for on a key, whether it is admitted or not.
  @inline(__always)
  mutating func demand(_ axis: CapacityAxis, _ charge: Charge) {
    axis == .read ? meters.read.demanded(charge.units) : meters.write.demanded(charge.units)
    units.add(charge.place.key, weight: charge.units.halves)
  }

  /// Counts a refused attempt; returns whether it is the axis's first.
  mutating func refuse(
    _ axis: CapacityAxis, _ charge: Charge, cause: ThrottleCause, at now: Instant
  ) -> Bool {
    throttles.add(charge.place.key, weight: 1)
    return axis == .read
      ? meters.read.throttled(cause, units: charge.units, at: now)
      : meters.write.throttled(cause, units: charge.units, at: now)
  }
}

/// A provisioned value on its way.
struct PendingCapacity {
  var units: Int
  var effectiveAt: Instant
}
