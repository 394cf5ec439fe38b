// The load client of `bench --engine`: a fixed number of keep-alive connections, one thread.
//
// Each connection has one request under way; its reply is read completely before the next one goes
// out (no pipelining). Connections take turns, so no poll call is needed: two system calls per
// request, which leaves the server as the limit. While a reply is due, the client looks for it
// before it sleeps, so that the server is not charged with waking it. Only keys change from request
// to request.

import Platform
import Units

/// A request whose key, ten bytes such as `k000000042`, is written anew each time.
struct RequestTemplate {
  static let key = "k000000000"
  private(set) var bytes: [UInt8]
  private var keyPlace: Int?

  /// A signed-looking POST of `body` to the operation.
  init(_ operation: String, _ body: String) {
    let credential = "20260101/us-east-1/dynamodb/aws4_request"
    let head = [
      "POST / HTTP/1.1", "Host: 127.0.0.1:8000", "Accept-Encoding: identity",
      "X-Amz-Target: DynamoDB_20120810.\(operation)", "Content-Type: application/x-amz-json-1.0",
      "User-Agent: plimsoll-bench", "X-Amz-Date: 20260101T000000Z",
      "Authorization: AWS4-HMAC-SHA256 Credential=bench/\(credential),"
        + " SignedHeaders=content-type;host;x-amz-date;x-amz-target,"
        + " Signature=\(String(repeating: "0", count: 64))",
      "Content-Length: \(body.utf8.count)",
    ]
    let headBytes = Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    let bodyBytes = Array(body.utf8)
    bytes = headBytes + bodyBytes
    keyPlace = bodyBytes.firstPlace(of: Array(Self.key.utf8)).map { $0 + headBytes.count }
  }

  /// Writes the key of item `number`.
  mutating func setKey(_ number: Int) {
    guard let keyPlace else { return }
    bytes.writeDigits(number, at: keyPlace + 1, count: 9)
  }
}

extension [UInt8] {
  /// Where `piece` begins for the first time.
  func firstPlace(of piece: [UInt8]) -> Int? {
    guard count >= piece.count else { return nil }
    return (0...(count - piece.count)).first { self[$0..<($0 + piece.count)].elementsEqual(piece) }
  }

