// What threads hand on comes out in order, once each thread has something, and goes back to its
// thread.

import Testing

@testable import LoadGeneration

struct HandOverTests {
  @Test("one value of each thread is taken, the oldest first")
  func takesTheOldestOfEach() throws {
    let values = HandOver<Int>(threads: 2)
    values.give(1, thread: 0)
    values.give(2, thread: 0)
    #expect(values.take() == nil, "thread 1 has handed on nothing yet")
    values.give(3, thread: 1)
    let first = try #require(values.take())
    #expect(first.map(\.value) == [1, 3])
    #expect(first.map(\.thread) == [0, 1])
    #expect(values.take() == nil)
    #expect(values.take(all: true)?.map(\.value) == [2])
    #expect(values.take(all: true) == nil)
  }

  @Test("what is given back is the spare of its own thread alone")
  func givesBack() {
    let values = HandOver<Int>(threads: 2)
    #expect(values.spare(thread: 0) == nil)
    values.giveBack(7, thread: 0)
    #expect(values.spare(thread: 1) == nil)
    #expect(values.spare(thread: 0) == 7)
    #expect(values.spare(thread: 0) == nil)
  }
}
