// A TCP socket that waits for connections, and what the kernel knows about a connection.
//
// Addresses are numeric; no name service is asked (`localhost` is 127.0.0.1).

import CPlatform
import Glibc
public import Units

/// Sole owner of a listening TCP socket that does not block.
public struct ListeningSocket: ~Copyable, Sendable {
  public let descriptor: FileDescriptor
  /// The port in use, chosen by the kernel if 0 was asked for.
  public let port: UInt16

  /// Listens on `address` (numeric IPv4 or IPv6, or `localhost`) and `port`, 0 for any free one.
  public init(address: String, port: UInt16) throws(SystemError) {
    let subject = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    let isSix = address.contains(":")
    let family = isSix ? AF_INET6 : AF_INET
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let opened = socket(family, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard opened >= 0 else { throw .last("socket", subject) }
    let owned = FileDescriptor(owning: opened, subject: subject)
    var yes: Int32 = 1
    setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    let numeric = address == "localhost" ? "127.0.0.1" : address
    let bound = isSix ? Self.bindSix(opened, numeric, port) : Self.bindFour(opened, numeric, port)
    guard let bound else {
      throw SystemError(call: "understand address", subject: subject, code: EINVAL)
    }
    guard bound == 0 else { throw .last("bind", subject) }
    guard listen(opened, 1_024) == 0 else { throw .last("listen", subject) }
    self.port = Self.chosenPort(opened)
    descriptor = owned
  }

  /// A second descriptor of the same socket, for an owner of its own.
  public func duplicate() throws(SystemError) -> FileDescriptor {
    let copy = fcntl(descriptor.number, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw .last("fcntl", "port \(port)") }
    return FileDescriptor(owning: copy, subject: "port \(port)")
  }

  /// The next connection, nil when none comes within `limit`.
  public func accept(within limit: Nanoseconds) throws(SystemError) -> ClientSocket? {
    var waiting = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    let ready = poll(&waiting, 1, Int32(clamping: limit.count / 1_000_000))
    guard ready > 0 else { return nil }
    let accepted = repeating { Glibc.accept(descriptor.number, nil, nil) }
    if accepted >= 0 {
      _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
      let subject = "a client of port \(port)"
      return ClientSocket(
        accepted: FileDescriptor(owning: accepted, subject: subject), subject: subject)
    }
    guard errno == EAGAIN || errno == ECONNABORTED else { throw .last("accept", "port \(port)") }
    return nil
  }

  /// The result of bind(2), nil when the address is not numeric.
  private static func bindFour(_ socket: Int32, _ address: String, _ port: UInt16) -> Int32? {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    guard inet_pton(AF_INET, address, &name.sin_addr) == 1 else { return nil }
    return withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private static func bindSix(_ socket: Int32, _ address: String, _ port: UInt16) -> Int32? {
    var name = sockaddr_in6()
    name.sin6_family = sa_family_t(AF_INET6)
    name.sin6_port = port.bigEndian
    guard inet_pton(AF_INET6, address, &name.sin6_addr) == 1 else { return nil }
    return withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
      }
    }
  }

  /// Both address structures keep the port at the same place.
  private static func chosenPort(_ socket: Int32) -> UInt16 {
    var name = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    withUnsafeMutablePointer(to: &name) {
      _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
    }
    return UInt16(bigEndian: name.sin6_port)
  }
}

/// Looks at and ends connections that someone else owns.
public enum Connections {
  /// The bytes that have arrived on `socket` and that its owner has not read yet.
  public static func bytesUnread(_ socket: Int32) -> Int { Int(platform_unread(socket)) }

  /// Ends both directions of the connection; its owner notices and closes it.
  public static func shutDown(_ socket: Int32) { _ = shutdown(socket, Int32(SHUT_RDWR)) }
}
