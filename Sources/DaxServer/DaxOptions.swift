// What `dax` can be told: the cluster, the endpoint behind it, where to listen.

public import AccessControl
public import Caching
public import Cryptography
public import HTTP
public import HTTPClient
public import Units

/// Settings of a cache cluster in front of an endpoint.
public struct DaxOptions: Sendable {
  /// The endpoint, such as http://127.0.0.1:8000.
  public var endpoint: Endpoint
  /// Whom connections to an HTTPS endpoint trust.
  public var tls = TLSSettings()
  public var address = "127.0.0.1"
  /// Clients connect by TLS (`daxs://`) when given.
  public var identity: TLSIdentity?
  /// Port of the first node, the others take the following ones; 0 takes free ones.
  public var port: UInt16 = 8_111
  /// Port of metrics and control; 0 takes a free one.
  public var adminPort: UInt16 = 0
  /// Nodes, times to live, memory, replication; the same settings as a simulated cluster's.
  public var cache = CacheSettings(nodes: 1, nodeType: "dax.r5.large")
  /// false lets nodes bear any load.
  public var enforcesCapacity = true
  /// Connections a node accepts; the service's limit is 40,000 (features.md 2.1), here each has a
  /// thread.
  public var connectionLimit = 4_000
  /// How long the endpoint may take to answer.
  public var endpointTimeout = Nanoseconds.seconds(30)
  /// What requests to the endpoint are signed with; nil sends them unsigned.
  public var credentials: SigningCredentials?
  /// Who may open connections, and what their policies allow; nil lets everybody in.
  public var users: UserDirectory?
  public var region = "us-east-1"
  public var account = "123456789012"
  /// The cluster's name in policies.
  public var name = "plimsoll"

  /// The resource of all actions that a cluster allows.
  var arn: String { "arn:aws:dax:\(region):\(account):cache/\(name)" }

  public init(_ endpoint: Endpoint) { self.endpoint = endpoint }
}
