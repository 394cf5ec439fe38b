// What follows from a change of an item besides the item: the record in its table's stream, the
// time at which it expires, what other regions are sent.
//
// `follow` is the one place that sees every change with both images, whoever made it. What it adds
// goes into the batch that stores the item, so a crash leaves both or neither. A write that changes
// nothing leaves no record (features.md 3.2).

import Capacity
import DataModel
import ServiceAPI
import Storage

/// Who changed an item.
enum ChangeOrigin: Hashable {
  case client
  /// Time to live.
  case expiry
  /// Another region, whose change has this version.
  case replica(ItemVersion)
  /// What a table held when the replica was added.
  case copy(ItemVersion)
}

extension DatabaseState {
  /// Adds to `batch`, which stores `writes`, what follows from them; returns the streams whose
  /// descriptions are in it, which are to be told when it is stored.
  func follow(
    _ writes: [ItemWrite], in batch: inout WriteBatch
  ) throws(ServiceError) -> [TableStream] {
    var described: [TableStream] = []
    for write in writes where write.table.isObserved {
      try followReplication(write, &batch)
      if write.before?.item == write.after?.item { continue }
      followExpiry(write, &batch)
      guard let stream = write.table.stream else { continue }
      record(write, in: stream, &batch)
      if stream.isSaved { continue }
      batch.put(Self.key(of: stream), stream.encode())
      described.append(stream)
    }
    return described
  }

  private func record(_ write: ItemWrite, in stream: TableStream, _ batch: inout WriteBatch) {
    let wall = wallMilliseconds
    let place = stream.place(
      of: write.place.position, write.table.admission.partitions, next: nextSequence, at: wall)
    let event: StreamEvent =
      write.before == nil ? .insert : write.after == nil ? .remove : .modify
    let image = write.after?.item ?? write.before?.item ?? Item()
    let record = StreamRecord(
      event, isByService: write.origin == .expiry, at: wall,
      key: image.projected(on: stream.key.attributeNames),
      new: stream.view.showsNew ? write.after?.item : nil,
      old: stream.view.showsOld ? write.before?.item : nil)
    batch.put(
      StreamRecord.key(
        stream: stream.number, shard: stream.shards[place].number, sequence: nextSequence),
      record.encode())
    nextSequence += 1
    stream.noteRecord(place, at: wall)
    write.table.streamRecords += 1
  }

  static func key(of stream: TableStream) -> [UInt8] {
    var key = KeyEncoding.prefix(table: stream.number, index: 0)
    key[0] = KeyEncoding.streamSpace
    return key
  }

  // MARK: On and off

  /// What a StreamSpecification asks for.
  enum StreamChange {
    case none
    case open(StreamView)
    case close
  }

  /// The change that UpdateTable asks for; texts as measured on the service in October 2026.
  func streamChange(
    _ value: WireValue?, of table: Table
  ) throws(ServiceError) -> StreamChange {
    guard let value else { return .none }
    let view = (value["StreamViewType"]?.text).flatMap(StreamView.init(rawValue:))
    guard value["StreamEnabled"]?.flag == true else {
      if table.definition.global != nil {
        throw .validation("Disabling Stream is not allowed for a Global Table replica")
      }
      if view != nil {
        throw .invalidParameter(
          "If stream is being disabled, then UpdateViewType must not be specified")
      }
      if table.stream == nil {
        throw .validation("Table has no stream to disable: TableName: \(table.name)")
      }
      return .close
    }
    guard let view else {
      throw .invalidParameter("If stream is being enabled then UpdateViewType is required")
    }
    if table.stream != nil {
      throw .validation("Table already has an enabled stream: TableName: \(table.name)")
    }
    return .open(view)
  }

  /// Enables or disables a table's stream at once; the description says so when the table's state
  /// ends. The changes are the caller's to store, with the table's record.
  func apply(_ change: StreamChange, to table: Table) throws(ServiceError) -> WriteBatch {
    var batch = WriteBatch()
    switch change {
    case .none: return batch
    case .open(let view):
      let stream = TableStream(
        number: nextStreamNumber, of: table.definition, view: view, label: newLabel(table.name),
        at: wallMilliseconds)
      try keep(
        StreamRecord.prefix(stream: stream.number), under: table.definition.encryptionKey)
      nextStreamNumber += 1
      stream.open(table.admission.partitions, start: nextSequence, at: wallMilliseconds)
      nextSequence += 1
      streams[stream.number] = stream
      table.stream = stream
      table.definition.streamViewType = view.rawValue
      table.definition.streamLabel = stream.label
      batch.put(Self.key(of: stream), stream.encode())
    case .close:
      guard let stream = table.stream else { return batch }
      stream.close(next: nextSequence, at: wallMilliseconds)
      table.stream = nil
      table.definition.streamViewType = nil
      batch.put(Self.key(of: stream), stream.encode())
    }
    return batch
  }

  /// A label by the time, which no stream of the table's name has yet.
  private func newLabel(_ name: String) -> String {
    var time = wallMilliseconds
    while true {
      let label = CalendarTime(milliseconds: time).text
      let isTaken = streams.values.contains { $0.tableName == name && $0.label == label }
      if !isTaken { return label }
      time += 1
    }
  }

  // MARK: Start

  /// Finds the streams that the store holds; tables come before.
  func loadStreams() throws(ServiceError) {
    var found: [TableStream] = []
    var isDamaged = false
    try store.scan(KeyScan(prefix: [KeyEncoding.streamSpace])) { _, value in
      if let stream = TableStream(value) { found.append(stream) } else { isDamaged = true }
      return !isDamaged
    }
    if isDamaged { throw .internalFailure("A stored stream description is damaged") }
    for stream in found {
      streams[stream.number] = stream
      nextStreamNumber = max(nextStreamNumber, stream.number + 1)
      nextSequence = max(nextSequence, stream.lastSequence + 1)
      for shard in stream.shards {
        let prefix = StreamRecord.prefix(stream: stream.number, shard: shard.number)
        for key in try store.keys(KeyScan(prefix: prefix, .descending, limit: 1)) {
          nextSequence = max(nextSequence, StreamRecord.sequence(key) + 1)
        }
      }
      guard stream.closedAt == nil else { continue }
      // Order never matters: one table has the number.
      tables.values.first { $0.definition.number == stream.tableNumber }?.stream = stream
    }
  }
}
