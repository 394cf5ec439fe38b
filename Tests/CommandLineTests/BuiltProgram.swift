// The program that the tests were built with, and scenarios small enough for a debug build.
import Foundation
import TestSupport
import Testing

/// Path of the built program, which stands beside the test bundle.
let programPath: String = {
  let beside = Bundle.main.bundleURL.appendingPathComponent("plimsoll").path
  if FileManager.default.isExecutableFile(atPath: beside) { return beside }
  return repositoryRoot() + "/.build/debug/plimsoll"
}()

/// Runs the program in `folder`.
func plimsoll(
  _ arguments: String..., in folder: TemporaryFolder? = nil, environment: [String: String] = [:]
) throws -> Finished {
  try run(programPath, arguments, in: folder?.path, environment: environment)
}

/// Runs a shell command in which `$plimsoll` is the program.
func shell(_ command: String, in folder: TemporaryFolder) throws -> Finished {
  try run("bash", ["-c", command], in: folder.path, environment: ["plimsoll": programPath])
}

/// 20 requests/s for 90 s against ample capacity, with an objective of one's own.
func tinyScenario(
  objective: String = "failed / requests < 1%", rate: String = "20/s", duration: String = "90s"
) -> String {
  """
  version: 1
  name: tiny
  tables:
    - name: items
      partition-key: id S
      billing-mode: PROVISIONED
      read-capacity: 50
      write-capacity: 20
      item-count: 1000
      item-size: 1KB
  traffic:
    - name: app
      rate: \(rate)
      operations:
        - {get: items, name: read, weight: 3}
        - {put: items, name: write}
        - {delete: items, name: never, weight: 0.000000001}
  run: {duration: \(duration), replications: 3}
  objectives: ["\(objective)"]

  """
}

/// A folder with `tiny.yaml`.
func folderWithScenario(_ text: String = tinyScenario()) throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  try folder.write(text, to: "tiny.yaml")
  return folder
}

/// Names in a folder, sorted; nil when there is none.
func names(_ path: String) -> [String]? {
  try? FileManager.default.contentsOfDirectory(atPath: path).sorted()
}

/// The JSON object in `text`.
func object(_ text: String) throws -> [String: Any] {
  let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
  return try #require(value as? [String: Any])
}
