// The published figures, checked against other published figures that follow from them.
//
// Most constants are used by a case of their own section; what stands here is what ties several
// together, so that a wrong digit in one of them shows.

import Capacity
import Testing
import Units

/// A mistyped limit would bend every plan silently; these relations come from the same sources.
@Suite struct CostServiceConstantsTests {
  /// capacity.md 2: a new on-demand table has 4 partitions = 12,000 / 3,000 = 4,000 / 1,000.
  @Test func newTablesHaveFourPartitionsOnBothAxes() {
    #expect(
      ServiceConstants.onDemandInitialReadUnits == 4 * ServiceConstants.partitionReadUnits)
    #expect(
      ServiceConstants.onDemandInitialWriteUnits == 4 * ServiceConstants.partitionWriteUnits)
  }

  /// capacity.md 2: a 20 KB item allows 600 strong reads per second.
  @Test func oneHotItemIsBoundByItsPartition() {
    let each = ReadCost.readUnits(bytes: 20 * 1_024, consistency: .strong)
    #expect(ServiceConstants.partitionReadUnits * 2 / Int(each.halves) == 600)
  }

  /// capacity.md 3.1: 150 units/s idle for 5 minutes leave 45,000 units; the bucket holds 300 s.
  @Test func burstHoldsFiveMinutes() {
    #expect(150 * ServiceConstants.burstSeconds == 45_000)
  }

  /// capacity.md 3.1: 4 decreases at the day's start and one in each further hour make 27.
  @Test func decreasesAddUpToADay() {
    #expect(
      ServiceConstants.decreasesBanked + 23 * ServiceConstants.decreasesPerHour
        == ServiceConstants.decreasesPerDay)
  }

  /// capacity.md 4: doubling 2,000 and 6,000, the older wording, gives what a new table serves.
  @Test func newTablesServeTwiceTheOldPeak() {
    #expect(
      ServiceConstants.onDemandInitialWriteUnits == 2_000 * ServiceConstants.onDemandPeakFactor)
    #expect(
      ServiceConstants.onDemandInitialReadUnits == 6_000 * ServiceConstants.onDemandPeakFactor)
    #expect(ServiceConstants.onDemandPeakSeconds == 30 * 60)
  }

  /// capacity.md 5: thresholds of live alarms at 70 %: 42 and 210 high, 360 and 150 low.
  @Test(arguments: [(1, 42, nil as Int?), (5, 210, 150), (12, 504, 360)])
  func alarmThresholdsFollow(_ provisioned: Int, _ high: Int, _ low: Int?) {
    let perPeriod = provisioned * ServiceConstants.alarmPeriodSeconds
    let target = ServiceConstants.autoscalingTargetPercent
    #expect(perPeriod * target / 100 == high)
    if let low {
      let margin = ServiceConstants.scaleInMarginPercentagePoints
      #expect(perPeriod * (target - margin) / 100 == low)
    }
  }

  /// capacity.md 1.11 and pages 1.2, 1.8: the limits in the service's binary units.
  @Test func limitsAreBinary() {
    #expect(ServiceConstants.itemBytes == 400 * 1_024)
    #expect(ServiceConstants.pageBytes == 1_024 * 1_024)
    #expect(ServiceConstants.getRecordsBytes == ServiceConstants.pageBytes)
    #expect(ServiceConstants.batchGetBytes == 16 * ServiceConstants.pageBytes)
    #expect(ServiceConstants.batchWriteBytes == 16 * ServiceConstants.pageBytes)
    #expect(ServiceConstants.transactionBytes == 4 * ServiceConstants.pageBytes)
    #expect(ServiceConstants.expressionValuesBytes == 2 * ServiceConstants.pageBytes)
    #expect(ServiceConstants.expressionBytes == 4 * 1_024)
    #expect(ServiceConstants.partitionBytes.count == 10 * 1_024 * 1_024 * 1_024)
    #expect(ServiceConstants.itemCollectionBytes == ServiceConstants.partitionBytes)
  }
}
