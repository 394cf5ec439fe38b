// Storage keys sort as the service sorts, and stored items come back as they were.
//
// Why: Query's order and ranges are nothing but the order of these bytes. The slow reference is the
// comparison of the values themselves.

import DataModel
import Storage
import TestSupport
import Testing

@testable import Engine

/// Buckets that are never there; an export is recorded all the same.
private struct NoBuckets: ObjectBuckets {
  private static let fault = ObjectFault(code: "S3NoSuchBucket", message: "none")

  func store(
    _ bytes: [UInt8], as key: String, in bucket: String, compressed: Bool
  ) throws(ObjectFault) -> [UInt8] { throw Self.fault }

  func load(_ key: String, from bucket: String, compressed: Bool) throws(ObjectFault) -> [UInt8] {
    throw Self.fault
  }

  func keys(in bucket: String, under prefix: String) throws(ObjectFault) -> [String] {
    throw Self.fault
  }
}

@Suite struct KeyEncodingTests {
  private func encoded(_ value: AttributeValue) -> [UInt8] {
    var key: [UInt8] = []
    KeyEncoding.append(value, to: &key)
    return key
  }

  static let ascending: [String] = [
    "-9.9999999999999999999999999999999999999e125", "-1e100", "-100", "-99.5", "-99", "-1.5", "-1",
    "-0.5", "-1e-130", "0", "1e-130", "2e-130", "0.5", "1",
    "1.0000000000000000000000000000000000001",
    "1.5", "2", "9.99", "10", "11", "1e125", "9.9999999999999999999999999999999999999e125",
  ]

  @Test func numbersAscend() throws {
    let keys = try Self.ascending.map { encoded(.number(try #require(Number($0)))) }
    for (low, high) in zip(keys, keys.dropFirst()) {
      #expect(low.lexicographicallyPrecedes(high))
      #expect(low.count == KeyEncoding.numberBytes)
    }
  }

  @Test(arguments: Seed.some(20)) func numbersSortAsTheirValues(_ seed: Seed) throws {
    var generator = seed.generator
    var numbers: [Number] = []
    for _ in 0..<200 {
      let digits = Int64.random(in: -99_999...99_999, using: &generator)
      let exponent = Int.random(in: -20...20, using: &generator)
      numbers.append(try #require(Number("\(digits)e\(exponent)")))
    }
    let byValue = numbers.sorted()
    let byKey = numbers.sorted {
      encoded(.number($0)).lexicographicallyPrecedes(encoded(.number($1)))
    }
    #expect(byValue == byKey, "\(seed)")
  }

  @Test(arguments: Seed.some(20)) func binariesSortAsTheirBytes(_ seed: Seed) {
    var generator = seed.generator
    var contents: [[UInt8]] = []
    for _ in 0..<200 {
      let count = Int.random(in: 0...4, using: &generator)
      contents.append(
        (0..<count).map { _ in [0, 1, 2, 254, 255].randomElement(using: &generator) ?? 0 })
    }
    // What follows a key must never decide between two different keys.
    let tail: [UInt8] = [UInt8.random(in: 0...255, using: &generator)]
    for a in contents {
      for b in contents where a != b {
        let precedes = (encoded(.binary(a)) + tail).lexicographicallyPrecedes(encoded(.binary(b)))
        #expect(precedes == a.lexicographicallyPrecedes(b), "\(seed): \(a) \(b)")
      }
    }
  }

  @Test func itemsComeBack() throws {
    let item: Item = [
      "s": .string("é\u{0}"),
      "n": .number(
        try #require(
          Number(
            "-1.5e100"))), "b": .binary([0, 255]),
      "t": .boolean(true), "f": .boolean(false), "z": .null, "ss": .stringSet(["b", "a"]),
      "ns": .numberSet([2, 1]), "bs": .binarySet([[1], []]), "l": .list([1, .list([])]),
      "m": .map(["x": .map([:]), "": .string("")]),
      "long": .string(String(repeating: "x", count: 300)),
    ]
    let bytes = ItemWriter.encode(item)
    let stored = try #require(ItemReader.decode(bytes))
    #expect(stored.item == item)
    #expect(stored.size == item.sizeInBytes)
    #expect(ItemReader.size(bytes) == item.sizeInBytes)
  }

  @Test func damagedItemsAreNoItems() {
    let bytes = ItemWriter.encode(["a": .string("abc"), "l": .list([1, 2, 3])])
    for count in 0..<bytes.count {
      let part = ItemReader.decode(Array(bytes[..<count]))
      #expect(part?.item == nil, "\(count) bytes")
    }
  }

  /// A database that uses all it can do stores keys of every space and of no other.
  @Test func everyKeyIsOfASpace() throws {
    #expect(Set(KeySpace.allCases.map(\.rawValue)).count == KeySpace.allCases.count)
    // The encrypted store keeps its own keys behind all others.
    #expect(KeySpace.allCases.allSatisfy { $0.rawValue < 0xF0 })
    let bench = try RegionBench { $0.buckets = NoBuckets() }
    let stream = #","StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}"#
    bench.createTable("us-east-1", units: 5, more: stream)
    bench.addReplica("eu-west-1")
    let name = #""TableName":"orders""#
    _ = bench.call(
      "us-east-1", "UpdateTimeToLive",
      #"{\#(name),"TimeToLiveSpecification":{"Enabled":true,"AttributeName":"ttl"}}"#)
    _ = bench.call(
      "us-east-1", "UpdateContinuousBackups",
      #"{\#(name),"PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true}}"#)
    _ = bench.call(
      "us-east-1", "TransactWriteItems",
      #"{"ClientRequestToken":"token","TransactItems":[{"Put":{\#(name),"Item":{"#
        + #""pk":{"S":"a"},"ttl":{"N":"1800000000"}}}}]}"#)
    bench.put("us-east-1", "b", "1")
    _ = bench.call("us-east-1", "CreateBackup", #"{\#(name),"BackupName":"backup"}"#)
    _ = bench.call(
      "us-east-1", "ExportTableToPointInTime",
      #"{"TableArn":"arn:aws:dynamodb:us-east-1:123456789012:table/orders","S3Bucket":"none"}"#)
    try bench.group.database("us-east-1")?.close()
    let found = Set(try bench.stores[0].pairs().compactMap(\.key.first))
    #expect(found == Set(KeySpace.allCases.map(\.rawValue)))
  }
}
