// A log that ends in the middle of a batch, as a machine that lost power leaves it.
//
// Why: an item and its index entries are one batch; if half of one could be recovered, an index
// would disagree for ever. Here a real store's files are copied while it runs and the log is cut at
// a byte drawn from the seed; what is recovered must be the state after a whole number of writes.

import Foundation
import ServiceAPI
import Storage
import TestSupport
import Testing
import Units

@testable import Engine

@Suite struct TornLogTests {
  @Test(arguments: Seed.some(8))
  func `a torn batch is there whole or not at all`(_ seed: Seed) throws {
    var generator = seed.generator
    let folder = try TemporaryFolder()
    let store = try RocksStore(at: folder.path + "/live", RocksSettings(durability: .none))
    let database = try Database(store: .rocks(store), options: DatabaseOptions())
    func call(_ operation: String, _ body: String) {
      let reply = database.handle(operation, body: Array(body.utf8), at: .start)
      #expect(reply.error == nil)
    }
    for body in ChaosModel.tables { call("CreateTable", body) }
    // Write n changes the one item to n, and with it an entry of each index.
    for number in 0..<40 {
      call(
        "PutItem",
        #"{"TableName":"Model","Item":{"pk":{"S":"p0"},"sk":{"N":"0"},"g":{"S":"g\#(number)"},"#
          + #""l":{"N":"\#(number)"}}}"#)
    }
    let copy = folder.path + "/copy"
    try FileManager.default.copyItem(atPath: folder.path + "/live", toPath: copy)
    try? FileManager.default.removeItem(atPath: copy + "/plimsoll.lock")
    let logs = try FileManager.default.contentsOfDirectory(atPath: copy)
      .filter { $0.hasSuffix(".log") }
    let log = try #require(logs.max())
    let file = try #require(FileHandle(forUpdatingAtPath: copy + "/" + log))
    let length = try file.seekToEnd()
    let cut = UInt64(generator.integer(in: 1...4_000))
    try file.truncate(atOffset: length - min(cut, length / 2))
    try file.close()
    let torn = try RocksStore(at: copy, RocksSettings(durability: .none))
    let content = try ChaosAudit(.rocks(torn)).content(seed.testDescription)
    #expect(content.items.count <= 1)
    for item in content.items.values {
      let g = item["g"].map { $0.filter(\.isNumber) }
      let l = item["l"].map { $0.filter(\.isNumber) }
      #expect(g == l, "\(seed.testDescription)")
    }
    try torn.close()
    try store.close()
  }
}
