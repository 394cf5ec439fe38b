// What is known of requests before they arrive, drawn in blocks.
//
// When a request is due, which operation it is, which item it names and how long the service takes
// to serve it are functions of its number. Drawn for a block of requests in three short loops, the
// processor works at several requests at once; drawn one by one between admissions, each waits for
// the one before. Whatever asks later (retries, requests that waited, played ones) draws again and
// gets the same.

import Randomness
import RequestStreams

/// One numbered request before it arrives.
struct RequestAhead {
  /// It reads one item past no cache, of clients whose ends nobody waits for.
  var isPlain = false
  /// Position among all traffic's operations.
  var operation: Int32 = 0
  /// The item it names, if its operation names a fixed one.
  var place = ItemPlace.first
  /// The draws behind those of operation and place.
  var draws = StreamKey(seed: 0).generator(at: 0)
  /// Network and service time of the first attempt in ns, without the share of its size.
  var served: Int64 = 0

  /// Requests per block.
  static let block = 128
}

extension Simulator {
  /// Draws the next block of a traffic's requests.
  mutating func drawAhead(_ fleet: Int) {
    let first = fleets[fleet].stream.issued
    let places = fleet * RequestAhead.block..<(fleet + 1) * RequestAhead.block
    fleets[fleet].firstAhead = first
    fleets[fleet].stream.take(UnsafeMutableBufferPointer(rebasing: dues.elements[places]))
    let folds = fleets[fleet].foldsCompletions && !isPlaying
    var sequence = first
    for place in places {
      let (local, draws) = fleets[fleet].stream.begin(sequence)
      let operation = fleets[fleet].firstOperation + local
      ahead[place].operation = Int32(operation)
      ahead[place].draws = draws
      ahead[place].isPlain = folds && isPlainRead[operation]
      if operations[operation].namesFixedItem {
        var rest = RequestDraws(draws, sequence: sequence, newest: 0, firstNewItem: 0)
        ahead[place].place = drawing.place(operations[operation].firstPart, &rest)
        ahead[place].draws = rest.generator
      }
      sequence &+= 1
    }
    sequence = first
    var service = services[fleet]
    for place in places {
      var latency = fleets[fleet].firstLatencies.generator(at: sequence)
      ahead[place].served = service.served(
        operations[Int(ahead[place].operation)], using: &latency)
      sequence &+= 1
    }
    fleets[fleet].nextArrival = dues[places.lowerBound]
  }

  /// Takes the number of the next request of a traffic; `position` is its place in `ahead`.
  @inline(__always)
  mutating func nextAhead(_ fleet: Int) -> (sequence: UInt64, position: Int) {
    let sequence = fleets[fleet].stream.issued
    let offset = Int(truncatingIfNeeded: sequence &- fleets[fleet].firstAhead)
    return (sequence, fleet * RequestAhead.block + offset)
  }

  /// Goes on to the request behind the one in hand, which is no longer known ahead when its block
  /// has ended.
  @inline(__always)
  mutating func advance(_ fleet: Int) {
    let position = nextAhead(fleet).position
    if position < (fleet + 1) * RequestAhead.block {
      fleets[fleet].nextArrival = dues[position]
    } else {
      drawAhead(fleet)
    }
  }
}
