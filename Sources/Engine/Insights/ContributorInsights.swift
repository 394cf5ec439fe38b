// UpdateContributorInsights, DescribeContributorInsights, ListContributorInsights, and the report
// of what was counted.
//
// Settings are kept with the table, counts are not. There is no CloudWatch to ask for the rules'
// reports: /_plimsoll/insights shows them. Modes, rules and the metric: developer guide,
// contributorinsights_HowItWorks; how the names of an index's rules begin is inferred.

import Capacity
import DataModel
import ServiceAPI

/// What was asked for about the insights of a table or global index.
struct InsightsSetting: Hashable, Sendable {
  var isEnabled: Bool
  var mode: String
  var changedAtMilliseconds: Int64
}

extension DatabaseState {
  func updateContributorInsights(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let (table, index) = try insightsTarget(request)
    let known = table.definition.insights[index ?? ""]
    let isEnabled = request["ContributorInsightsAction"]?.text == "ENABLE"
    let mode =
      request["ContributorInsightsMode"]?.text ?? known?.mode
      ?? InsightsMode.accessedAndThrottled.rawValue
    table.definition.insights[index ?? ""] = InsightsSetting(
      isEnabled: isEnabled, mode: mode, changedAtMilliseconds: wallMilliseconds)
    try save(table)
    table.startInsights(keepingCounts: true)
    var writer = ReplyWriter()
    writer.beginObject()
    writer.insights(of: table, index)
    writer.member("ContributorInsightsStatus", isEnabled ? "ENABLING" : "DISABLING")
    writer.member("ContributorInsightsMode", mode)
    writer.endObject()
    return writer.bytes
  }

  func describeContributorInsights(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let (table, index) = try insightsTarget(request)
    var writer = ReplyWriter()
    writer.beginObject()
    writer.insights(of: table, index)
    if let setting = table.definition.insights[index ?? ""] {
      writer.key("ContributorInsightsRuleList")
      writer.beginArray()
      for rule in table.insightsRules(index) {
        writer.value(table.insightsName(of: rule, index, setting))
      }
      writer.endArray()
      writer.status(of: setting)
      writer.key("LastUpdateDateTime")
      writer.value(epochMilliseconds: setting.changedAtMilliseconds)
    } else {
      writer.member("ContributorInsightsStatus", "DISABLED")
    }
    writer.endObject()
    return writer.bytes
  }

  func listContributorInsights(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    var names = tables.keys.sorted()
    if let name = request["TableName"]?.text { names = [try described(name).name] }
    let all = names.compactMap { tables[$0] }.flatMap { table in
      table.definition.insights.keys.sorted().map { (table, $0) }
    }
    let start = request["NextToken"]?.text.map { Int($0) ?? -1 } ?? 0
    guard (0...all.count).contains(start) else { throw .validation("Invalid NextToken") }
    // The model states no least number.
    let page = all[start...].prefix(max(1, request["MaxResults"]?.integer ?? 100))
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("ContributorInsightsSummaries")
    writer.beginArray()
    for (table, index) in page {
      guard let setting = table.definition.insights[index] else { continue }
      writer.beginObject()
      writer.insights(of: table, index.isEmpty ? nil : index)
      writer.status(of: setting)
      writer.endObject()
    }
    writer.endArray()
    if page.endIndex < all.endIndex { writer.member("NextToken", String(page.endIndex)) }
    writer.endObject()
    return writer.bytes
  }

  /// The table and, if one is named, the global index of a request.
  private func insightsTarget(_ request: WireValue) throws(ServiceError) -> (Table, String?) {
    let table = try described(request["TableName"]?.text ?? "")
    guard let name = request["IndexName"]?.text else { return (table, nil) }
    guard table.definition.globalIndexes.contains(where: { $0.name == name }) else {
      throw ServiceError(
        "ResourceNotFoundException",
        message: "Requested resource not found: Table: \(table.name) has no global index \(name)")
    }
    return (table, name)
  }

  // MARK: Report

  /// The heaviest keys that the service's console shows at most.
  private static let contributors = 25

