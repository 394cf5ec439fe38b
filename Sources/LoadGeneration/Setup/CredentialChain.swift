// Where credentials come from, in the order of the SDKs: environment, profile files, container
// endpoint, instance endpoint (SDK and tools reference guide, "Standardized credential providers").
//
// Only what is asked for is read; nothing is kept on disk. The two endpoints are plain HTTP at
// link-local addresses by design; other addresses are accepted for the container endpoint only
// where the SDKs accept them (loopback, or HTTPS).

import HTTPClient
import JSON
import Platform
import Units

/// Finds credentials.
public struct CredentialChain: Sendable {
  private let environment: @Sendable (String) -> String?
  private let readFile: @Sendable (String) -> String?

  /// - Parameters:
  ///   - environment: A variable's value; nil or empty when it is not set.
  ///   - readFile: A file's text; nil when there is none.
  public init(
    environment: @escaping @Sendable (String) -> String?,
    readFile: @escaping @Sendable (String) -> String?
  ) {
    self.environment = { name in environment(name).flatMap { $0.isEmpty ? nil : $0 } }
    self.readFile = readFile
  }

  /// What was found, and where.
  public struct Found: Sendable {
    public var identity: SigningIdentity
    /// Such as `environment` or `profile work`.
    public var source: String
  }

  /// Credentials of the first provider that has some; nil when none does.
  /// - Parameters:
  ///   - profile: A profile's name instead of AWS_PROFILE.
  ///   - region: A region instead of the configured one.
  public func find(profile: String? = nil, region: String? = nil) throws(LoadFault) -> Found? {
    let name = profile ?? environment("AWS_PROFILE") ?? "default"
    let region =
      region ?? environment("AWS_REGION") ?? environment("AWS_DEFAULT_REGION")
      ?? setting("region", profile: name) ?? "us-east-1"
    if profile == nil, let access = environment("AWS_ACCESS_KEY_ID"),
      let secret = environment("AWS_SECRET_ACCESS_KEY")
    {
      return Found(
        identity: SigningIdentity(
          accessKey: access, secretKey: secret, sessionToken: environment("AWS_SESSION_TOKEN"),
          region: region), source: "environment")
    }
    if let access = setting("aws_access_key_id", profile: name),
      let secret = setting("aws_secret_access_key", profile: name)
    {
      return Found(
        identity: SigningIdentity(
          accessKey: access, secretKey: secret,
          sessionToken: setting("aws_session_token", profile: name), region: region),
        source: "profile \(name)")
    }
    if let found = try container(region: region) { return found }
    return try instance(region: region)
  }

  // MARK: Files

  /// A setting of a profile: from the credentials file, else from the config file.
  private func setting(_ key: String, profile: String) -> String? {
    let home = environment("HOME") ?? ""
    let credentials =
      environment("AWS_SHARED_CREDENTIALS_FILE") ?? "\(home)/.aws/credentials"
    let config = environment("AWS_CONFIG_FILE") ?? "\(home)/.aws/config"
    return Self.value(of: key, in: profile, readFile(credentials) ?? "")
      ?? Self.value(
        of: key, in: profile == "default" ? profile : "profile \(profile)", readFile(config) ?? "")
  }

  /// The value of a key in a section of an INI text.
  static func value(of key: String, in section: String, _ text: String) -> String? {
    var isInside = false
    for line in text.split(whereSeparator: \.isNewline) {
      let line = line.trimmed
      if line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("["), line.hasSuffix("]") {
        isInside = line.dropFirst().dropLast().trimmed == section
        continue
      }
      guard isInside, let equals = line.firstIndex(of: "=") else { continue }
      if line[..<equals].trimmed == key {
        let value = String(line[line.index(after: equals)...].trimmed)
        return value.isEmpty ? nil : value
      }
    }
    return nil
  }

  // MARK: Endpoints

