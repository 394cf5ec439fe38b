// Why: the check of the formatting must agree with the formatter and must change nothing itself.
import TestSupport
import Testing

@Suite struct FormatTests {
  @Test func checkFindsWhatFormattingChanges() throws {
    let folder = try TemporaryFolder()
    let root = repositoryRoot()
    let copy =
      "mkdir -p scripts Tests && cp \(root)/scripts/format scripts/ && cp \(root)/.swift-format ."
    #expect(try run("bash", ["-c", copy], in: folder.path).code == 0)
    try folder.write("let a = 1\n", to: "Package.swift")
    let crooked = "func f( ){\n\tg()\n}\n"
    try folder.write(crooked, to: "Sources/A/B.swift")
    let format = folder.path + "/scripts/format"

    let check = try run(format, ["--check"])
    #expect(check.code == 1)
    #expect(check.output.contains("+++ Sources/A/B.swift, formatted"))
    #expect(check.output.contains("+func f() {"))
    #expect(check.errors.contains("scripts/format puts this right"))
    #expect(folder.read("Sources/A/B.swift") == crooked)

    #expect(try run(format).code == 0)
    #expect(folder.read("Sources/A/B.swift") == "func f() {\n  g()\n}\n")
    #expect(try run(format, ["--check"]).code == 0)
    #expect(try run(format, ["--unknown"]).code == 2)
  }
}
