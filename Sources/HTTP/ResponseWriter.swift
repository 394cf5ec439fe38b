// Writes responses: status line, headers, body, in one run of bytes.

import Platform

/// Writes responses one after the other into a buffer that it keeps.
struct ResponseWriter {
  /// What the connection needs to know of the response.
  struct Manner {
    /// The connection ends after it.
    var closes: Bool
    /// The client speaks HTTP/1.0.
    var isOld: Bool
    /// The request was HEAD: no body.
    var isHead: Bool
  }

  private(set) var bytes: [UInt8] = []
  private var date: [UInt8] = []
  private var dateSecond: Int64 = -1

  /// Makes `bytes` the response.
  mutating func write(_ response: borrowing HTTPResponse, _ manner: Manner) {
    bytes.removeAll(keepingCapacity: bytes.count <= keptBytes)
    bytes.append(contentsOf: "HTTP/1.1 ".utf8)
    bytes.append(decimal: UInt64(response.status))
    bytes.append(32)
    bytes.append(contentsOf: Self.reason(response.status).utf8)
    bytes.append(contentsOf: "\r\nDate: ".utf8)
    appendDate()
    if manner.closes {
      bytes.append(contentsOf: "\r\nConnection: close".utf8)
    } else if manner.isOld {
      bytes.append(contentsOf: "\r\nConnection: keep-alive".utf8)
    }
    bytes.append(contentsOf: response.headerLines)
    bytes.append(contentsOf: "\r\nContent-Length: ".utf8)
    bytes.append(decimal: UInt64(response.body.count))
    bytes.append(contentsOf: "\r\n\r\n".utf8)
    if !manner.isHead { bytes.append(contentsOf: response.body) }
  }

  /// As RFC 9110 section 5.6.7; made once a second.
  private mutating func appendDate() {
    let second = WallClock.secondsSinceEpoch()
    if second != dateSecond {
      dateSecond = second
      date = Array(WallClock.internetDate(second).utf8)
    }
    bytes.append(contentsOf: date)
  }

  private static func reason(_ status: Int) -> StaticString {
    switch status {
    case 200: "OK"
    case 204: "No Content"
    case 302: "Found"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 417: "Expectation Failed"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    case 505: "HTTP Version Not Supported"
    default: ""
    }
  }
}

extension StaticString {
  fileprivate var utf8: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
  }
}
