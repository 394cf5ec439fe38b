// The generated table says exactly what its source says, and what is missing stays missing.

import FoundationEssentials
import Testing
import Units

@testable import Pricing

/// A row of scripts/prices.csv, read by a second, independent reader.
private struct SourceRow {
  var region: String
  var item: String
  var unit: String
  var price: String
  var source: String
}

private func sourceRows() throws -> [SourceRow] {
  let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  let text = try String(contentsOf: root.appending(path: "scripts/prices.csv"), encoding: .utf8)
  return text.split(whereSeparator: \.isNewline).dropFirst().map { line in
    var fields = [""]
    var isQuoted = false
    for character in line {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == ",", !isQuoted {
        fields.append("")
      } else {
        fields[fields.count - 1].append(character)
      }
    }
    return SourceRow(
      region: fields[0], item: fields[1], unit: fields[2], price: fields[3], source: fields[4])
  }
}

@Suite struct PriceListTests {
  let list = PriceList.published

  @Test func `every row of the source table is in the list and nothing else`() throws {
    let rows = try sourceRows()
    #expect(rows.count == 818)
    var regional = 0
    for row in rows {
      let amount = try #require(Money(decimal: row.price), "\(row)")
      if row.region == "*" {
        #expect(list.allowance(row.item).map { Money.dollars($0) } == amount)
        continue
      }
      regional += 1
      let price = try #require(list.price(row.item, in: row.region), "\(row)")
      #expect(price.amount == amount, "\(row)")
      #expect(list.units[row.item] == row.unit)
      #expect(price.isInferred == row.source.hasPrefix("INFERRED"), "\(row)")
      #expect(
        price.isDoubtful == (row.source.contains("SUSPECT") || row.source.contains("low conf")))
      #expect(!price.source.isEmpty && !price.asOf.isEmpty && !price.source.contains("public copy"))
    }
    #expect(list.count == regional)
    #expect(list.regions == Set(rows.map(\.region)).subtracting(["*"]).sorted())
  }

  /// Names of price units and how many units one price covers.
  @Test(arguments: [
    ("ondemand_wru_standard", "million WRU", 1_000_000),
    ("provisioned_rcu_standard", "RCU-hour", 1), ("storage_standard", "GB-month", 1),
    ("reserved_1yr_rcu_hourly", "100 units, hour", 100),
    ("reserved_1yr_rcu_upfront", "100 units, once", 100),
    ("dax_node_dax.r5.large", "node-hour", 1), ("streams_getrecords", "request", 1),
    ("cdc_kinesis", "million change data capture units", 1_000_000),
    ("import_s3", "GB uncompressed", 1),
  ])
  func `a price says what it applies to`(item: String, per: String, units: Int) throws {
    let price = try #require(list.price(item, in: "us-east-1"))
    #expect(price.per == per)
    #expect(price.units == units)
  }

  @Test(arguments: [
    ("us-esat-1", "us-east-1"), ("eu-west1", "eu-west-1"), ("us-west-4", "us-west-1"),
    ("eu-centrall-1", "eu-central-1"), ("us-gov-east1", "us-gov-east-1"),
  ])
  func `a misspelt region has a suggestion`(typed: String, meant: String) {
    #expect(list.suggestion(forRegion: typed) == meant)
  }

  @Test func `a name like no region has none`() {
    #expect(list.suggestion(forRegion: "frankfurt") == nil)
  }

  @Test(arguments: [
    ("us-east-1", ""), ("us-east-2", "USE2-"), ("eu-west-1", "EU-"), ("ap-south-1", "APS3-"),
    ("sa-east-1", "SAE1-"), ("xx-nowhere-9", "xx-nowhere-9-"),
  ])
  func `usage types carry the billing code of the region`(region: String, prefix: String) {
    #expect(usageTypePrefix(region: region) == prefix)
  }

  @Test func `every region of the list has a billing code of its own`() {
    let prefixes = list.regions.map(usageTypePrefix(region:))
    #expect(Set(prefixes).count == list.regions.count)
    #expect(zip(list.regions, prefixes).allSatisfy { $0 + "-" != $1 })
  }

  @Test func `a scenario's own price replaces or completes the list`() {
    var own = list
    #expect(
      own.override(item: "storage_standard", in: "us-east-1", dollars: "0.2") == .applied)
    #expect(own.price("storage_standard", in: "us-east-1")?.amount == dollars("0.2"))
    #expect(own.price("storage_standard", in: "us-west-2")?.amount == dollars("0.25"))
    let node = PriceItem.daxNode("dax.r7i.large")
    #expect(own.price(node, in: "eu-west-1") == nil)
    #expect(own.override(item: node, in: "eu-west-1", dollars: "0.3") == .applied)
    #expect(own.price(node, in: "eu-west-1")?.per == "node-hour")
    #expect(
      own.override(item: "storage_standrad", in: "us-east-1", dollars: "1")
        == .unknownItem(nearest: "storage_standard"))
    for text in ["", "free", "-1", "1,5"] {
      #expect(
        own.override(item: "storage_standard", in: "us-east-1", dollars: text) == .malformedPrice)
    }
  }
}

/// Ratios between prices that hold in every region (pricing.md 2), so a slipped digit shows.
@Suite struct PriceRatioPropertyTests {
  let list = PriceList.published

  private func ratio(_ a: String, _ b: String, _ region: String) throws -> Double {
    let top = try #require(list.price(a, in: region), "\(a) \(region)")
    let bottom = try #require(list.price(b, in: region), "\(b) \(region)")
    return top.amount.inDollars / bottom.amount.inDollars
  }

  @Test(arguments: PriceList.published.regions)
  func `writes cost five reads`(region: String) throws {
    for (write, read) in [
      ("ondemand_wru_standard", "ondemand_rru_standard"),
      ("provisioned_wcu_standard", "provisioned_rcu_standard"),
      ("ondemand_wru_standard_ia", "ondemand_rru_standard_ia"),
    ] where list.price(read, in: region)?.isDoubtful == false {
      #expect(abs(try ratio(write, read, region) - 5) < 0.08, "\(write) \(region)")
    }
  }

  @Test(arguments: PriceList.published.regions)
  func `replicated writes cost what plain ones do`(region: String) throws {
    for (replicated, plain) in [
      ("ondemand_rwru_standard", "ondemand_wru_standard"),
      ("ondemand_rwru_standard_ia", "ondemand_wru_standard_ia"),
      ("provisioned_rwcu_standard", "provisioned_wcu_standard"),
      ("provisioned_rwcu_standard_ia", "provisioned_wcu_standard_ia"),
    ] { #expect(try ratio(replicated, plain, region) == 1) }
  }

  @Test(arguments: PriceList.published.regions)
  func `Standard-IA trades throughput for storage`(region: String) throws {
    for axis in ["rcu", "wcu"] {
      let name = "provisioned_\(axis)_standard_ia"
      if list.price(name, in: region)?.isDoubtful == true { continue }
      let times = try ratio(name, "provisioned_\(axis)_standard", region)
      #expect((1.22...1.26).contains(times), "\(name) \(region) \(times)")
    }
    #expect(abs(try ratio("storage_standard_ia", "storage_standard", region) - 0.4) < 0.002)
  }

  @Test(arguments: PriceList.published.regions)
  func `backups cost a fixed share of storage`(region: String) throws {
    for (item, share) in [
      ("pitr_backup_storage", 0.8), ("ondemand_backup_storage_warm", 0.4), ("table_restore", 0.6),
    ] { #expect(abs(try ratio(item, "storage_standard", region) - share) < 0.001) }
  }
}
