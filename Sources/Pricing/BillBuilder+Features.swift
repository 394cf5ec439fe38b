// The parts of a bill beside throughput: storage, backups, streams, DAX, keys, transfers.
//
// Quantities are in the units of the price list (pricing.md 2): GB-months, GB, requests and
// node-hours. What each is measured on stands in pricing.md 3.

import Capacity
import Units

private let gigabyte: Int128 = 1 << 30

extension BillBuilder {
  func addStorage(of resource: ResourceUsage, to draft: inout BillDraft) {
    let isStandard = resource.tableClass == .standard
    let used = gigabytes(resource.billedBytes)
    let free =
      rules.freeTier && isStandard
      ? draft.ledger.take(used, of: FreeAllowance.storageGigabytes, region: resource.region) : .zero
    draft.add(
      Charge(
        resource: resource.name, region: resource.region,
        usageType: (isStandard ? "" : "IA-") + "TimedStorage-ByteHrs",
        item: PriceItem.storage(resource.tableClass),
        description: "Storage with overhead per item", unit: "GB-months", used: used, free: free))
  }

  func addFeatures(of resource: ResourceUsage, runMinutes: Int, to draft: inout BillDraft) {
    var charge = Charge(
      resource: resource.name, region: resource.region, usageType: "TimedPITRStorage-ByteHrs",
      item: PriceItem.pointInTimeRecovery, description: "Continuous backups", unit: "GB-months",
      used: gigabytes(resource.pointInTimeRecovery ?? .zero))
    draft.add(charge)
    charge.usageType = "TimedBackupStorage-ByteHrs"
    charge.item = PriceItem.backup
    charge.description = "On-demand backups"
    charge.used = resource.backups.reduce(.zero) { $0 + gigabyteMonths($1) }
    draft.add(charge)
    charge.usageType = "ChangeDataCaptureUnits-Kinesis"
    charge.item = PriceItem.changeDataCapture
    charge.description = "Change data capture to Kinesis"
    charge.unit = "units"
    charge.used = fill.scaled(resource.captureUnits, runMinutes: runMinutes)
    draft.add(charge)
    charge.usageType = "Streams-RequestsCount"
    charge.item = PriceItem.streamReads
    charge.description = "GetRecords calls on the stream"
    charge.unit = "requests"
    charge.used = fill.scaled(resource.streamReads, runMinutes: runMinutes)
    // The published price itself starts above the allowance, whatever the free-tier setting.
    charge.free = draft.ledger.take(charge.used, of: FreeAllowance.streamRequests, region: "*")
    draft.add(charge)
  }

  func addWarmThroughput(of resource: ResourceUsage, to draft: inout BillDraft) {
    for (axis, units) in [
      (CapacityAxis.read, resource.raisedWarmReadUnits), (.write, resource.raisedWarmWriteUnits),
    ] {
      draft.add(
        Charge(
          resource: resource.name, region: resource.region, usageType: "WarmThroughput",
          item: PriceItem.warmThroughput(axis),
          description: "Warm throughput raised for \(axis == .read ? "reads" : "writes"), once",
          unit: "units/s", used: Quantity(units)))
    }
  }

  func addNodes(of cache: CacheUsage, to draft: inout BillDraft) {
    let hours = min(cache.hours ?? rules.monthHours, rules.monthHours)
    var type = cache.nodeType[...]
    if type.hasPrefix("dax.") { type = type.dropFirst(4) }
    draft.add(
      Charge(
        resource: "DAX", region: cache.region, usageType: "NodeUsage:dax-\(type)",
        item: PriceItem.daxNode("dax.\(type)"), description: "\(cache.nodes) nodes dax.\(type)",
        unit: "node-hours", used: Quantity(cache.nodes * hours)))
  }

  func addKey(_ key: EncryptionKeyUsage, to draft: inout BillDraft) {
    if let name = key.name {
      draft.add(
        Charge(
          resource: "KMS", region: key.region, usageType: "KMS-Keys",
          item: PriceItem.encryptionKey,
          description: "Key \(name)" + (key.versions > 1 ? " with \(key.versions) versions" : ""),
          unit: "key-months", used: Quantity(key.versions)))
    }
    let used = Quantity(
      key.callers * EncryptionKeyUsage.requestsPerHour * rules.monthHours)
    let free =
      rules.freeTier
      ? draft.ledger.take(used, of: FreeAllowance.encryptionRequests, region: "*") : .zero
    draft.add(
      Charge(
        resource: "KMS", region: key.region, usageType: "KMS-Requests",
        item: PriceItem.encryptionRequests,
        description: "Table keys decrypted under \(key.name ?? "alias/aws/dynamodb")",
        unit: "requests", used: used, free: free))
  }

