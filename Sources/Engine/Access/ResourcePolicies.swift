// Policies attached to tables and streams: PutResourcePolicy, GetResourcePolicy,
// DeleteResourcePolicy, and the policy that CreateTable may bring along.
//
// A table's policy also rules its indexes. Revisions are instants in milliseconds, each later than
// the one before. Rules: API reference of the three operations (at most 20 KB; putting the same
// document again keeps its revision; a revision that is not expected is PolicyNotFoundException).

import AccessControl
import ServiceAPI

/// The policy of a table or of one of its streams.
struct ResourcePolicy: Hashable, Sendable {
  var resource: String
  var text: String
  var revision: String

  static let bytesMax = 20 << 10

  /// Refuses a document that cannot be attached.
  static func check(_ text: String) throws(ServiceError) {
    guard text.utf8.count <= bytesMax else {
      throw .validation("Resource-based policy exceeds the maximum size of 20 KB")
    }
    if case .failure(let faults) = Policy.read(json: text, .resource) {
      throw .validation(
        "Invalid policy document: " + faults.faults.map(\.description).joined(separator: "; "))
    }
  }
}

extension DatabaseState {
  /// The policy that rules a resource; nil without one.
  func policy(of resource: String) -> Policy? {
    let name = TableName.name(of: resource)
    guard let policies = tables[name]?.definition.policies, !policies.isEmpty else { return nil }
    let ruling = resource.contains("/stream/") ? resource : arn(name)
    guard let found = policies.first(where: { $0.resource == ruling }) else { return nil }
    return try? Policy.read(json: found.text, .resource).get()
  }

  private static let noPolicy = ServiceError(
    "PolicyNotFoundException",
    message: "Resource-based policy not found for the provided ResourceArn: "
      + "Requested policy not found.")

  /// The table of a request whose ResourceArn names it or one of its streams.
  private func ruled(_ request: WireValue) throws(ServiceError) -> (table: Table, resource: String)
  {
    let resource = request["ResourceArn"]?.text ?? ""
    let name = TableName.name(of: resource)
    guard resource == arn(name) || resource.hasPrefix(arn(name) + "/stream/") else {
      throw .validation("Invalid ResourceArn: \(resource)")
    }
    return (try described(name), resource)
  }

  private func check(
    _ expected: String?, _ current: ResourcePolicy?
  ) throws(ServiceError) {
    guard let expected, expected != current?.revision ?? "NO_POLICY" else { return }
    throw Self.noPolicy
  }

  func putResourcePolicy(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let (table, resource) = try ruled(request)
    let text = request["Policy"]?.text ?? ""
    try ResourcePolicy.check(text)
    var policies = table.definition.policies
    let place = policies.firstIndex { $0.resource == resource }
    try check(request["ExpectedRevisionId"]?.text, place.map { policies[$0] })
    if let place, policies[place].text == text {
      return Self.answer(revision: policies[place].revision)
    }
    let last = policies.compactMap { Int64($0.revision) }.max() ?? 0
    let revision = String(max(wallMilliseconds, last + 1))
    let policy = ResourcePolicy(resource: resource, text: text, revision: revision)
    if let place { policies[place] = policy } else { policies.append(policy) }
    table.definition.policies = policies
    try save(table)
    return Self.answer(revision: revision)
  }

  func getResourcePolicy(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let (table, resource) = try ruled(request)
    guard let policy = table.definition.policies.first(where: { $0.resource == resource }) else {
      throw Self.noPolicy
    }
    var writer = ReplyWriter()
    writer.beginObject()
    writer.member("Policy", policy.text)
    writer.member("RevisionId", policy.revision)
    writer.endObject()
    return writer.bytes
  }

  func deleteResourcePolicy(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let (table, resource) = try ruled(request)
    let current = table.definition.policies.first { $0.resource == resource }
    try check(request["ExpectedRevisionId"]?.text, current)
    guard let current else { return Self.answer(revision: nil) }
    table.definition.policies.removeAll { $0.resource == resource }
    try save(table)
    return Self.answer(revision: current.revision)
  }

  private static func answer(revision: String?) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    if let revision { writer.member("RevisionId", revision) }
    writer.endObject()
    return writer.bytes
  }
}