  private func container(region: String) throws(LoadFault) -> Found? {
    let url: String
    if let path = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
      url = "http://169.254.170.2\(path)"
    } else if let full = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
      url = full
    } else {
      return nil
    }
    var headers: [(String, String)] = []
    if let file = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
      let token = readFile(file)
    {
      headers.append(("Authorization", String(token[...].trimmed)))
    } else if let token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
      headers.append(("Authorization", token))
    }
    let endpoint = try Self.endpoint(url)
    let allowed = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost"]
    guard
      endpoint.isSecure || allowed.contains(endpoint.host) || endpoint.host.hasPrefix("127.")
        || endpoint.host == "::1"
    else {
      throw LoadFault(
        "the container credentials endpoint \(url) is neither HTTPS nor loopback nor link-local")
    }
    let answer = try Self.fetch(endpoint, "GET", endpoint.path, headers)
    return try found(answer, region: region, source: "container endpoint")
  }

  private func instance(region: String) throws(LoadFault) -> Found? {
    if environment("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" { return nil }
    let base = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? "http://169.254.169.254"
    let endpoint = try Self.endpoint(base)
    let life = [("X-aws-ec2-metadata-token-ttl-seconds", "21600")]
    // Outside the service's machines nobody answers there.
    guard let token = try? Self.fetch(endpoint, "PUT", "/latest/api/token", life) else {
      return nil
    }
    let headers = [("X-aws-ec2-metadata-token", String(decoding: token, as: UTF8.self))]
    let roles = "/latest/meta-data/iam/security-credentials/"
    let list = try Self.fetch(endpoint, "GET", roles, headers)
    let role = String(decoding: list, as: UTF8.self)[...].trimmed
    guard !role.isEmpty else { return nil }
    let answer = try Self.fetch(endpoint, "GET", roles + role, headers)
    return try found(answer, region: region, source: "instance role \(role)")
  }

  private func found(
    _ answer: [UInt8], region: String, source: String
  ) throws(LoadFault) -> Found {
    guard let tree = try? JSONValue.parse(answer), let access = tree["AccessKeyId"]?.string,
      let secret = tree["SecretAccessKey"]?.string
    else { throw LoadFault("the \(source) gave no credentials") }
    return Found(
      identity: SigningIdentity(
        accessKey: access, secretKey: secret, sessionToken: tree["Token"]?.string, region: region),
      source: source)
  }

  private static func endpoint(_ url: String) throws(LoadFault) -> Endpoint {
    do throws(Endpoint.Fault) { return try Endpoint(url) } catch {
      throw LoadFault(error.description)
    }
  }

  /// The body of one plain request; two seconds at most.
  private static func fetch(
    _ endpoint: Endpoint, _ method: String, _ path: String, _ headers: [(String, String)]
  ) throws(LoadFault) -> [UInt8] {
    let clock = MonotonicClock()
    var addresses: [SocketAddress] = []
    do throws(AddressFault) {
      addresses = try SocketAddress.resolve(endpoint.host, port: endpoint.port)
    } catch {
      throw LoadFault(error.description)
    }
    var pool: ConnectionPool
    do throws(PoolFault) {
      pool = try ConnectionPool(
        endpoint, addresses: addresses, settings: PoolSettings(connections: 1, bodyLimit: 65_536),
        clock: clock)
    } catch {
      throw LoadFault(error.description)
    }
    var text = "\(method) \(path) HTTP/1.1\r\nHost: \(endpoint.authority)\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    if method == "PUT" { text += "Content-Length: 0\r\n" }
    let bytes = Array((text + "\r\n").utf8)
    guard let connection = pool.take() else { return [] }
    let now = clock.now().nanoseconds
    bytes.withUnsafeBytes {
      pool.send(connection, token: 0, $0, at: now, deadline: now + 2_000_000_000)
    }
    while pool.completions.isEmpty { pool.turn(.milliseconds(100)) }
    switch pool.completions[0].outcome {
    case .failed(let failure): throw LoadFault(pool.text(failure, on: connection))
    case .response:
      let response = pool.response(connection)
      guard response.status == 200 else {
        throw LoadFault("\(endpoint.description)\(path) answers \(response.status)")
      }
      return Array(pool.bytes(connection, response.body))
    }
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var rest = drop { $0.isWhitespace }
    while rest.last?.isWhitespace == true { rest = rest.dropLast() }
    return rest
  }
}
