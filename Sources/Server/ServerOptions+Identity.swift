// A certificate for one run, so that HTTPS can be tried without one of one's own.
//
// Clients must be told to trust it or not to check (boto3: verify=False); it proves nothing.

import Cryptography
public import HTTP
import Platform

extension ServerOptions {
  /// A self-signed identity for `address` and the loopback names, valid for a year; nil when the
  /// library cannot make one.
  public static func selfSigned(for address: String) -> TLSIdentity? {
    var hosts = ["localhost", "127.0.0.1"]
    if !hosts.contains(address) { hosts.append(address) }
    guard
      let certificate = SelfSignedCertificate(
        hosts: hosts, secondsSinceEpoch: WallClock.secondsSinceEpoch(), days: 365)
    else { return nil }
    return TLSIdentity(
      certificatePEM: certificate.certificatePEM, privateKeyPEM: certificate.privateKeyPEM)
  }
}
