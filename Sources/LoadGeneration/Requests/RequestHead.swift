// The head of a request: everything before the body, written once per operation and completed with
// the body's length and, where requests are signed, its signature.

import Cryptography
import HTTPClient
import Platform

/// Writes whole requests into one buffer.
struct RequestHead {
  /// Up to the value of Content-Length, by operation.
  private let openings: [[UInt8]]
  private let targets: [[UInt8]]
  private var signer: RequestSigner?
  private(set) var bytes: [UInt8] = []

  /// - Parameter targets: API names of the operations, in the order of `write`'s positions.
  init(_ endpoint: Endpoint, targets: [String], signer: RequestSigner?) {
    self.targets = targets.map { Array("DynamoDB_20120810.\($0)".utf8) }
    openings = targets.map { target in
      Array(
        ("POST \(endpoint.path) HTTP/1.1\r\nHost: \(endpoint.authority)\r\n"
          + "Content-Type: application/x-amz-json-1.0\r\nUser-Agent: plimsoll-load\r\n"
          + "X-Amz-Target: DynamoDB_20120810.\(target)\r\nContent-Length: ").utf8)
    }
    self.signer = signer
    bytes.reserveCapacity(1 << 17)
  }

  /// Exchanges the request with another.
  mutating func exchange(_ bytes: inout [UInt8]) { swap(&self.bytes, &bytes) }

  /// Makes `bytes` the request of the operation at `position` with `body`.
  mutating func write(_ position: Int, body: [UInt8]) {
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: openings[position])
    Decimal.append(UInt64(body.count), width: 1, to: &bytes)
    bytes.append(13)
    bytes.append(10)
    if signer != nil {
      let seconds = WallClock.secondsSinceEpoch()
      body.withUnsafeBytes { body in
        targets[position].withUnsafeBytes { target in
          signer?.sign(target: target, body: body, at: seconds, appendingTo: &bytes)
        }
      }
    }
    bytes.append(13)
    bytes.append(10)
    bytes.append(contentsOf: body)
  }
}
