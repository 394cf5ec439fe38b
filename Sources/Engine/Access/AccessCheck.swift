// May the caller do this? Asked before anything is looked up for the answer.
//
// A request becomes one or several actions on resources: a batch is asked for each of its tables, a
// transaction and a PartiQL request for each of their parts. All must be allowed; the first that is
// not is named in the refusal. Of a batch of statements each is answered by itself. Actions and
// resources: Service Authorization Reference, Amazon DynamoDB; transactions: developer guide,
// transaction-apis-iam; PartiQL: ql-iam.

import AccessControl
import DataModel
import ServiceAPI

extension DatabaseState {
  /// Refuses what the caller's policies and those of the resources do not allow. Of a batch of
  /// statements those are noted that are refused; the others are run.
  func authorize(
    _ operation: String, _ request: WireValue, _ caller: Caller
  ) throws(ServiceError) {
    if operation == "BatchExecuteStatement" {
      for (place, statement) in (request["Statements"]?.elements ?? []).enumerated() {
        // One that cannot be read is refused for that, later and in its place.
        guard let access = try? statementAccess(statement, operation) else { continue }
        deniedStatements[place] = refusal(of: access, caller)
      }
      return
    }
    for access in try accesses(operation, request) {
      if let refusal = refusal(of: access, caller) { throw refusal }
    }
  }

  /// Why a caller may not do what an access asks for; nil: it may.
  func refusal(of access: AccessRequest, _ caller: Caller) -> ServiceError? {
    let decision = AccessDecision.decide(
      access, by: caller, resourcePolicy: policy(of: access.resource))
    guard case .denied(let denial) = decision else { return nil }
    return ServiceError("AccessDeniedException", message: denial.message(access, caller.principal))
  }

  /// What a request needs to be allowed.
  func accesses(
    _ operation: String, _ request: WireValue
  ) throws(ServiceError) -> [AccessRequest] {
    switch operation {
    case "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan":
      return [itemAccess(operation, request)]
    case "BatchGetItem", "BatchWriteItem":
      return (request["RequestItems"]?.members ?? []).map { table in
        batchAccess(operation, table: table.name, table.value, request)
      }
    case "TransactGetItems", "TransactWriteItems":
      let actions = [
        "Get": "GetItem", "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem",
        "ConditionCheck": "ConditionCheckItem",
      ]
      return (request["TransactItems"]?.elements ?? []).flatMap { $0.members ?? [] }
        .compactMap { part in
          actions[part.name].map { itemAccess($0, part.value, enclosing: operation) }
        }
    case "ExecuteStatement": return [try statementAccess(request, nil)]
    case "ExecuteTransaction":
      var accesses: [AccessRequest] = []
      for member in request["TransactStatements"]?.elements ?? [] {
        accesses.append(try statementAccess(member, operation))
      }
      return accesses
    default:
      // A table that is created with a policy takes the permission to put one as well: developer
      // guide, rbac-create-table.
      let isRuled = operation == "CreateTable" && request["ResourcePolicy"] != nil
      return (isRuled ? [operation, "PutResourcePolicy"] : [operation]).flatMap { action in
        resources(operation, request).map {
          AccessRequest(action: "dynamodb:" + action, resource: $0)
        }
      }
    }
  }

  // MARK: Resources

  /// What an operation on tables, streams or backups is on.
  private func resources(_ operation: String, _ request: WireValue) -> [String] {
    if operation == "ListStreams" {
      return [arn(TableName.name(of: request["TableName"]?.text ?? "*")) + "/stream/*"]
    }
    let arnMembers = [
      "ResourceArn", "StreamArn", "BackupArn", "ExportArn", "ImportArn", "TableArn",
      "SourceTableArn",
    ]
    var found = arnMembers.compactMap { request[$0]?.text }
    if let iterator = request["ShardIterator"]?.text { found.append(streamArn(of: iterator)) }
    for member in ["TableName", "SourceTableName", "TargetTableName"] {
      if let name = request[member]?.text { found.append(arn(TableName.name(of: name))) }
    }
    if let name = request["TableCreationParameters"]?["TableName"]?.text { found.append(arn(name)) }
    if let name = request["GlobalTableName"]?.text {
      found.append("arn:aws:dynamodb::\(options.account):global-table/\(name)")
    }
    if !found.isEmpty { return found }
    return operation.hasPrefix("List") ? [arn("*")] : ["*"]
  }

  /// Iterators begin with the ARN of their stream, as the service's do; of any other text no
  /// resource is known, which only a policy on everything allows.
  private func streamArn(of iterator: String) -> String {
    let stream = iterator.prefix { $0 != "|" }
    return stream.hasPrefix("arn:") ? String(stream) : "*"
  }

  // MARK: Items

  private func itemAccess(
    _ action: String, _ request: WireValue, enclosing: String? = nil
  ) -> AccessRequest {
    let name = TableName.name(of: request["TableName"]?.text ?? "")
    let index = request["IndexName"]?.text
    var facts = RequestFacts(table: tables[name], index: index)
    facts.read(request, action)
    facts.set("dynamodb:EnclosingOperation", enclosing)
    facts.set("dynamodb:ReturnConsumedCapacity", request["ReturnConsumedCapacity"]?.text)
    return AccessRequest(
      action: "dynamodb:" + action, resource: index.map { arn(name, index: $0) } ?? arn(name),
      context: facts.context)
  }

  private func batchAccess(
    _ operation: String, table: String, _ content: WireValue, _ request: WireValue
  ) -> AccessRequest {
    let name = TableName.name(of: table)
    var facts = RequestFacts(table: tables[name], index: nil)
    if operation == "BatchGetItem" {
      for key in content["Keys"]?.elements ?? [] { facts.add(item: key) }
      facts.readReturned(content)
    } else {
      for write in content.elements ?? [] {
        if let item = write["PutRequest"]?["Item"] { facts.add(item: item) }
        if let key = write["DeleteRequest"]?["Key"] { facts.add(item: key) }
      }
    }
    facts.set("dynamodb:ReturnConsumedCapacity", request["ReturnConsumedCapacity"]?.text)
    return AccessRequest(
      action: "dynamodb:" + operation, resource: arn(name), context: facts.context)
  }
}
