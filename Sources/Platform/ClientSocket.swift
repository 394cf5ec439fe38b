// A TCP connection for those who wait: sends and receives block. Clients open one, servers with a
// thread for each connection get one from a listening socket.
//
// One system call each way and nothing kept in between, so that a load client measures the server
// and not itself. Addresses are numeric; no name service is asked (`localhost` is 127.0.0.1).

import CPlatform
import Glibc

/// An open connection; closed when the last reference goes.
public final class ClientSocket: Sendable {
  private let descriptor: FileDescriptor
  private let subject: String

  /// Connects to a numeric IPv4 address, or `localhost`. Small sends leave at once.
  public init(address: String, port: UInt16) throws(SystemError) {
    subject = "\(address):\(port)"
    let opened = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard opened >= 0 else { throw .last("socket", subject) }
    descriptor = FileDescriptor(owning: opened, subject: subject)
    var yes: Int32 = 1
    setsockopt(
      opened, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    let numeric = address == "localhost" ? "127.0.0.1" : address
    guard inet_pton(AF_INET, numeric, &name.sin_addr) == 1 else {
      throw SystemError(call: "understand address", subject: subject, code: EINVAL)
    }
    let answer = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        repeating { connect(opened, name, socklen_t(MemoryLayout<sockaddr_in>.size)) }
      }
    }
    guard answer == 0 else { throw .last("connect", subject) }
  }

  /// Takes over a connection that a server has accepted.
  init(accepted: consuming FileDescriptor, subject: String) {
    self.subject = subject
    var yes: Int32 = 1
    setsockopt(
      accepted.number, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    descriptor = accepted
  }

  /// Lends the socket to what works on descriptors, such as TLS; it stays open.
  public func withDescriptor<R>(_ body: (Int32) -> R) -> R { body(descriptor.number) }

  /// Ends both directions: whoever waits here or on the other side gets the end. From any thread.
  public func shutDown() { Connections.shutDown(descriptor.number) }

  /// Sends all of `bytes`.
  public func send(_ bytes: [UInt8]) throws(SystemError) {
    var failure: SystemError?
    bytes.withUnsafeBytes { buffer in
      do throws(SystemError) { try send(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Waits for bytes and returns how many of `buffer` they fill; 0 when the other side has closed.
  public func receive(into buffer: inout [UInt8]) throws(SystemError) -> Int {
    var failure: SystemError?
    let got = buffer.withUnsafeMutableBytes { buffer in
      do throws(SystemError) {
        return try receive(into: buffer)
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    return got
  }

  /// Sends all of `bytes`.
  public func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var rest = bytes
    while rest.count > 0 {
      let sent = repeating {
        Glibc.send(descriptor.number, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      guard sent >= 0 else { throw .last("send", subject) }
      rest = UnsafeRawBufferPointer(rebasing: rest[sent...])
    }
  }

  /// Waits for bytes and returns how many of `buffer` they fill; 0 when the other side has closed.
  ///
  /// Looks `looks` times, giving way in between, before it sleeps: waking a sleeper costs the
  /// sender more than many a reply does to make.
  public func receive(
    into buffer: UnsafeMutableRawBufferPointer, looks: Int = 0
  ) throws(SystemError) -> Int {
    for _ in 0..<looks {
      let got = recv(
        descriptor.number, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      if got >= 0 { return got }
      guard errno == EAGAIN || errno == EINTR else { throw .last("recv", subject) }
      sched_yield()
    }
    let got = repeating { recv(descriptor.number, buffer.baseAddress, buffer.count, 0) }
    guard got >= 0 else { throw .last("recv", subject) }
    return got
  }
}
