// Compression into gzip, read back by zlib's other half.
//
// Why: what exports write must be read by every other program.

import TestSupport
import Testing

@testable import HTTP

@Suite struct GzipTests {
  @Test(arguments: Seed.some(20)) func expandsToTheSame(_ seed: Seed) {
    var generator = seed.generator
    let count = Int(generator.magnitude(upTo: 300_000))
    let alphabet = generator.integer(in: 1...256)
    let bytes = (0..<count).map { _ in UInt8(generator.integer(in: 0...(alphabet - 1))) }
    let compressed = Gzip.compressed(bytes)
    #expect(compressed.starts(with: [0x1F, 0x8B]))
    #expect(Gzip.expanded(compressed, limit: .max) == bytes)
    if count > 1 { #expect(Gzip.expanded(compressed, limit: count - 1) == nil) }
    #expect(Gzip.expanded(Array(compressed.dropLast()), limit: .max) == nil)
  }
}