  /// What was counted, as JSON: every rule with its heaviest keys.
  func insightsReport() -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("Resources")
    writer.beginArray()
    for name in tables.keys.sorted() {
      guard let table = tables[name], let counted = table.insights else { continue }
      for index in counted.keys.sorted() {
        guard let counts = counted[index] else { continue }
        write(counts, of: table, index.isEmpty ? nil : index, &writer)
      }
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  private func write(
    _ counts: ContributorCounts, of table: Table, _ index: String?, _ writer: inout ReplyWriter
  ) {
    guard let setting = table.definition.insights[index ?? ""] else { return }
    let keys = table.insightsKeys(index)
    writer.beginObject()
    writer.insights(of: table, index)
    writer.member("ContributorInsightsMode", setting.mode)
    writer.key("Rules")
    writer.beginArray()
    for rule in table.insightsRules(index) {
      writer.beginObject()
      writer.member("RuleName", table.insightsName(of: rule, index, setting))
      writer.member("Metric", rule.metric)
      writer.key("Contributors")
      writer.beginArray()
      for entry in counts.tallies[rule]?.heaviest(Self.contributors) ?? [] {
        var decoder = KeyDecoder(storageKey: entry.key)
        var attributes = AttributeMap()
        for key in keys.partition + (rule.isOfItems ? keys.sort : []) {
          attributes[key.name] = decoder.next(key.type)
        }
        writer.beginObject()
        writer.key("Keys")
        writer.attributes(attributes)
        for (name, weight) in [("Value", entry.weight), ("MayBeTooHighBy", entry.error)] {
          writer.key(name)
          if rule.isOfThrottles {
            writer.value(Int(weight))
          } else {
            writer.value(CapacityUnits(halves: weight))
          }
        }
        writer.endObject()
      }
      writer.endArray()
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
  }
}

extension Table {
  /// Begins to count what is enabled and not counted, and ends the rest.
  func startInsights(keepingCounts: Bool = false) {
    var running: [String: ContributorCounts] = [:]
    for (index, setting) in definition.insights where setting.isEnabled {
      guard let mode = InsightsMode(rawValue: setting.mode) else { continue }
      if keepingCounts, let known = insights?[index], known.mode == mode {
        running[index] = known
      } else {
        let keys = insightsKeys(index.isEmpty ? nil : index)
        running[index] = ContributorCounts(mode, partition: keys.partition, sort: keys.sort)
      }
    }
    insights = running.isEmpty ? nil : running
  }

  fileprivate func insightsKeys(
    _ index: String?
  ) -> (partition: [KeyAttribute], sort: [KeyAttribute]) {
    guard let index else { return ([key.partition], [key.sort].compactMap(\.self)) }
    let definition = definition.globalIndexes.first { $0.name == index }
    return (definition?.partition ?? [], definition?.sort ?? [])
  }

  /// The rules that the service has for the table or index; none while it is disabled.
  fileprivate func insightsRules(_ index: String?) -> [ContributorCounts.Rule] {
    guard let setting = definition.insights[index ?? ""], setting.isEnabled else { return [] }
    let hasSortKey = !insightsKeys(index).sort.isEmpty
    return InsightsMode(rawValue: setting.mode)?.rules(hasSortKey: hasSortKey) ?? []
  }

  /// At most the 128 characters of a rule's name.
  fileprivate func insightsName(
    of rule: ContributorCounts.Rule, _ index: String?, _ setting: InsightsSetting
  ) -> String {
    let resource = name + (index.map { "-" + $0 } ?? "")
    let end = "-\(setting.changedAtMilliseconds)"
    let start = "DynamoDBContributorInsights-\(rule.rawValue)-\(resource)"
    return start.prefix(128 - end.utf8.count) + end
  }
}

extension ReplyWriter {
  fileprivate mutating func insights(of table: Table, _ index: String?) {
    member("TableName", table.name)
    if let index { member("IndexName", index) }
  }

  fileprivate mutating func status(of setting: InsightsSetting) {
    member("ContributorInsightsStatus", setting.isEnabled ? "ENABLED" : "DISABLED")
    member("ContributorInsightsMode", setting.mode)
  }
}
