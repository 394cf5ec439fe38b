// What clients ask, read from the arguments of a request.
//
// Keys, items and expressions stay bytes here: what they mean depends on key schemas and attribute
// lists, which the reader of a message does not know. Arguments in order: features.md 2.4.

/// A request with its arguments.
public enum DaxRequest: Sendable {
  case authorizeConnection(ConnectionCredentials)
  case endpoints
  case defineKeySchema(table: String)
  case defineAttributeList(number: Int)
  case defineAttributeListId(names: [String])
  case getItem(table: String, key: [UInt8], RequestOptions)
  case putItem(table: String, key: [UInt8], value: [UInt8], RequestOptions)
  case updateItem(table: String, key: [UInt8], RequestOptions)
  case deleteItem(table: String, key: [UInt8], RequestOptions)
  case query(table: String, keyCondition: [UInt8]?, RequestOptions)
  case scan(table: String, RequestOptions)
  case batchGetItem([BatchGetTable], RequestOptions)
  case batchWriteItem([BatchWriteTable], RequestOptions)
  case transactGetItems([TransactGet], RequestOptions)
  case transactWriteItems([TransactWrite], RequestOptions)

  /// Reads the arguments of a request.
  public static func read(
    _ method: DaxMethod, _ arguments: ArraySlice<UInt8>
  ) throws(CBORFault) -> DaxRequest {
    var reader = CBORReader(arguments)
    let request = try read(method, from: &reader)
    guard reader.isAtEnd else {
      throw CBORFault(.malformed("values behind the last argument"), at: reader.offset)
    }
    return request
  }

  private static func read(
    _ method: DaxMethod, from reader: inout CBORReader
  ) throws(CBORFault) -> DaxRequest {
    switch method {
    case .authorizeConnection:
      return .authorizeConnection(try ConnectionCredentials(from: &reader))
    case .endpoints: return .endpoints
    case .defineKeySchema: return .defineKeySchema(table: try reader.readName())
    case .defineAttributeList: return .defineAttributeList(number: try reader.readInteger())
    case .defineAttributeListId:
      return .defineAttributeListId(
        names: try reader.readArray { reader throws(CBORFault) in try reader.readName() })
    case .batchGetItem, .batchWriteItem, .transactGetItems, .transactWriteItems:
      return try readGroup(method, from: &reader)
    default: return try readSingle(method, from: &reader)
    }
  }

  private static func readSingle(
    _ method: DaxMethod, from reader: inout CBORReader
  ) throws(CBORFault) -> DaxRequest {
    let table = try reader.readName()
    switch method {
    case .query:
      let condition = try reader.readBytesOrNull()
      return .query(table: table, keyCondition: condition, try RequestOptions(from: &reader))
    case .scan: return .scan(table: table, try RequestOptions(from: &reader))
    default: break
    }
    let key = try reader.readBytes()
    switch method {
    case .putItem:
      let value = try reader.readBytes()
      return .putItem(table: table, key: key, value: value, try RequestOptions(from: &reader))
    case .updateItem:
      return .updateItem(table: table, key: key, try RequestOptions(from: &reader))
    case .deleteItem:
      return .deleteItem(table: table, key: key, try RequestOptions(from: &reader))
    default: return .getItem(table: table, key: key, try RequestOptions(from: &reader))
    }
  }

  private static func readGroup(
    _ method: DaxMethod, from reader: inout CBORReader
  ) throws(CBORFault) -> DaxRequest {
    switch method {
    case .batchGetItem:
      let tables = try BatchGetTable.readAll(from: &reader)
      return .batchGetItem(tables, try RequestOptions(from: &reader))
    case .batchWriteItem:
      let tables = try BatchWriteTable.readAll(from: &reader)
      return .batchWriteItem(tables, try RequestOptions(from: &reader))
    case .transactGetItems:
      let gets = try TransactGet.readAll(from: &reader)
      return .transactGetItems(gets, try RequestOptions(from: &reader))
    default:
      let writes = try TransactWrite.readAll(from: &reader)
      return .transactWriteItems(writes, try RequestOptions(from: &reader))
    }
  }
}

/// Who a connection says it is: a signature version 4 without a request.
public struct ConnectionCredentials: Hashable, Sendable {
  public var accessKey: String
  /// Hexadecimal.
  public var signature: String
  public var stringToSign: [UInt8]
  public var sessionToken: String?
  public var userAgent: String?

  init(from reader: inout CBORReader) throws(CBORFault) {
    accessKey = try reader.readName()
    signature = try reader.readName()
    stringToSign = try reader.readBytes()
    sessionToken = try reader.readTextOrNull()
    userAgent = try reader.readTextOrNull()
  }
}

/// The keys that a BatchGetItem wants from one table.
public struct BatchGetTable: Hashable, Sendable {
  public var table: String
  public var isConsistent: Bool
  public var projection: [UInt8]?
  public var keys: [[UInt8]]

