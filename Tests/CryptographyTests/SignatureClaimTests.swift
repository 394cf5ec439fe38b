// What a server refuses before it looks for a secret, and in which words; times as signatures
// write them; strings to sign that come without their request.

import Cryptography
import Testing

@Suite struct SignatureClaimTests {
  static let time = SigningTime(seconds: 1_440_938_160)
  static let hex = String(repeating: "0a", count: 32)
  static let good =
    "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/dynamodb/aws4_request, "
    + "SignedHeaders=host;x-amz-date, Signature=\(hex)"

  private func fault(_ header: String, date: String? = "20150830T123600Z") -> SignatureFault? {
    do throws(SignatureFault) {
      _ = try SignatureClaim(authorization: header, date: date)
      return nil
    } catch { return error }
  }

  @Test func `a header that can be read`() throws {
    let claim = try SignatureClaim(authorization: Self.good, date: "20150830T123600Z")
    #expect(claim.accessKey == "AKID")
    #expect(claim.scope.text == "20150830/us-east-1/dynamodb/aws4_request")
    #expect(claim.signedHeaders == ["host", "x-amz-date"])
    #expect(claim.signature.hex == Self.hex)
    #expect(claim.time == Self.time)
    let tight = Self.good.replacing(", ", with: ",")
    #expect(try SignatureClaim(authorization: tight, date: "20150830T123600Z") == claim)
  }

  static let unreadable: [(String, String?, String)] = [
    ("Basic QWxhZGRpbg==", "20150830T123600Z", "requires 'Credential'"),
    ("AWS4-HMAC-SHA512 x", "20150830T123600Z", "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'."),
    ("AWS4-HMAC-SHA256", "20150830T123600Z", "requires 'Signature'"),
    (good.replacing("Signature=", with: "Sign="), "20150830T123600Z", "requires 'Signature'"),
    (good, nil, "either a 'X-Amz-Date' or a 'Date'"),
    (good, "Sun, 30 Aug 2015 12:36:00 GMT", "ISO-8601 'basic format'"),
    (good.replacing("/aws4_request", with: ""), "20150830T123600Z", "5 slash-delimited elements"),
  ]

  @Test func `headers that cannot be read, each in the service's words`() {
    for (header, date, words) in Self.unreadable {
      guard case .incomplete(let message) = fault(header, date: date) else {
        Issue.record("\(header): \(String(describing: fault(header, date: date)))")
        continue
      }
      #expect(message.contains(words), "\(header)")
    }
    guard case .invalid = fault(Self.good.replacing("0a0a", with: "0a")) else {
      Issue.record("a short signature")
      return
    }
  }

  private func refusal(
    _ header: String = SignatureClaimTests.good, region: String? = "us-east-1",
    date: String = "20150830T123600Z", headers: [String] = ["host", "x-amz-date"]
  ) throws -> SignatureFault? {
    let claim = try SignatureClaim(authorization: header, date: date)
    do throws(SignatureFault) {
      try claim.check(region: region, service: "dynamodb", at: Self.time, headers: headers)
      return nil
    } catch { return error }
  }

