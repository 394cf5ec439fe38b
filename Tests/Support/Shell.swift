// Runs a program and keeps what it says; for tests of scripts and of the built program.
import Foundation

/// What a finished program left behind.
public struct Finished: Sendable {
  public var code: Int32
  public var output: String
  public var errors: String
}

/// Runs `program` (a path, or a name found through PATH) with an empty standard input.
///
/// Standard output and error go through files, so that no pipe can fill up and block. Signals are
/// as a shell sets them: the test runner's threads block most, and children would inherit that.
public func run(
  _ program: String, _ arguments: [String] = [], in folder: String? = nil,
  environment: [String: String] = [:]
) throws -> Finished {
  let scratch = try TemporaryFolder()
  let paths = (try scratch.write("", to: "out"), try scratch.write("", to: "err"))
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["--default-signal", program] + arguments
  if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  process.standardInput = FileHandle.nullDevice
  process.standardOutput = FileHandle(forWritingAtPath: paths.0)
  process.standardError = FileHandle(forWritingAtPath: paths.1)
  try process.run()
  process.waitUntilExit()
  return Finished(
    code: process.terminationStatus, output: scratch.read("out") ?? "",
    errors: scratch.read("err") ?? "")
}

/// The checkout that holds the calling test, found upwards from its source file.
public func repositoryRoot(from source: String = #filePath) -> String {
  var folder = URL(fileURLWithPath: source)
  repeat {
    folder = folder.deletingLastPathComponent()
  } while folder.path != "/"
    && !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path)
  return folder.path
}
