// Restores against a model that keeps every moment, and backups taken while threads write.
//
// Why: a restore must show one moment, whole: no write from after it, none from before it missing,
// no half of a transaction. The model is a dictionary copied after every write.

import ServiceAPI
import Storage
import Synchronization
import TestSupport
import Testing
import Units

@testable import Engine

@Suite struct RecoveryPropertyTests {
  private func scan(_ database: TestDatabase, _ table: String) -> [String: Int] {
    var found: [String: Int] = [:]
    for item in database.value("Scan", #"{"TableName":"\#(table)"}"#, "Items")?.elements ?? [] {
      found[item["pk"]?["S"]?.text ?? ""] = (item["n"]?["N"]?.text).flatMap { Int($0) }
    }
    return found
  }

  private func write(
    _ database: TestDatabase, _ model: inout [String: Int], _ generator: inout TestGenerator
  ) {
    let key = "k\(generator.integer(in: 0...9))"
    let other = "k\(generator.integer(in: 10...19))"
    let number = generator.integer(in: 0...999)
    func item(_ key: String) -> String {
      #""TableName":"Past","Item":{"pk":{"S":"\#(key)"},"n":{"N":"\#(number)"}}"#
    }
    switch generator.integer(in: 0...4) {
    case 0, 1:
      _ = database.call("PutItem", "{\(item(key))}")
      model[key] = number
    case 2:
      _ = database.call(
        "DeleteItem", #"{"TableName":"Past","Key":{"pk":{"S":"\#(key)"}}}"#)
      model[key] = nil
    case 3:
      _ = database.call(
        "TransactWriteItems",
        #"{"TransactItems":[{"Put":{\#(item(key))}},{"Put":{\#(item(other))}}]}"#)
      model[key] = number
      model[other] = number
    default:
      _ = database.call(
        "ExecuteStatement",
        #"{"Statement":"UPDATE Past SET n = \#(number) WHERE pk = '\#(key)'"}"#)
      if model[key] != nil { model[key] = number }
    }
  }

  @Test(arguments: Seed.some(8)) func restoresAnyMoment(_ seed: Seed) throws {
    var generator = seed.generator
    let withIndex = generator.integer(in: 0...1) == 0
    let database = try TestDatabase { $0.enforcesCapacity = false }
    database.createTable(
      "Past",
      more: withIndex
        ? #","GlobalSecondaryIndexes":[{"IndexName":"byN","KeySchema":[{"AttributeName":"n","#
          + #""KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]"# : "",
      attributes: withIndex ? #",{"AttributeName":"n","AttributeType":"N"}"# : "")
    var model: [String: Int] = [:]
    for _ in 0..<20 { write(database, &model, &generator) }
    database.now = .start + .seconds(1)
    _ = database.call(
      "UpdateContinuousBackups",
      #"{"TableName":"Past","PointInTimeRecoverySpecification":"#
        + #"{"PointInTimeRecoveryEnabled":true}}"#)
    // What was there at the end of each second.
    var moments: [Int: [String: Int]] = [1: model]
    for second in 2...30 {
      database.now = .start + .seconds(Int64(second)) - .milliseconds(500)
      for _ in 0..<generator.integer(in: 0...6) { write(database, &model, &generator) }
      database.now = .start + .seconds(Int64(second))
      moments[second] = model
    }
    for number in 0..<6 {
      let second = generator.integer(in: 1...30)
      let answer = database.call(
        "RestoreTableToPointInTime",
        #"{"SourceTableName":"Past","TargetTableName":"At\#(number)","#
          + #""RestoreDateTime":\#(1_700_000_000 + second)}"#)
      #expect(answer.hasPrefix(#"{"TableDescription""#), "\(answer)")
      #expect(scan(database, "At\(number)") == moments[second], "second \(second)")
    }
    _ = database.call(
      "RestoreTableToPointInTime",
      #"{"SourceTableName":"Past","TargetTableName":"Latest","UseLatestRestorableTime":true}"#)
    #expect(scan(database, "Latest") == model)
    for outside in ["1700000000.5", "1700000031"] {
      let answer = database.call(
        "RestoreTableToPointInTime",
        #"{"SourceTableName":"Past","TargetTableName":"Outside","RestoreDateTime":\#(outside)}"#)
      #expect(answer.hasPrefix("InvalidRestoreTimeException"))
    }
  }

  /// Entries older than the recovery period go, those within stay.
  @Test func theLogIsPruned() throws {
    let store = MemoryStore()
    let database = try TestDatabase({ $0.enforcesCapacity = false }, store: .memory(store))
    database.createTable("Past")
    _ = database.call(
      "UpdateContinuousBackups",
      #"{"TableName":"Past","PointInTimeRecoverySpecification":"#
        + #"{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":1}}"#)
    var generator = Seed(1).generator
    var model: [String: Int] = [:]
    func entries() throws -> Int {
      try store.pairs(KeyScan(prefix: [KeyEncoding.changeLogSpace])).count
    }
    for _ in 0..<50 { write(database, &model, &generator) }
    let old = try entries()
    #expect(old > 30)
    database.now = .start + .seconds(86_000)
    write(database, &model, &generator)
    #expect(try entries() >= old)
    database.now = .start + .seconds(86_500)
    _ = database.call("ListTables", "{}")
    #expect(try entries() <= 2)
    _ = database.call("DeleteTable", #"{"TableName":"Past"}"#)
    _ = database.call("ListTables", "{}")
    #expect(try entries() == 0)
  }

  /// Threads move money between two accounts in transactions; every backup and every restore to a
  /// point in time must show the same sum.
  @Test func cutsDuringWritesAreConsistent() throws {
    var options = DatabaseOptions()
    options.enforcesCapacity = false
    let database = try Database(store: .memory(MemoryStore()), options: options)
    @Sendable func call(_ operation: String, _ body: String) -> Reply {
      database.handle(operation, body: Array(body.utf8), at: .start)
    }
    _ = call(
      "CreateTable",
      #"{"TableName":"Bank","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","#
        + #""KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"#
        + #""S"}]}"#)
    _ = call(
      "UpdateContinuousBackups",
      #"{"TableName":"Bank","PointInTimeRecoverySpecification":"#
        + #"{"PointInTimeRecoveryEnabled":true}}"#)
    let accounts = 40
    for number in 0..<accounts {
      _ = call(
        "ExecuteStatement",
        #"{"Statement":"INSERT INTO Bank VALUE {'pk': 'a\#(number)', 'n': 100}"}"#)
    }
    let isDone = Mutex(false)
    let sums = Mutex<[Int]>([])
    onThreads(5) { thread in
      if thread > 0 {
        var generator = Seed(UInt64(thread)).generator
        while !isDone.withLock({ $0 }) {
          let from = generator.integer(in: 0...(accounts - 1))
          let to = (from + generator.integer(in: 1...(accounts - 1))) % accounts
          let statements = [(from, "- 3"), (to, "+ 3")].map {
            #"{"Statement":"UPDATE Bank SET n = n \#($0.1) WHERE pk = 'a\#($0.0)'"}"#
          }
          _ = call(
            "ExecuteTransaction",
            #"{"TransactStatements":[\#(statements.joined(separator: ","))]}"#)
        }
        return
      }
      for round in 0..<12 {
        let target = #""TargetTableName":"Copy\#(round)""#
        if round % 2 == 0 {
          let reply = call("CreateBackup", #"{"TableName":"Bank","BackupName":"b\#(round)00"}"#)
          let arn = WireValue(body: reply.body)?["BackupDetails"]?["BackupArn"]?.text ?? ""
          _ = call("RestoreTableFromBackup", #"{\#(target),"BackupArn":"\#(arn)"}"#)
        } else {
          _ = call(
            "RestoreTableToPointInTime",
            #"{\#(target),"SourceTableName":"Bank","UseLatestRestorableTime":true}"#)
        }
        let items = WireValue(body: call("Scan", #"{"TableName":"Copy\#(round)"}"#).body)?["Items"]
        let sum = (items?.elements ?? []).reduce(0) {
          $0 + ($1["n"]?["N"]?.text.flatMap { Int($0) } ?? 0)
        }
        sums.withLock { $0.append(sum) }
      }
      isDone.withLock { $0 = true }
    }
    #expect(sums.withLock { $0 } == Array(repeating: accounts * 100, count: 12))
  }
}
