// From bytes to requests, and from responses to bytes.

import Platform
import Synchronization
import Units

extension EventLoop {
  /// Answers the requests in `bytes`, one after the other, for as long as responses go out; the
  /// number of bytes that were used.
  mutating func answerRequests(_ slot: Int, _ bytes: UnsafeRawBufferPointer) -> Int {
    let connection = connection(slot)
    let generation = connection.pointee.generation
    var at = 0
    while connection.pointee.generation == generation {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[at...])
      switch connection.pointee.phase {
      case .head:
        if rest.starts(with: [13, 10]) {  // RFC 9112 section 2.2: an empty line before a request
          at += 2
          continue
        }
        guard !rest.isEmpty else { return at }
        do throws(RequestFault) {
          guard let end = try takeHead(slot, rest) else {
            if connection.pointee.since < 0 { connection.pointee.since = now }
            return at
          }
          at += end
        } catch {
          refuse(slot, error)
          return bytes.count
        }
      case .body:
        guard let used = takeBody(slot, rest) else { return bytes.count }
        at += used
        // What is left are the first bytes of a line, or nothing.
        if connection.pointee.phase == .body { return at }
      case .handshaking, .holding, .sending: return at
      case .lingering: return bytes.count
      }
    }
    return bytes.count
  }

  // MARK: Requests

  /// Reads a head and, when its body came with it, answers; the bytes used, nil when there are too
  /// few.
  private mutating func takeHead(
    _ slot: Int, _ bytes: UnsafeRawBufferPointer
  ) throws(RequestFault) -> Int? {
    guard let end = try RequestHead.end(of: bytes, limit: Int(core.settings.headerLimit.count))
    else { return nil }
    let lines = UnsafeRawBufferPointer(rebasing: bytes[..<end])
    try head.read(lines)
    let connection = connection(slot)
    connection.pointee.manner = ResponseWriter.Manner(
      closes: head.closes, isOld: head.isOld, isHead: head.isHead)
    connection.pointee.isInFlight = true
    core.running.add(1, ordering: .relaxed)
    connection.pointee.decoder = BodyDecoder(head, limit: core.settings.bodyLimit.count)
    let rest = UnsafeRawBufferPointer(rebasing: bytes[end...])
    if isHopeless(rest.isEmpty) {
      response.refuse(413, oversizedReason)
      response.closesConnection = true
      sendOrHold(slot)
      return bytes.count
    }
    body.removeAll(keepingCapacity: body.capacity <= keptBytes)
    switch connection.pointee.decoder.take(rest, into: &body) {
    case .done(let used):
      answer(slot, lines)
      return end + used
    case .needsMore(let used):
      connection.pointee.phase = .body
      connection.pointee.since = now
      connection.pointee.head = Array(lines)
      connection.pointee.body = body
      body = []
      if head.expectsContinue, rest.isEmpty { permit(slot) }
      return end + used
    case .failed(let fault): throw fault
    case .hopeless:
      close(slot)
      return bytes.count
    }
  }

  /// Goes on with a body; the bytes used, nil when the connection is over.
  private mutating func takeBody(_ slot: Int, _ bytes: UnsafeRawBufferPointer) -> Int? {
    let connection = connection(slot)
    switch connection.pointee.decoder.take(bytes, into: &connection.pointee.body) {
    case .needsMore(let used): return used
    case .failed(let fault):
      refuse(slot, fault)
      return nil
    case .hopeless:
      close(slot)
      return nil
    case .done(let used):
      swap(&body, &connection.pointee.body)
      connection.pointee.body = []
      let lines = connection.pointee.head
      connection.pointee.head = []
      connection.pointee.phase = .head
      lines.withUnsafeBytes { lines in
        // It was read before, so it can be read again.
        do throws(RequestFault) {
          try head.read(lines)
          answer(slot, lines)
        } catch { refuse(slot, error) }
      }
      return used
    }
  }

  /// Whether a body is announced that is not even worth reading: its client waits for permission,
  /// or it is far beyond the limit. Others are let finish, because an answer during their sending
  /// is often lost with the connection.
  private func isHopeless(_ bodyIsToCome: Bool) -> Bool {
    let limit = core.settings.bodyLimit.count
    guard head.contentLength > limit else { return false }
    return head.expectsContinue && bodyIsToCome || head.contentLength > 4 * limit
  }

  private var oversizedReason: String { "the body exceeds \(core.settings.bodyLimit.count) bytes" }

  /// Tells a client that waits for it to send its body.
  private mutating func permit(_ slot: Int) {
    let text: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
    // A socket that takes not even this is not worth waiting for.
    let count = text.utf8CodeUnitCount
    if connection(slot).pointee.write(text.utf8Start, count) != count { close(slot) }
  }

  /// Answers a complete request with `body`.
  private mutating func answer(_ slot: Int, _ lines: UnsafeRawBufferPointer) {
    let connection = connection(slot)
    connection.pointee.since = -1
    response.reset()
    if let method = head.method, core.settings.methods.contains(method) {
      if connection.pointee.decoder.isOversized {
        response.refuse(413, oversizedReason)
      } else if decompress() {
        let request = HTTPRequest(
          method: method, body: body, bytes: lines, head: head, socket: connection.pointee.socket)
        core.handler(request, &response)
      }
    } else {
      response.refuse(405, "method not allowed")
      let allowed = core.settings.methods.map(\.rawValue).joined(separator: ", ")
      response.addHeader("Allow", allowed)
    }
    sendOrHold(slot)
  }

  /// False when the body cannot be read; the response says why.
  private mutating func decompress() -> Bool {
    switch head.coding {
    case .identity: return true
    case .unknown:
      response.refuse(415, "the content encoding is not supported; gzip is")
      return false
    case .gzip: break
    }
    var expanded: [UInt8] = []
    switch Gunzip.expand(body, into: &expanded, limit: Int(core.settings.bodyLimit.count)) {
    case .done:
      body = expanded
      return true
    case .malformed: response.refuse(400, "the body is not valid gzip")
    case .tooLarge: response.refuse(413, oversizedReason)
    }
    return false
  }

  /// Says what is wrong and ends the connection.
  private mutating func refuse(_ slot: Int, _ fault: RequestFault) {
    connection(slot).pointee.manner = ResponseWriter.Manner(
      closes: true, isOld: false, isHead: false)
    response.refuse(fault.status, fault.reason)
    sendOrHold(slot)
  }

  // MARK: Responses

  private mutating func sendOrHold(_ slot: Int) {
    guard response.pending != nil || response.delay > .zero && stopping == .no else {
      return send(slot)
    }
    let connection = connection(slot)
    connection.pointee.phase = .holding
    connection.pointee.held = response
    response = HTTPResponse()
    guard let pending = connection.pointee.held?.pending else { return delayOrSend(slot) }
    let token = token(slot)
    let mailbox = mailbox
    pending.wait { mailbox.post(finished: token) }
  }

  /// What the held response waited for has happened; its delay begins.
  mutating func delayOrSend(_ slot: Int) {
    if let delay = connection(slot).pointee.held?.delay, delay > .zero, stopping == .no {
      hold(slot, for: delay)
    } else {
      send(held: slot)
    }
  }

  /// Sends the response that was held back and goes on with the connection.
  mutating func send(held slot: Int) {
    guard let held = connection(slot).pointee.held else { return }
    connection(slot).pointee.held = nil
    response = held
    let generation = connection(slot).pointee.generation
    send(slot)
    if connection(slot).pointee.generation == generation { goOn(slot) }
  }

  /// Sends `response`.
  private mutating func send(_ slot: Int) {
    let connection = connection(slot)
    if response.closesConnection || core.isStopping.load(ordering: .relaxed) {
      connection.pointee.manner.closes = true
    }
    writer.write(response, connection.pointee.manner)
    let count = writer.bytes.withUnsafeBytes { bytes in
      bytes.baseAddress.map { connection.pointee.write($0, bytes.count) } ?? 0
    }
    if count == writer.bytes.count { return sent(slot) }
    guard count > 0 || count == StreamSocket.wouldBlock else { return close(slot) }
    connection.pointee.output = Array(writer.bytes[max(0, count)...])
    connection.pointee.outputStart = 0
    connection.pointee.phase = .sending
    connection.pointee.lastMoved = now
    watch(slot, .writing)
  }

  /// Sends more of a response that the socket did not take whole, then goes on.
  mutating func flush(_ slot: Int) {
    let connection = connection(slot)
    while connection.pointee.outputStart < connection.pointee.output.count {
      let start = connection.pointee.outputStart
      let count = connection.pointee.output.withUnsafeBytes { bytes in
        bytes.baseAddress.map { connection.pointee.write($0 + start, bytes.count - start) } ?? 0
      }
      if count == StreamSocket.wouldBlock { return }
      guard count > 0 else { return close(slot) }
      connection.pointee.outputStart += count
      connection.pointee.lastMoved = now
    }
    connection.pointee.output = []
    sent(slot)
    goOn(slot)
  }

  /// The response is out.
  private mutating func sent(_ slot: Int) {
    let connection = connection(slot)
    if connection.pointee.isInFlight {
      connection.pointee.isInFlight = false
      core.running.subtract(1, ordering: .releasing)
    }
    connection.pointee.phase = .head
    if connection.pointee.manner.closes { linger(slot) }
  }
}
