// Why: a difference that is noise must not be called a bias, nor a bias noise.

import Results
import Statistics
import Testing

@testable import Planning

@Suite struct MethodComparisonTests {
  private func record(failed: Int64, halves: Int64) -> RunRecord {
    RunRecord.sample().with {
      $0.operations[0].failed = failed
      $0.resources[0].read.consumed = [halves, 0]
    }
  }

  /// Read units 100 and 100 against 101 and 103: +1 and +3 %, mean 2 %, s = 1.414, half-width
  /// 12.706 x 1.414 / sqrt(2) = 12.706 %. Failures 10 and 30 against 11 and 31: +1 each of a mean
  /// of 20, 5 % without any spread.
  @Test("differences are means over pairs with their interval")
  func rows() throws {
    let scenario = try loaded(ordersText())
    let comparison = MethodComparison(
      scenario, exact: [record(failed: 10, halves: 200), record(failed: 30, halves: 200)],
      steps: [record(failed: 11, halves: 202), record(failed: 31, halves: 206)])
    let rows = Dictionary(uniqueKeysWithValues: comparison.rows.map { ($0.quantity, $0) })
    let units = try #require(rows["read units"])
    #expect(units.exact == 100)
    #expect(abs(units.difference.value - 0.02) < 1e-12)
    #expect(abs((units.difference.halfWidth ?? 0) - 0.12706) < 1e-4)
    #expect(units.standing == .undecided)
    let failed = try #require(rows["failed requests"])
    #expect(abs(failed.difference.value - 0.05) < 1e-12)
    #expect(failed.standing == .apart)
    let bill = try #require(rows["bill of a month, $"])
    #expect(bill.standing == .within)
    #expect(rows["refused reads"] == nil, "nothing is refused by either method")
  }
}
