// Sealed bytes must be those of the standard: published vectors, and every bit matters.

import Testing

@testable import Cryptography

@Suite struct AES256GCMTests {
  private func bytes(_ hex: String) -> [UInt8] {
    stride(from: 0, to: hex.utf8.count, by: 2).compactMap { place in
      UInt8(hex.dropFirst(place).prefix(2), radix: 16)
    }
  }

  // "The Galois/Counter Mode of Operation (GCM)", McGrew and Viega, appendix B, test cases 13, 14
  // and 16: key, nonce, text, what is authenticated along, ciphertext and tag.
  static let vectors = [
    (
      String(repeating: "00", count: 32), String(repeating: "00", count: 12), "", "",
      "530f8afbc74536b9a963b4f1c4cb738b"
    ),
    (
      String(repeating: "00", count: 32), String(repeating: "00", count: 12),
      String(repeating: "00", count: 16), "",
      "cea7403d4d606b6e074ec5d3baf39d18" + "d0d1c8a799996bf0265b98b5d48ab919"
    ),
    (
      "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
      "cafebabefacedbaddecaf888",
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
      "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        + "76fc6ece0f4e1768cddf8853bb2d551b"
    ),
  ]

  @Test func `the published vectors`() throws {
    for (key, nonce, text, about, sealed) in Self.vectors {
      let cipher = try #require(AES256GCM(key: bytes(key)))
      var out: [UInt8] = []
      cipher.seal(bytes(text), about: bytes(about), nonce: bytes(nonce), appendingTo: &out)
      #expect(out == bytes(nonce) + bytes(sealed))
      #expect(cipher.open(out, about: bytes(about)) == bytes(text))
      for bit in 0..<(out.count * 8) {
        var changed = out
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        #expect(cipher.open(changed, about: bytes(about)) == nil, "bit \(bit)")
      }
      #expect(cipher.open(out, about: bytes(about) + [0]) == nil)
      #expect(cipher.open(out.dropLast(), about: bytes(about)) == nil)
    }
    #expect(AES256GCM(key: [1, 2, 3]) == nil)
  }
}
