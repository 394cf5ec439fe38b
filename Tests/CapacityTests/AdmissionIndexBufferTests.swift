// Back-pressure of a global secondary index: at once by default, or after its buffer is full.

import Capacity
import Testing
import Units

@Suite struct AdmissionIndexBufferTests {
  private func index(bufferSeconds: Double) -> ResourceAdmission {
    var settings = CapacitySettings()
    settings.initialBurst = 0
    settings.indexBufferSeconds = bufferSeconds
    return ResourceAdmission(
      ResourceThroughput(isIndex: true, mode: provisioned(write: 10)), settings: settings)
  }

  @Test(
    "base writes at 30/s on an index at 10/s stop when the buffer is full",
    arguments: [0.0, 2.0, 60.0])
  func stopsWhenFull(bufferSeconds: Double) throws {
    var index = index(bufferSeconds: bufferSeconds)
    let load = SteadyLoad(axis: .write, requestsPerSecond: 30)
    let outcome = load.run(
      &index, from: .start + .seconds(1), for: .seconds(120), position: scattered)
    // Ten units saved in the first second, then 20/s more come in than drain.
    let first = try #require(outcome.firstRefusal)
    let expected = 1 + (10 + 10 * bufferSeconds) / 20
    #expect(abs(first.inSeconds - expected) < 0.11)
    let end = Instant.start + .seconds(121)
    let inFlight = Double(outcome.admitted) - 10 * 121
    #expect(abs(inFlight - 10 * bufferSeconds) <= 1)
    #expect(abs(index.backlog(at: end).inUnits - 10 * bufferSeconds) <= 1)
    // The index's metric counts what it has taken, never more than its rate allows.
    #expect(index.consumed(.write, at: end) <= CapacityUnits(10 * 121 + 1))
    #expect(outcome.refused.keys.first == .provisionedThroughputExceeded)
  }

  @Test("a write waits as long as the backlog before it takes to drain")
  func delay() {
    var index = index(bufferSeconds: 30)
    index.consume(.write, units: CapacityUnits(120), position: 0, at: .start)
    #expect(index.check(.write, position: 0, at: .start) == .admitted)
    #expect(
      index.timeUntilAdmitting(.write, position: 0, at: .start)
        == .seconds(12) + Nanoseconds(1))
    #expect(index.backlog(at: .start + .seconds(5)) == CapacityUnits(70))
    #expect(index.backlog(at: .start + .seconds(12)) == .zero)
    #expect(index.consumed(.write, at: .start + .seconds(5)) == CapacityUnits(50))
  }

  @Test("the buffer is for index writes: reads and tables are checked at once")
  func onlyIndexWrites() {
    var settings = CapacitySettings()
    settings.initialBurst = 0
    settings.indexBufferSeconds = 60
    for isIndex in [true, false] {
      var resource = ResourceAdmission(
        ResourceThroughput(isIndex: isIndex, mode: provisioned()), settings: settings)
      let read = resource.check(.read, position: 0, at: .start)
      let write = resource.check(.write, position: 0, at: .start)
      #expect(!read.isAdmitted)
      #expect(write.isAdmitted == isIndex)
    }
  }
}
