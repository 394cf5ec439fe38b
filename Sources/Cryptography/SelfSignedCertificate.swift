// A certificate for a local HTTPS endpoint, made on the spot: nobody trusts it unless told to.
//
// P-256 and SHA-256, which every TLS library of the last ten years accepts. It is its own
// authority, so that a client can be pointed at the certificate file (AWS_CA_BUNDLE). The time is
// passed in; the key is unpredictable.

import CCrypto

/// A certificate signed by its own key, and that key, both in PEM.
public struct SelfSignedCertificate: Sendable {
  public let certificatePEM: String
  public let privateKeyPEM: String

  /// For `hosts` (DNS names or numeric IPv4 and IPv6 addresses), valid from a day before
  /// `secondsSinceEpoch` for `days` days; nil when a host cannot be a name in a certificate.
  public init?(
    hosts: [String] = ["localhost", "127.0.0.1", "::1"], secondsSinceEpoch: Int64, days: Int64 = 365
  ) {
    // A comma or a line end would start another entry.
    let isPlain = hosts.allSatisfy { host in
      !host.isEmpty && host.utf8.allSatisfy { $0 > 32 && $0 != UInt8(ascii: ",") && $0 < 127 }
    }
    guard isPlain, !hosts.isEmpty else { return nil }
    let names = hosts.map { ($0.isNumericAddress ? "IP:" : "DNS:") + $0 }.joined(separator: ",")
    let begin = secondsSinceEpoch - 86_400
    var certificate: UnsafeMutablePointer<CChar>?
    var key: UnsafeMutablePointer<CChar>?
    guard crypto_self_signed(names, begin, begin + days * 86_400, &certificate, &key) == 1,
      let certificate, let key
    else { return nil }
    certificatePEM = String(cString: certificate)
    privateKeyPEM = String(cString: key)
    free(certificate)
    free(key)
  }
}

extension String {
  /// Whether this is an IP address and not a name: names have a letter in their last label.
  fileprivate var isNumericAddress: Bool {
    utf8.contains(UInt8(ascii: ":"))
      || utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
  }
}
