// The client of the endpoint and the check of signatures: what meets the world.

import AccessControl
import Cryptography
import DaxProtocol
import HTTPClient
import Synchronization
import TestSupport
import Testing
import Units

@testable import DaxServer

@Suite struct EndpointTests {
  private static func client(_ server: ScriptedServer) throws -> EndpointClient {
    var options = DaxOptions(try Endpoint("http://127.0.0.1:\(server.port)"))
    options.endpointTimeout = .seconds(20)
    return EndpointClient(options)
  }

  @Test func aConnectionIsKeptAndReplacedOnce() throws {
    // Every connection ends after its second answer, without a word.
    let answered = Atomic<Int>(0)
    let server = ScriptedServer { request in
      let number = answered.wrappingAdd(1, ordering: .relaxed).newValue
      var answer = ScriptedServer.Answer.json(200, "\(request.connection)")
      answer.closes = number % 2 == 0
      return answer
    }
    defer { server.stop() }
    let client = try Self.client(server)
    var connections: [String] = []
    for _ in 0..<6 {
      connections.append(String(decoding: try client.call("GetItem", []), as: UTF8.self))
    }
    #expect(connections == ["0", "0", "1", "1", "2", "2"])
  }

  /// The endpoint's answer, the code, words of the message.
  static let faults: [(String, String, String)] = [
    (
      "HTTP/1.1 400 Bad\r\nX-Amzn-RequestId: R1\r\nContent-Length: 31\r\n\r\n"
        + #"{"__type":"a#XY","message":"m"}"#, "XY", "m"
    ),
    ("HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nhm", "InternalServerError", "status 503"),
    ("SSH-2.0-x\r\n\r\n", "InternalServerError", "did not answer"),
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhm", "InternalServerError", "did not answer"
    ),
    ("", "InternalServerError", "it closed the connection"),
  ]

  @Test(arguments: faults) func whatAnEndpointDoesWrong(_ row: (String, String, String)) throws {
    let server = ScriptedServer { _ in .init(Array(row.0.utf8), closes: true) }
    defer { server.stop() }
    let client = try Self.client(server)
    do throws(DaxError) {
      _ = try client.call("GetItem", [])
      Issue.record("an answer was taken")
    } catch {
      #expect(error.name == row.1 && error.message.contains(row.2), "\(error)")
    }
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
