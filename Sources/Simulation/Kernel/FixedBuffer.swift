// Storage of fixed length with one owner: elements are changed in place, without the uniqueness
// test and retain traffic of an array in a hot loop.

/// A fixed number of elements owned by one value.
struct FixedBuffer<Element>: ~Copyable {
  private let base: UnsafeMutablePointer<Element>
  let count: Int

  init(_ elements: [Element]) {
    count = elements.count
    base = .allocate(capacity: Swift.max(1, elements.count))
    base.initialize(from: elements, count: elements.count)
  }

  deinit {
    base.deinitialize(count: count)
    base.deallocate()
  }

  /// All elements, for whoever reads or changes them in place while the owner lives.
  var elements: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: base, count: count)
  }

  /// All elements, for whoever reads them while the owner lives.
  var all: UnsafeBufferPointer<Element> { UnsafeBufferPointer(elements) }

  /// Some elements, for whoever reads them while the owner lives.
  @inline(__always)
  func slice(_ range: Range<Int>) -> UnsafeBufferPointer<Element> {
    UnsafeBufferPointer(rebasing: elements[range])
  }

  /// Where an element and those behind it stand while the owner lives.
  @inline(__always)
  func pointer(_ index: Int) -> UnsafeMutablePointer<Element> {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
    return base + index
  }

  /// Where an element stands while the owner lives.
  func address(_ index: Int) -> UnsafePointer<Element> {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
    return UnsafePointer(base + index)
  }

  /// Copies some elements one place on.
  func move(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound < count)
    (base + range.lowerBound + 1).update(from: base + range.lowerBound, count: range.count)
  }

  subscript(index: Int) -> Element {
    @inline(__always) unsafeAddress {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
      return UnsafePointer(base + index)
    }
    @inline(__always) unsafeMutableAddress {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
      return base + index
    }
  }
}

/// Memory that begins with a cache line: an element of 64 bytes stands in one, not in two.
enum AlignedMemory {
  static func allocate<Element>(_ capacity: Int) -> UnsafeMutablePointer<Element> {
    UnsafeMutableRawPointer.allocate(
      byteCount: capacity * MemoryLayout<Element>.stride, alignment: 64
    ).bindMemory(to: Element.self, capacity: capacity)
  }
}
