// Why: a difference that is noise must not be called a bias, nor a bias noise.

import Results
import Scenarios
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

  private func comparison(
    _ scenario: Scenario, exact: [RunRecord], steps: [RunRecord]
  ) -> MethodComparison {
    var comparison = MethodComparison(scenario)
    for (exact, steps) in zip(exact, steps) { comparison.add(exact: exact, steps: steps) }
    return comparison
  }

  /// Read units 100 and 100 against 101 and 103: +1 and +3 %, mean 2 %, s = 1.414, half-width
  /// 12.706 x 1.414 / sqrt(2) = 12.706 %. Failures 10 and 30 against 11 and 31: +1 each of a mean
  /// of 20, 5 % without any spread.
  /// Failures 0, 0, 0, 9 against 1, 1, 1, 6: mean 2.25, s = 4.5. The differences 1, 1, 1, -3 have
  /// mean 0 and s = 2, half-width 3.182 x 2 / 2 = 3.182: beyond a ten-thousandth of few requests,
  /// within it of many.
  @Test("a count near zero is held against the requests", arguments: [100, 100_000])
  func rare(requests: Int64) throws {
    let scenario = try loaded(ordersText())
    func records(_ failed: [Int64]) -> [RunRecord] {
      failed.map { failed in
        record(failed: failed, halves: 200).with {
          for operation in $0.operations.indices { $0.operations[operation].requests = 0 }
          $0.operations[0].requests = requests
        }
      }
    }
    let comparison = comparison(
      scenario, exact: records([0, 0, 0, 9]), steps: records([1, 1, 1, 6]))
    let row = try #require(comparison.rows.first { $0.quantity == "failed requests" })
    #expect(row.isRare && row.absolute.value == 0)
    #expect(abs((row.absolute.halfWidth ?? 0) - 3.182) < 0.001)
    #expect(abs((row.difference.halfWidth ?? 0) - 3.182 / Double(requests)) < 1e-4)
    #expect(row.standing == (requests == 100 ? .undecided : .within))
    #expect(abs((row.mostOfRequests ?? 0) - 3.182 / Double(requests)) < 1e-4)
    let units = try #require(comparison.rows.first { $0.quantity == "read units" })
    #expect(!units.isRare)
  }

  @Test("differences are means over pairs with their interval")
  func rows() throws {
    let scenario = try loaded(ordersText())
    let comparison = comparison(
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