  func addTransfers(_ transfers: TransferUsage, to draft: inout BillDraft) {
    let least = ByteCount.megabytes(10)
    let incremental = transfers.incrementalExports.reduce(ByteCount.zero) { $0 + max($1, least) }
    let rows: [(type: String, item: String, text: String, bytes: ByteCount)] = [
      ("RestoreDataSize-Bytes", PriceItem.restore, "Restored data", transfers.restored),
      ("ExportDataSize-Bytes", PriceItem.export, "Full exports to S3", transfers.exported),
      (
        "IncrementalExportDataSize-Bytes", PriceItem.incrementalExport,
        "Incremental exports to S3, at least 10 MB each", incremental
      ),
      ("ImportDataSize-Bytes", PriceItem.importing, "Imports from S3", transfers.imported),
    ]
    for row in rows {
      draft.add(
        Charge(
          resource: "account", region: rules.region, usageType: row.type, item: row.item,
          description: row.text, unit: "GB", used: gigabytes(row.bytes)))
    }
    addInternet(transfers.internetOut, to: &draft)
    for transfer in transfers.interRegionOut { addInterRegion(transfer, to: &draft) }
  }

  /// Tiers of 10, 50 and 150 TB; a region whose upper tiers are not sourced has them unpriced.
  private func addInternet(_ bytes: ByteCount, to draft: inout BillDraft) {
    let used = gigabytes(bytes)
    var free =
      rules.freeTier
      ? draft.ledger.take(used, of: FreeAllowance.internetGigabytes, region: "*") : .zero
    let first = "data_transfer_out_internet_first_"
    let hasTier = prices.price(first + "10TB", in: rules.region) != nil
    let tiers: [(item: String, end: Int?)] = [
      (first + (hasTier ? "10TB" : "tier"), 10 << 10),
      ("data_transfer_out_internet_10_50TB", 50 << 10),
      ("data_transfer_out_internet_50_150TB", 150 << 10),
      ("data_transfer_out_internet_over_150TB", nil),
    ]
    let billed = used - free
    var start = Quantity.zero
    for tier in tiers {
      let end = tier.end.map { min(Quantity($0), billed) } ?? billed
      let part = end - start
      if part > .zero || !free.isZero {
        draft.add(
          Charge(
            resource: "account", region: rules.region, usageType: "DataTransfer-Out-Bytes",
            item: tier.item, description: "Data out to the internet", unit: "GB",
            used: part + free, free: free))
      }
      free = .zero
      start = end
    }
  }

  private func addInterRegion(_ transfer: InterRegionTransfer, to draft: inout BillDraft) {
    let source = transfer.source ?? rules.region
    let exact = PriceItem.interRegion + "_to_" + transfer.target
    let isExact = prices.price(exact, in: source) != nil
    draft.add(
      Charge(
        resource: "account", region: source,
        usageType: (source == "us-east-1" ? "USE1-" : "")
          + "\(interRegionCode(transfer.target))-AWS-Out-Bytes",
        item: isExact ? exact : PriceItem.interRegion,
        description: "Data out to \(transfer.target)", unit: "GB", used: gigabytes(transfer.bytes)))
  }

  private func gigabytes(_ bytes: ByteCount) -> Quantity {
    Quantity(Int128(bytes.count), over: gigabyte)
  }

  private func gigabyteMonths(_ backup: BackupUsage) -> Quantity {
    switch backup {
    case .kept(let bytes, let hours):
      let share = min(max(0, hours ?? rules.monthHours), rules.monthHours)
      return gigabytes(bytes) * Quantity(Int128(share), over: Int128(rules.monthHours))
    case .scheduled(let bytes, let every, let keep):
      guard every.count > 0, keep.count > 0 else { return .zero }
      return gigabytes(bytes) * Quantity(Int128(keep.count), over: Int128(every.count))
    }
  }
}

/// Inside an inter-region usage type the code of us-east-1 is spelt out: `USE1-EU-AWS-Out-Bytes`.
private func interRegionCode(_ region: String) -> String {
  region == "us-east-1" ? "USE1" : String(usageTypePrefix(region: region).dropLast())
}
