// Change data capture to Kinesis: destinations are accepted and recorded, nothing is sent.
//
// There is no Kinesis here to send to; what such a stream would carry is in the table's own stream,
// and what it would cost in the simulator's bill. Facts: features.md 3.2.

import ServiceAPI

/// A Kinesis stream that a table's changes are meant for.
struct KinesisDestination: Hashable, Sendable {
  var arn: String
  /// MILLISECOND or MICROSECOND.
  var precision: String
  var isActive: Bool
}

extension DatabaseState {
  func enableKinesisDestination(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let table = try table(request["TableName"]?.text ?? "")
    let arn = request["StreamArn"]?.text ?? ""
    var destinations = table.definition.kinesisDestinations
    if destinations.contains(where: { $0.arn == arn && $0.isActive }) {
      throw .inUse("Table is already in a valid streaming state with StreamArn \(arn)")
    }
    destinations.removeAll { $0.arn == arn }
    let configuration = request["EnableKinesisStreamingConfiguration"]
    let precision = configuration?["ApproximateCreationDateTimePrecision"]?.text ?? "MILLISECOND"
    destinations.append(KinesisDestination(arn: arn, precision: precision, isActive: true))
    table.definition.kinesisDestinations = destinations
    try save(table)
    return answer(request, "ENABLING", configuration, "EnableKinesisStreamingConfiguration")
  }

  func disableKinesisDestination(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let table = try table(request["TableName"]?.text ?? "")
    let place = try active(request, in: table)
    table.definition.kinesisDestinations[place].isActive = false
    try save(table)
    return answer(request, "DISABLING", nil, "")
  }

  func updateKinesisDestination(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let table = try table(request["TableName"]?.text ?? "")
    let place = try active(request, in: table)
    let configuration = request["UpdateKinesisStreamingConfiguration"]
    guard let precision = configuration?["ApproximateCreationDateTimePrecision"]?.text else {
      throw .validation("UpdateKinesisStreamingConfiguration must name a precision")
    }
    if table.definition.kinesisDestinations[place].precision == precision {
      throw .validation(
        "Invalid Request: Precision is already set to the desired value of \(precision)")
    }
    table.definition.kinesisDestinations[place].precision = precision
    try save(table)
    return answer(request, "UPDATING", configuration, "UpdateKinesisStreamingConfiguration")
  }

  func describeKinesisDestination(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let table = try table(request["TableName"]?.text ?? "")
    var writer = ReplyWriter()
    writer.beginObject()
    writer.member("TableName", table.name)
    writer.key("KinesisDataStreamDestinations")
    writer.beginArray()
    for destination in table.definition.kinesisDestinations {
      writer.beginObject()
      writer.member("StreamArn", destination.arn)
      writer.member("DestinationStatus", destination.isActive ? "ACTIVE" : "DISABLED")
      writer.member("ApproximateCreationDateTimePrecision", destination.precision)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  /// The place of the active destination that a request names.
  private func active(_ request: WireValue, in table: Table) throws(ServiceError) -> Int {
    let arn = request["StreamArn"]?.text ?? ""
    let place = table.definition.kinesisDestinations.firstIndex { $0.arn == arn && $0.isActive }
    if let place { return place }
    throw ServiceError(
      "ResourceNotFoundException",
      message: "Requested resource not found: Table: \(table.name) is not streaming to \(arn)")
  }

  private func answer(
    _ request: WireValue, _ status: String, _ configuration: WireValue?, _ name: String
  ) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.member("TableName", TableName.name(of: request["TableName"]?.text ?? ""))
    writer.member("StreamArn", request["StreamArn"]?.text ?? "")
    writer.member("DestinationStatus", status)
    if let configuration {
      writer.key(name)
      writer.value(wire: configuration)
    }
    writer.endObject()
    return writer.bytes
  }
}
