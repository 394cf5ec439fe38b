// Whether a connection's signature is right, where the secret is known.
//
// Signature version 4 over an empty POST to dax.amazonaws.com for the service `dax`; the client
// sends the string it has signed in place of the request (features.md 2.4).

import Cryptography
import DaxProtocol

/// Checks of a connection's credentials.
enum ConnectionAuthorization {
  /// Why a connection is refused; nil when it is not.
  static func refusal(
    of given: ConnectionCredentials, by known: SigningCredentials, at now: SigningTime
  ) -> DaxError? {
    guard given.accessKey == known.accessKey else {
      return .authentication("The security token included in the request is invalid.")
    }
    let mismatch = DaxError.authentication(
      "The request signature we calculated does not match the signature you provided.")
    guard let signed = SignedString(String(decoding: given.stringToSign, as: UTF8.self)) else {
      return mismatch
    }
    do throws(SignatureFault) {
      try signed.verify(
        given.signature, of: request, service: "dax", secretKey: known.secretKey, at: now)
      return nil
    } catch {
      return mismatch
    }
  }

  /// What clients sign.
  private static func request(at time: SigningTime) -> CanonicalRequest {
    CanonicalRequest(
      method: "POST", headers: [("host", "dax.amazonaws.com"), ("x-amz-date", time.text)],
      payloadHash: SHA256.digest(of: "").hex)
  }
}
