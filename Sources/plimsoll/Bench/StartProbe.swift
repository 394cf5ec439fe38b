// How long the program takes from its start to the first answered request, and what it keeps
// resident when idle: measured on a second process of the same program.

import Glibc
import Platform

enum StartProbe {
  struct Outcome {
    var seconds: Double
    var residentKilobytes: Int64
  }

  /// Starts `serve --memory` on a free port, asks for its tables, and ends it.
  static func run() -> Outcome? {
    var pipeEnds: [Int32] = [0, 0]
    guard pipe(&pipeEnds) == 0 else { return nil }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipeEnds[1], STDOUT_FILENO)
    posix_spawn_file_actions_addclose(&actions, pipeEnds[0])
    let words = ["plimsoll", "serve", "--memory", "--port", "0"]
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child = pid_t()
    let begin = Terminal.seconds
    guard posix_spawn(&child, "/proc/self/exe", &actions, nil, arguments, environ) == 0 else {
      return nil
    }
    close(pipeEnds[1])
    defer {
      kill(child, SIGTERM)
      waitpid(child, nil, 0)
      close(pipeEnds[0])
    }
    guard let port = port(readingFrom: pipeEnds[0]) else { return nil }
    do throws(ClosedLoop.Fault) {
      var loop = try ClosedLoop(port: port, connections: 1)
      guard try loop.call(RequestTemplate("ListTables", "{}")).status == 200 else { return nil }
    } catch { return nil }
    let seconds = Terminal.seconds - begin
    return Outcome(seconds: seconds, residentKilobytes: resident(child))
  }

  /// The number behind the last colon of the first line.
  private static func port(readingFrom pipe: Int32) -> UInt16? {
    var text: [UInt8] = []
    var byte: UInt8 = 0
    while read(pipe, &byte, 1) == 1, byte != UInt8(ascii: "\n") { text.append(byte) }
    return String(decoding: text, as: UTF8.self).split(separator: ":").last.flatMap { UInt16($0) }
  }

  private static func resident(_ process: pid_t) -> Int64 {
    guard let status = try? FileSystem.read("/proc/\(process)/status") else { return 0 }
    for line in String(decoding: status, as: UTF8.self).split(separator: "\n")
    where line.hasPrefix("VmRSS:") {
      return Int64(line.split(separator: " ").dropLast().last ?? "") ?? 0
    }
    return 0
  }
}
