// Buckets behind an S3-compatible endpoint: the three calls that exports and imports need.
//
// PutObject, GetObject and ListObjectsV2 by path (`/bucket/key`), each signed, each on a connection
// of its own: an export has few files, an import reads each of its files once. Objects are whole; a
// refusal for overload or by a fault of the endpoint is tried again, as is a lost connection, for
// all three may be repeated. Forms: API reference of the calls; S3's signatures hash paths as sent.

public import Cryptography
import Engine
import HTTP
public import HTTPClient
import Platform
import Units

/// An S3-compatible endpoint and who asks there.
public struct ObjectEndpoint: Sendable {
  public var endpoint: Endpoint
  public var credentials: SigningCredentials
  public var region: String
  public var tls: TLSSettings

  public init(
    _ endpoint: Endpoint, _ credentials: SigningCredentials, region: String,
    tls: TLSSettings = TLSSettings()
  ) {
    self.endpoint = endpoint
    self.credentials = credentials
    self.region = region
    self.tls = tls
  }
}

/// Objects behind an endpoint.
struct EndpointBuckets: ObjectBuckets {
  /// The most one object may hold, and expand to.
  private static let bytesMax = 1 << 30
  private static let expandedBytesMax = 2 << 30
  private static let attempts = 4
  private static let timeout = Nanoseconds.seconds(60)

  let place: ObjectEndpoint

  func store(
    _ bytes: [UInt8], as key: String, in bucket: String, compressed: Bool
  ) throws(ObjectFault) -> [UInt8] {
    let content = compressed ? Gzip.compressed(bytes) : bytes
    _ = try call(ObjectRequest(method: "PUT", bucket: bucket, key: key, body: content))
    return MD5.digest(of: content)
  }

  func load(
    _ key: String, from bucket: String, compressed: Bool
  ) throws(ObjectFault) -> [UInt8] {
    let content = try call(ObjectRequest(method: "GET", bucket: bucket, key: key))
    guard compressed else { return content }
    guard let expanded = Gzip.expanded(content, limit: Self.expandedBytesMax) else {
      throw ObjectFault(
        code: "S3ReadFailed",
        message: "\(key) is not in the gzip format, or larger than 2 GiB when expanded")
    }
    return expanded
  }

  func keys(in bucket: String, under prefix: String) throws(ObjectFault) -> [String] {
    var found: [String] = []
    var token: String?
    repeat {
      var query = "encoding-type=url&list-type=2&prefix=" + PercentEncoding.encoded(prefix.utf8)
      if let token { query = "continuation-token=\(PercentEncoding.encoded(token.utf8))&" + query }
      let page = ObjectListing(
        try call(ObjectRequest(method: "GET", bucket: bucket, query: query)))
      found += page.keys
      token = page.next
    } while token != nil
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  // MARK: Calls

  /// The body of the answer.
  private func call(_ request: ObjectRequest) throws(ObjectFault) -> [UInt8] {
    var fault = ObjectFault(code: "S3Unreachable", message: "")
    for attempt in 0..<Self.attempts {
      if attempt > 0 { pause(for: .milliseconds(100 << Int64(attempt))) }
      let answer: Answer
      do throws(ObjectFault) { answer = try exchange(request) } catch {
        fault = error
        continue
      }
      if (200..<300).contains(answer.status) { return answer.body }
      fault = ObjectListing.fault(answer.body, status: answer.status)
      guard answer.status >= 500 || answer.status == 429 else { break }
    }
    throw fault
  }

  private struct Answer {
    var status: Int
    var body: [UInt8]
  }

  private func exchange(_ request: ObjectRequest) throws(ObjectFault) -> Answer {
    func unreachable(_ text: String) -> ObjectFault {
      ObjectFault(code: "S3Unreachable", message: "The endpoint \(place.endpoint): \(text)")
    }
    let clock = MonotonicClock()
    let addresses: [SocketAddress]
    do throws(AddressFault) {
      addresses = try SocketAddress.resolve(place.endpoint.host, port: place.endpoint.port)
    } catch {
      throw unreachable(error.description)
    }
    guard !addresses.isEmpty else { throw unreachable("it has no address") }
    var pool: ConnectionPool
    do throws(PoolFault) {
      pool = try ConnectionPool(
        place.endpoint, addresses: addresses,
        settings: PoolSettings(connections: 1, bodyLimit: Self.bytesMax, tls: place.tls),
        clock: clock)
    } catch {
      throw unreachable(error.description)
    }
    guard let connection = pool.take() else { throw unreachable("no connection") }
    let bytes = request.bytes(place, at: WallClock.secondsSinceEpoch())
    let now = clock.now().nanoseconds
    bytes.withUnsafeBytes {
      pool.send(connection, token: 0, $0, at: now, deadline: now + Self.timeout.count)
    }
    while pool.completions.isEmpty { pool.turn(.milliseconds(100)) }
    switch pool.completions[0].outcome {
    case .failed(let failure): throw unreachable(pool.text(failure, on: connection))
    case .response:
      let response = pool.response(connection)
      return Answer(status: response.status, body: Array(pool.bytes(connection, response.body)))
    }
  }
}

/// A request for an object, or for a list of them.
struct ObjectRequest {
  var method: String
  var bucket: String
  /// nil: the bucket itself.
  var key: String?
  /// Arguments in the order of their names, encoded.
  var query = ""
  var body: [UInt8] = []

