// Why: a key that is not found again would be a write that readers do not see; keys whose hashes
// are equal must be told apart all the same.

import Testing

@testable import Storage

@Suite struct KeyPlacesTests {
  @Test(arguments: [UInt64.max, 255, 1, 0])
  func `numbers are found as in a dictionary, whatever the hashes have in common`(mask: UInt64) {
    var numbers = SeededNumbers(seed: mask)
    var places = KeyPlaces()
    for keeps in [true, false, true] {
      var keys: [[UInt8]] = []
      var reference: [[UInt8]: Int] = [:]
      for step in 0..<600 {
        let key = numbers.key()
        let hash = KeyPlaces.hash(key) & mask
        let found = places.find(hash) { keys[$0] == key }
        #expect(found == reference[key], "mask \(mask), step \(step)")
        guard found == nil else { continue }
        reference[key] = keys.count
        keys.append(key)
        places.append(hash)
      }
      places.removeAll(keepingCapacity: keeps)
      #expect(places.find(KeyPlaces.hash(keys[0]) & mask) { _ in true } == nil)
    }
  }
}
