// Operations that never happen and skews that leave a single key: both are legal and rarely meant.
// An exponent above 5 gives the first key more than 96 % of the requests (1/zeta(5) = 0.964),
// whatever the number of keys.

import Workloads
import YAML

func oddMixLint(_ subject: LintSubject) -> [Diagnostic] {
  var warnings: [Diagnostic] = []
  for traffic in subject.scenario.traffic {
    for operation in traffic.operations {
      let place = "operation \(traffic.name).\(operation.name)"
      if operation.weight == 0 {
        warnings.append(
          subject.warning("'\(operation.name)' has weight 0 and never happens", at: place))
      }
      for part in operation.parts {
        switch part.keys {
        case .zipf(let exponent), .latest(let exponent):
          guard exponent > 5 else { continue }
          warnings.append(
            subject.warning(
              "a Zipf exponent of \(exponent) sends almost everything to one key", at: place,
              expected: "0.5 to 1.5 in most measured traffic"))
        default: continue
        }
      }
    }
  }
  return warnings
}
