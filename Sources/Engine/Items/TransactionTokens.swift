// Client tokens of transactions: what makes a repetition harmless.
//
// For ten minutes after it ended a transaction is remembered by its token; a repetition is answered
// without writing again, other parameters under the same token are refused, and a repetition while
// the first still runs is told so (features.md 3.4). A token is stored in the same batch as the
// transaction's items, so that after a crash both are there or neither.
//
// Parameters are compared by two 64-bit hashes of them: this finds a mistake, it does not withstand
// an attacker.

import Capacity
import DataModel
import ServiceAPI
import Storage
import Units

/// What is remembered of a transaction with a client token.
struct TransactionMemory {
  /// Two hashes of its parameters, in hexadecimal.
  var digest: String
  var endsAt: Instant
  var expiresAt: Instant
  /// Read units that a repetition costs, by table as the request named it.
  var replay: [(name: String, units: CapacityUnits)]
}

/// Transactions of the last ten minutes, by token.
struct TransactionTokens {
  private var memories: [String: TransactionMemory] = [:]
  /// Tokens by the time they expire, from `first` on.
  private var order: [String] = []
  private var first = 0

  subscript(token: String) -> TransactionMemory? { memories[token] }

  /// - Precondition: none added before expires later than about now plus ten minutes, so that the
  ///   order of adding is that of expiry.
  mutating func add(_ memory: TransactionMemory, under token: String) {
    memories[token] = memory
    order.append(token)
  }

  /// Forgets what has expired and says which tokens those were.
  mutating func expire(at now: Instant) -> [String] {
    var gone: [String] = []
    while first < order.count {
      let token = order[first]
      if let memory = memories[token] {
        guard memory.expiresAt <= now else { break }
        memories[token] = nil
        gone.append(token)
      }
      first += 1
    }
    if first > 1_024, first * 2 > order.count {
      order.removeFirst(first)
      first = 0
    }
    return gone
  }
}

extension DatabaseState {
  private static func key(_ token: String) -> [UInt8] {
    [KeyEncoding.tokenSpace] + Array(token.utf8)
  }

  /// What tells a transaction's parameters from others.
  static func digest(_ request: WireValue) -> String {
    var writer = ReplyWriter()
    writer.value(wire: request["TransactItems"] ?? request["TransactStatements"] ?? .null)
    let forward = KeyEncoding.hash(writer.bytes)
    let backward = KeyEncoding.hash(writer.bytes.reversed())
    return String(forward, radix: 16) + "-" + String(backward, radix: 16)
  }

  /// Remembers a transaction, and adds what must be stored for it.
  func remember(_ memory: TransactionMemory, under token: String, in batch: inout WriteBatch) {
    for token in tokens.expire(at: now) { batch.delete(Self.key(token)) }
    batch.put(Self.key(token), encode(memory, token))
  }

  private func encode(_ memory: TransactionMemory, _ token: String) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.member("Token", token)
    writer.member("Digest", memory.digest)
    writer.member("EndsAt", Int(wallMilliseconds(at: memory.endsAt)))
    writer.member("ExpiresAt", Int(wallMilliseconds(at: memory.expiresAt)))
    writer.key("Replay")
    writer.beginArray()
    for (name, units) in memory.replay {
      writer.beginObject()
      writer.member("TableName", name)
      writer.member("HalfUnits", Int(units.halves))
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  private func decode(_ bytes: [UInt8]) -> (token: String, memory: TransactionMemory)? {
    guard let value = WireValue(body: bytes), let token = value["Token"]?.text,
      let digest = value["Digest"]?.text, let endsAt = value["EndsAt"]?.integer,
      let expiresAt = value["ExpiresAt"]?.integer
    else { return nil }
    let replay = (value["Replay"]?.elements ?? []).map { element in
      (
        name: element["TableName"]?.text ?? "",
        units: CapacityUnits(halves: Int64(element["HalfUnits"]?.integer ?? 0))
      )
    }
    let memory = TransactionMemory(
      digest: digest, endsAt: instant(atWall: Int64(endsAt)),
      expiresAt: instant(atWall: Int64(expiresAt)), replay: replay)
    return (token, memory)
  }

  /// What is remembered under a token. After a failed write the store is asked too: it may have
  /// taken a transaction whose answer was lost.
  func memory(of token: String) throws(ServiceError) -> TransactionMemory? {
    if let memory = tokens[token] { return memory }
    guard hasLostAnswer, let bytes = try store.get(Self.key(token)) else { return nil }
    return decode(bytes)?.memory
  }

  /// Finds the tokens that the store holds and drops those that have expired.
  func loadTokens() throws(ServiceError) {
    var found: [(token: String, memory: TransactionMemory)] = []
    var expired = WriteBatch()
    try store.scan(KeyScan(prefix: [KeyEncoding.tokenSpace])) { key, value in
      if let entry = decode(value), entry.memory.expiresAt > now {
        found.append(entry)
      } else {
        expired.delete(key)
      }
      return true
    }
    found.sort { ($0.memory.expiresAt, $0.token) < ($1.memory.expiresAt, $1.token) }
    for (token, memory) in found { tokens.add(memory, under: token) }
    try store.commit(expired)
  }
}
