// Keys of customers: a directory of key files, looked at again while the server runs.
//
// `ID.key` is the key whose id is ID, `alias/NAME.key` the one of that alias; a file's lines are as
// in the server's own key file, the newest material first. A file that goes away locks what lies
// under its key, as a disabled key of the service does; one that comes back unlocks it. The service
// notices within five minutes, this within a second.

import Platform
public import Storage
import Synchronization

/// A directory of keys.
public struct KeyDirectory: Sendable {
  /// Why a directory cannot be used.
  public struct Fault: Error, Sendable {
    public var message: String
  }

  public let path: String

  public init(_ path: String) { self.path = path }

  /// The keys by name; refuses a directory with a file that holds none.
  public func keys() throws(Fault) -> [String: MasterKeys] {
    guard FileSystem.kind(of: path) == .directory else {
      throw Fault(message: "expects a folder that exists: \(path)")
    }
    let texts: [String: String]
    do throws(SystemError) { texts = try read() } catch {
      throw Fault(message: "cannot be read: \(error)")
    }
    var keys: [String: MasterKeys] = [:]
    for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
      do throws(MasterKeys.Fault) { keys[name] = try MasterKeys(text) } catch {
        throw Fault(message: "has no key in \(path)/\(name).key: \(error.message)")
      }
    }
    return keys
  }

  /// The texts of the files by the names of their keys.
  fileprivate func read() throws(SystemError) -> [String: String] {
    var texts: [String: String] = [:]
    for folder in ["", "alias/"] where FileSystem.kind(of: path + "/" + folder) == .directory {
      for name in try FileSystem.list(path + "/" + folder) where name.hasSuffix(".key") {
        let bytes = try FileSystem.read(path + "/" + folder + name)
        texts[folder + name.dropLast(4)] = String(decoding: bytes, as: UTF8.self)
      }
    }
    return texts
  }
}

/// Keeps a store's keys of customers as their directory has them.
final class KeyWatch: Sendable {
  private let directory: KeyDirectory
  private let store: EncryptedStore
  private let last = Mutex<(texts: [String: String], second: Int64)>(([:], 0))

  init(_ directory: KeyDirectory, _ store: EncryptedStore) {
    self.directory = directory
    self.store = store
  }

  /// Looks once a second. A file that cannot be read, or holds no key, is a key that is missing.
  func look() {
    let second = WallClock.secondsSinceEpoch()
    last.withLock { last in
      guard second != last.second else { return }
      last.second = second
      let texts = (try? directory.read()) ?? [:]
      guard texts != last.texts else { return }
      let keys = texts.compactMapValues { try? MasterKeys($0) }
      // What the store cannot do now it is asked again when the directory changes.
      guard (try? store.replaceCustomers(keys)) != nil else { return }
      last.texts = texts
    }
  }
}
