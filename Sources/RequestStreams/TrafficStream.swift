// One traffic as a stream of numbered requests: when each is due and which operation it is.
//
// Both are functions of (seed, traffic, number) alone. The seeds of tables and traffic are derived
// here, in one place, for every driver.

public import Randomness
public import Scenarios
public import Units
import Workloads

/// The seeds that a run's seed gives to its parts.
public enum StreamSeeds {
  /// Of the traffic at `position`: arrivals, operations, keys, back-off.
  public static func traffic(_ position: Int, of seed: UInt64) -> UInt64 {
    hashPlace(UInt64(position), seed: seed ^ 0x464C_4545)
  }

  /// Of the table at `position`: sizes and places of its items.
  public static func table(_ position: Int, of seed: UInt64) -> UInt64 {
    hashPlace(UInt64(position), seed: seed ^ 0x5441_424C)
  }

  /// Of replication `number` of a scenario; 0 is the scenario's own.
  public static func replication(_ number: Int, of seed: UInt64) -> UInt64 {
    number == 0 ? seed : hashPlace(UInt64(number), seed: seed ^ 0x5245_504C)
  }
}

/// The requests of one traffic, in order of their due times.
public struct TrafficStream: Sendable {
  /// Key of every generator of this traffic.
  public let seed: UInt64
  /// Upper bounds of each operation's share of a unit interval.
  public let shares: [Double]
  /// Of what requests draw first: their operations, then items and sizes.
  private let draws: StreamKey
  private var arrivals: ArrivalSequence?
  /// Due instants of a recorded stream, in ns, instead of drawn ones.
  private let recorded: [Int64]?
  private var position = 0
  /// The next open-loop arrival, in ns; `Int64.max` when there is none.
  public private(set) var nextArrival: Int64 = .max
  /// Requests so far; the next one's number.
  public var issued: UInt64 = 0

  /// - Parameters:
  ///   - seed: `StreamSeeds.traffic`.
  ///   - rateFactor: Multiplies the rates of an open loop.
  ///   - recorded: Due instants in order, in ns, instead of the scenario's arrivals.
  public init(
    _ spec: TrafficSpec, seed: UInt64, rateFactor: Double = 1, recorded: [Int64]? = nil
  ) {
    self.seed = seed
    draws = StreamKey(seed: seed).child(0)
    self.recorded = recorded
    let total = spec.operations.reduce(0) { $0 + $1.weight }
    var sum = 0.0
    shares = spec.operations.map {
      sum += $0.weight
      return sum / total
    }
    if let recorded {
      nextArrival = recorded.first ?? .max
      return
    }
    guard case .open(let process, let rate) = spec.demand else { return }
    let scaled = rate.map {
      RateSegment(duration: $0.duration, from: $0.from * rateFactor, to: $0.to * rateFactor)
    }
    var sequence = ArrivalSequence(
      process, profile: RateProfile(scaled), seed: seed, stream: 0x4152)
    nextArrival = sequence.next()?.nanoseconds ?? .max
    arrivals = sequence
  }

  /// Goes on to the arrival after `nextArrival`.
  public mutating func advance() {
    guard let recorded else {
      nextArrival = arrivals?.next()?.nanoseconds ?? .max
      return
    }
    position += 1
    nextArrival = position < recorded.count ? recorded[position] : .max
  }

  /// Goes on with the request that the rate expects at `instant`, forwards or back; recorded
  /// streams stay where they are.
  public mutating func skip(to instant: Instant) {
    guard let index = arrivals?.skip(to: instant) else { return }
    issued = index
    nextArrival = arrivals?.next()?.nanoseconds ?? .max
  }

  /// Moves the next arrivals, `nextArrival` first, into `instants`: `advance` for a block.
  /// - Precondition: `instants` has places; the stream is not recorded.
  public mutating func take(_ instants: UnsafeMutableBufferPointer<Int64>) {
    precondition(recorded == nil && !instants.isEmpty, "blocks are of drawn arrivals")
    instants[0] = nextArrival
    guard arrivals != nil else {
      for place in instants.indices { instants[place] = .max }
      return
    }
    arrivals?.fill(UnsafeMutableBufferPointer(rebasing: instants[1...]))
    nextArrival = arrivals?.next()?.nanoseconds ?? .max
  }

  /// Position, in the traffic's list, of the operation of request `sequence`.
  public func operation(of sequence: UInt64) -> Int {
    var stream = self
    return stream.begin(sequence).operation
  }

  /// The operation of request `sequence`, and its draws behind the one that chose it. Mutating only
  /// to be passed by address (see `TableItems`).
  public mutating func begin(_ sequence: UInt64) -> (operation: Int, draws: Generator) {
    var generator = draws.generator(at: sequence)
    let share = generator.nextUnit()
    var position = 0
    while position < shares.count - 1, share >= shares[position] { position += 1 }
    return (position, generator)
  }
}

extension TrafficStream {
  /// `begin` for the requests from `first` on, as many as `operations` has places.
  public mutating func begin(
    _ first: UInt64, operations: UnsafeMutableBufferPointer<Int32>,
    draws generators: UnsafeMutablePointer<Generator>
  ) {
    let last = shares.count - 1
    shares.withUnsafeBufferPointer { shares in
      for place in operations.indices {
        var generator = draws.generator(at: first &+ UInt64(place))
        let share = generator.nextUnit()
        var position = 0
        while position < last, share >= shares[position] { position += 1 }
        operations[place] = Int32(truncatingIfNeeded: position)
        generators[place] = generator
      }
    }
  }
}

/// Tables as streams of requests see them.
extension TableItems {
  /// The tables of a scenario, each followed by its global indexes in the numbering of resources.
  public static func all(of scenario: Scenario, seed: UInt64) -> [TableItems] {
    var resource = 0
    return scenario.tables.enumerated().map { position, spec in
      let tableSeed = StreamSeeds.table(position, of: seed)
      let indexes = spec.globalIndexes.enumerated().map { number, index in
        IndexItems(
          spec: index, seed: hashPlace(UInt64(number), seed: tableSeed),
          resource: resource + 1 + number,
          permutation: OperationPlans.permutation(table: position, index: number))
      }
      let table = TableItems(
        spec: spec, seed: tableSeed, resource: resource, indexes: indexes,
        isCached: scenario.cache?.tables.contains(position) ?? false)
      resource += 1 + indexes.count
      return table
    }
  }
}
