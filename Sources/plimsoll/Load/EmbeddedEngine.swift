// The engine in a process of its own, for commands that are given no endpoint: the same program as
// `serve`, with the scenario's tables and items in memory, on a free port.
//
// The engine's standard input is a pipe that only this process can write to. When this process is
// gone, however it died, the pipe closes and the engine ends too.

import Glibc

/// A running engine process; ends with `stop`.
final class EmbeddedEngine {
  let url: String
  let process: pid_t
  /// The end of the engine's life line that is held here.
  private let lifeLine: Int32

  /// Starts the engine and waits until it serves.
  init(
    scenario path: String, seed: UInt64?, clock: String?, enforces: Bool = true,
    initialBurst: Double? = nil
  ) throws(FileFault) {
    let pipe = try Self.makePipe()
    let life = try Self.makePipe()
    var words = [
      "plimsoll", "serve", "--memory", "--port", "0", "--until-input-ends", "--scenario", path,
    ]
    if let seed { words += ["--seed", String(Int64(bitPattern: seed))] }
    if let clock { words += ["--clock", clock] }
    if !enforces { words += ["--enforce", "off"] }
    if let initialBurst { words += ["--initial-burst", "\(initialBurst * 100)%"] }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, life[0], STDIN_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    // In a process group of its own: Ctrl-C is for the client, which then stops the engine.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    var started = pid_t()
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    arguments.append(nil)
    // As this process was given it; the C library's list is not safe to share between threads.
    let inherited = try Files.read("/proc/self/environ").split(separator: "\0")
    var environment: [UnsafeMutablePointer<CChar>?] = inherited.map { strdup(String($0)) }
    environment.append(nil)
    let code = posix_spawn(
      &started, "/proc/self/exe", &actions, &attributes, arguments, environment)
    for text in arguments + environment { free(text) }
    close(pipe[1])
    close(life[0])
    guard code == 0 else {
      close(pipe[0])
      close(life[1])
      errno = code
      throw .last("start", "the engine")
    }
    process = started
    lifeLine = life[1]
    let line = Self.firstLine(pipe[0])
    guard let place = line.range(ofLast: "http://") else {
      kill(started, SIGTERM)
      waitpid(started, nil, 0)
      close(life[1])
      throw FileFault(message: "the engine did not start")
    }
    url = String(line[place...])
  }

  /// Two ends that no other child inherits.
  private static func makePipe() throws(FileFault) -> [Int32] {
    var ends: [Int32] = [0, 0]
    guard Glibc.pipe(&ends) == 0 else { throw .last("start", "the engine") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return ends
  }

  private static func firstLine(_ descriptor: Int32) -> String {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Lets the engine end.
  func stop() {
    kill(process, SIGTERM)
    waitpid(process, nil, 0)
    close(lifeLine)
  }
}

extension String {
  /// Where the last `word` begins.
  fileprivate func range(ofLast word: String) -> String.Index? {
    indices.last { self[$0...].hasPrefix(word) }
  }
}
