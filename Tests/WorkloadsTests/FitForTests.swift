// Tests of fit for samplers, small enough to be checked by eye.
//
// The thresholds are chosen so that a right sampler fails one run in about a million; seeds are
// fixed, so a failure is a change of behaviour.

import Glibc

/// Probability of a Kolmogorov-Smirnov distance at least as large as that of `samples`.
func kolmogorovSmirnov(_ samples: [Double], _ cumulative: (Double) -> Double) -> Double {
  let sorted = samples.sorted()
  let count = Double(sorted.count)
  var distance = 0.0
  for (index, value) in sorted.enumerated() {
    let share = cumulative(value)
    distance = max(distance, share - Double(index) / count, Double(index + 1) / count - share)
  }
  let x = distance * (count.squareRoot() + 0.12)
  if x < 0.2 { return 1 }
  var sum = 0.0
  for j in 1...100 {
    let term = exp(-2 * Double(j * j) * x * x)
    sum += j % 2 == 1 ? term : -term
  }
  return 2 * sum
}

/// How many standard deviations chi-square lies above its mean (Wilson and Hilferty's cube root).
func chiSquareDistance(_ observed: [Int], _ probabilities: [Double]) -> Double {
  let total = Double(observed.reduce(0, +))
  var statistic = 0.0
  for (count, probability) in zip(observed, probabilities) {
    let expected = probability * total
    statistic += (Double(count) - expected) * (Double(count) - expected) / expected
  }
  let freedom = Double(observed.count - 1)
  let spread = 2 / (9 * freedom)
  return (cbrt(statistic / freedom) - (1 - spread)) / spread.squareRoot()
}
