// How an S3-compatible endpoint is asked, and what is read of its answers.
//
// Why: a path that is encoded otherwise than it is signed is refused, and a page that is overlooked
// is data that is missing. Signatures are checked by Tests/conformance/test_object_endpoint.py.

import Cryptography
import Engine
import HTTPClient
import Testing

@testable import Server

@Suite struct ObjectEndpointTests {
  /// Bucket, key, path as sent.
  static let paths: [(String, String?, String)] = [
    ("lake", nil, "/lake/"), ("lake", "a/b.json", "/lake/a/b.json"),
    ("lake", "a b/ü+1", "/lake/a%20b/%C3%BC%2B1"), ("lake", "a//b/", "/lake/a//b/"),
    ("lake", "../x?y#z%", "/lake/../x%3Fy%23z%25"),
  ]

  @Test(arguments: paths)
  func aPathIsEncodedAsItIsSigned(_ row: (String, String?, String)) {
    #expect(ObjectRequest(method: "GET", bucket: row.0, key: row.1).path == row.2)
  }

  @Test func aRequestSaysWhatItSigns() throws {
    let place = ObjectEndpoint(
      try Endpoint("http://127.0.0.1:9000"),
      SigningCredentials(accessKey: "AKID", secretKey: "secret", sessionToken: "token"),
      region: "eu-west-1")
    let request = ObjectRequest(method: "PUT", bucket: "lake", key: "k", body: Array("x".utf8))
    let lines = String(decoding: request.bytes(place, at: 0), as: UTF8.self)
      .split(separator: "\r\n", omittingEmptySubsequences: false)
    #expect(lines.first == "PUT /lake/k HTTP/1.1")
    #expect(lines.contains("Host: 127.0.0.1:9000"))
    #expect(lines.contains("X-Amz-Date: 19700101T000000Z"))
    #expect(lines.contains("X-Amz-Security-Token: token"))
    #expect(lines.contains("Content-Length: 1"))
    // SHA-256 of `x`, by sha256sum.
    #expect(
      lines.contains(
        "X-Amz-Content-Sha256: "
          + "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"))
    #expect(
      lines.contains {
        $0.hasPrefix(
          "Authorization: AWS4-HMAC-SHA256 Credential=AKID/19700101/eu-west-1/s3/aws4_request, "
            + "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, ")
      })
    #expect(lines.suffix(2) == ["", "x"])
  }

  @Test func listsAndRefusals() {
    let page = ObjectListing(
      Array(
        ("<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>true</IsTruncated>"
          + "<Contents><Key>a+b%2Fc</Key><Size>1</Size></Contents>"
          + "<Contents><Key>&lt;&amp;lt;%3E</Key></Contents>"
          + "<NextContinuationToken>1&amp;2</NextContinuationToken></ListBucketResult>").utf8))
    #expect(page.keys == ["a b/c", "<&lt;>"])
    #expect(page.next == "1&2")
    let last = ObjectListing(
      Array(
        ("<ListBucketResult><IsTruncated>false</IsTruncated>"
          + "<NextContinuationToken>x</NextContinuationToken></ListBucketResult>").utf8))
    #expect(last.keys.isEmpty)
    #expect(last.next == nil)
    let refusal = "<Error><Code>NoSuchKey</Code><Message>no &quot;k&quot;</Message></Error>"
    let fault = ObjectListing.fault(Array(refusal.utf8), status: 404)
    #expect(fault.code == "S3NoSuchKey")
    #expect(fault.message == "no \"k\"")
    #expect(ObjectListing.fault([], status: 500).code == "S3Status500")
  }
}
