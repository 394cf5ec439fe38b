// A signature that differs in one bit is refused by the service and lets nobody in: published
// examples, and botocore's own signatures kept in Golden/signatures.txt (made by the script beside
// it).

import Cryptography
import Foundation
import TestSupport
import Testing

@Suite struct SigningTests {
  static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

  /// A line of the golden file.
  struct Signed: CustomTestStringConvertible {
    var fields: [String: [UInt8]] = [:]
    var headers: [(name: String, value: String)] = []
    var testDescription: String { self["name"] }

    init(_ line: Substring) {
      for field in line.split(separator: " ") {
        let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let value = Self.decoded(pair[1])
        if pair[0] == "h" {
          let text = String(decoding: value, as: UTF8.self)
          let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
          headers.append((String(parts[0]), String(parts[1])))
        } else {
          fields[String(pair[0])] = value
        }
      }
    }

    subscript(_ name: String) -> String { String(decoding: fields[name] ?? [], as: UTF8.self) }

    func header(_ name: String) -> String? {
      headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    var credentials: SigningCredentials {
      let token = self["token"].isEmpty ? nil : self["token"]
      return SigningCredentials(
        accessKey: self["access"], secretKey: self["secret"], sessionToken: token)
    }

    var request: CanonicalRequest {
      CanonicalRequest(
        method: self["method"], path: self["path"], query: self["query"], headers: headers,
        payloadHash: SHA256.digest(of: fields["body"] ?? []).hex,
        pathRule: self["service"] == "s3" ? .asSent : .normalized)
    }

    private static func decoded(_ text: Substring) -> [UInt8] {
      var bytes: [UInt8] = []
      var rest = text.utf8
      while let first = rest.popFirst() {
        guard first == UInt8(ascii: "%") else {
          bytes.append(first)
          continue
        }
        let digits = String(decoding: rest.prefix(2), as: UTF8.self)
        bytes.append(UInt8(digits, radix: 16) ?? 0)
        rest = rest.dropFirst(2)
      }
      return bytes
    }
  }

  static let golden: [Signed] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Golden/signatures.txt")
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(Signed.init)
  }()

  @Test(arguments: golden) func `the same signature as botocore`(one: Signed) throws {
    let time = try #require(SigningTime(one["time"]))
    let scope = SigningScope(day: time.day, region: one["region"], service: one["service"])
    #expect(one.request.text == one["canonical"])
    let header = one.request.authorization(one.credentials, scope: scope, at: time)
    #expect(header == one["authorization"])

    let claim = try SignatureClaim(authorization: header, date: one.header("X-Amz-Date"))
    #expect(claim.accessKey == one["access"])
    let key = SigningKey(secretKey: one["secret"], scope: claim.scope)
    try claim.check(
      region: one["region"], service: one["service"], at: time,
      headers: one.headers.map { $0.name.lowercased() })
    try claim.verify(one.request, key: key)
    let other = SigningKey(secretKey: one["secret"] + "x", scope: claim.scope)
    #expect(throws: SignatureFault.self) { try claim.verify(one.request, key: other) }
  }

  @Test func `the load path signs as botocore does`() throws {
    let cases = Self.golden.filter { $0.header("X-Amz-Target") != nil }
    #expect(cases.count > 15)
    for one in cases {
      let time = try #require(SigningTime(one["time"]))
      var signer = RequestSigner(
        one.credentials, region: one["region"], service: one["service"],
        host: one.header("Host") ?? "")
      let target = Array((one.header("X-Amz-Target") ?? "").utf8)
      let token = one["token"].isEmpty ? "" : "X-Amz-Security-Token: \(one["token"])\r\n"
      let expected =
        "X-Amz-Date: \(time.text)\r\nAuthorization: \(one["authorization"])\r\n" + token
      // Again after other seconds and days, which the signer must not remember.
      for seconds in [time.seconds, time.seconds - 1, time.seconds, 0, time.seconds] {
        var head = Array("POST".utf8)
        var written = [UInt8](repeating: 0, count: signer.byteCount)
        target.withUnsafeBytes { target in
          (one.fields["body"] ?? []).withUnsafeBytes { body in
            signer.sign(target: target, body: body, at: seconds, appendingTo: &head)
            let count = written.withUnsafeMutableBytes {
              signer.sign(target: target, body: body, at: seconds, into: $0)
            }
            #expect(count == signer.byteCount)
          }
        }
        #expect(head == Array("POST".utf8) + written)
        guard seconds == time.seconds else { continue }
        #expect(String(decoding: written, as: UTF8.self) == expected, "\(one["name"])")
      }
    }
  }

