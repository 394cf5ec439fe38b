// The member `measurement` of run.json: only in runs that were measured.

import Capacity
import JSON
import Results
import Statistics
import Units

extension RunJSON {
  static func measurement(_ input: ReportInput, _ json: inout JSONWriter) {
    guard let run = input.measurement else { return }
    json.key("measurement")
    json.beginObject()
    json.member("endpoint", run.endpoint)
    json.member("loop", run.closedUsers == nil ? "open" : "closed")
    if let users = run.closedUsers { json.member("users", users) }
    json.member("valid", run.isValid)
    json.key("invalidBecause")
    json.beginArray(compact: true)
    for fault in run.faults { json.value(fault.name) }
    json.endArray()
    json.member("due", run.due)
    json.member("dispatched", run.dispatched)
    json.member("shed", run.shed)
    json.member("held", run.held)
    json.member("waiting", run.waiting)
    json.member("targetPerSecond", rounded(run.targetRate))
    json.member("achievedPerSecond", rounded(run.achievedRate))
    json.member("peakInFlight", run.peakInFlight)
    json.member("busiestThread", rounded(run.busiestThread))
    json.member("cpuNanosecondsPerAttempt", run.cpuPerAttempt.count)
    json.member("connectionsOpened", run.connectionsOpened)
    json.member("signed", run.isSigned)
    json.member("spentDollars", rounded(run.spent))
    clock("lag", run.lag, &json)
    operations(run, &json)
    exceptions(run, &json)
    capacity(run, &json)
    mismatches(run, &json)
    json.key("verification")
    json.beginObject(compact: true)
    json.member("checked", run.verification.checked)
    json.member("wrong", run.verification.wrong)
    json.member("missing", run.verification.missing)
    json.endObject()
    json.endObject()
  }

  private static func clock(_ name: String, _ clock: Histogram, _ json: inout JSONWriter) {
    json.key(name)
    json.beginObject(compact: true)
    json.member("count", clock.count)
    for (key, percentile) in [("p50", 50.0), ("p90", 90), ("p99", 99), ("p999", 99.9)] {
      json.member(key, clock.value(atPercentile: percentile))
    }
    json.member("max", clock.max)
    json.endObject()
  }

  private static func operations(_ run: Measurement, _ json: inout JSONWriter) {
    json.key("operations")
    json.beginArray()
    for operation in run.operations {
      json.beginObject()
      json.member("name", operation.name)
      clock("logical", operation.logical, &json)
      json.member("backoffNanoseconds", operation.backoff.count)
      json.member("unprocessed", operation.unprocessed)
      json.member("duplicates", operation.duplicates)
      json.endObject()
    }
    json.endArray()
  }

  private static func exceptions(_ run: Measurement, _ json: inout JSONWriter) {
    json.key("exceptions")
    json.beginArray()
    for one in run.exceptions {
      json.beginObject(compact: true)
      json.member("exception", one.exception)
      json.member("reason", one.reason)
      json.member("resource", one.resource)
      json.member("operation", one.operation)
      json.member("count", one.count)
      json.endObject()
    }
    json.endArray()
  }

  private static func capacity(_ run: Measurement, _ json: inout JSONWriter) {
    json.key("capacity")
    json.beginArray()
    for one in run.capacity {
      json.beginObject(compact: true)
      json.member("resource", one.resource)
      json.member("reportedRead", one.reportedRead.inUnits)
      json.member("predictedRead", one.predictedRead.inUnits)
      json.member("reportedWrite", one.reportedWrite.inUnits)
      json.member("predictedWrite", one.predictedWrite.inUnits)
      json.member("compared", one.compared)
      json.member("mismatches", one.mismatches)
      json.member("uncompared", one.uncompared)
      json.endObject()
    }
    json.endArray()
  }

  private static func mismatches(_ run: Measurement, _ json: inout JSONWriter) {
    json.key("mismatches")
    json.beginArray()
    for one in run.mismatches {
      json.beginObject(compact: true)
      json.member("atSeconds", Double(one.at.nanoseconds) / 1e9)
      json.member("operation", one.operation)
      json.member("resource", one.resource)
      json.member("predicted", one.predicted.inUnits)
      json.member("reported", one.reported.inUnits)
      json.member("request", one.request)
      json.endObject()
    }
    json.endArray()
  }
}
