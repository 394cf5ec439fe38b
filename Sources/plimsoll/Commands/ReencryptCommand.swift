// reencrypt: seals a server's data under new data keys, after a key was changed or may be known.

import Arguments
import Platform
import Server
import Storage
import Units

enum ReencryptCommand {
  static let command = Command(
    "reencrypt", summary: "Seal a folder's data anew under new data keys",
    discussion: [
      "For a folder of `serve --encryption-key` that no server has open. Every value is sealed"
        + " under a new data key, and the old data keys are removed: who knew one reads nothing"
        + " any more. New data keys are wrapped by the first line of the key file, and of"
        + " customers' key files. If it is interrupted, everything stays readable; run it again."
    ],
    options: [
      Option("data", letter: "d", .text("FOLDER"), summary: "The data (default: plimsoll-data)"),
      Option("encryption-key", .text("FILE"), summary: "The server's key file"),
      Option("key-directory", .text("FOLDER"), summary: "The customers' keys, if there are any"),
    ],
    examples: ["plimsoll reencrypt --data tables --encryption-key plimsoll.key"])

  static func run(_ given: GivenArguments) -> ExitCode {
    guard given.has("encryption-key") else {
      Terminal.complain("plimsoll: reencrypt needs --encryption-key FILE")
      return .badInput
    }
    let path = given.text("data") ?? "plimsoll-data"
    guard RocksStore.exists(at: path) else {
      Terminal.complain("plimsoll: --data expects the folder of a server's data: \(path)")
      return .badInput
    }
    switch ServeCommand.withMasterKeys(ServerOptions(), given) {
    case .failure(let fault):
      Terminal.complain("plimsoll: \(fault.message)")
      return .badInput
    case .success(let options): return reencrypt(path, options)
    }
  }

  private static func reencrypt(_ path: String, _ options: ServerOptions) -> ExitCode {
    guard let masters = options.masterKeys else { return .badInput }
    do throws(StorageError) {
      let base = Store.rocks(try RocksStore(at: path, RocksSettings(durability: .batch)))
      guard try EncryptedStore.isEncrypted(base) else {
        try base.close()
        Terminal.complain("plimsoll: the store at \(path) is not encrypted")
        return .badInput
      }
      let store = try EncryptedStore(
        base, masters, customers: options.customerKeys, path: path)
      let clock = MonotonicClock()
      var shown = clock.now()
      let count = try store.reseal { done in
        guard clock.now() - shown >= .seconds(1) else { return }
        shown = clock.now()
        Terminal.complain("sealed \(group(done)) values so far")
      }
      try store.close()
      Terminal.say("sealed \(group(count)) values anew in \(path)\n")
      return .success
    } catch {
      Terminal.complain("plimsoll: \(error.description)")
      return .runtimeError
    }
  }
}