  // "Examples of how to derive a signing key for Signature Version 4" and the task pages of the
  // AWS General Reference (the ListUsers request of 2015-08-30).
  @Test func `the published key and request of the General Reference`() {
    let scope = SigningScope(day: "20120215", region: "us-east-1", service: "iam")
    #expect(
      SigningKey(secretKey: Self.secret, scope: scope).hex
        == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d")

    let request = CanonicalRequest(
      method: "GET", query: "Action=ListUsers&Version=2010-05-08",
      headers: [
        ("Host", "iam.amazonaws.com"),
        ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("X-Amz-Date", "20150830T123600Z"),
      ], payloadHash: SHA256.digest(of: "").hex)
    #expect(
      request.digest.hex == "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59")
    let key = SigningKey(
      secretKey: Self.secret,
      scope: SigningScope(day: "20150830", region: "us-east-1", service: "iam"))
    #expect(key.hex == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9")
    #expect(
      key.signature(of: request, at: SigningTime(seconds: 1_440_938_160)).hex
        == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
  }

  // Signature Version 4 test suite, case get-vanilla.
  @Test func `the plainest case of the published test suite`() {
    let request = CanonicalRequest(
      method: "GET",
      headers: [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")],
      payloadHash: SHA256.digest(of: "").hex)
    let key = SigningKey(
      secretKey: Self.secret,
      scope: SigningScope(day: "20150830", region: "us-east-1", service: "service"))
    #expect(
      key.signature(of: request, at: SigningTime(seconds: 1_440_938_160)).hex
        == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
  }

  // Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring
  // Payload in a Single Chunk", the four examples.
  static let storage: [(String, CanonicalRequest, String)] = {
    let empty = SHA256.digest(of: "").hex
    func request(
      _ method: String, _ path: String, _ query: String, _ body: String,
      _ more: [(name: String, value: String)]
    ) -> CanonicalRequest {
      let hash = SHA256.digest(of: body).hex
      return CanonicalRequest(
        method: method, path: path, query: query,
        headers: more + [
          ("Host", "examplebucket.s3.amazonaws.com"), ("x-amz-content-sha256", hash),
          ("x-amz-date", "20130524T000000Z"),
        ], payloadHash: hash, pathRule: .asSent)
    }
    return [
      (
        "an object", request("GET", "/test.txt", "", "", [("Range", "bytes=0-9")]),
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
      ),
      (
        "an upload",
        request(
          "PUT", "/test%24file.text", "", "Welcome to Amazon S3.",
          [
            ("Date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
          ]), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
      ),
      (
        "an argument without value", request("GET", "/", "lifecycle", "", []),
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
      ),
      (
        "arguments", request("GET", "/", "max-keys=2&prefix=J", "", []),
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
      ),
    ]
  }()

  @Test func `the published requests to S3`() {
    let key = SigningKey(
      secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      scope: SigningScope(day: "20130524", region: "us-east-1", service: "s3"))
    for (name, request, signature) in Self.storage {
      #expect(
        key.signature(of: request, at: SigningTime(seconds: 1_369_353_600)).hex == signature,
        "\(name)")
    }
  }

  /// RFC 3986 section 2.1; what no two hexadecimal digits follow stands for itself.
  @Test(arguments: [
    ("a%20b", "a b", "a b"), ("a+b", "a+b", "a b"), ("%2B+%2b", "+++", "+ +"),
    ("%c3%A4", "ä", "ä"), ("100%", "100%", "100%"), ("%4", "%4", "%4"), ("%zz", "%zz", "%zz"),
    ("%+f", "%+f", "% f"), ("%25%34", "%4", "%4"), ("", "", ""),
  ])
  func `percent signs are undone once`(encoded: String, plain: String, ofForm: String) {
    let bytes = PercentEncoding.decoded(encoded.utf8)
    #expect(String(decoding: bytes, as: UTF8.self) == plain)
    #expect(PercentEncoding.formText(encoded.utf8) == ofForm)
  }
}
