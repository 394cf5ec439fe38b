// Signatures and checksums must be those of the standards, bit for bit: published vectors.

import CCrypto
import Cryptography
import Testing

@Suite struct CryptographyTests {
  struct HashCase: CustomTestStringConvertible {
    let name: String
    let message: [UInt8]
    let hex: String
    var testDescription: String { name }
  }

  // FIPS 180-4 examples (NIST CSRC, SHA256.pdf) and the digest of the empty message, which signing
  // uses for empty bodies.
  static let hashes = [
    HashCase(
      name: "empty", message: [],
      hex: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    HashCase(
      name: "one block", message: Array("abc".utf8),
      hex: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    HashCase(
      name: "two blocks",
      message: Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
      hex: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
    HashCase(
      name: "a million a", message: [UInt8](repeating: 97, count: 1_000_000),
      hex: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
  ]

  @Test(arguments: hashes)
  func `SHA-256 of the published messages`(one: HashCase) {
    #expect(SHA256.digest(of: one.message).hex == one.hex)
    var pieces = SHA256()
    for start in stride(from: 0, to: one.message.count, by: 63) {
      pieces.update(one.message[start..<min(start + 63, one.message.count)])
    }
    #expect(pieces.digest().hex == one.hex, "in pieces")
  }

  struct CodeCase: CustomTestStringConvertible {
    let name: String
    let key: [UInt8]
    let message: [UInt8]
    let hex: String
    var testDescription: String { name }
  }

  // RFC 4231 sections 4.2, 4.3, 4.4, 4.7 and 4.8 (the last two: keys longer than a block).
  static let codes = [
    CodeCase(
      name: "4.2", key: [UInt8](repeating: 0x0b, count: 20), message: Array("Hi There".utf8),
      hex: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    CodeCase(
      name: "4.3", key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
      hex: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    CodeCase(
      name: "4.4", key: [UInt8](repeating: 0xaa, count: 20),
      message: [UInt8](repeating: 0xdd, count: 50),
      hex: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    CodeCase(
      name: "4.7", key: [UInt8](repeating: 0xaa, count: 131),
      message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      hex: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    CodeCase(
      name: "4.8", key: [UInt8](repeating: 0xaa, count: 131),
      message: Array(
        ("This is a test using a larger than block-size key and a larger than block-size data. "
          + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
      hex: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
  ]

  @Test(arguments: codes)
  func `HMAC-SHA-256 of RFC 4231`(one: CodeCase) {
    let code = HMACSHA256(key: one.key)
    #expect(code.authenticate(one.message).hex == one.hex)
    #expect(code.authenticate(one.message).hex == one.hex, "the key is used up")
  }

  @Test func `a copied hash goes its own way`() {
    var first = SHA256()
    first.update("ab")
    var second = first
    first.update("c")
    second.update("d")
    #expect(first.digest() == SHA256.digest(of: "abc"))
    #expect(second.digest() == SHA256.digest(of: "abd"))
    #expect(first.digest().matches(SHA256.digest(of: "abc")))
    #expect(!first.digest().matches(second.digest()))
  }

  @Test func `CRC-32 of the check message and of parts`() {
    // The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms.
    let message = Array("123456789".utf8)
    #expect(CRC32.checksum(message) == 0xcbf4_3926)
    #expect(CRC32.checksum([]) == 0)
    let head = CRC32.checksum(Array(message[..<4]))
    #expect(CRC32.checksum(Array(message[4...]), after: head) == 0xcbf4_3926)
    #expect(CRC32.checksum([], after: head) == head)
  }

  @Test func `random bytes differ from call to call`() {
    #expect(RandomBytes.make(0).isEmpty)
    #expect(RandomBytes.make(32) != RandomBytes.make(32))
    // 300 bytes without two different ones would be a broken source (chance below 2^-2000).
    #expect(Set(RandomBytes.make(300)).count > 1)
  }

  @Test func `a generated certificate fits its key, its hosts and its time`() throws {
    let now: Int64 = 1_800_000_000
    let made = try #require(SelfSignedCertificate(secondsSinceEpoch: now))
    #expect(made.certificatePEM.hasPrefix("-----BEGIN CERTIFICATE-----\n"))
    #expect(made.privateKeyPEM.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
    func isValid(_ key: String, _ host: String, _ moment: Int64) -> Bool {
      crypto_identity_is_valid(made.certificatePEM, key, host, moment) == 1
    }
    for host in ["localhost", "127.0.0.1", "::1"] {
      #expect(isValid(made.privateKeyPEM, host, now), "\(host)")
    }
    #expect(!isValid(made.privateKeyPEM, "example.com", now))
    #expect(!isValid(made.privateKeyPEM, "localhost", now - 90_000))
    #expect(!isValid(made.privateKeyPEM, "localhost", now + 365 * 86_400))
    let other = try #require(SelfSignedCertificate(secondsSinceEpoch: now))
    #expect(!isValid(other.privateKeyPEM, "localhost", now), "two keys are equal")
  }

  @Test(arguments: ["", "a,DNS:b", "a\nb", "ä"])
  func `a host that is no name is refused`(host: String) {
    #expect(SelfSignedCertificate(hosts: [host], secondsSinceEpoch: 1_800_000_000) == nil)
  }
}
