// Why: whoever signs with other credentials than the SDKs would take pays from another account. The
// order, the files and both endpoints are tried on stand-ins.

import Cryptography
import HTTPClient
import Synchronization
import TestSupport
import Testing

@testable import LoadGeneration

@Suite struct CredentialChainTests {
  private static let credentials = """
    # written by hand
    [default]
    aws_access_key_id = FROMDEFAULT
    aws_secret_access_key = one

    [work]
    aws_access_key_id=FROMWORK
    aws_secret_access_key=two
    aws_session_token=three
    """
  private static let config = """
    [default]
    region = eu-west-1
    [profile work]
    region = eu-central-1
    [profile config-only]
    aws_access_key_id = FROMCONFIG
    aws_secret_access_key = four
    """

  private func chain(
    _ variables: [String: String] = [:], files: [String: String]? = nil
  ) -> CredentialChain {
    let files =
      files ?? ["/u/.aws/credentials": Self.credentials, "/u/.aws/config": Self.config]
    let all = variables.merging(["HOME": "/u"]) { given, _ in given }
    return CredentialChain(environment: { all[$0] }, readFile: { files[$0] })
  }

  private static let keys = ["AWS_ACCESS_KEY_ID": "FROMENV", "AWS_SECRET_ACCESS_KEY": "zero"]

  @Test(
    arguments: [
      ("the environment comes first", keys, nil, "FROMENV", "environment"),
      ("a profile that is asked for comes before it", keys, "work", "FROMWORK", "profile work"),
      ("without either the default profile", [:], nil, "FROMDEFAULT", "profile default"),
      ("AWS_PROFILE names another", ["AWS_PROFILE": "work"], nil, "FROMWORK", "profile work"),
      ("empty variables are not set", ["AWS_PROFILE": ""], nil, "FROMDEFAULT", "profile default"),
      (
        "half a pair is none", ["AWS_ACCESS_KEY_ID": "FROMENV"], nil, "FROMDEFAULT",
        "profile default"
      ),
      (
        "the config file has credentials too", ["AWS_PROFILE": "config-only"], nil, "FROMCONFIG",
        "profile config-only"
      ),
    ] as [(String, [String: String], String?, String, String)])
  func `files and environment`(
    _ name: String, _ variables: [String: String], _ profile: String?, _ key: String,
    _ source: String
  ) throws {
    let found = try #require(try chain(variables).find(profile: profile))
    #expect(found.identity.accessKey == key, "\(name)")
    #expect(found.source == source, "\(name)")
  }

  @Test func `a session token and the region go with the profile`() throws {
    let found = try #require(try chain().find(profile: "work"))
    #expect(found.identity.sessionToken == "three")
    #expect(found.identity.region == "eu-central-1")
    let told = try #require(try chain(["AWS_REGION": "ap-south-1"]).find())
    #expect(told.identity.region == "ap-south-1")
    #expect(told.identity.sessionToken == nil)
  }

  @Test func `other files are read where variables say so`() throws {
    let variables = ["AWS_SHARED_CREDENTIALS_FILE": "/etc/keys", "AWS_CONFIG_FILE": "/etc/config"]
    let files = [
      "/etc/keys": "[default]\naws_access_key_id = ELSEWHERE\naws_secret_access_key = x",
      "/etc/config": "[default]\nregion = sa-east-1",
    ]
    let found = try #require(try chain(variables, files: files).find())
    #expect(found.identity.accessKey == "ELSEWHERE")
    #expect(found.identity.region == "sa-east-1")
  }

  // MARK: Endpoints

  private static let answer =
    #"{"AccessKeyId":"FROMHTTP","SecretAccessKey":"five","Token":"six","Expiration":"2030"}"#

  @Test func `a container's endpoint is asked with its token`() throws {
    let heads = Mutex<[String]>([])
    let server = ScriptedServer { request in
      heads.withLock { $0.append(request.head) }
      return .json(200, Self.answer)
    }
    defer { server.stop() }
    let variables = [
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:\(server.port)/creds?id=7",
      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/run/token",
    ]
    let found = try #require(try chain(variables, files: ["/run/token": " Bearer abc\n"]).find())
    #expect(found.identity.accessKey == "FROMHTTP")
    #expect(found.identity.sessionToken == "six")
    #expect(found.source == "container endpoint")
    let head = heads.withLock { $0[0] }
    #expect(head.hasPrefix("GET /creds?id=7 HTTP/1.1\r\n"), "\(head)")
    #expect(head.hasSuffix("\r\nAuthorization: Bearer abc"), "\(head)")
  }

  @Test(arguments: [
    ("http://192.0.2.1/creds", "neither HTTPS nor loopback"),
    ("ftp://127.0.0.1/", "is no endpoint"),
  ])
  func `a container's endpoint elsewhere is refused`(_ url: String, _ reason: String) {
    let variables = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]
    let fault = #expect(throws: LoadFault.self) { try chain(variables, files: [:]).find() }
    #expect(fault?.description.contains(reason) == true, "\(String(describing: fault))")
  }

  @Test func `an endpoint that fails is named`() {
    let server = ScriptedServer { _ in .json(500, "{}") }
    defer { server.stop() }
    let url = "http://127.0.0.1:\(server.port)/creds"
    let variables = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]
    let fault = #expect(throws: LoadFault.self) { try chain(variables, files: [:]).find() }
    #expect(fault?.description.contains("answers 500") == true, "\(String(describing: fault))")
  }

  @Test func `an instance's role is asked with a session token`() throws {
    let server = ScriptedServer { request in
      let line = request.head.prefix { $0 != "\r\n" }
      switch line {
      case "PUT /latest/api/token HTTP/1.1":
        return request.header("x-aws-ec2-metadata-token-ttl-seconds") == nil
          ? .json(400, "") : .json(200, "session")
      case _ where request.header("x-aws-ec2-metadata-token") != "session": return .json(401, "")
      case "GET /latest/meta-data/iam/security-credentials/ HTTP/1.1":
        return .json(200, "my-role\n")
      case "GET /latest/meta-data/iam/security-credentials/my-role HTTP/1.1":
        return .json(200, Self.answer)
      default: return .json(404, "")
      }
    }
    defer { server.stop() }
    let variables = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:\(server.port)"]
    let found = try #require(try chain(variables, files: [:]).find(region: "eu-north-1"))
    #expect(found.identity.accessKey == "FROMHTTP")
    #expect(found.identity.region == "eu-north-1")
    #expect(found.source == "instance role my-role")
    let off = variables.merging(["AWS_EC2_METADATA_DISABLED": "true"]) { $1 }
    #expect(try chain(off, files: [:]).find() == nil)
  }

  @Test func `where nobody answers there are none`() throws {
    let server = ScriptedServer { _ in .json(200, "") }
    server.stop()
    let variables = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:\(server.port)"]
    #expect(try chain(variables, files: [:]).find() == nil)
  }
}
