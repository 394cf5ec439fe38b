// Who has opened a connection, and what its requests need to be allowed.
//
// Clients sign, with signature version 4, an empty POST to dax.amazonaws.com for the service `dax`
// and send the string that they have signed in place of the request (features.md 2.4). Policies
// allow actions on the cluster as a whole: whose items are read is no concern of theirs, and the
// endpoint judges the cluster, not its clients (developer guide, DAX.access-control). Requests of
// the protocol itself (endpoints, key schemas, attribute lists) need a signature and no action.

import AccessControl
import Cryptography
import DaxProtocol

/// Checks of a connection's credentials.
enum ConnectionAuthorization {
  /// The key that a connection was opened with.
  static func key(
    of given: ConnectionCredentials, among users: UserDirectory, at now: SigningTime
  ) throws(DaxError) -> AccessKey {
    let opened = given.sessionToken.flatMap { users.issued(given.accessKey, token: $0) }
    guard let key = users.keys[given.accessKey] ?? opened, key.token == given.sessionToken else {
      throw .authentication("The security token included in the request is invalid.")
    }
    guard let signed = SignedString(String(decoding: given.stringToSign, as: UTF8.self)) else {
      throw mismatch
    }
    do throws(SignatureFault) {
      try signed.verify(
        given.signature, of: request, service: "dax", secretKey: key.secret, at: now)
    } catch {
      throw mismatch
    }
    return key
  }

  private static let mismatch = DaxError.authentication(
    "The request signature we calculated does not match the signature you provided.")

  /// What clients sign.
  private static func request(at time: SigningTime) -> CanonicalRequest {
    CanonicalRequest(
      method: "POST", headers: [("host", "dax.amazonaws.com"), ("x-amz-date", time.text)],
      payloadHash: SHA256.digest(of: "").hex)
  }

  /// Refuses a request that has outlived its credentials, or that the caller's policies do not
  /// allow on the cluster `arn`.
  static func check(
    _ request: DaxRequest, by key: AccessKey, on arn: String, at now: SigningTime
  ) throws(DaxError) {
    if let end = key.expiresAtSeconds, now.seconds >= end {
      throw .authentication("The security token included in the request is expired")
    }
    for (action, enclosing) in request.actions {
      var context = AccessContext(
        ["aws:CurrentTime": [now.extended], "aws:EpochTime": [String(now.seconds)]])
      context["dax:EnclosingOperation"] = enclosing.map { [$0] }
      let access = AccessRequest(action: "dax:" + action, resource: arn, context: context)
      guard case .denied(let denial) = AccessDecision.decide(access, by: key.caller) else {
        continue
      }
      throw DaxError("AccessDeniedException", denial.message(access, key.caller.principal))
    }
  }
}

extension DaxRequest {
  /// Actions that have to be allowed, and the operation that encloses them.
  fileprivate var actions: [(name: String, enclosing: String?)] {
    switch self {
    case .getItem: [("GetItem", nil)]
    case .putItem: [("PutItem", nil)]
    case .updateItem: [("UpdateItem", nil)]
    case .deleteItem: [("DeleteItem", nil)]
    case .query: [("Query", nil)]
    case .scan: [("Scan", nil)]
    case .batchGetItem: [("BatchGetItem", nil)]
    case .batchWriteItem: [("BatchWriteItem", nil)]
    case .transactGetItems: [("GetItem", "TransactGetItems")]
    case .transactWriteItems(let writes, _):
      Set(writes.map { $0.action == .check ? "ConditionCheckItem" : $0.action.apiName + "Item" })
        .sorted().map { ($0, "TransactWriteItems") }
    case .authorizeConnection, .endpoints, .defineKeySchema, .defineAttributeList,
      .defineAttributeListId:
      []
    }
  }
}
