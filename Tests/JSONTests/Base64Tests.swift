// Base64 against the vectors of RFC 4648 section 10, and its refusals.

import JSON
import Testing

private let vectors: [(String, String)] = [
  ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
  ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
]

@Suite struct Base64Tests {
  @Test(arguments: vectors)
  func followsTheVectors(_ plain: String, _ encoded: String) {
    #expect(Base64.text(of: Array(plain.utf8)) == encoded)
    #expect(Base64.bytes(of: encoded) == Array(plain.utf8))
  }

  @Test func usesTheWholeAlphabet() {
    let bytes: [UInt8] = [0xFB, 0xEF, 0xBE, 0xFF, 0xFF, 0xFF, 0x00, 0x10, 0x83]
    #expect(Base64.text(of: bytes) == "++++////ABCD")
    #expect(Base64.bytes(of: "++++////ABCD") == bytes)
  }

  @Test(arguments: [
    "Z", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9", "Zm-v", "=Zg=",
  ])
  func refuses(_ text: String) {
    #expect(Base64.bytes(of: text) == nil)
  }
}
