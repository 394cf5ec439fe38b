// A mapped file keeps what was stored, is as long as was asked for, and names what cannot be
// mapped.

import Platform
import TestSupport
import Testing

@Suite struct MappedFileTests {
  private func stored(_ path: String) throws -> [UInt8] { try FileSystem.read(path) }

  @Test func `what is stored is in the file, and stays when it is mapped again`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/file"
    let first = try MappedFile(path, count: 5_000)
    first.bytes[4_999] = 7
    #expect(try stored(path) == [UInt8](repeating: 0, count: 4_999) + [7])
    let second = try MappedFile(path, count: 6_000)
    #expect(second.bytes[4_999] == 7)
    second.bytes[0] = 9
    #expect(first.bytes[0] == 9)
    #expect(try stored(path).count == 6_000)
  }

  @Test func `a place without a file is named`() {
    let fault = #expect(throws: SystemError.self) { try MappedFile("/proc/none/x", count: 10) }
    #expect(fault?.description == "cannot open /proc/none/x: No such file or directory")
  }
}
