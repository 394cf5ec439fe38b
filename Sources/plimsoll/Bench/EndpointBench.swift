// bench --url: GetItem and PutItem rates of any endpoint that speaks the protocol, driven by the
// same client as `bench --engine`. scripts/bench-engine compares servers with it.

import Platform
import Units

enum EndpointBench {
  /// Items in the table that is read.
  private static let keys = 200

  static func run(_ url: String, seconds: Double) -> ExitCode {
    guard let (address, port) = place(url) else {
      Terminal.complain("plimsoll: --url expects http://ADDRESS:PORT with a numeric address")
      return .badInput
    }
    do throws(ClosedLoop.Fault) {
      _ = pinThread(toCore: Terminal.processors - 1)
      var loop = try ClosedLoop(address: address, port: port)
      // Of an earlier run, the table may be there already.
      _ = try loop.call(BenchItems.createTable)
      var tries = 0
      while try loop.call(BenchItems.put).status != 200 {
        tries += 1
        if tries > 500 { throw .reply("PutItem is refused") }
        pause(for: .milliseconds(10))
      }
      _ = try loop.run(BenchItems.put, each: keys)
      for (name, request) in [("GetItem", BenchItems.get), ("PutItem", BenchItems.put)] {
        let outcome = try loop.run(request, keys: keys, seconds: seconds)
        if outcome.refusals > 0 { throw .reply("\(outcome.refusals) requests were refused") }
        Terminal.say("\(name) \(Int(outcome.rate))\n")
      }
      return .success
    } catch {
      Terminal.complain("plimsoll: \(BenchFault.text(error))")
      return .runtimeError
    }
  }

  private static func place(_ url: String) -> (address: String, port: UInt16)? {
    guard url.hasPrefix("http://") else { return nil }
    let parts = url.dropFirst(7).split(separator: "/").first?.split(separator: ":") ?? []
    guard parts.count == 2, let port = UInt16(parts[1]) else { return nil }
    return (String(parts[0]), port)
  }
}
