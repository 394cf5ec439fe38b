// Which key a table's data are kept under, and what happens while that key is missing.
//
// A SSESpecification names a customer's key; a store that keeps such keys puts items, indexes,
// recorded changes, expiries, streams, changes for other regions and backups of the table under it.
// A table whose key is missing is INACCESSIBLE_ENCRYPTION_CREDENTIALS until it is back (API
// reference, TableDescription and SSEDescription). A store without such keys records what is asked
// for and describes it.

import ServiceAPI
import Storage

extension DatabaseState {
  /// The key that a SSESpecification asks for, as an ARN; nil: the one that the service owns.
  func encryptionKey(_ specification: WireValue?) throws(ServiceError) -> String? {
    guard specification?["Enabled"]?.flag == true else { return nil }
    let service = "arn:aws:kms:\(options.region):\(options.account):"
    guard let given = specification?["KMSMasterKeyId"]?.text else {
      return service + "key/" + Self.managedKey
    }
    let isAlias = given.hasPrefix("alias/")
    let arn = given.hasPrefix("arn:") ? given : service + (isAlias ? "" : "key/") + given
    if let name = Self.customer(arn), let sealed = store.store.withCustomers, !sealed.knows(name) {
      throw .validation("KMS validation error: there is no key \(given)")
    }
    return arn
  }

  private static let managedKey = "aws-dynamodb"

  /// The name of a customer's key by its ARN: its id, or `alias/` and a name. nil for the key that
  /// is managed by the service, which is the store's own.
  private static func customer(_ arn: String?) -> String? {
    let parts = arn?.split(separator: ":", maxSplits: 5) ?? []
    guard parts.count == 6 else { return nil }
    let name = parts[5].hasPrefix("key/") ? parts[5].dropFirst(4) : parts[5]
    return name == managedKey || name == "alias/aws/dynamodb" ? nil : String(name)
  }

  /// Keeps what lies under `prefix` under a key from now on.
  func keep(_ prefix: [UInt8], under arn: String?) throws(ServiceError) {
    guard let sealed = store.store.withCustomers else { return }
    do throws(StorageError) { try sealed.assign(prefix, to: Self.customer(arn)) } catch {
      throw Keyspace.failure(error)
    }
  }

  /// Keeps everything of a table, its streams included, under a key from now on.
  func keep(_ table: Table, under arn: String?) throws(ServiceError) {
    let number = table.definition.number
    var prefixes = [table.prefix, LoggedChange.prefix(table: number), Self.expiryPrefix(table)]
    prefixes += [Self.outboxPrefix(table), Self.versionPrefix(table)]
    for stream in streams.keys.sorted() where streams[stream]?.tableNumber == number {
      prefixes.append(StreamRecord.prefix(stream: stream))
    }
    for prefix in prefixes { try keep(prefix, under: arn) }
  }

  // MARK: Missing keys

  func isLocked(_ table: Table) -> Bool { store.store.isLocked(table.prefix) }

  /// Notes whether a table's key is there.
  func checkKey(of table: Table) throws(ServiceError) {
    guard table.definition.encryptionKey != nil || table.inaccessibleSince != nil else { return }
    if isLocked(table) {
      if table.inaccessibleSince == nil { table.inaccessibleSince = wallMilliseconds }
      return
    }
    table.inaccessibleSince = nil
    if !table.isCounted { try count(table) }
  }

  /// Notes whether the keys of all tables are there.
  func checkKeys() {
    // Tables do not influence each other here; one that cannot be counted is tried again.
    for table in tables.values { try? checkKey(of: table) }
  }

  static let inaccessible = ServiceError(
    "AccessDeniedException",
    message: "KMS key access denied error: the key that the table is encrypted under is missing")
}
