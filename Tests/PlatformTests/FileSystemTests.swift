// Files and directories on a real file system, and the words of their errors.

import Glibc
import Platform
import Testing

@Suite struct FileSystemTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = try FileSystem.makeTemporaryDirectory("/tmp/plimsoll-platform-")
    defer { try? FileSystem.removeTree(folder) }
    try body(folder)
  }

  @Test(arguments: [0, 1, 4_096, 200_000])
  func `what is written is read back`(count: Int) throws {
    try withFolder { folder in
      let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try FileSystem.replace(folder + "/a", with: [1, 2, 3])
      try FileSystem.replace(folder + "/a", with: content)
      #expect(try FileSystem.read(folder + "/a") == content)
      #expect(try FileSystem.list(folder) == ["a"], "a temporary file stayed")
    }
  }

  @Test func `a file of the kernel, whose size is unknown, is read whole`() throws {
    let text = String(decoding: try FileSystem.read("/proc/self/status"), as: UTF8.self)
    #expect(text.hasPrefix("Name:"))
    #expect(text.contains("\nThreads:"))
  }

  @Test func `directories are made with those above, listed in order and removed`() throws {
    try withFolder { folder in
      try FileSystem.makeDirectory(folder + "/x/y/z/")
      try FileSystem.makeDirectory(folder + "/x/y/z")
      for name in ["b", "a", "ä", "B"] { try FileSystem.replace(folder + "/x/" + name, with: []) }
      #expect(try FileSystem.list(folder + "/x") == ["B", "a", "b", "y", "ä"])
      #expect(FileSystem.kind(of: folder + "/x/y") == .directory)
      #expect(FileSystem.kind(of: folder + "/x/a") == .file)
      try FileSystem.removeTree(folder + "/x")
      #expect(FileSystem.kind(of: folder + "/x") == nil)
      try FileSystem.removeTree(folder + "/x")
    }
  }

  @Test func `removing a tree does not follow links`() throws {
    try withFolder { folder in
      try FileSystem.makeDirectory(folder + "/kept")
      try FileSystem.replace(folder + "/kept/file", with: [1])
      try FileSystem.makeDirectory(folder + "/gone")
      #expect(symlink(folder + "/kept", folder + "/gone/link") == 0)
      try FileSystem.removeTree(folder + "/gone")
      #expect(try FileSystem.read(folder + "/kept/file") == [1])
    }
  }

  @Test func `errors name the call, the path and the reason`() throws {
    let error = #expect(throws: SystemError.self) { try FileSystem.read("/tmp/no/such/file") }
    #expect(error?.description == "cannot open /tmp/no/such/file: No such file or directory")
    #expect(error?.isNotFound == true)
    let second = #expect(throws: SystemError.self) { try FileSystem.list("/dev/null") }
    #expect(second?.description == "cannot opendir /dev/null: Not a directory")
    let third = #expect(throws: SystemError.self) {
      try FileSystem.makeDirectory("/dev/null/x")
    }
    #expect(third?.description == "cannot mkdir /dev/null/x: Not a directory")
  }

  @Test func `a full device is told from other failures`() throws {
    let error = #expect(throws: SystemError.self) {
      try FileDescriptor(opening: "/dev/full", for: .append).write([1])
    }
    #expect(error?.isFull == true)
    #expect(error?.description == "cannot write /dev/full: No space left on device")
  }

  @Test func `a lock has one holder at a time`() throws {
    try withFolder { folder in
      let path = folder + "/lock"
      do {
        let first = try FileDescriptor(opening: path, for: .update)
        #expect(try first.lockExclusively())
        let second = try FileDescriptor(opening: path, for: .update)
        #expect(try !second.lockExclusively())
      }
      #expect(try FileDescriptor(opening: path, for: .update).lockExclusively())
    }
  }

  @Test func `appending keeps what is there`() throws {
    try withFolder { folder in
      for byte in [1, 2, 3] as [UInt8] {
        try FileDescriptor(opening: folder + "/log", for: .append).write([byte])
      }
      #expect(try FileSystem.read(folder + "/log") == [1, 2, 3])
    }
  }
}