  @Test func `scope, day, clock and headers are checked`() throws {
    #expect(try refusal() == nil)
    #expect(try refusal(region: nil) == nil)
    #expect(
      try refusal(region: "eu-west-1")
        == .invalid("Credential should be scoped to a valid region, not 'us-east-1'. "))
    #expect(
      try refusal(Self.good.replacing("/dynamodb/", with: "/dax/"))
        == .invalid("Credential should be scoped to correct service: 'dynamodb'. "))
    #expect(
      try refusal(Self.good.replacing("/20150830/", with: "/20150829/"))
        == .invalid(
          "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            + "HTTP: '20150829' != '20150830', from '20150830T123600Z'."))
    #expect(try refusal(date: "20150830T123100Z") == nil)
    #expect(
      try refusal(date: "20150830T123059Z")
        == .invalid(
          "Signature expired: 20150830T123059Z is now earlier than 20150830T123100Z "
            + "(20150830T123600Z - 5 min.)"))
    #expect(try refusal(date: "20150830T124100Z") == nil)
    #expect(
      try refusal(date: "20150830T124101Z")
        == .invalid(
          "Signature not yet current: 20150830T124101Z is still later than 20150830T124100Z "
            + "(20150830T123600Z + 5 min.)"))
    #expect(
      try refusal(headers: ["host", "x-amz-target"])
        == .incomplete("'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."))
    #expect(try refusal(headers: ["host", "user-agent"]) == nil)
  }

  @Test func `every change to a signed request is noticed`() throws {
    let key = SigningKey(
      secretKey: "secret",
      scope: SigningScope(day: "20150830", region: "us-east-1", service: "dynamodb"))
    let request = CanonicalRequest(
      method: "POST", headers: [("host", "h"), ("x-amz-date", "20150830T123600Z")],
      payloadHash: SHA256.digest(of: "{}").hex)
    var claim = try SignatureClaim(authorization: Self.good, date: "20150830T123600Z")
    claim.signature = key.signature(of: request, at: Self.time)
    try claim.verify(request, key: key)
    let changes: [(inout CanonicalRequest) -> Void] = [
      { $0.method = "GET" }, { $0.path = "/x" }, { $0.query = "a=" },
      { $0.headers[0].value = "g" }, { $0.headers.removeLast() },
      { $0.payloadHash = SHA256.digest(of: "{ }").hex },
    ]
    for change in changes {
      var other = request
      change(&other)
      #expect(throws: SignatureFault.self) { try claim.verify(other, key: key) }
    }
  }

  @Test func `a string to sign that came without its request`() throws {
    func request(_ time: SigningTime) -> CanonicalRequest {
      CanonicalRequest(
        method: "POST", headers: [("host", "dax.amazonaws.com"), ("x-amz-date", time.text)],
        payloadHash: SHA256.digest(of: "").hex)
    }
    // The golden case "DAX", signed by botocore.
    let one = try #require(SigningTests.golden.first { $0["name"] == "DAX" })
    let signature = try #require(one["authorization"].split(separator: "Signature=").last)
    let text =
      "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/dax/aws4_request\n"
      + SHA256.digest(of: one["canonical"]).hex
    let signed = try #require(SignedString(text))
    func verify(
      _ signed: SignedString, _ signature: String, _ secret: String, _ now: Int64
    ) throws {
      try signed.verify(
        signature, of: request, service: "dax", secretKey: secret, at: SigningTime(seconds: now))
    }
    let now = Self.time.seconds
    try verify(signed, String(signature), one["secret"], now)
    #expect(throws: SignatureFault.self) { try verify(signed, String(signature), "other", now) }
    #expect(throws: SignatureFault.self) { try verify(signed, Self.hex, one["secret"], now) }
    #expect(throws: SignatureFault.self) {
      try verify(signed, String(signature), one["secret"], now + 301)
    }
    // A string of another request, though signed rightly, is no pass.
    let other = String(text.dropLast(64)) + SHA256.digest(of: "").hex
    let key = SigningKey(secretKey: one["secret"], scope: signed.scope)
    let stranger = try #require(SignedString(other))
    #expect(throws: SignatureFault.self) {
      try verify(stranger, key.signature(of: other).hex, one["secret"], now)
    }
    #expect(SignedString("AWS4-HMAC-SHA256\nx\ny\nz") == nil)
    #expect(SignedString("") == nil)
  }

  @Test func `times as signatures write them`() {
    #expect(SigningTime("20150830T123600Z")?.seconds == 1_440_938_160)
    #expect(SigningTime(seconds: 0).text == "19700101T000000Z")
    #expect(SigningTime(seconds: -1).text == "19691231T235959Z")
    #expect(SigningTime("20240229T235959Z")?.seconds == 1_709_251_199)
    for text in [
      "20230229T000000Z", "20150832T000000Z", "20151301T000000Z", "20150830T240000Z",
      "20150830T126000Z", "20150830 123600Z", "20150830T123600", "2015083ZT123600Z", "",
      "00000000T000000Z", "20150030T000000Z",
    ] {
      #expect(SigningTime(text) == nil, "\(text)")
    }
    // Every day of four centuries, counted one by one.
    var (year, month, day) = (1_970, 1, 1)
    for count in 0..<146_097 {
      let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      if count % 97 == 0 {
        let text = "\(year * 10_000 + month * 100 + day)T000000Z"
        #expect(SigningTime(seconds: Int64(count) * 86_400).text == text)
        #expect(SigningTime(text)?.seconds == Int64(count) * 86_400)
      }
      day += 1
      if day > lengths[month - 1] + (isLeap && month == 2 ? 1 : 0) { (day, month) = (1, month + 1) }
      if month > 12 { (month, year) = (1, year + 1) }
    }
  }
}
