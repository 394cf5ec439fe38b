// What a bill takes for granted, one sentence each, only where it bears on this usage.

import Capacity
import Units

extension BillBuilder {
  func assumptions(for usage: BilledUsage, inferred: [String]) -> [String] {
    let resources = usage.resources
    let hasProvisioned = resources.contains { !$0.isOnDemand }
    let hasItems = resources.contains { $0.storage.items > 0 }
    var out = [
      "The month has \(rules.monthHours) hours and repeats the simulated"
        + " \(Nanoseconds.minutes(Int64(usage.runMinutes))) from start to end until it is full."
    ]
    if hasProvisioned { out.append(hourRuleText) }
    if rules.freeTier {
      out.append(
        "The free tier is applied in full to this usage, once per region: 25 GB of Standard storage"
          + " and 18,600 RCU-, WCU- and rWCU-hours, after reserved capacity.")
    } else {
      out.append("The free tier is not applied; an account shares it among all its tables.")
    }
    if resources.contains(where: { $0.streamReads > 0 }) {
      out.append("The first 2.5 million GetRecords calls of the month are free in any case.")
    }
    out.append("1 GB is 1,073,741,824 bytes.")
    if hasItems {
      out.append(
        "Storage is billed at the average size of the run with 100 bytes of overhead per item and"
          + " index entry, 48 more per item of a global table; later growth is not projected."
      )
    }
    if resources.contains(where: \.isReplicated) {
      out.append(
        "Writes to a global table are billed as replicated write units in every region, the source"
          + " included; its global secondary indexes pay plain write units in every region.")
    }
    if !usage.keys.isEmpty {
      out.append(
        "Every caller has a table's key decrypted every five minutes, the most the service does.")
    }
    if rules.reserved != nil {
      out.append(
        "Reserved capacity is charged for every hour, used or not, with the upfront payment spread"
          + " over the term; it covers Standard tables and indexes of \(rules.region), in the order"
          + " listed, and no replicated writes.")
    }
    if !inferred.isEmpty {
      out.append(
        "Prices inferred from a ratio or another region: \(inferred.joined(separator: ", ")).")
    }
    out.append("Amounts are exact and rounded to cents only for display; taxes are not included.")
    return out
  }

  private var hourRuleText: String {
    switch rules.hourRule {
    case .max: "A provisioned hour costs its highest minute."
    case .mean: "A provisioned hour costs the mean of its minutes."
    case .sample(let seed):
      "A provisioned hour costs one of its minutes, picked at random with seed \(seed)."
    }
  }
}
