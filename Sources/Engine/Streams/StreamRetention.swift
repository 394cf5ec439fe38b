// What a day has passed over: records, closed shards, disabled streams.
//
// Looked for once a minute of wall-clock time. A record older than 24 hours may still be read until
// the look after that, as on the service, which promises no sooner.

import ServiceAPI
import Storage

extension DatabaseState {
  /// The most records that one look removes; the next continues.
  private static let trimMost = 10_000

  /// Trims every stream; false when there is more to do.
  func trimStreams() throws(ServiceError) -> Bool {
    let cutoff = wallMilliseconds - TableStream.retention
    var left = Self.trimMost
    for number in streams.keys.sorted() {
      guard let stream = streams[number] else { continue }
      if let closedAt = stream.closedAt, closedAt <= cutoff {
        try remove(stream)
        continue
      }
      if store.store.isLocked(StreamRecord.prefix(stream: number)) { continue }
      for place in stream.shards.indices where left > 0 {
        try trim(stream, place, before: cutoff, &left)
      }
      if left > 0 { stream.forgetShards(closedBefore: cutoff) }
      if !stream.isSaved {
        var batch = WriteBatch()
        batch.put(Self.key(of: stream), stream.encode())
        try store.commit(batch)
        stream.isSaved = true
      }
    }
    return left > 0
  }

  /// Removes the records of a shard that came at `cutoff` or before.
  private func trim(
    _ stream: TableStream, _ place: Int, before cutoff: Int64, _ left: inout Int
  ) throws(ServiceError) {
    let shard = stream.shards[place]
    if let oldest = shard.oldest, oldest > cutoff { return }
    var batch = WriteBatch()
    var last = shard.trimmedTo
    var oldest: Int64?
    let prefix = StreamRecord.prefix(stream: stream.number, shard: shard.number)
    try store.scan(KeyScan(prefix: prefix)) { key, value in
      let time = StreamRecord.time(value) ?? .min
      guard time <= cutoff, left > 0 else {
        oldest = time
        return false
      }
      batch.delete(key)
      last = StreamRecord.sequence(key)
      left -= 1
      return true
    }
    stream.trim(place, to: last, oldest: oldest)
    if batch.isEmpty { return }
    batch.put(Self.key(of: stream), stream.encode())
    try store.commit(batch)
    stream.isSaved = true
  }

  /// Removes a stream that can no longer be read.
  private func remove(_ stream: TableStream) throws(ServiceError) {
    try store.clear(StreamRecord.prefix(stream: stream.number))
    var batch = WriteBatch()
    batch.delete(Self.key(of: stream))
    try store.commit(batch)
    streams[stream.number] = nil
  }
}
