// What tables keep of their admission over a restart.
//
// Written every minute of wall-clock time in which there are requests, and when the database is
// closed; never with a request. A crash therefore loses at most the last minute: tokens are those
// of the last record and what time has refilled since. A record that does not fit its table any
// more, or cannot be read, is passed over: the table then starts like a new one.

import Capacity
import ServiceAPI
import Storage
import Units

extension DatabaseState {
  static let capacityInterval = Nanoseconds.minutes(1)

  /// Keeps the admission of all tables.
  func saveCapacity() throws(ServiceError) {
    var batch = WriteBatch()
    for name in tables.keys.sorted() {
      guard let table = tables[name] else { continue }
      batch.put(capacityKey(table.definition.number), encode(table))
    }
    try store.commit(batch)
  }

  func capacityKey(_ table: UInt32) -> [UInt8] {
    var key = KeyEncoding.prefix(table: table, index: 0)
    key[0] = KeyEncoding.capacitySpace
    return key
  }

  private func encode(_ table: Table) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.member("SavedAt", Int(wallMilliseconds))
    writer.key("Table")
    write(table.admission, table.decreases, &writer)
    writer.key("Indexes")
    writer.beginObject()
    for index in table.indexes {
      guard let admission = index.admission else { continue }
      writer.key(index.definition.name)
      write(admission, index.decreases, &writer)
    }
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }

  private func write(
    _ admission: ResourceAdmission, _ decreases: DecreaseAllowance, _ writer: inout ReplyWriter
  ) {
    let memory = admission.memory(at: now)
    writer.beginObject()
    writer.member("Decreases", decreases.available(at: wallNow))
    writer.key("Cuts")
    writer.beginArray()
    for cut in memory.cuts { writer.value(String(cut, radix: 16)) }
    writer.endArray()
    for (name, axis) in [("Read", memory.read), ("Write", memory.write)] {
      writer.key(name)
      writer.beginObject()
      writer.member("Grains", Int(axis.grains))
      writer.member("ProvisionedMax", axis.provisionedMax)
      writer.member("Warm", axis.warm)
      writer.member("PreviousPeak", axis.previousPeak)
      writer.member("Grown", axis.grown)
      writer.endObject()
    }
    writer.endObject()
  }

  /// Takes up what a table kept.
  func recallCapacity(of table: Table) throws(ServiceError) {
    guard let bytes = try store.get(capacityKey(table.definition.number)),
      let record = WireValue(body: bytes), let savedAt = record["SavedAt"]?.integer
    else { return }
    let span = max(0, wallMilliseconds - Int64(savedAt))
    let elapsed = Nanoseconds.milliseconds(min(span, 86_400_000 * 30))
    if let kept = record["Table"], let memory = Self.memory(kept) {
      table.admission.recall(memory, after: scaled(elapsed), at: now)
      table.decreases.recall(available: kept["Decreases"]?.integer ?? 0, after: elapsed)
    }
    for place in table.indexes.indices {
      let name = table.indexes[place].definition.name
      guard let kept = record["Indexes"]?[name], let memory = Self.memory(kept) else { continue }
      table.indexes[place].admission?.recall(memory, after: scaled(elapsed), at: now)
      table.indexes[place].decreases.recall(
        available: kept["Decreases"]?.integer ?? 0, after: elapsed)
    }
  }

  private static func memory(_ value: WireValue) -> AdmissionMemory? {
    func axis(_ value: WireValue?) -> AxisMemory? {
      guard let grains = value?["Grains"]?.integer else { return nil }
      return AxisMemory(
        grains: Int64(grains), provisionedMax: value?["ProvisionedMax"]?.integer ?? 0,
        warm: value?["Warm"]?.integer ?? 0, previousPeak: value?["PreviousPeak"]?.integer ?? 0,
        grown: value?["Grown"]?.integer ?? 0)
    }
    guard let read = axis(value["Read"]), let write = axis(value["Write"]) else { return nil }
    let cuts = (value["Cuts"]?.elements ?? []).compactMap { UInt64($0.text ?? "", radix: 16) }
    return AdmissionMemory(cuts: cuts.sorted(), read: read, write: write)
  }
}
