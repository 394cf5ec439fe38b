// The protocol's methods by their numbers, and how many values each request has.
//
// A request is the service number 1, the method, and the method's arguments one behind the other
// (features.md 2.4). Nothing says where it ends but the number of its arguments.

/// A method that a client may call.
public enum DaxMethod: Int, Sendable, CaseIterable {
  case authorizeConnection = 1_489_122_155
  case endpoints = 455_855_874
  case defineKeySchema = -742_646_399
  case defineAttributeList = 670_678_385
  case defineAttributeListId = -1_230_579_644
  case getItem = 263_244_906
  case putItem = -2_106_490_455
  case updateItem = 1_425_579_023
  case deleteItem = 1_013_539_361
  case query = -931_250_863
  case scan = -1_875_390_620
  case batchGetItem = -697_851_100
  case batchWriteItem = 116_217_951
  case transactGetItems = 1_866_287_579
  case transactWriteItems = -1_160_037_738

  /// Values behind the method's number.
  var argumentCount: Int {
    switch self {
    case .endpoints: 0
    case .defineKeySchema, .defineAttributeList, .defineAttributeListId: 1
    case .scan, .batchGetItem, .batchWriteItem: 2
    case .getItem, .updateItem, .deleteItem, .query: 3
    case .putItem, .transactGetItems: 4
    case .authorizeConnection: 5
    case .transactWriteItems: 9
    }
  }
}

/// Finds the messages in the bytes of a connection: one greeting, then requests.
public struct DaxFraming: Sendable {
  public enum Outcome: Hashable, Sendable {
    /// The greeting ends before this index.
    case greeting(end: Int)
    /// A request; its arguments begin and end at these indexes.
    case request(DaxMethod, arguments: Range<Int>)
    case incomplete
    /// Nothing sensible can follow: the connection is to be closed.
    case malformed(String)
  }

  /// What a connection begins with: CBOR text of seven letters.
  public static let magic = Array("gJ7yne5G".utf8)
  /// Magic, layering, session, user agent, client mode.
  private static let greetingValues = 5

  private var isGreeted = false
  private var method: DaxMethod?
  private var argumentsBegin = 0
  private var scanner: CBORScanner?

  public init() {}

  /// Looks for the end of the message that begins the bytes. After a complete message the caller
  /// removes it and calls with what is left.
  public mutating func next(in bytes: [UInt8]) -> Outcome {
    isGreeted ? request(in: bytes) : greeting(in: bytes)
  }

  private mutating func greeting(in bytes: [UInt8]) -> Outcome {
    guard zip(bytes, Self.magic).allSatisfy({ $0 == $1 }) else {
      return .malformed("the connection does not begin as a DAX client's does")
    }
    var scanner = self.scanner ?? CBORScanner(values: Self.greetingValues)
    let outcome = scanner.advance(over: bytes)
    self.scanner = scanner
    switch outcome {
    case .incomplete: return .incomplete
    case .malformed(let what): return .malformed(what)
    case .complete(let end):
      isGreeted = true
      self.scanner = nil
      return .greeting(end: end)
    }
  }

  private mutating func request(in bytes: [UInt8]) -> Outcome {
    if method == nil, let stop = begin(bytes) { return stop }
    guard let method else { return .incomplete }
    guard method.argumentCount > 0 else {
      self.method = nil
      return .request(method, arguments: argumentsBegin..<argumentsBegin)
    }
    var scanner = self.scanner ?? CBORScanner(values: method.argumentCount)
    let outcome = scanner.advance(over: bytes, from: argumentsBegin)
    self.scanner = scanner
    switch outcome {
    case .incomplete: return .incomplete
    case .malformed(let what): return .malformed(what)
    case .complete(let end):
      self.method = nil
      self.scanner = nil
      return .request(method, arguments: argumentsBegin..<end)
    }
  }

  /// Reads the service's and the method's numbers; an outcome when that is not possible (yet).
  private mutating func begin(_ bytes: [UInt8]) -> Outcome? {
    var reader = CBORReader(bytes)
    do throws(CBORFault) {
      let service = try reader.readInteger()
      let number = try reader.readInteger()
      guard service == 1, let method = DaxMethod(rawValue: number) else {
        return .malformed("method \(number) of service \(service) is not known")
      }
      self.method = method
      argumentsBegin = reader.offset
      return nil
    } catch {
      return error.kind == .endOfBytes ? .incomplete : .malformed(error.description)
    }
  }
}