  static func readAll(from reader: inout CBORReader) throws(CBORFault) -> [BatchGetTable] {
    var tables: [BatchGetTable] = []
    var count = try reader.beginMap()
    while try reader.next(&count) {
      let table = try reader.readName()
      try reader.beginArray(of: 3)
      let isConsistent = try reader.readNullIfNext() ? false : try reader.readFlag()
      let projection = try reader.readBytesOrNull()
      let keys = try reader.readArray { reader throws(CBORFault) in try reader.readBytes() }
      tables.append(
        BatchGetTable(
          table: table, isConsistent: isConsistent, projection: projection, keys: keys))
    }
    return tables
  }
}

/// What a BatchWriteItem writes to one table; a nil value deletes.
public struct BatchWriteTable: Hashable, Sendable {
  public struct Write: Hashable, Sendable {
    public var key: [UInt8]
    public var value: [UInt8]?
  }

  public var table: String
  public var writes: [Write]

  static func readAll(from reader: inout CBORReader) throws(CBORFault) -> [BatchWriteTable] {
    var tables: [BatchWriteTable] = []
    var count = try reader.beginMap()
    while try reader.next(&count) {
      let table = try reader.readName()
      var writes: [Write] = []
      var pairs = try reader.beginArray()
      while try reader.next(&pairs) {
        let key = try reader.readBytes()
        guard try reader.next(&pairs) else {
          throw reader.fault(.malformed("a key without its value"))
        }
        writes.append(Write(key: key, value: try reader.readBytesOrNull()))
      }
      tables.append(BatchWriteTable(table: table, writes: writes))
    }
    return tables
  }
}

/// One read of a TransactGetItems.
public struct TransactGet: Hashable, Sendable {
  public var table: String
  public var key: [UInt8]
  public var projection: [UInt8]?

  /// Tables, keys and projections come as three arrays side by side.
  static func readAll(from reader: inout CBORReader) throws(CBORFault) -> [TransactGet] {
    let tables = try reader.readArray { reader throws(CBORFault) in try reader.readName() }
    let keys = try reader.readArray { reader throws(CBORFault) in try reader.readBytes() }
    let projections = try reader.readArray { reader throws(CBORFault) in
      try reader.readBytesOrNull()
    }
    guard keys.count == tables.count, projections.isEmpty || projections.count == tables.count
    else { throw reader.fault(.malformed("as many keys as tables are needed")) }
    return tables.indices.map { index in
      TransactGet(
        table: tables[index], key: keys[index],
        projection: projections.isEmpty ? nil : projections[index])
    }
  }
}

/// One action of a TransactWriteItems.
public struct TransactWrite: Hashable, Sendable {
  public enum Action: Int, Sendable {
    case put = 2
    case delete = 7
    case update = 9
    case check = 12

    /// The API's name of the action.
    public var apiName: String {
      switch self {
      case .put: "Put"
      case .delete: "Delete"
      case .update: "Update"
      case .check: "ConditionCheck"
      }
    }
  }

  public var action: Action
  public var table: String
  public var key: [UInt8]
  public var value: [UInt8]?
  public var returnsOldOnFailure: Bool
  public var condition: [UInt8]?
  public var update: [UInt8]?

  /// Eight arrays side by side; those that nobody needs may be null.
  static func readAll(from reader: inout CBORReader) throws(CBORFault) -> [TransactWrite] {
    let actions = try reader.readArray { reader throws(CBORFault) in try reader.readInteger() }
    let tables = try reader.readArray { reader throws(CBORFault) in try reader.readName() }
    let keys = try reader.readArray { reader throws(CBORFault) in try reader.readBytes() }
    let values = try readColumn(from: &reader, of: actions.count)
    try reader.skip()
    let returns = try reader.readArray { reader throws(CBORFault) in
      try reader.readNullIfNext() ? 1 : try reader.readInteger()
    }
    let conditions = try readColumn(from: &reader, of: actions.count)
    let updates = try readColumn(from: &reader, of: actions.count)
    guard tables.count == actions.count, keys.count == actions.count,
      returns.isEmpty || returns.count == actions.count
    else { throw reader.fault(.malformed("as many tables and keys as actions are needed")) }
    var writes: [TransactWrite] = []
    for index in actions.indices {
      guard let action = Action(rawValue: actions[index]) else {
        throw reader.fault(.malformed("action \(actions[index]) is not known"))
      }
      writes.append(
        TransactWrite(
          action: action, table: tables[index], key: keys[index], value: values[index],
          returnsOldOnFailure: !returns.isEmpty && returns[index] == 2,
          condition: conditions[index], update: updates[index]))
    }
    return writes
  }

  private static func readColumn(
    from reader: inout CBORReader, of count: Int
  ) throws(CBORFault) -> [[UInt8]?] {
    let column = try reader.readArray { reader throws(CBORFault) in try reader.readBytesOrNull() }
    if column.isEmpty { return Array(repeating: nil, count: count) }
    guard column.count == count else {
      throw reader.fault(.malformed("a column of \(column.count) for \(count) actions"))
    }
    return column
  }
}
