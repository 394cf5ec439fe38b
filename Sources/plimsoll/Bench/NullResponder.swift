// A server that costs as little as can be, to measure clients against: it looks for the end of each
// request and answers with the same bytes. It never sleeps: to wake it would be work of the client.
// Not an HTTP server.

import Platform
import Synchronization
import Units

/// Answers every request on a loopback port with the same bytes, on one thread.
final class NullResponder: Sendable {
  let port: UInt16
  private let isStopped = Atomic<Bool>(false)

  /// - Parameter core: The thread stays on this core.
  init(answer: [UInt8], core: Int) throws(SystemError) {
    let socket = try ListeningSocket(address: "127.0.0.1", port: 0)
    port = socket.port
    let kept = try socket.duplicate().release()
    _ = try Worker("responder") { [self] in
      _ = pinThread(toCore: core)
      Self.serve(kept, answer) { isStopped.load(ordering: .relaxed) }
      StreamSocket.close(kept)
    }
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  private static func serve(_ listener: Int32, _ answer: [UInt8], _ isStopped: () -> Bool) {
    guard let poller = try? Poller() else { return }
    _ = poller.add(listener, .reading, token: UInt64(UInt32(bitPattern: listener)))
    var buffer = [UInt8](repeating: 0, count: 65_536)
    /// Bytes of a request that came in part, by socket.
    var partial: [Int32: [UInt8]] = [:]
    while !isStopped() {
      let count = poller.wait(.zero)
      for index in 0..<count {
        let ready = poller.ready(index)
        let socket = Int32(truncatingIfNeeded: ready.token)
        if socket == listener {
          while let accepted = StreamSocket.accept(listener) {
            _ = poller.add(accepted, .reading, token: UInt64(accepted))
          }
          continue
        }
        let got = buffer.withUnsafeMutableBytes { bytes in
          bytes.baseAddress.map { StreamSocket.read(socket, $0, bytes.count) } ?? 0
        }
        if got == StreamSocket.wouldBlock { continue }
        guard got > 0 else {
          StreamSocket.close(socket)
          partial[socket] = nil
          continue
        }
        let requests = whole(&partial, socket, buffer[..<got])
        for _ in 0..<requests {
          answer.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { _ = StreamSocket.write(socket, base, bytes.count) }
          }
        }
      }
    }
  }

  /// Requests that are complete with the bytes that came.
  private static func whole(
    _ partial: inout [Int32: [UInt8]], _ socket: Int32, _ bytes: ArraySlice<UInt8>
  ) -> Int {
    // Nearly always one whole request.
    if partial[socket] == nil, let end = requestEnd(bytes), end == bytes.endIndex { return 1 }
    var all = (partial[socket] ?? []) + bytes
    var count = 0
    while let end = requestEnd(all[...]) {
      all.removeFirst(end)
      count += 1
    }
    partial[socket] = all.isEmpty ? nil : all
    return count
  }

  /// Behind the first request; nil while it is not complete.
  private static func requestEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
    bytes.withUnsafeBytes { bytes -> Int? in
      var length = 0
      var line = 0
      var place = 0
      while place < bytes.count {
        guard bytes[place] == UInt8(ascii: "\n") else {
          place += 1
          continue
        }
        if place <= line + 1 {
          let end = place + 1 + length
          return end <= bytes.count ? end : nil
        }
        if bytes[line] | 0x20 == UInt8(ascii: "c"), bytes[line + 8] | 0x20 == UInt8(ascii: "l") {
          length = 0
          for digit in bytes[line..<place] where digit >= 48 && digit <= 57 {
            length = length * 10 + Int(digit - 48)
          }
        }
        line = place + 1
        place = line
      }
      return nil
    }
  }
}
