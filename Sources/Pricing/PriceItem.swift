// Names of the priced items, as the price table spells them, and of a bill's usage types.
//
// Item names follow the table's columns (pricing.md 2); usage types are those of a real bill
// (pricing.md 3): a region prefix, absent in us-east-1, then the type, with `IA-` before it for the
// Standard-IA table class and `Repl` for writes to a global table.

public import Capacity

/// What one unit of throughput is called on a bill.
struct ThroughputItem: Hashable, Sendable {
  var axis: CapacityAxis
  var isReplicated: Bool
  var tableClass: TableClass

  init(_ axis: CapacityAxis, isReplicated: Bool, tableClass: TableClass) {
    self.axis = axis
    // A read of a replica is billed as any other read.
    self.isReplicated = isReplicated && axis == .write
    self.tableClass = tableClass
  }

  private var suffix: String { tableClass == .standard ? "standard" : "standard_ia" }
  private var letter: String { axis == .read ? "r" : isReplicated ? "rw" : "w" }
  private var classPrefix: String { tableClass == .standard ? "" : "IA-" }
  private var typePrefix: String { axis == .read ? "Read" : isReplicated ? "ReplWrite" : "Write" }

  var onDemandItem: String { "ondemand_\(letter)ru_\(suffix)" }
  var provisionedItem: String { "provisioned_\(letter)cu_\(suffix)" }
  var onDemandUsageType: String { classPrefix + typePrefix + "RequestUnits" }
  var provisionedUsageType: String { classPrefix + typePrefix + "CapacityUnit-Hrs" }
  /// "RRU", "WRU", "rWRU".
  var requestUnitName: String { axis == .read ? "RRU" : isReplicated ? "rWRU" : "WRU" }
  /// "RCU", "WCU", "rWCU".
  var capacityUnitName: String { axis == .read ? "RCU" : isReplicated ? "rWCU" : "WCU" }
}

/// Items of the price table that are not throughput.
public enum PriceItem {
  /// GB-months of a table class.
  public static func storage(_ tableClass: TableClass) -> String {
    tableClass == .standard ? "storage_standard" : "storage_standard_ia"
  }

  /// Price of an hour of a provisioned read unit, or of one on-demand read request unit.
  public static func readUnit(_ tableClass: TableClass, isOnDemand: Bool) -> String {
    let item = ThroughputItem(.read, isReplicated: false, tableClass: tableClass)
    return isOnDemand ? item.onDemandItem : item.provisionedItem
  }

  /// Price of a DAX node-hour, for example `dax_node_dax.r5.large`.
  public static func daxNode(_ nodeType: String) -> String { "dax_node_" + nodeType }

  /// Price of one unit/s of raised warm throughput, once; in no published list (pricing.md 2).
  public static func warmThroughput(_ axis: CapacityAxis) -> String {
    "warm_throughput_\(axis == .read ? "read" : "write")"
  }

  static let pointInTimeRecovery = "pitr_backup_storage"
  static let backup = "ondemand_backup_storage_warm"
  static let restore = "table_restore"
  static let export = "export_s3_full"
  static let incrementalExport = "export_s3_incremental"
  static let importing = "import_s3"
  static let streamReads = "streams_getrecords"
  static let changeDataCapture = "cdc_kinesis"
  static let interRegion = "data_transfer_interregion_out"
  static let encryptionKey = "kms_key"
  static let encryptionRequests = "kms_requests"

  static func reserved(_ axis: CapacityAxis, _ term: ReservationTerm, _ part: String) -> String {
    "reserved_\(term == .oneYear ? "1yr" : "3yr")_\(axis == .read ? "rcu" : "wcu")_\(part)"
  }
}

/// Quantities that are free each month (pricing.md 3).
enum FreeAllowance {
  static let storageGigabytes = "freetier_storage_standard"
  static let streamRequests = "freetier_streams_requests"
  static let internetGigabytes = "freetier_internet_out"
  static let encryptionRequests = "freetier_kms_requests"

  static func unitHours(_ item: ThroughputItem) -> String {
    switch item.capacityUnitName {
    case "RCU": "freetier_rcu_hours"
    case "WCU": "freetier_wcu_hours"
    default: "freetier_rwcu_hours"
    }
  }
}

/// Prefix of the usage types of a region: `USE2-`, `EU-`; empty in us-east-1.
///
/// A region without a known billing code gets its own name, so that its lines stay apart.
public func usageTypePrefix(region: String) -> String {
  if region == "us-east-1" { return "" }
  return (billingCodes[region] ?? region) + "-"
}

/// Billing codes of the regions (pricing.md 3).
private let billingCodes: [String: String] = [
  "us-east-2": "USE2", "us-west-1": "USW1", "us-west-2": "USW2", "ca-central-1": "CAN1",
  "ca-west-1": "CAN2", "sa-east-1": "SAE1", "eu-west-1": "EU", "eu-west-2": "EUW2",
  "eu-west-3": "EUW3", "eu-central-1": "EUC1", "eu-central-2": "EUC2", "eu-north-1": "EUN1",
  "eu-south-1": "EUS1", "eu-south-2": "EUS2", "ap-northeast-1": "APN1",
  "ap-northeast-2": "APN2", "ap-northeast-3": "APN3", "ap-southeast-1": "APS1",
  "ap-southeast-2": "APS2", "ap-south-1": "APS3", "ap-southeast-3": "APS4", "ap-south-2": "APS5",
  "ap-southeast-4": "APS6", "ap-east-1": "APE1", "af-south-1": "AFS1", "me-south-1": "MES1",
  "me-central-1": "MEC1", "il-central-1": "ILC1", "us-gov-east-1": "UGE1",
  "us-gov-west-1": "UGW1",
]
