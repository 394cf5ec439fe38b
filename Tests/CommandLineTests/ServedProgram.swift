// A `plimsoll serve` process under test, and a client for it that a dead server cannot hang.

import Foundation
import TestSupport

/// A running `plimsoll serve`, ended at the latest with its last reference.
///
/// `@unchecked Sendable`: the process is only asked for its state and sent signals.
final class ServedProgram: @unchecked Sendable {
  private let process = Process()
  private let scratch: TemporaryFolder
  let port: UInt16
  /// What it printed when requests were answered.
  let greeting: String

  /// Starts it and waits for its address; throws what it complained about when it ends instead.
  /// - Parameters:
  ///   - arguments: Behind `serve`; `--port 0` is added.
  ///   - fileLimit: Largest file it may write, in KB, standing in for a full device.
  init(_ arguments: [String], fileLimit: Int? = nil) throws {
    scratch = try TemporaryFolder()
    let paths = (try scratch.write("", to: "out"), try scratch.write("", to: "err"))
    let limit = fileLimit.map { "trap '' XFSZ; ulimit -f \($0); " } ?? ""
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["--default-signal", "bash", "-c", limit + #"exec "$@""#, "serve", programPath, "serve"]
      + arguments + ["--port", "0"]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: paths.0)
    process.standardError = FileHandle(forWritingAtPath: paths.1)
    try process.run()
    var text = ""
    let patience = ContinuousClock.now + .seconds(20)
    while !text.hasSuffix("\n"), process.isRunning, ContinuousClock.now < patience {
      usleep(2_000)
      text = scratch.read("out") ?? ""
    }
    greeting = text
    let number = text.split(separator: ":").last.map { $0.prefix { $0.isNumber } } ?? ""
    guard let port = UInt16(number) else {
      process.terminate()
      process.waitUntilExit()
      throw ServeFailure(
        code: process.terminationStatus, output: text, errors: scratch.read("err") ?? "")
    }
    self.port = port
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// What it has complained about so far.
  var errors: String { scratch.read("err") ?? "" }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for its end. A death by signal N counts as 128 + N, as in a shell.
  func wait() -> Int32 {
    process.waitUntilExit()
    let isSignal = process.terminationReason == .uncaughtSignal
    return process.terminationStatus + (isSignal ? 128 : 0)
  }

  /// Sends a signal and waits.
  func end(_ signal: Int32) -> Int32 {
    send(signal)
    return wait()
  }
}

/// A server that did not start.
struct ServeFailure: Error {
  var code: Int32
  var output: String
  var errors: String
}

/// A keep-alive connection to a served program.
final class ServeClient {
  private let socket: Int32
  private var pending: [UInt8] = []

  init(_ port: UInt16) {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &name.sin_addr)
    _ = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  deinit { close(socket) }

  /// Status and body; nil when the connection ended before the response was whole.
  func call(_ operation: String, _ body: String) -> (status: Int, body: String)? {
    let head =
      "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810.\(operation)\r\n"
      + "Content-Type: application/x-amz-json-1.0\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
    let bytes = Array((head + body).utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return nil }
      sent += count
    }
    return response()
  }

  private func response() -> (status: Int, body: String)? {
    let blank = Array("\r\n\r\n".utf8)
    var head: [UInt8]?
    var length = 0
    while true {
      if head == nil, let end = pending.firstRange(of: blank) {
        let text = String(decoding: pending[..<end.lowerBound], as: UTF8.self)
        let lines = text.split(separator: "\r\n").map { $0.lowercased() }
        let line = lines.first { $0.hasPrefix("content-length:") }
        length = line.flatMap { Int($0.dropFirst(15).drop { $0 == " " }) } ?? 0
        head = Array(pending[..<end.lowerBound])
        pending.removeSubrange(..<end.upperBound)
      }
      if let head, pending.count >= length {
        let body = String(decoding: pending[..<length], as: UTF8.self)
        pending.removeFirst(length)
        let status = String(decoding: head, as: UTF8.self).split(separator: " ").dropFirst().first
        return (status.flatMap { Int($0) } ?? 0, body)
      }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = recv(socket, &buffer, buffer.count, 0)
      if count <= 0 { return nil }
      pending += buffer[..<count]
    }
  }
}
