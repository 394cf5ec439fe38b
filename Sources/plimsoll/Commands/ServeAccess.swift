// The options of `serve` that say whose requests it serves, and with which keys it keeps data.

import AccessControl
import Arguments
import Server
import Storage
import YAML

extension ServeCommand {
  /// Options on signatures and users.
  static let accessOptions = [
    Option(
      "auth", .choice(AuthenticationMode.allCases.map(\.rawValue)),
      summary: "Verify signatures and enforce IAM policies (default: off)"),
    Option("users", .text("FILE"), summary: "Users, keys and policies for --auth, in YAML"),
    Option(
      "encryption-key", .text("FILE"),
      summary: "Keep data encrypted under the first key of this file; see docs/encryption.md"),
    Option(
      "key-directory", .text("FOLDER"),
      summary: "Keys that tables may name as their own, in files ID.key"),
  ]

  /// Adds the keys that data are kept under to `options`.
  static func withMasterKeys(
    _ options: ServerOptions, _ given: GivenArguments
  ) -> Result<ServerOptions, OptionFault> {
    guard let path = given.text("encryption-key") else {
      return given.has("key-directory")
        ? .failure(OptionFault(message: "--key-directory needs --encryption-key FILE as well"))
        : .success(options)
    }
    var options = options
    let text: String
    do throws(FileFault) { text = try Files.read(path) } catch {
      return .failure(OptionFault(message: error.message))
    }
    do throws(MasterKeys.Fault) { options.masterKeys = try MasterKeys(text) } catch {
      return .failure(OptionFault(message: "--encryption-key \(path): \(error.message)"))
    }
    if let folder = given.text("key-directory") {
      let directory = KeyDirectory(folder)
      options.keyDirectory = directory
      do throws(KeyDirectory.Fault) { options.customerKeys = try directory.keys() } catch {
        return .failure(OptionFault(message: "--key-directory \(error.message)"))
      }
    }
    return .success(options)
  }

  /// Adds who may do what to `options`.
  static func withUsers(
    _ options: ServerOptions, _ given: GivenArguments
  ) -> Result<ServerOptions, OptionFault> {
    var options = options
    options.authentication =
      given.text("auth").flatMap(AuthenticationMode.init(rawValue:)) ?? .off
    guard let path = given.text("users") else {
      return options.authentication == .off
        ? .success(options)
        : .failure(OptionFault(message: "--auth needs --users FILE, who may do what"))
    }
    if options.authentication == .off {
      return .failure(OptionFault(message: "--users is of use with --auth required or optional"))
    }
    return users(path, account: options.account).map { users in
      options.users = users
      return options
    }
  }

  /// Reads a users file; its faults are shown where they are.
  static func users(_ path: String, account: String) -> Result<UserDirectory, OptionFault> {
    let text: String
    do throws(FileFault) { text = try Files.read(path) } catch {
      return .failure(OptionFault(message: error.message))
    }
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    let outcome = UserDirectory.read(text, file: path, account: account) { name in
      do throws(FileFault) {
        return .success(try Files.read(name.hasPrefix("/") ? name : folder + name))
      } catch {
        return .failure(PolicyFault(place: "", message: error.message))
      }
    }
    return outcome.mapError { faults in
      Terminal.complain(Diagnostic.rendered(faults.diagnostics, source: text))
      return OptionFault(message: "--users needs a file without errors")
    }
  }
}
