// Why: simulator and load generator must name the same items in the same order, so that what one
// predicts is what the other sends. The draws are therefore functions of seed and number alone.

import Randomness
import Scenarios
import Testing
import Units
import Workloads

@testable import RequestStreams

@Suite struct RequestDrawingTests {
  @Test func `item sizes remember what differs from the first size`() {
    var sizes = ItemSizes()
    for item in 0..<1_000 as Range<UInt64> { sizes.set(UInt32(item * 3), of: item * 17) }
    sizes.set(5, of: 17)
    #expect(sizes.count == 1_000)
    #expect(sizes.size(of: 17) == 5)
    #expect(sizes.size(of: 34) == 6)
    #expect(sizes.size(of: 1) == nil)
  }

  @Test func `the draws of a request are the same however often they are repeated`() {
    for sequence in 0..<50 as Range<UInt64> {
      var first = RequestDraws(seed: 7, sequence: sequence, newest: 9, firstNewItem: 3)
      var again = RequestDraws(seed: 7, sequence: sequence, newest: 9, firstNewItem: 3)
      #expect(first.generator.next() == again.generator.next())
    }
    var one = RequestDraws(seed: 7, sequence: 1, newest: 9, firstNewItem: 3)
    var other = RequestDraws(seed: 7, sequence: 2, newest: 9, firstNewItem: 3)
    #expect(one.generator.next() != other.generator.next())
  }

  @Test func `an operation is drawn by weight from the first draw`() {
    let spec = TrafficSpec(
      name: "t", demand: .closed(users: 1, thinkTime: .zero, duration: .seconds(1)),
      operations: [
        OperationSpec(name: "a", kind: .get, weight: 3, parts: []),
        OperationSpec(name: "b", kind: .get, weight: 1, parts: []),
      ], client: ClientSpec())
    let stream = TrafficStream(spec, seed: 11)
    var counts = [0, 0]
    for sequence in 0..<4_000 as Range<UInt64> {
      let share = Generator(seed: 11, stream: 0, index: sequence)
      var draw = share
      let expected = draw.nextUnit() < 0.75 ? 0 : 1
      #expect(stream.operation(of: sequence) == expected)
      counts[expected] += 1
    }
    // Binomial: 3,000 expected, standard deviation 27.
    #expect(abs(counts[0] - 3_000) < 140)
  }
}
