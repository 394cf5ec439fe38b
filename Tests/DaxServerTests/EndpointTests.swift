// The client of the endpoint and the check of signatures: small parsers that meet the world.

import AccessControl
import Cryptography
import DaxProtocol
import TestSupport
import Testing

@testable import DaxServer

@Suite struct EndpointTests {
  @Test(arguments: [
    ("http://127.0.0.1:8000", "127.0.0.1", 8_000), ("http://localhost", "localhost", 80),
    ("http://10.0.0.7:1/", "10.0.0.7", 1),
  ])
  func addresses(text: String, host: String, port: Int) {
    #expect(EndpointAddress(text) == EndpointAddress(host: host, port: UInt16(port)))
  }

  @Test(arguments: [
    "", "127.0.0.1:8000", "https://127.0.0.1", "http://", "http://:80", "http://a:b",
    "http://a:70000", "http://a:1:2", "http://a/path", "http://a:0",
  ])
  func otherTextsAreNone(text: String) { #expect(EndpointAddress(text) == nil) }

  private func parse(_ text: String, pieces: Int) -> AnswerParser.Outcome {
    var parser = AnswerParser()
    var outcome = AnswerParser.Outcome.incomplete
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      outcome = parser.take(bytes[start..<min(start + pieces, bytes.count)])
    }
    return outcome
  }

  @Test(arguments: [1, 3, 1_000])
  func answersArriveInAnyPieces(pieces: Int) {
    let plain =
      "HTTP/1.1 400 Bad Request\r\nX-Amzn-RequestId: R1\r\nContent-Length: 5\r\n\r\nhello"
    let expected = EndpointAnswer(
      status: 400, body: Array("hello".utf8), requestID: "R1", keepsConnection: true)
    #expect(parse(plain, pieces: pieces) == .complete(expected))
    let chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      + "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"
    let closing = EndpointAnswer(
      status: 200, body: Array("hello".utf8), requestID: nil, keepsConnection: false)
    #expect(parse(chunked, pieces: pieces) == .complete(closing))
  }

  @Test(arguments: [
    "SSH-2.0-x\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
  ])
  func nonsenseIsMalformed(text: String) {
    #expect(parse(text, pieces: 1_000) == .malformed)
  }

  /// Signed by the public client (2.1.0) with AKID and `hidden` on 2026-11-27 01:02:03 UTC.
  private func credentials(
    key: String = "AKID",
    signature: String = "8bf9e933cbbaba4605614f907c40c8d0c8b0921fc8309cd54c0d3a79aef4f9f1",
    replacing: (String, String) = ("", "")
  ) throws -> ConnectionCredentials {
    let text =
      "AWS4-HMAC-SHA256\n20261127T010203Z\n20261127/us-east-1/dax/aws4_request\n"
      + "d15691bc378ad0ce8430c5ce356bf0713847d4cc710532eee1b062bee59f62bd"
    var writer = CBORWriter()
    writer.text(key)
    writer.text(signature)
    writer.byteString(
      Array((replacing.0.isEmpty ? text : text.replacing(replacing.0, with: replacing.1)).utf8))
    writer.null()
    writer.null()
    let request = try DaxRequest.read(.authorizeConnection, writer.bytes[...])
    guard case .authorizeConnection(let credentials) = request else {
      throw CBORFault(.endOfBytes, at: 0)
    }
    return credentials
  }

  private static func users(_ secret: String, expires: Int64? = nil) -> UserDirectory {
    let caller = Caller(
      principal: Principal(arn: "arn:aws:iam::123456789012:user/ann", account: "123456789012"),
      policies: [])
    return UserDirectory([
      AccessKey(
        identifier: "AKID", secret: secret, expiresAtSeconds: expires, caller: caller)
    ])
  }

  @Test func signaturesAreVerified() throws {
    let now = try #require(SigningTime("20261127T010205Z"))
    func refusal(_ given: ConnectionCredentials, _ secret: String = "hidden") -> [Int]? {
      do throws(DaxError) {
        _ = try ConnectionAuthorization.key(of: given, among: Self.users(secret), at: now)
        return nil
      } catch {
        return error.codes
      }
    }
    #expect(refusal(try credentials()) == nil)
    let refused = [4, 23, 31, 33]
    #expect(refusal(try credentials(), "x") == refused)
    #expect(refusal(try credentials(key: "OTHER")) == refused)
    #expect(refusal(try credentials(signature: "")) == refused)
    for change in [("/dax/", "/s3/"), ("20261127/", "20261128/"), ("62bd", "62be")] {
      #expect(refusal(try credentials(replacing: change)) == refused)
    }
  }

  /// A connection outlives its credentials, its requests do not; the protocol's own need no action.
  @Test func requestsAreCheckedOneByOne() throws {
    let end = try #require(SigningTime("20261127T010210Z"))
    let users = Self.users("hidden", expires: end.seconds)
    let start = try #require(SigningTime("20261127T010205Z"))
    let key = try ConnectionAuthorization.key(of: try credentials(), among: users, at: start)
    func refusal(_ request: DaxRequest, at time: SigningTime) -> String? {
      do throws(DaxError) {
        try ConnectionAuthorization.check(
          request, by: key, on: "arn:aws:dax:us-east-1:123456789012:cache/c", at: time)
        return nil
      } catch {
        return error.name
      }
    }
    #expect(refusal(.endpoints, at: start) == nil)
    #expect(refusal(.transactGetItems([], RequestOptions()), at: start) == "AccessDeniedException")
    #expect(refusal(.endpoints, at: end) == "UnrecognizedClientException")
  }
}
