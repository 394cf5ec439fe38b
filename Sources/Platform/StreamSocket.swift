// TCP connections that do not block, as plain descriptors for an event loop, and the names of
// hosts. The owner of the loop closes what it opened: a connection lives in a slot of its pool, not
// in a value that goes out of scope.

import CPlatform
import Glibc

/// An address of a TCP port.
public struct SocketAddress: Sendable, CustomStringConvertible {
  private let storage: [UInt8]
  private let family: Int32
  /// Such as `127.0.0.1:8000` or `[::1]:8000`.
  public let description: String

  /// The addresses of `host`, a name or a number, in the resolver's order. Blocks while the name
  /// service is asked.
  public static func resolve(
    _ host: String, port: UInt16
  ) throws(AddressFault) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_family = AF_UNSPEC
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else {
      throw AddressFault(host: host, reason: String(cString: gai_strerror(code)))
    }
    defer { freeaddrinfo(list) }
    var found: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      if let address = entry.ai_addr {
        let bytes = UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))
        found.append(SocketAddress(Array(bytes), entry.ai_family, port))
      }
      next = entry.ai_next
    }
    return found
  }

  private init(_ storage: [UInt8], _ family: Int32, _ port: UInt16) {
    self.storage = storage
    self.family = family
    var text = [CChar](repeating: 0, count: 64)
    storage.withUnsafeBytes { bytes in
      _ = bytes.withMemoryRebound(to: sockaddr.self) {
        getnameinfo(
          $0.baseAddress, socklen_t(bytes.count), &text, 64, nil, 0, NI_NUMERICHOST)
      }
    }
    let host = String(
      decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    description = family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// Starts to connect and returns the descriptor, or -1 with the reason in `StreamSocket.error`.
  public func connect() -> Int32 {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let opened = socket(family, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard opened >= 0 else { return -1 }
    var yes: Int32 = 1
    setsockopt(
      opened, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    let answer = storage.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) { name in
        Glibc.connect(opened, name.baseAddress, socklen_t(bytes.count))
      }
    }
    if answer == 0 || errno == EINPROGRESS { return opened }
    let code = errno
    close(opened)
    errno = code
    return -1
  }
}

/// A host whose addresses cannot be found.
public struct AddressFault: Error, Hashable, Sendable, CustomStringConvertible {
  public let host: String
  public let reason: String
  public var description: String { "cannot find the host \(host): \(reason)" }
}

/// Calls on connected descriptors.
public enum StreamSocket {
  /// Bytes moved; `wouldBlock` and `failed` are negative.
  public static let wouldBlock = -1
  public static let failed = -2

  /// The error number of the call that just failed.
  public static var error: Int32 { errno }

  /// The words for an error number.
  public static func reason(_ code: Int32) -> String {
    SystemError(call: "", code: code).reason
  }

  /// Whether nobody listens there, or nobody can get there.
  public static func isUnreachable(_ code: Int32) -> Bool {
    code == ECONNREFUSED || code == EHOSTUNREACH || code == ENETUNREACH || code == ETIMEDOUT
  }

  /// Reads what is there, at most `count` bytes; 0 when the other side has closed.
  public static func read(_ socket: Int32, _ place: UnsafeMutableRawPointer, _ count: Int) -> Int {
    let got = repeating { recv(socket, place, count, 0) }
    return got >= 0 ? got : errno == EAGAIN ? wouldBlock : failed
  }

  /// Writes as much as the socket takes.
  public static func write(_ socket: Int32, _ place: UnsafeRawPointer, _ count: Int) -> Int {
    let sent = repeating { send(socket, place, count, Int32(MSG_NOSIGNAL)) }
    return sent >= 0 ? sent : errno == EAGAIN ? wouldBlock : failed
  }

  /// Why a connection that was being made failed; 0 when it stands.
  public static func connectError(_ socket: Int32) -> Int32 {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size)
    return code
  }

  /// The next connection that waits on a listening socket, which does not block; nil: none does,
  /// or `error` says why it cannot be had.
  public static func accept(_ listener: Int32) -> Int32? {
    let accepted = repeating { Glibc.accept(listener, nil, nil) }
    guard accepted >= 0 else { return nil }
    _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
    _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
    var yes: Int32 = 1
    setsockopt(
      accepted, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    return accepted
  }

  /// Whether no connection can be accepted until another descriptor or memory becomes free.
  public static func isExhausted(_ code: Int32) -> Bool {
    code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM
  }

  /// Says that nothing more will be written; the other side can still write.
  public static func endWriting(_ socket: Int32) { _ = shutdown(socket, Int32(SHUT_WR)) }

  /// The numeric address of the other side, without its port; nil when it is not known.
  public static func peerAddress(_ socket: Int32) -> String? {
    var name = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
      withUnsafeMutablePointer(to: &name) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
          guard let start = text.baseAddress, getpeername(socket, name, &size) == 0,
            getnameinfo(name, size, start, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
          else { return nil }
          return String(cString: start)
        }
      }
    }
  }

  public static func close(_ socket: Int32) { _ = Glibc.close(socket) }
}

/// Where `byte` first is in `bytes`, at `start` or behind it; as fast as the C library's search.
public func place(
  of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int = 0
) -> Int? {
  guard let base = bytes.baseAddress, start < bytes.count,
    let found = memchr(base + start, Int32(byte), bytes.count - start)
  else { return nil }
  return UnsafeRawPointer(found) - base
}
