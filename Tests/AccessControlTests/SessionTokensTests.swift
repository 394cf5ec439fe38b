// Temporary credentials that carry their session: known to whoever has read the same users file, to
// nobody else, and never as anything else than what was given out.
//
// Why: a token that could be changed, or used with another access key, would be a way to anybody's
// permissions.

import TestSupport
import Testing

@testable import AccessControl

@Suite struct SessionTokensTests {
  private static let account = "123456789012"
  private static let ann = "arn:aws:iam::123456789012:user/ann"
  private static let reader = "arn:aws:iam::123456789012:role/reader"

  private static func directory(secret: String = "wonderland") throws -> UserDirectory {
    let text = """
      users:
        - name: ann
          keys: [{id: AKIAANN, secret: \(secret)}]
      roles:
        - name: reader
          policies: ['{"Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}}']
      """
    return try UserDirectory.read(text, file: "users.yaml", account: account) { _ in
      .failure(PolicyFault(place: "", message: "no files here"))
    }.get()
  }

  private static let narrow =
    "{\"Statement\":{\"Effect\":\"Allow\",\n\"Action\":\"dynamodb:GetItem\",\"Resource\":\"*\"}}"

  static let holders: [SessionHolder] = [
    .user(ann), .role(reader, session: "nightly", policy: nil),
    .role(reader, session: "nightly", policy: narrow),
  ]

  @Test(arguments: holders)
  func `another reader of the same file knows the session`(_ holder: SessionHolder) throws {
    let given = try #require(try Self.directory().issue(to: holder, until: 1_000))
    let token = try #require(given.token)
    let found = try #require(try Self.directory().issued(given.identifier, token: token))
    #expect(found.secret == given.secret && found.expiresAtSeconds == 1_000)
    #expect(found.token == token && found.caller.isTemporary)
    #expect(found.caller.principal == given.caller.principal)
    #expect(found.caller.context == given.caller.context)
  }

  @Test(arguments: holders)
  func `nobody else does`(_ holder: SessionHolder) throws {
    let directory = try Self.directory()
    let given = try #require(directory.issue(to: holder, until: 1_000))
    let token = try #require(given.token)
    #expect(try Self.directory(secret: "other").issued(given.identifier, token: token) == nil)
    #expect(UserDirectory().issued(given.identifier, token: token) == nil)
    let other = try #require(directory.issue(to: holder, until: 1_000))
    #expect(directory.issued(other.identifier, token: token) == nil)
    #expect(other.secret != given.secret)
    for place in stride(from: 0, to: token.count, by: 7) {
      var characters = Array(token)
      characters[place] = characters[place] == "0" ? "1" : "0"
      #expect(directory.issued(given.identifier, token: String(characters)) == nil)
    }
    for wrong in ["", "0", "zz", String(token.dropLast(2)), token + "00"] {
      #expect(directory.issued(given.identifier, token: wrong) == nil)
    }
  }

  @Test func `a session's policy comes along`() throws {
    let given = try #require(try Self.directory().issue(to: Self.holders[2], until: 1_000))
    let found = try #require(
      try Self.directory().issued(given.identifier, token: given.token ?? ""))
    #expect(found.caller.principal.arn.hasSuffix("assumed-role/reader/nightly"))
    func isAllowed(_ action: String) -> Bool {
      let request = AccessRequest(
        action: "dynamodb:" + action, resource: "arn:aws:dynamodb:us-east-1:123456789012:table/t")
      return AccessDecision.decide(request, by: found.caller) == .allowed
    }
    #expect(isAllowed("GetItem") && !isAllowed("Scan"))
  }

  @Test func `strangers get none`() throws {
    let directory = try Self.directory()
    #expect(directory.issue(to: .user(Self.ann + "x"), until: 1) == nil)
    #expect(directory.issue(to: .role(Self.ann, session: "ab", policy: nil), until: 1) == nil)
    #expect(directory.issue(to: .role(Self.reader, session: "ab", policy: "{"), until: 1) == nil)
  }
}