  /// The path as sent: every segment encoded, slashes of the key kept.
  var path: String {
    let segments = (key ?? "").utf8.split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return "/" + PercentEncoding.encoded(bucket.utf8) + "/"
      + segments.map { PercentEncoding.encoded($0) }.joined(separator: "/")
  }

  /// Head and body, signed at `seconds` since 1970.
  func bytes(_ place: ObjectEndpoint, at seconds: Int64) -> [UInt8] {
    let time = SigningTime(seconds: seconds)
    let hash = SHA256.digest(of: body).hex
    var headers = [
      ("Host", place.endpoint.authority), ("X-Amz-Content-Sha256", hash),
      ("X-Amz-Date", time.text),
    ]
    if let token = place.credentials.sessionToken {
      headers.append(("X-Amz-Security-Token", token))
    }
    let canonical = CanonicalRequest(
      method: method, path: path, query: query,
      headers: headers.map { (name: $0.0, value: $0.1) }, payloadHash: hash, pathRule: .asSent)
    let scope = SigningScope(day: time.day, region: place.region, service: "s3")
    headers.append(
      ("Authorization", canonical.authorization(place.credentials, scope: scope, at: time)))
    headers.append(("Content-Length", String(body.count)))
    let target = path + (query.isEmpty ? "" : "?" + query)
    let lines = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
    return Array("\(method) \(target) HTTP/1.1\r\n\(lines)\r\n".utf8) + body
  }
}

/// What a list or a refusal in XML says; the few elements that matter, read by their names.
struct ObjectListing {
  var keys: [String]
  /// Where the next page begins; nil after the last.
  var next: String?

  init(_ body: [UInt8]) {
    let text = String(decoding: body, as: UTF8.self)
    // As `encoding-type=url` encodes them.
    keys = Self.contents(of: "Key", in: text).map { PercentEncoding.formText($0.utf8) }
    let isTruncated = Self.contents(of: "IsTruncated", in: text).first == "true"
    next = isTruncated ? Self.contents(of: "NextContinuationToken", in: text).first : nil
  }

  /// A refusal, as FailureCode and FailureMessage tell it: `S3NoSuchBucket`.
  static func fault(_ body: [UInt8], status: Int) -> ObjectFault {
    let text = String(decoding: body, as: UTF8.self)
    let code = contents(of: "Code", in: text).first ?? "Status\(status)"
    return ObjectFault(
      code: "S3" + code,
      message: contents(of: "Message", in: text).first ?? "The endpoint answered \(status)")
  }

  /// The texts of all elements of a name.
  private static func contents(of name: String, in text: String) -> [String] {
    var found: [String] = []
    for part in text.split(separator: "<\(name)>", omittingEmptySubsequences: false).dropFirst() {
      guard let end = part.firstRange(of: "</\(name)>") else { continue }
      found.append(plain(part[..<end.lowerBound]))
    }
    return found
  }

  /// A text with its entities replaced; `&amp;` last, so that nothing is replaced twice.
  private static func plain(_ text: Substring) -> String {
    var text = String(text)
    for (entity, character) in [
      ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"),
      ("&amp;", "&"),
    ] {
      text = text.replacing(entity, with: character)
    }
    return text
  }
}