  /// Writes `number` in `count` decimal digits.
  mutating func writeDigits(_ number: Int, at start: Int, count: Int) {
    var rest = number
    for place in stride(from: start + count - 1, through: start, by: -1) {
      self[place] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
  }
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct KeySequence {
  private var state: UInt64 = 42

  mutating func next(below bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }
}

/// What one run of the loop saw.
struct LoopOutcome {
  var replies = 0
  /// Replies with another status than 200.
  var refusals = 0
  var seconds = 0.0
  /// CPU time of the client's own thread.
  var clientSeconds = 0.0

  var rate: Double { seconds > 0 ? Double(replies) / seconds : 0 }
}

/// A client with all its connections open.
struct ClosedLoop {
  enum Fault: Error {
    case system(SystemError)
    case reply(String)
  }

  private let address: String
  private let port: UInt16
  private var sockets: [ClientSocket] = []
  private var buffer = [UInt8](repeating: 0, count: 1 << 21)

  init(address: String = "127.0.0.1", port: UInt16, connections: Int = 32) throws(Fault) {
    self.address = address
    self.port = port
    for _ in 0..<connections { sockets.append(try Self.connect(address, port)) }
  }

  private static func connect(_ address: String, _ port: UInt16) throws(Fault) -> ClientSocket {
    do throws(SystemError) { return try ClientSocket(address: address, port: port) } catch {
      throw .system(error)
    }
  }

  /// One request on the first connection; status and body.
  mutating func call(_ request: RequestTemplate) throws(Fault) -> (status: Int, body: [UInt8]) {
    try send(request, on: 0)
    let reply = try receive(on: 0)
    return (reply.status, Array(buffer[reply.body]))
  }

  /// Requests for random keys among the first `keys`, for `seconds`.
  mutating func run(
    _ request: RequestTemplate, keys: Int, seconds: Double
  ) throws(Fault) -> LoopOutcome {
    var sequence = KeySequence()
    let end = Terminal.seconds + seconds
    return try run(request) { turn in
      // The clock is asked once per round of the connections.
      if turn % 32 == 0, Terminal.seconds >= end { return nil }
      return sequence.next(below: keys)
    }
  }

  /// One request for each of the first `keys` keys.
  mutating func run(_ request: RequestTemplate, each keys: Int) throws(Fault) -> LoopOutcome {
    try run(request) { turn in turn < keys ? turn : nil }
  }

  private mutating func run(
    _ request: RequestTemplate, _ next: (Int) -> Int?
  ) throws(Fault) -> LoopOutcome {
    var request = request
    var outcome = LoopOutcome()
    let begin = Terminal.seconds
    let cpu = ThreadTime.now()
    var turn = 0
    var open = sockets.map { _ in false }
    var place = 0
    var isOver = false
    while true {
      if open[place] {
        if try receive(on: place).status != 200 { outcome.refusals += 1 }
        outcome.replies += 1
        open[place] = false
      }
      if !isOver, let key = next(turn) {
        turn += 1
        request.setKey(key)
        try send(request, on: place)
        open[place] = true
      } else {
        isOver = true
        if !open.contains(true) { break }
      }
      place = place + 1 == sockets.count ? 0 : place + 1
    }
    outcome.seconds = Terminal.seconds - begin
    outcome.clientSeconds = Double((ThreadTime.now() - cpu).count) / 1e9
    return outcome
  }

  private mutating func send(_ request: RequestTemplate, on place: Int) throws(Fault) {
    do throws(SystemError) {
      try Self.write(request, to: sockets[place])
    } catch {
      // A server may close a connection between two requests.
      sockets[place] = try Self.connect(address, port)
      do throws(SystemError) { try Self.write(request, to: sockets[place]) } catch {
        throw .system(error)
      }
    }
  }

  private static func write(
    _ request: RequestTemplate, to socket: ClientSocket
  ) throws(SystemError) {
    let outcome = request.bytes.withUnsafeBytes { bytes -> SystemError? in
      do throws(SystemError) { try socket.send(bytes) } catch { return error }
      return nil
    }
    if let outcome { throw outcome }
  }

  /// Reads one reply into the buffer.
  private mutating func receive(on place: Int) throws(Fault) -> ReplyHead {
    var filled = 0
    var head: ReplyHead?
    while true {
      if head == nil { head = ReplyHead(buffer, filled) }
      if let head {
        if head.isChunked {
          if filled >= 5, buffer[(filled - 5)..<filled].elementsEqual("0\r\n\r\n".utf8) {
            if head.closes { sockets[place] = try Self.connect(address, port) }
            return head
          }
        } else if filled >= head.body.upperBound {
          if head.closes { sockets[place] = try Self.connect(address, port) }
          return head
        }
      }
      let socket = sockets[place]
      let start = filled
      var failure: SystemError?
      let got = buffer.withUnsafeMutableBytes { bytes -> Int in
        let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
        do throws(SystemError) { return try socket.receive(into: rest, looks: 300) } catch {
          failure = error
          return 0
        }
      }
      if let failure { throw .system(failure) }
      guard got > 0 else { throw .reply("the server closed the connection before its reply") }
      filled += got
    }
  }
}

/// Status and framing of a reply that begins a buffer.
struct ReplyHead {
  var status: Int
  var body: Range<Int>
  var isChunked = false
  var closes = false

  /// nil while the headers are not complete.
  init?(_ buffer: [UInt8], _ filled: Int) {
    guard filled > 16 else { return nil }
    var line = 0
    var length = 0
    status = buffer[9..<12].reduce(0) { $0 * 10 + Int($1) - 48 }
    while true {
      guard let end = buffer[line..<filled].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      if end <= line + 1 {
        body = (end + 1)..<(end + 1 + length)
        return
      }
      switch buffer[line] | 0x20 {
      case UInt8(ascii: "c"):
        let text = String(decoding: buffer[line..<(end - 1)], as: UTF8.self).lowercased()
        if text.hasPrefix("content-length:") {
          length = Int(text.dropFirst(15).drop { $0 == " " }) ?? 0
        }
        if text.hasPrefix("connection:"), text.hasSuffix("close") { closes = true }
      case UInt8(ascii: "t"):
        let text = String(decoding: buffer[line..<(end - 1)], as: UTF8.self).lowercased()
        if text.hasPrefix("transfer-encoding:"), text.hasSuffix("chunked") { isChunked = true }
      default: break
      }
      line = end + 1
    }
  }
}
