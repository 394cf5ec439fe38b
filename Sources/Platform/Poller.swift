// Waiting for many sockets at once, to the nanosecond: epoll with the calls an event loop needs.
//
// Level-triggered, so that a reader may leave bytes for the next turn. One thread owns a poller.
// What became ready lies in a buffer of the poller until the next wait.

import CPlatform
import Glibc
public import Units

/// Sole owner of an epoll instance.
public struct Poller: ~Copyable {
  /// What a descriptor is watched for.
  public struct Interest: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let reading = Interest(rawValue: 1)
    public static let writing = Interest(rawValue: 2)
    /// With `reading`, of a socket that several pollers watch: not all of them wake for one event.
    public static let alone = Interest(rawValue: 4)
  }

  /// One ready descriptor.
  public struct Ready: Sendable {
    /// The number it was added with.
    public let token: UInt64
    public let isReadable: Bool
    public let isWritable: Bool
    /// The other side has closed, or the connection broke.
    public let isClosed: Bool
  }

  /// Ready descriptors of one wait at most.
  public static let capacity = 256
  private let descriptor: FileDescriptor
  private let ready: UnsafeMutablePointer<platform_ready>

  public init() throws(SystemError) {
    let opened = platform_poll_create()
    guard opened >= 0 else { throw .last("epoll_create1") }
    descriptor = FileDescriptor(owning: opened, subject: "epoll")
    ready = .allocate(capacity: Self.capacity)
  }

  deinit { ready.deallocate() }

  /// Watches `socket`; false when the kernel refuses.
  public func add(_ socket: Int32, _ interest: Interest, token: UInt64) -> Bool {
    platform_poll_change(descriptor.number, 1, socket, interest.rawValue, token) == 0
  }

  /// Watches `socket` for something else.
  public func change(_ socket: Int32, _ interest: Interest, token: UInt64) {
    _ = platform_poll_change(descriptor.number, 2, socket, interest.rawValue, token)
  }

  /// Forgets `socket`. Closing it does the same.
  public func remove(_ socket: Int32) {
    _ = platform_poll_change(descriptor.number, 3, socket, 0, 0)
  }

  /// Waits until something is ready or `limit` has passed (zero: only looks) and returns how many
  /// are, `most` of them at most; 0 also when a signal came.
  public func wait(_ limit: Nanoseconds, most: Int = capacity) -> Int {
    let count = platform_poll_wait(
      descriptor.number, ready, Int32(min(most, Self.capacity)), max(0, limit.count))
    return max(0, Int(count))
  }

  /// Number `index` of the last wait's ready descriptors.
  public func ready(_ index: Int) -> Ready {
    let one = ready[index]
    return Ready(
      token: one.token, isReadable: one.events & UInt32(EPOLLIN.rawValue) != 0,
      isWritable: one.events & UInt32(EPOLLOUT.rawValue) != 0,
      isClosed: one.events & 0x2018 != 0)
  }
}

/// Wakes a poller's thread from other threads.
public struct WakeUp: ~Copyable, Sendable {
  private let descriptor: FileDescriptor

  public init() throws(SystemError) {
    let opened = platform_wake_create()
    guard opened >= 0 else { throw .last("eventfd") }
    descriptor = FileDescriptor(owning: opened, subject: "eventfd")
  }

  /// To be watched for reading.
  public var number: Int32 { descriptor.number }

  /// Makes it readable, if it is not already.
  public func signal() {
    var one: UInt64 = 1
    _ = Glibc.write(descriptor.number, &one, 8)
  }

  /// Makes it unreadable until the next signal.
  public func clear() {
    var count: UInt64 = 0
    _ = Glibc.read(descriptor.number, &count, 8)
  }
}

/// Makes waits of the calling thread as exact as the machine can; by default they may be 50 us
/// late.
public func useExactTimers() { platform_exact_timers() }
