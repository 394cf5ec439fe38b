// The token service with a clock that a test sets: credentials end when they say.
//
// Why: an hour cannot be waited for with a real client. The rest: Tests/conformance/test_tokens.py.

import AccessControl
import Testing

@testable import Server

@Suite struct TokenServiceTests {
  private static let policy =
    #"{"Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}}"#

  private static func authenticator() throws -> Authenticator {
    let key = AccessKey(identifier: "AKIAANN", secret: "wonderland", caller: try user())
    return try #require(Authenticator(.required, UserDirectory([key]), region: "us-east-1"))
  }

  private static func user() throws -> Caller {
    Caller(
      principal: Principal(arn: "arn:aws:iam::123456789012:user/ann", account: "123456789012"),
      policies: [try Policy.read(json: policy, .identity).get()])
  }

  @Test func credentialsAreNewAndEnd() throws {
    let authenticator = try Self.authenticator()
    let keys = (0..<50).compactMap { _ in
      authenticator.issue(to: .user(caller.principal.arn), until: 2_000)
    }
    #expect(Set(keys.map(\.identifier)).count == 50)
    #expect(Set(keys.map(\.secret)).count == 50)
    #expect(Set(keys.compactMap(\.token)).count == 50)
    #expect(keys.allSatisfy { $0.identifier.hasPrefix("ASIA") && $0.identifier.utf8.count == 20 })
    let key = try #require(keys.first)
    #expect(key.caller.isTemporary)
    #expect(!authenticator.hasEnded(key, at: 1_999))
    #expect(authenticator.hasEnded(key, at: 2_000))
  }

  private let caller: Caller

  init() throws { caller = try Self.user() }

  /// Form, status, a part of the answer.
  static let answers: [(String, Int, String)] = [
    (
      "Action=GetCallerIdentity&Version=2011-06-15", 200,
      "<Arn>arn:aws:iam::123456789012:user/ann</Arn>"
    ),
    ("Action=GetSessionToken", 200, "<Expiration>1970-01-01T12:16:40Z</Expiration>"),
    (
      "Action=GetSessionToken&DurationSeconds=900", 200,
      "<Expiration>1970-01-01T00:31:40Z</Expiration>"
    ),
    ("Action=GetSessionToken&DurationSeconds=129601", 400, "<Code>ValidationError</Code>"),
    ("Action=GetSessionToken&SerialNumber=x", 400, "SerialNumber is not supported here"),
    ("Action=GetSessionToken&Version=2010-01-01", 400, "<Code>InvalidAction</Code>"),
    ("Action=%3Cscript%3E", 400, "Could not find operation &lt;script&gt; for"),
    ("Action=Get&Action=Get", 400, "given twice"), ("", 400, "<Code>InvalidAction</Code>"),
    ("Action=AssumeRole&RoleSessionName=ab", 400, "The parameter RoleArn is required"),
    (
      "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx&RoleSessionName=a+b", 400,
      "Value 'a b' at 'roleSessionName'"
    ),
    (
      "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx&RoleSessionName=ab", 403,
      "<Code>AccessDenied</Code>"
    ),
  ]

  @Test(arguments: answers)
  func answersAtSecondOneThousand(_ row: (String, Int, String)) throws {
    let service = TokenService(
      authenticator: try Self.authenticator(), account: "123456789012")
    let answer = service.answer(
      Array(row.0.utf8), from: .success(caller), at: 1_000, request: "R")
    let text = String(decoding: answer.body, as: UTF8.self)
    #expect(answer.status == row.1)
    #expect(text.contains(row.2), "\(text)")
    #expect(text.contains("<RequestId>R</RequestId>"))
  }
}
