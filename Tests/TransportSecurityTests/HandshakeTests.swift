// Both sides of TLS against each other over a pair of sockets, and whom they do not trust.

import Glibc
import Testing
import TransportSecurity

@Suite struct HandshakeTests {
  /// Made by `openssl req -x509 -newkey ec -nodes -days 36500 -addext subjectAltName=…`.
  private static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBnDCCAUGgAwIBAgIUamG++Fy81wt65e/em2dM7fCNzDcwCgYIKoZIzj0EAwIw
    FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNzAzNDcyNloYDzIxMjYxMTAz
    MDM0NzI2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
    PQMBBwNCAARoSlThuKL4vUrSKOTJourFi42uLV48lSe/L2RGUVBnL6lEI9NzsbXN
    l1a1YXxO8dLeHmTqVEYX2mdlhH8AT2hro28wbTAdBgNVHQ4EFgQUtwhAYk/M3wml
    oBhj9vnnNG2jW94wHwYDVR0jBBgwFoAUtwhAYk/M3wmloBhj9vnnNG2jW94wDwYD
    VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
    zj0EAwIDSQAwRgIhALVa4Rx08KBvraZbcJ4kbGlZVa6gOjV0QAPJh9popDUgAiEA
    nKiRzGsIRFm+BLKuz1HoJxSerjPPNVQgE76eYUmer28=
    -----END CERTIFICATE-----
    """
  private static let key = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgU/0WyqMjeGSZD517
    gWrh6hpvU0M0wGOWSc8n3wY9i2uhRANCAARoSlThuKL4vUrSKOTJourFi42uLV48
    lSe/L2RGUVBnL6lEI9NzsbXNl1a1YXxO8dLeHmTqVEYX2mdlhH8AT2hr
    -----END PRIVATE KEY-----
    """
  private static let otherKey = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZ/4q4JGnBhXd2/1R
    y2fTOjjVqLMipaAiFCkOr6/huryhRANCAASjktoIo8kESisUqU/lMpJlutRKpWpX
    JNSUtRERujWVRUpHn+jEs2HGoIPG4AoVxQNbew9Lz0F78aZa6LbKTo5T
    -----END PRIVATE KEY-----
    """

  /// Two connected sockets that do not block.
  private static func pair() throws -> (Int32, Int32) {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
    return (ends[0], ends[1])
  }

  private static func client(
    _ socket: Int32, _ host: String, trusting authorities: String?, verifies: Bool
  ) -> TLSConnection? {
    let context = TLSClientContext(authorities: authorities, verifies: verifies)
    return context?.open(socket, host: host)
  }

  private static func server(_ socket: Int32) -> TLSConnection? {
    let context = TLSServerContext(certificatePEM: certificate, privateKeyPEM: key)
    return context?.accept(socket)
  }

  /// Lets both sides go on until both are done or one has failed: (client, server).
  private static func agree(
    _ client: TLSConnection, _ server: TLSConnection
  ) -> (TLSConnection.Step, TLSConnection.Step) {
    var (ours, theirs) = (TLSConnection.Step.wantsRead, TLSConnection.Step.wantsRead)
    for _ in 0..<20 {
      if ours != .done, ours != .failed { ours = client.handshake() }
      if theirs != .done, theirs != .failed { theirs = server.handshake() }
      if ours == .failed || theirs == .failed || ours == .done && theirs == .done { break }
    }
    return (ours, theirs)
  }

  private static func withTrustedFile(_ body: (String) throws -> Void) throws {
    var name = Array("/tmp/plimsoll-authority-XXXXXX".utf8CString)
    let file = mkstemp(&name)
    try #require(file >= 0)
    let bytes = Array(certificate.utf8)
    #expect(write(file, bytes, bytes.count) == bytes.count)
    close(file)
    let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    try body(path)
  }

  @Test(arguments: ["localhost", "127.0.0.1"])
  func `bytes go both ways once the client trusts the certificate`(host: String) throws {
    try Self.withTrustedFile { path in
      let (near, far) = try Self.pair()
      defer {
        close(near)
        close(far)
      }
      let client = try #require(Self.client(near, host, trusting: path, verifies: true))
      let server = try #require(Self.server(far))
      #expect(Self.agree(client, server) == (.done, .done))
      var place = [UInt8](repeating: 0, count: 16)
      #expect(server.read(&place, 16) == -1, "nothing was sent yet")
      #expect(client.write([1, 2, 3] as [UInt8], 3) == 3)
      #expect(server.read(&place, 16) == 3)
      #expect(place.prefix(3) == [1, 2, 3])
      #expect(server.write([9] as [UInt8], 1) == 1)
      server.endWriting()
      #expect(client.read(&place, 16) == 1)
      #expect(place[0] == 9)
      #expect(client.read(&place, 16) == 0, "the end is told")
      client.close()
      server.close()
    }
  }

  @Test func `a certificate of nobody known is refused, unless anybody will do`() throws {
    for verifies in [true, false] {
      let (near, far) = try Self.pair()
      defer {
        close(near)
        close(far)
      }
      let client = try #require(Self.client(near, "localhost", trusting: nil, verifies: verifies))
      let server = try #require(Self.server(far))
      let steps = Self.agree(client, server)
      #expect(steps.0 == (verifies ? .failed : .done))
      if verifies { #expect(client.reason.contains("self-signed")) }
      client.close()
      server.close()
    }
  }

  @Test func `the certificate of another host is refused`() throws {
    try Self.withTrustedFile { path in
      let (near, far) = try Self.pair()
      defer {
        close(near)
        close(far)
      }
      let client = try #require(
        Self.client(near, "elsewhere.example", trusting: path, verifies: true))
      let server = try #require(Self.server(far))
      #expect(Self.agree(client, server).0 == .failed)
      client.close()
      server.close()
    }
  }

  private static func isUsable(_ certificate: String, _ key: String) -> Bool {
    let context = TLSServerContext(certificatePEM: certificate, privateKeyPEM: key)
    return context?.accept(0) != nil
  }

  @Test func `an identity that is none is not made`() {
    #expect(Self.isUsable(Self.certificate, Self.key))
    #expect(!Self.isUsable(Self.certificate, Self.otherKey), "the key is another's")
    #expect(!Self.isUsable("no", "no"))
    #expect(!Self.isUsable(Self.certificate, ""))
    #expect(!Self.isUsable(Self.key, Self.certificate))
  }
}
