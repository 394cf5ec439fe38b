// A database in memory on a clock that a test moves, with requests and answers as text.
//
// Tests speak the wire's language, so that they read like the API's documentation and would run
// against any implementation.

import Capacity
import Engine
import ServiceAPI
import Storage
import Units

/// A database under test.
final class TestDatabase {
  let database: Database
  let store: Store
  var now = Instant.start

  init(_ change: (inout DatabaseOptions) -> Void = { _ in }, store: Store? = nil) throws {
    var options = DatabaseOptions()
    options.capacity.partitionBurstSeconds = 5
    options.capacity.onDemandBurstSeconds = 5
    options.epochMilliseconds = 1_700_000_000_000
    change(&options)
    let store = store ?? .memory(MemoryStore())
    self.store = store
    database = try Database(store: store, options: options)
  }

  func reply(_ operation: String, _ body: String) -> Reply {
    database.handle(operation, body: Array(body.utf8), at: now)
  }

  /// The answer as text: the body, or `Code: message` of a refusal.
  func call(_ operation: String, _ body: String) -> String {
    let reply = reply(operation, body)
    if let error = reply.error {
      return error.message.map { error.code + ": " + $0 } ?? error.code
    }
    return String(decoding: reply.body, as: UTF8.self)
  }

  /// A member of the answer, found through objects by name.
  func value(_ operation: String, _ body: String, _ path: String...) -> WireValue? {
    var value = WireValue(body: reply(operation, body).body)
    for name in path { value = value?[name] }
    return value
  }

  /// A table `name` with text keys pk and, if asked for, sk of a type.
  @discardableResult
  func createTable(
    _ name: String, sort: String? = nil, units: Int? = nil, more: String = "",
    attributes: String = ""
  ) -> String {
    let sortKey = sort == nil ? "" : #",{"AttributeName":"sk","KeyType":"RANGE"}"#
    let sortType = sort.map { #",{"AttributeName":"sk","AttributeType":"\#($0)"}"# } ?? ""
    let throughput =
      units.map {
        #""ProvisionedThroughput":{"ReadCapacityUnits":\#($0),"WriteCapacityUnits":\#($0)}"#
      } ?? #""BillingMode":"PAY_PER_REQUEST""#
    return call(
      "CreateTable",
      #"{"TableName":"\#(name)",\#(throughput),"KeySchema":["#
        + #"{"AttributeName":"pk","KeyType":"HASH"}\#(sortKey)],"AttributeDefinitions":["#
        + #"{"AttributeName":"pk","AttributeType":"S"}\#(sortType)\#(attributes)]\#(more)}"#)
  }
}
