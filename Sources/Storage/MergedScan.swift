// A scan of stored pairs with changes laid over them that could not be stored.
//
// Of use when a store takes no more writes and still has some that it acknowledged: rare, so that
// all changes are sorted for each scan.

extension KeyScan {
  /// Visits what `changes`, of different keys, make of the pairs that `stored` visits.
  func merging(
    _ changes: [WriteBatch.Change], _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep,
    _ stored: (
      KeyScan, (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
    ) throws(StorageError) -> Void
  ) throws(StorageError) {
    guard limit > 0 else { return }
    let laid = changes.filter { contains($0.key) }.sorted { comes($0.key, before: $1.key) }
    var wide = self
    wide.limit = .max
    let failure = withoutActuallyEscaping(visit) { visit -> StorageError? in
      var walk = MergedWalk(scan: self, changes: laid, visit: visit)
      do throws(StorageError) { try stored(wide) { walk.take($0, $1) } } catch { return error }
      walk.end()
      return nil
    }
    if let failure { throw failure }
  }

  private func contains(_ key: [UInt8]) -> Bool {
    if let upper, !key.lexicographicallyPrecedes(upper) { return false }
    return !key.lexicographicallyPrecedes(lower)
  }

  fileprivate func comes(_ key: [UInt8], before other: [UInt8]) -> Bool {
    switch direction {
    case .ascending: key.lexicographicallyPrecedes(other)
    case .descending: other.lexicographicallyPrecedes(key)
    }
  }
}

/// One merged scan under way.
private struct MergedWalk {
  let scan: KeyScan
  let changes: [WriteBatch.Change]
  let visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  private var next = 0
  private var rest: Int
  private var step = ScanStep.next

  init(
    scan: KeyScan, changes: [WriteBatch.Change],
    visit: @escaping (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  ) {
    self.scan = scan
    self.changes = changes
    self.visit = visit
    rest = scan.limit
  }

  /// A stored pair, in the order of the scan.
  mutating func take(_ key: [UInt8], _ value: [UInt8]) -> ScanStep {
    catchUp(to: key)
    guard step == .next else { return step }
    if next < changes.count, changes[next].key == key {
      showNext()
    } else {
      show(key, value)
    }
    return step
  }

  /// No stored pair is left.
  mutating func end() { catchUp(to: nil) }

  /// Shows the changes that come before `key`, all when there is none.
  private mutating func catchUp(to key: [UInt8]?) {
    while step == .next, next < changes.count {
      if let key, !scan.comes(changes[next].key, before: key) { return }
      showNext()
    }
  }

  private mutating func showNext() {
    next += 1
    if case .put(let key, let value) = changes[next - 1] { show(key, value) }
  }

  private mutating func show(_ key: [UInt8], _ value: [UInt8]) {
    rest -= 1
    step = visit(key, value) == .stop || rest == 0 ? .stop : .next
  }
}
